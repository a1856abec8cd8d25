"""The three closest labels of a task, whose paths Figure 3 draws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd


def closest_three(separations: pd.DataFrame, *, model: str, task: str, seed: int) -> list[str]:
    """Find the closest pair of labels before fine-tuning, and the label nearest to both.

    Parameters
    ----------
    separations : of a run. Last layer, training split and update 0 are looked at.
    model, task, seed : which rows.

    Returns
    -------
    list of str
        Sorted; two where the task has no third label, none where there are no separations.
    """
    table = separations[
        (separations["model"] == model)
        & (separations["task"] == task)
        & (separations["seed"] == seed)
        & (separations["update"] == 0)
        & (separations["split"] == "train")
        & (separations["weights"] != "random")
    ]
    table = table[table["layer"] == table["layer"].max()].sort_values(
        ["separation", "label_a", "label_b"], kind="stable"
    )
    if table.empty:
        return []
    pair = {str(table["label_a"].iloc[0]), str(table["label_b"].iloc[0])}
    to_others: dict[str, float] = {}
    for a, b, away in table[["label_a", "label_b", "separation"]].itertuples(index=False):
        if len(pair & {a, b}) == 1:
            (other,) = {a, b} - pair
            to_others[other] = to_others.get(other, 0.0) + float(away)
    third = sorted(to_others, key=lambda label: (to_others[label], label))[:1]
    return sorted([*pair, *third])


def mean_distance(points: pd.DataFrame) -> float:
    """Mean distance between all pairs of points, rows with columns ``x, y``.

    Examples
    --------
    >>> mean_distance(pd.DataFrame({"x": [0.0, 3.0], "y": [0.0, 4.0]}))
    5.0
    """
    xy = points[["x", "y"]].to_numpy(dtype=float)
    return float(np.mean([np.linalg.norm(a - b) for a, b in combinations(xy, 2)]))
