"""Section 4.4: what fine-tuning on one task does to the labels of another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tunescope.paper.cases import Case, Finding
from tunescope.paper.judges.rows import (
    FUNCTIONS,
    POS,
    ROLES,
    case,
    cluster_count,
    records,
    sign,
    truth,
)
from tunescope.tables import (
    ORIGINAL,
    TUNED,
    Tables,
    accuracy_changes,
    distance_growth,
)
from tunescope.tables.distances import mean_change, minimum_distances
from tunescope.tables.stages import CELL, at, last_layer, on_split, transferred

SPACE = [*CELL, "tuned_on"]


def similar_task_helps(tables: Tables) -> list[Case]:
    """ps-fxn under a model tuned on ps-role: between nothing and what its own task does."""
    found = []
    for row in _of_functions(tables, ROLES):
        where = {column: row[column] for column in CELL}
        before = minimum_distances(tables, **where, stage=ORIGINAL)
        other, own = (
            minimum_distances(tables, **where, stage=TUNED, tuned_on=task)
            for task in (ROLES, FUNCTIONS)
        )
        grew = sign(row["change_lower"], row["change_upper"])
        less: bool | None = None
        text = _distance(row)
        if len(own):
            less = sign(*mean_change(other, own)[1:])
            text += f"; its own task's {mean_change(before, own)[0]:+.2f}"
        seen = False if False in (grew, less) else (None if None in (grew, less) else True)
        found.append(case(row, seen, text))
    return found


def opposing_task_hurts(tables: Tables) -> list[Case]:
    """ps-fxn under a model tuned on pos."""
    found = []
    for row in _of_functions(tables, POS):
        grew = sign(row["change_lower"], row["change_upper"])
        found.append(case(row, None if grew is None else not grew, _distance(row)))
    return found


def similar_serves_better(tables: Tables) -> list[Case]:
    """Accuracy on ps-fxn of models tuned on ps-role and on pos."""
    return [
        _compared(row, changes[ROLES], changes[POS])
        for row, changes in _by_tuning(tables)
        if row["task"] == FUNCTIONS and {ROLES, POS} <= set(changes)
    ]


def own_task_is_best(tables: Tables) -> list[Case]:
    """Accuracy of the model tuned on a task, and of those tuned on others."""
    found = []
    for row, changes in _by_tuning(tables):
        own = changes.get(str(row["task"]))
        for tuned_on, other in sorted(changes.items()):
            if own is not None and tuned_on != row["task"]:
                found.append(_compared(row, own, other))
    return found


def stays_linear(tables: Tables) -> list[Case]:
    """Clusters of ps-fxn in models tuned on other tasks, where it was linear before."""
    table = tables.get("linearity")
    if table is None or table.empty:
        return []
    rows = last_layer(on_split(table[table["task"] == FUNCTIONS]))
    linear = at(rows, ORIGINAL).set_index(["model", "seed"])["is_linear"]
    found = []
    for row in records(transferred(at(rows, TUNED))):
        if truth(linear.get((row["model"], row["seed"]))):
            text = f"tuned on {row['tuned_on']}: {cluster_count(row)} clusters of "
            found.append(case(row, truth(row["is_linear"]), text + f"{row['n_labels']:.0f} labels"))
    return found


def accuracy_follows_distance(tables: Tables, *, transfers: bool) -> list[Case]:
    """Directions of distances and of accuracy, on a model's own task or on others."""
    growth = at(distance_growth(tables), TUNED).set_index(SPACE)
    found = []
    for row in records(accuracy_changes(tables, transfers=transfers)):
        key = tuple(row[c] for c in SPACE)
        if key not in growth.index:
            continue
        moved = growth.loc[key]
        further = sign(moved["change_lower"], moved["change_upper"])
        better = sign(row["lower"], row["upper"])
        seen = None if None in (further, better) else further == better
        text = f"tuned on {row['tuned_on']}: " if row["tuned_on"] else ""
        text += f"distance {_interval(moved)}, accuracy "
        text += f"{100 * row['difference']:+.1f} points ({100 * row['lower']:+.1f} to "
        found.append(case(row, seen, text + f"{100 * row['upper']:+.1f})"))
    return found


def _of_functions(tables: Tables, tuned_on: str) -> list[dict[Any, Any]]:
    table = at(distance_growth(tables), TUNED)
    return records(table[(table["task"] == FUNCTIONS) & (table["tuned_on"] == tuned_on)])


def _by_tuning(tables: Tables) -> Iterator[tuple[dict[str, Any], dict[str, dict[Any, Any]]]]:
    """Give the accuracy changes of each task by what its model was tuned on, with transfers."""
    both = [accuracy_changes(tables, transfers=transfers) for transfers in (False, True)]
    if both[1].empty:
        return
    for key, rows in pd.concat(both).groupby(CELL, sort=True):
        changes = {str(row["tuned_on"]): row for row in records(rows)}
        yield dict(zip(CELL, key, strict=True)), changes


def _compared(row: dict[str, Any], one: dict[Any, Any], other: dict[Any, Any]) -> Case:
    """Tell which of two models is better; undecided where their intervals overlap."""
    seen = sign(one["lower"] - other["upper"], one["upper"] - other["lower"])
    text = (
        f"points on {row['task']}: tuned on {one['tuned_on']} {100 * one['difference']:+.1f}, "
        f"on {other['tuned_on']} {100 * other['difference']:+.1f}"
    )
    return case({**row, "tuned_on": other["tuned_on"]}, seen, text)


def _distance(row: dict[Any, Any]) -> str:
    counts = f"{row['n_increased']:.0f} grew, {row['n_decreased']:.0f} shrank"
    return f"mean change {_interval(row)} ({counts})"


def _interval(row: dict[Any, Any] | pd.Series) -> str:
    if not np.isfinite(row["change_lower"]):
        return f"{row['mean_change']:+.2f} [no interval]"
    return f"{row['mean_change']:+.2f} [{row['change_lower']:+.2f}, {row['change_upper']:+.2f}]"


FINDINGS = (
    Finding(
        "4.4",
        "A similar task pushes labels apart too, but less (ps-role for ps-fxn).",
        "the mean change of the labels' minimum distances is above 0 and below that of the task "
        "itself; undecided where a 95 % interval over labels holds 0, or the task's own is missing",
        1.0,
        similar_task_helps,
        "a transfer from ps-role to ps-fxn",
    ),
    Finding(
        "4.4",
        "An opposing task pulls labels together (pos for ps-fxn).",
        "the mean change of the labels' minimum distances is below 0; undecided where its 95 % "
        "interval over labels holds 0",
        1.0,
        opposing_task_hurts,
        "a transfer from pos to ps-fxn",
    ),
    Finding(
        "4.4",
        "The similar task serves ps-fxn better than the opposing one.",
        "accuracy on ps-fxn gains more from tuning on ps-role than on pos; undecided where the "
        "95 % intervals of the two gains overlap",
        1.0,
        similar_serves_better,
        "transfers from ps-role and from pos to ps-fxn, with their accuracy",
    ),
    Finding(
        "4.4",
        "A task's own fine-tuning serves it best.",
        "accuracy gains more from tuning on the task than on another; undecided where the 95 % "
        "intervals of the two gains overlap; in every pair of tasks",
        1.0,
        own_task_is_best,
        "accuracies on a task of models tuned on it and on another",
    ),
    Finding(
        "4.4",
        "ps-fxn stays linear when a model is fine-tuned on another task.",
        "where it is linear before, it has as many clusters as labels after; in every case",
        1.0,
        stays_linear,
        "clusters of ps-fxn in a model tuned on another task",
    ),
    Finding(
        "4.4",
        "Labels further apart go with better accuracy, closer with worse, under other tasks.",
        "accuracy changes in the direction of the mean minimum distance; undecided where the 95 % "
        "interval of either, over labels and over the same test examples, holds 0; in every pair "
        "of tasks",
        1.0,
        partial(accuracy_follows_distance, transfers=True),
        "a transfer between two tasks, with its accuracy",
    ),
    Finding(
        "4.4",
        "Labels further apart go with better accuracy, closer with worse, under their own task.",
        "the same of the task that a model was tuned on; in every case",
        1.0,
        partial(accuracy_follows_distance, transfers=False),
        "accuracies and minimum distances before and after fine-tuning",
    ),
)
