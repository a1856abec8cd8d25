"""Did fine-tuning change the accuracy? Before and after compared on the same test examples."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunescope.probes import corrected, paired_comparison
from tunescope.tables.stages import CELL, ORIGINAL, TUNED, at

SPACE = [*CELL, "layer", "probe"]
KEYS = [*CELL, "tuned_on", "layer", "probe"]
OWN, TRANSFER = "own task", "transfer"
"""The families of comparisons: two questions, each answered by all of its rows together."""


def accuracy_change(correct: pd.DataFrame) -> pd.DataFrame:
    """Compare each probe's accuracy of the original and of the tuned model.

    Parameters
    ----------
    correct : rows ``model, task, seed, tuned_on, stage, update, layer, probe`` with lists over test
        examples: ``examples`` (their numbers), ``groups`` (their texts) and ``right``, the share of
        the probe's restarts that were right about each.

    Returns
    -------
    DataFrame
        ``model, task, seed, tuned_on, layer, probe, stage, update, split, difference, lower,
        upper, p_value, p_corrected, family, n_examples, n_groups``: accuracy after minus before
        with its 95 % interval, and the p-value of a permutation of texts, corrected (Holm 1979) for
        all rows of its `family`: ``own task`` or ``transfer``. Empty where nothing was fine-tuned.
    """
    originals = {tuple(key): part.iloc[0] for key, part in at(correct, ORIGINAL).groupby(SPACE)}
    tuned = at(correct, TUNED)
    rows = []
    for key, part in tuned.groupby(KEYS, sort=True):
        named = dict(zip(KEYS, key, strict=True))
        old, new = originals.get(tuple(named[name] for name in SPACE)), part.iloc[0]
        if old is None:
            continue
        _, in_old, in_new = np.intersect1d(old["examples"], new["examples"], return_indices=True)
        found = paired_comparison(
            np.asarray(old["right"], dtype=float)[in_old],
            np.asarray(new["right"], dtype=float)[in_new],
            groups=np.asarray(new["groups"])[in_new],
        )
        rows.append(
            {
                **named,
                "stage": TUNED,
                "update": int(new["update"]),
                "split": "test",
                "difference": found.difference,
                "lower": found.lower,
                "upper": found.upper,
                "p_value": found.p_value,
                "family": OWN if named["tuned_on"] in ("", named["task"]) else TRANSFER,
                "n_examples": found.n_examples,
                "n_groups": found.n_groups,
            }
        )
    table = pd.DataFrame(rows)
    if len(table):
        place = table.columns.tolist().index("p_value") + 1
        by_family = table.groupby("family")["p_value"]
        table.insert(place, "p_corrected", by_family.transform(corrected))
    return table
