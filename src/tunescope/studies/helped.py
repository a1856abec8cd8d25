"""Did fine-tuning change the accuracy? Before and after compared on the same test examples."""

from __future__ import annotations

import pandas as pd

from tunescope.probes import corrected, paired_comparison

KEYS = ["model", "task", "seed", "layer", "probe"]
FEWEST = 10_000
"""Permutations of a comparison, at least."""
EACH = 50
"""Permutations for each comparison of the run: the smallest p-value that they can give stays
below 0.02 when it is multiplied by the number of comparisons."""


def accuracy_change(correct: pd.DataFrame) -> pd.DataFrame:
    """Compare each probe's accuracy at the first and the last update.

    Parameters
    ----------
    correct : rows ``model, task, seed, weights, update, layer, probe, example, group, right``,
        the share of a probe's restarts that were right about a test example.

    Returns
    -------
    DataFrame
        ``model, task, seed, layer, split, update, probe, difference, lower, upper, p_value,
        p_corrected, n_examples, n_groups``: accuracy after minus before with its 95 % interval,
        and the p-value of a permutation of texts, corrected (Holm 1979) for all rows of the
        table. Empty where nothing was fine-tuned.
    """
    own = correct[correct["weights"] == "pretrained"]
    n_permutations = max(FEWEST, EACH * own.groupby(KEYS).ngroups)
    rows = []
    for key, part in own.groupby(KEYS, sort=True):
        last = part["update"].max()
        if last == 0:
            continue
        before, after = (part[part["update"] == update] for update in (0, last))
        both = before.merge(after, on="example", suffixes=("_before", "_after"))
        if both.empty:
            continue
        found = paired_comparison(
            both["right_before"],
            both["right_after"],
            groups=both["group_after"],
            n_permutations=n_permutations,
        )
        rows.append(
            {
                **dict(zip(KEYS, key, strict=True)),
                "split": "test",
                "update": int(last),
                "difference": found.difference,
                "lower": found.lower,
                "upper": found.upper,
                "p_value": found.p_value,
                "n_examples": found.n_examples,
                "n_groups": found.n_groups,
            }
        )
    table = pd.DataFrame(rows)
    if len(table):
        place = table.columns.tolist().index("p_value") + 1
        table.insert(place, "p_corrected", corrected(table["p_value"]))
    return table
