"""Section 4.3: how far apart the labels are, and where they go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tunescope.paper.cases import Case, Finding
from tunescope.paper.judges.rows import TREC, before_and_after, case, records
from tunescope.tables import (
    ORIGINAL,
    TUNED,
    Tables,
    closest_three,
    distance_growth,
    growth_of_space,
)
from tunescope.tables.stages import CELL, at, last_layer, on_split, own, trained


def every_label_moves_away(tables: Tables) -> list[Case]:
    """Labels whose minimum distance grew."""
    found = []
    table = at(own(distance_growth(tables)), TUNED)
    for row in records(table[table["task"] != TREC]):
        grew, labels = int(row["n_increased"]), int(row["n_labels"])
        seen: bool | None = grew == labels
        if grew + row["n_undecided"] == labels and row["n_undecided"]:
            seen = None
        text = f"{grew} of {labels} labels grew, mean change "
        text += "not known" if np.isnan(row["mean_change"]) else f"{row['mean_change']:+.2f}"
        found.append(case(row, seen, text))
    return found


def falls_on_the_way(tables: Tables) -> list[Case]:
    """Labels whose distance grew in the end, and those of them that fell between two snapshots."""
    table = tables.get("minimum_distances")
    if table is None or table.empty:
        return []
    rows = last_layer(on_split(own(trained(table)))).dropna(subset=["lower", "upper"])
    found = []
    for key, part in rows[rows["task"] != TREC].groupby(CELL, sort=True):
        lower, upper = (
            part.pivot_table(index="label", columns="update", values=column).dropna()
            for column in ("lower", "upper")
        )
        if lower.shape[1] < 3:
            continue
        low, high = lower.to_numpy(), upper.to_numpy()
        grew = low[:, -1] > high[:, 0]
        fell = grew & (high[:, 1:] < low[:, :-1]).any(axis=1)
        names = ", ".join(map(str, lower.index[fell][:3]))
        text = f"{fell.sum()} of {grew.sum()} labels that grew fell on the way"
        text += f" ({names}{', …' if fell.sum() > 3 else ''})" if fell.any() else ""
        found.append(case(dict(zip(CELL, key, strict=True)), bool(fell.any()), text))
    return found


def more_than_scale(tables: Tables) -> list[Case]:
    """Growth of the mean minimum distance, and of the space that the labels are in."""
    found = []
    for row in records(growth_of_space(tables)):
        distances, space = _factor(row, "distance"), _factor(row, "space")
        if np.isfinite(distances) and np.isfinite(space):
            text = f"minimum distances × {distances:.2f}, the space × {space:.2f}"
            found.append(case(row, distances > space, text))
    return found


def closest_move_apart(tables: Tables) -> list[Case]:
    """Distances of the means of the three closest labels, in the full space, against its growth."""
    separations, spread = tables.get("separations"), tables.get("spread")
    if separations is None or spread is None:
        return []
    measured = last_layer(on_split(own(separations))).dropna(subset=["between_means"])
    space = last_layer(on_split(own(spread)))
    spaces = {tuple(where[c] for c in CELL): ends for where, ends in before_and_after(space)}
    found = []
    for key, rows in measured.groupby(CELL, sort=True):
        where: dict[str, Any] = dict(zip(CELL, key, strict=True))
        model, task, seed = str(where["model"]), str(where["task"]), int(where["seed"])
        free = _without_contradictions(rows, tables, where)
        labels = closest_three(free, model=model, task=task, seed=seed)
        chosen = free[free["label_a"].isin(labels) & free["label_b"].isin(labels)]
        ends = spaces.get(tuple(where[c] for c in CELL))
        before, after = (at(chosen, stage)["between_means"].mean() for stage in (ORIGINAL, TUNED))
        if ends is None or len(labels) < 3 or not before > 0 or np.isnan(after):
            continue
        grown = ends[TUNED]["total"] / ends[ORIGINAL]["total"]
        if not np.isfinite(grown):
            continue
        text = f"{', '.join(labels)}: {before:.2f} → {after:.2f}, × {after / before:.2f}; "
        text += f"the space × {grown:.2f}"
        found.append(case(where, after / before > grown, text))
    return found


def _without_contradictions(
    rows: pd.DataFrame, tables: Tables, where: dict[str, Any]
) -> pd.DataFrame:
    """Leave out the label pairs of a last layer that a contradiction in it holds together.

    It holds them before fine-tuning or after: what meets under random weights does not count.
    """
    before, after = (_held(at(rows, stage), tables, where) for stage in (ORIGINAL, TUNED))
    both = zip(rows["label_a"], rows["label_b"], strict=True)
    return rows[[frozenset(pair) not in before | after for pair in both]]


def _held(rows: pd.DataFrame, tables: Tables, where: dict[str, Any]) -> set[frozenset[str]]:
    """Name the pairs that a contradiction holds together, of one model's separations.

    By the examples of the extra clusters, which say what they contradict; without them all pairs
    that meet of labels with contradictions.
    """
    if rows.empty:
        return set()
    space = {**where, "stage": rows["stage"].iloc[0], "layer": rows["layer"].iloc[0]}
    members = _of_space(tables.get("cluster_members"), space)
    torn = members[members["kind"] == "contradiction"] if len(members) else members
    if len(torn):
        pairs = zip(rows["label_a"], rows["label_b"], strict=True)
        said = set(zip(torn["label"], torn["collides_with"], strict=True))
        return {frozenset(pair) for pair in pairs if _contradict(pair, said)}
    counted = _of_space(tables.get("clusters"), space)
    labels = set(counted.loc[counted["n_contradictions"] > 0, "label"]) if len(counted) else set()
    meet = rows[rows["separation"] == 0]
    pairs = zip(meet["label_a"], meet["label_b"], strict=True)
    return {frozenset(pair) for pair in pairs if labels.issuperset(pair)}


def _of_space(table: pd.DataFrame | None, space: dict[str, Any]) -> pd.DataFrame:
    """Keep the rows of one model, task, seed, stage and layer, on the training split."""
    if table is None or table.empty:
        return pd.DataFrame()
    rows = on_split(own(table))
    found: pd.DataFrame = rows[
        np.logical_and.reduce([rows[column] == value for column, value in space.items()])
    ]
    return found


def _contradict(pair: tuple[str, str], said: set[tuple[str, str]]) -> bool:
    """Tell whether one of two labels has an example that collides with the other."""
    return any(
        label in pair and f", {pair[pair[0] == label]}, " in f", {others}, "
        for label, others in said
    )


def _factor(row: dict[object, float], name: str) -> float:
    before = row[f"{name}_before"]
    return row[f"{name}_after"] / before if before else np.nan


FINDINGS = (
    Finding(
        "4.3",
        "Fine-tuning pushes every label away from the others.",
        "the certified minimum distance of every label in the last layer grows; in every task but "
        "trec-50",
        1.0,
        every_label_moves_away,
        "minimum distances before and after fine-tuning",
    ),
    Finding(
        "4.3",
        "A label's distance may fall on the way, though it grows in the end.",
        "of a label whose certified minimum distance is larger at the end than before, it is "
        "smaller at one snapshot than at the one before that; in one case at least, but trec-50",
        1e-9,
        falls_on_the_way,
        "minimum distances at three updates or more",
    ),
    Finding(
        "4.3, asked anew",
        "The labels move apart by more than the whole space grows.",
        "the mean over labels of the minimum distance in the last layer grows by a larger factor "
        "than the root-mean-square distance of all examples from their mean; in every case",
        1.0,
        more_than_scale,
        "minimum distances and spread before and after fine-tuning",
    ),
    Finding(
        "4.3",
        "The centroids of the three closest labels move apart.",
        "their mean distance from each other, in all dimensions of the last layer, grows by a "
        "larger factor than the space; label pairs held together by a contradiction do not count; "
        "in every case",
        1.0,
        closest_move_apart,
        "distances of the labels' means, and spread, before and after fine-tuning",
    ),
)
