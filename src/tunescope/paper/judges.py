"""From a run's tables to the cases of each finding, in the order of the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from tunescope.paper.cases import Case, mean_distance, moved
from tunescope.tables import (
    ORIGINAL,
    RANDOM,
    TUNED,
    Tables,
    accuracy_changes,
    closest_three,
    clusters,
    distance_growth,
    growth_of_space,
    train_test,
    with_original,
)
from tunescope.tables.accuracies import classifier_accuracies
from tunescope.tables.stages import CELL, at, first_block, last_layer, own, transferred, upper_half

TREC = "trec-50"
CLOSE = 0.5
"""Pearson's r above which the paper calls a layer close to its original."""

SMALL = 2
"""Layers of BERT-tiny, of which the paper says that it is not linear."""

Stages = dict[str, pd.Series]


def accuracy_improves(tables: Tables) -> list[Case]:
    """Accuracy before and after, and its change on the same test examples."""
    paired = {
        (row["model"], row["task"], row["seed"]): row for row in _records(accuracy_changes(tables))
    }
    found = []
    for where, ends in _before_and_after(classifier_accuracies(tables)):
        change = paired.get((where["model"], where["task"], where["seed"]))
        if change is None:
            continue
        lower, upper = change["lower"], change["upper"]
        text = _percent(ends[ORIGINAL]["accuracy"], ends[TUNED]["accuracy"])
        text += f" (change {100 * lower:+.1f} to {100 * upper:+.1f})"
        found.append(_case(where, None if lower <= 0 <= upper else lower > 0, text))
    return found


def train_test_diverge(tables: Tables) -> list[Case]:
    """Similarity of training and test set before and after."""
    found = []
    for where, ends in _before_and_after(train_test(tables)):
        grew = moved(ends[ORIGINAL], ends[TUNED], "similarity")
        both = (ends[stage]["similarity"] for stage in (ORIGINAL, TUNED))
        seen = None if grew is None else not grew
        found.append(_case(where, seen, "r {:.2f} → {:.2f}".format(*both)))
    return found


def hurt_where_most_divergent(tables: Tables) -> list[Case]:
    """Tasks whose accuracy falls, and how divergent their training and test sets are."""
    similarity = train_test(tables)
    tuned = at(similarity, TUNED)
    found = []
    for case in accuracy_improves(tables):
        if case.seen is not False:
            continue
        peers = tuned[(tuned["model"] == case.model) & (tuned["seed"] == case.seed)]
        mine = peers[peers["task"] == case.task]["similarity"]
        if len(mine) and len(peers) > 1:
            text = f"r {mine.iloc[0]:.2f}, the smallest is {peers['similarity'].min():.2f}"
            seen = bool(mine.iloc[0] == peers["similarity"].min())
            found.append(Case(case.model, case.task, case.seed, seen, text))
    return found


def small_is_not_linear(tables: Tables) -> list[Case]:
    """Linearity of the shallowest model before fine-tuning, if it is as shallow as BERT-tiny."""
    before = _before(tables)
    small = before[(before["model"] == _by_depth(tables)[0]) & (before["layer"] <= SMALL)]
    return [_count_case(row, row["n_clusters"] > row["n_labels"]) for row in _records(small)]


def space_gets_simpler(tables: Tables) -> list[Case]:
    """Clusters before and after, where there were more than labels."""
    found = []
    for where, ends in _before_and_after(clusters(tables)):
        before, after = (int(ends[stage]["n_clusters"]) for stage in (ORIGINAL, TUNED))
        labels = int(ends[ORIGINAL]["n_labels"])
        if before > labels:
            text = f"{before} → {after} clusters of {labels} labels"
            found.append(_case(where, after < before, text))
    return found


def trec_is_not_linear(tables: Tables) -> list[Case]:
    """Clusters of TREC-50 before and after."""
    return [_count_case(row, row["n_clusters"] > row["n_labels"]) for row in _trec(tables)]


def trec_without_contradictions(tables: Tables) -> list[Case]:
    """Clusters of TREC-50 before and after, contradictory questions set aside."""
    column = "n_clusters_without_contradictions"
    return [
        _count_case(row, row[column] > row["n_labels"], column)
        for row in _trec(tables)
        if not pd.isna(row.get(column, np.nan))
    ]


def large_is_linear(tables: Tables) -> list[Case]:
    """Linearity of the deepest model before fine-tuning."""
    return [_count_case(row, bool(row["is_linear"])) for row in _large(tables)]


def more_than_dimension(tables: Tables) -> list[Case]:
    """The deepest model's linearity beside chance and random weights."""
    found = clusters(tables)
    random = at(found, RANDOM)
    cases = []
    for row in _large(tables):
        same = random[(random["model"] == row["model"]) & (random["task"] == row["task"])]
        if same.empty:
            continue
        of_random = same.iloc[0]
        known = not pd.isna(of_random["n_clusters"])  # else counting was stopped, with a bound
        count = int(of_random["n_clusters" if known else "least_clusters"])
        pairs, chance = int(row["n_pairs"]), float(row["capacity_pairs"])
        trivial = chance > pairs - 1 or bool(of_random["is_linear"])
        text = (
            f"{int(row['n_clusters'])} clusters of {int(row['n_labels'])} labels, "
            f"{'' if known else 'at least '}{count} with random weights; "
            f"chance separates {chance:.1f} of {pairs} pairs"
        )
        cases.append(_case(row, bool(row["is_linear"]) and not trivial, text))
    return cases


def every_label_moves_away(tables: Tables) -> list[Case]:
    """Labels whose minimum distance grew."""
    found = []
    table = at(own(distance_growth(tables)), TUNED)
    for row in _records(table[table["task"] != TREC]):
        grew, labels = int(row["n_increased"]), int(row["n_labels"])
        seen: bool | None = grew == labels
        if grew + row["n_undecided"] == labels and row["n_undecided"]:
            seen = None
        text = f"{grew} of {labels} labels grew, mean change {row['mean_change']:+.2f}"
        found.append(_case(row, seen, text))
    return found


def more_than_scale(tables: Tables) -> list[Case]:
    """Growth of the mean minimum distance, and of the space that the labels are in."""
    found = []
    for row in _records(growth_of_space(tables)):
        distances = (
            row["distance_after"] / row["distance_before"] if row["distance_before"] else np.nan
        )
        space = row["space_after"] / row["space_before"] if row["space_before"] else np.nan
        if np.isfinite(distances) and np.isfinite(space):
            text = f"minimum distances × {distances:.2f}, the space × {space:.2f}"
            found.append(_case(row, distances > space, text))
    return found


def closest_move_apart(tables: Tables) -> list[Case]:
    """Distances between the centroids of the three closest labels."""
    if "centroids" not in tables or "separations" not in tables:
        return []
    found = []
    centroids = at(last_layer(tables["centroids"]), ORIGINAL, TUNED)
    for key, paths in centroids.groupby(CELL, sort=True):
        where = dict(zip(CELL, key, strict=True))
        model, task, seed = str(where["model"]), str(where["task"]), int(str(where["seed"]))
        labels = closest_three(tables["separations"], model=model, task=task, seed=seed)
        if paths["stage"].nunique() < 2 or len(labels) < 2:
            continue
        chosen = paths[paths["label"].isin(labels)]
        before, after = (mean_distance(at(chosen, stage)) for stage in (ORIGINAL, TUNED))
        text = f"{', '.join(labels)}: {before:.2f} → {after:.2f}"
        found.append(_case(where, after > before, text))
    return found


def similar_task_helps(tables: Tables) -> list[Case]:
    """ps-fxn under a model tuned on ps-role."""
    return _transfers(
        tables, "ps-role", lambda change, own: 0 < change < own if own is not None else change > 0
    )


def opposing_task_hurts(tables: Tables) -> list[Case]:
    """ps-fxn under a model tuned on pos."""
    return _transfers(tables, "pos", lambda change, _own: change < 0)


def accuracy_follows_distance(tables: Tables) -> list[Case]:
    """Directions of distances and of accuracy under models tuned on other tasks."""
    table = distance_growth(tables).dropna(subset=["accuracy"])
    found = []
    for _, rows in table.groupby(CELL, sort=True):
        original = at(rows, ORIGINAL)
        if original.empty or transferred(rows).empty:
            continue
        for _, row in at(rows, TUNED).iterrows():
            better = moved(original.iloc[0], row, "accuracy")
            seen = None if better is None else better == (row["mean_change"] > 0)
            text = f"tuned on {row['tuned_on']}: distance {row['mean_change']:+.2f}, accuracy "
            text += _percent(original["accuracy"].iloc[0], row["accuracy"])
            found.append(_case(row, seen, text))
    return found


def higher_layers_move_more(tables: Tables) -> list[Case]:
    """Mean displacement in the first block and the last."""
    return _first_and_last(tables, "displacement_mean", lambda low, high: high > low)


def higher_layers_stay_close(tables: Tables) -> list[Case]:
    """The smallest similarity with the original in the upper half of the layers."""
    found = []
    for key, rows in with_original(tables).groupby(CELL, sort=True):
        where = dict(zip(CELL, key, strict=True))
        upper = upper_half(rows)
        if where["task"] == TREC or upper.empty:
            continue
        lowest = upper.sort_values("similarity", kind="stable").iloc[0]
        seen: bool | None = bool(lowest["similarity"] > CLOSE)
        if (upper["lower"].min() <= CLOSE) and not (upper["upper"] < CLOSE).any():
            seen = None
        text = f"r at least {lowest['similarity']:.2f} (layer {int(lowest['layer'])})"
        found.append(_case(where, seen, text))
    return found


def lower_layers_reach_less(tables: Tables) -> list[Case]:
    """The range of the movements in the first block and the last."""
    return _first_and_last(tables, "reach_x", lambda low, high: low < high)


def lower_layers_move_together(tables: Tables) -> list[Case]:
    """How much one direction the movements share in the first block and the last."""
    return _first_and_last(tables, "same_direction", lambda low, high: low > high)


def _case(where: Any, seen: bool | None, numbers: str) -> Case:
    decided = None if seen is None else bool(seen)
    return Case(str(where["model"]), str(where["task"]), int(where["seed"]), decided, numbers)


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    found: list[dict[Any, Any]] = table.to_dict("records")
    return found


def _before_and_after(table: pd.DataFrame) -> Iterator[tuple[dict[str, Any], Stages]]:
    """Give the rows before and after of each model, task and seed that has both."""
    for key, rows in table.groupby(CELL, sort=True):
        ends = {str(row["stage"]): row for _, row in rows.iterrows()}
        if {ORIGINAL, TUNED} <= set(ends):
            yield dict(zip(CELL, key, strict=True)), ends


def _percent(before: float, after: float) -> str:
    return f"{100 * before:.1f} → {100 * after:.1f} %"


def _before(tables: Tables) -> pd.DataFrame:
    """Clusters before fine-tuning, once a model and task: there is no seed yet."""
    found = clusters(tables)
    return at(found, ORIGINAL).drop_duplicates(["model", "task"]).assign(seed=0)


def _by_depth(tables: Tables) -> list[str]:
    """Name the models from the shallowest to the deepest, then by dimensions."""
    found = _before(tables)
    if found.empty:
        return [""]
    size = found.groupby("model")[["layer", "n_features"]].min()
    return [str(model) for model in size.sort_values(["layer", "n_features"]).index]


def _large(tables: Tables) -> list[dict[Any, Any]]:
    before = _before(tables)
    chosen = before[(before["model"] == _by_depth(tables)[-1]) & (before["task"] != TREC)]
    return _records(chosen)


def _trec(tables: Tables) -> list[dict[Any, Any]]:
    found = clusters(tables)
    return _records(at(found[found["task"] == TREC], ORIGINAL, TUNED))


def _count_case(row: dict[Any, Any], seen: bool, column: str = "n_clusters") -> Case:
    text = f"{row['stage']}: {int(row[column])} clusters of {int(row['n_labels'])} labels"
    return _case(row, seen, text)


def _transfers(
    tables: Tables, tuned_on: str, expected: Callable[[float, float | None], bool]
) -> list[Case]:
    table = distance_growth(tables)
    table = at(table[table["task"] == "ps-fxn"], TUNED)
    own = table[table["tuned_on"] == "ps-fxn"].set_index(["model", "seed"])["mean_change"]
    found = []
    for row in _records(table[table["tuned_on"] == tuned_on]):
        mine = own.get((row["model"], row["seed"]))
        change = float(row["mean_change"])
        text = (
            f"mean change {change:+.2f} ({int(row['n_increased'])} grew, "
            f"{int(row['n_decreased'])} shrank)"
        )
        text += f"; its own task's {mine:+.2f}" if mine is not None else ""
        found.append(_case(row, expected(change, None if mine is None else float(mine)), text))
    return found


def _first_and_last(
    tables: Tables, column: str, expected: Callable[[float, float], bool]
) -> list[Case]:
    if "motion" not in tables:
        return []
    found = []
    for key, rows in tables["motion"].groupby(CELL, sort=True):
        known = rows.dropna(subset=[column])
        lowest, highest = first_block(known), last_layer(known)
        if lowest["layer"].tolist() == highest["layer"].tolist():
            continue
        low, high = (float(part[column].iloc[0]) for part in (lowest, highest))
        text = f"{low:.2f} in layer {lowest['layer'].iloc[0]}, {high:.2f} in layer "
        text += str(highest["layer"].iloc[0])
        found.append(_case(dict(zip(CELL, key, strict=True)), expected(low, high), text))
    return found
