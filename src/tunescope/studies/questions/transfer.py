"""What fine-tuning on one task does to the labels of another (paper, section 4.4, Table 5).

In these tables `task` is the task whose labels are looked at, and `tuned_on` the one on which the
model was fine-tuned: another task, the same one, or none (`ORIGINAL`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

ORIGINAL = "original"
"""`tuned_on` of the model before fine-tuning."""
KEYS = ["model", "task", "seed"]
STEP = {
    "minimum_distances": "transfer_minimum_distances",
    "accuracy": "transfer_accuracy",
    "linearity": "transfer_linearity",
}
"""What is kept of the measurement of a task under a model tuned on another one, and its name."""


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare each label's minimum distance in two spaces.

    Parameters
    ----------
    before, after : rows ``label, minimum_distance, lower, upper`` of the same task.

    Returns
    -------
    DataFrame
        ``label, before, after, change, direction`` of the labels in both. `direction` is
        ``increased`` or ``decreased`` where the certified bounds do not overlap, ``unchanged``
        where both distances are the same number (as two labels that meet both times, at 0), and
        ``undecided`` otherwise.

    Examples
    --------
    >>> bounds = pd.DataFrame({"label": ["a"], "minimum_distance": 1.0, "lower": 1.0, "upper": 1.1})
    >>> later = bounds.assign(minimum_distance=2.0, lower=1.9, upper=2.0)
    >>> changes(bounds, later)[["change", "direction"]].values.tolist()
    [[1.0, 'increased']]
    """
    both = before.merge(after, on="label", suffixes=("_before", "_after"))
    direction = np.select(
        [
            both["lower_after"] > both["upper_before"],
            both["upper_after"] < both["lower_before"],
            both["minimum_distance_after"] == both["minimum_distance_before"],
        ],
        ["increased", "decreased", "unchanged"],
        default="undecided",
    )
    return pd.DataFrame(
        {
            "label": both["label"],
            "before": both["minimum_distance_before"],
            "after": both["minimum_distance_after"],
            "change": both["minimum_distance_after"] - both["minimum_distance_before"],
            "direction": direction,
        }
    )


def transfer_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Put Table 5 together.

    Parameters
    ----------
    tables : ``minimum_distances``, ``accuracy`` and ``linearity`` of the run, and those of the
        transfers under the names in `STEP`, which have a column ``tuned_on`` besides.

    Returns
    -------
    dict of DataFrame
        ``transfer``: for each model, task, seed and `tuned_on` the labels whose minimum distance
        grew and shrank, the mean change, clusters and accuracy, in the last layer of the training
        split; ``transfer_distances``: the same label by label. They hold every task's own
        fine-tuning too; without any, there are no tables.
    """
    if "minimum_distances" not in tables:
        return {}
    spaces = {quantity: _spaces(tables, quantity) for quantity in STEP}
    summary, distances = [], []
    for key, space in spaces["minimum_distances"].items():
        model, task, seed, tuned_on = key
        original = spaces["minimum_distances"].get((model, task, seed, ORIGINAL))
        if original is None:
            continue
        changed = changes(original, space)
        row: dict[str, Any] = dict(zip([*KEYS, "tuned_on"], key, strict=True))
        row["layer"] = int(original["layer"].iloc[0])
        if tuned_on != ORIGINAL:
            distances.append(changed.assign(**row))
        counts = changed["direction"].value_counts()
        for name in ("increased", "decreased", "unchanged", "undecided"):
            row[f"n_{name}"] = int(counts.get(name, 0))
        row["n_labels"] = len(changed)
        row["mean_change"] = float(changed["change"].mean())
        clusters = spaces["linearity"].get(key)
        row["n_clusters"] = np.nan if clusters is None else int(clusters["n_clusters"].iloc[0])
        accuracy = spaces["accuracy"].get(key)
        for column in ("accuracy", "lower", "upper"):
            row[column] = np.nan if accuracy is None else float(accuracy[column].mean())
        summary.append(row)
    if not distances:
        return {}
    return {
        "transfer": pd.DataFrame(summary),
        "transfer_distances": pd.concat(distances, ignore_index=True),
    }


def _spaces(
    tables: Mapping[str, pd.DataFrame], quantity: str
) -> dict[tuple[str, str, int, str], pd.DataFrame]:
    """Give the rows of a quantity for each model, task, seed and `tuned_on`, last layer."""
    parts = [tables[STEP[quantity]]] if STEP[quantity] in tables else []
    if quantity in tables:
        own = tables[quantity]
        split = "test" if quantity == "accuracy" else "train"
        own = own[(own["weights"] == "pretrained") & (own["split"] == split)]
        last = own.groupby(KEYS)["update"].transform("max")
        parts.append(own[own["update"] == 0].assign(tuned_on=ORIGINAL))
        parts.append(own[(own["update"] == last) & (last > 0)].assign(tuned_on=own["task"]))
    if not parts:
        return {}
    together = pd.concat(parts, ignore_index=True)
    if quantity == "accuracy":
        together = together[together["probe"] == "classifier"]
    together = together[
        together["layer"] == together.groupby([*KEYS, "tuned_on"])["layer"].transform("max")
    ]
    return {
        (str(model), str(task), int(str(seed)), str(tuned_on)): part
        for (model, task, seed, tuned_on), part in together.groupby([*KEYS, "tuned_on"], sort=True)
    }
