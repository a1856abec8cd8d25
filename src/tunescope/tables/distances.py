"""Which labels moved away and which came nearer, by certified bounds (paper, Table 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tunescope.tables.accuracies import accuracies
from tunescope.tables.stages import (
    CELL,
    ORIGINAL,
    TUNED,
    Tables,
    at,
    last_layer,
    on_split,
    own,
    side_by_side,
)

DIRECTIONS = ("increased", "decreased", "unchanged", "undecided")
SPACE = [*CELL, "tuned_on"]
GROWTH = [*SPACE, "stage", "layer", "n_labels", "mean_change", "change_lower", "change_upper"]
GROWTH += [f"n_{d}" for d in DIRECTIONS]
GROWTH += ["n_clusters", "accuracy", "lower", "upper"]
MINIMUM = ["label", "nearest_label", "minimum_distance", "second_distance"]
CHANGES = [*SPACE, "layer", "label", "before", "after", "change", "direction"]


def changes(before: pd.DataFrame, after: pd.DataFrame, on: list[str] | None = None) -> pd.DataFrame:
    """Compare each label's minimum distance in two spaces.

    Parameters
    ----------
    before, after : rows ``label, minimum_distance, lower, upper`` of the same task.
    on : further columns by which rows belong together.

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
    keys = [*(on or []), "label"]
    measured = ["minimum_distance", "lower", "upper"]
    rest = [c for c in after.columns if c not in before.columns or c in ("tuned_on", *measured)]
    both = before[[*keys, *measured]].merge(
        after[[*keys, *rest]], on=keys, suffixes=("_before", "_after")
    )
    direction = np.select(
        [
            both["lower_after"] > both["upper_before"],
            both["upper_after"] < both["lower_before"],
            both["minimum_distance_after"] == both["minimum_distance_before"],
        ],
        ["increased", "decreased", "unchanged"],
        default="undecided",
    )
    found = both.rename(
        columns={"minimum_distance_before": "before", "minimum_distance_after": "after"}
    )
    found["change"] = found["after"] - found["before"]
    found["direction"] = direction
    return found.drop(columns=[f"{c}_{w}" for c in ("lower", "upper") for w in ("before", "after")])


def distance_changes(tables: Tables, *, layers: str = "last") -> pd.DataFrame:
    """Compare each label's minimum distance in the tuned models with the original's.

    Parameters
    ----------
    tables : of a run.
    layers : ``last``, or ``all``; transfers are measured in the last layer only.

    Returns
    -------
    DataFrame
        ``model, task, seed, tuned_on, layer, label, before, after, change, direction`` of the
        training split, for every model, task and seed and every task it was tuned on.
    """
    table = tables.get("minimum_distances")
    if table is None or table.empty:
        return pd.DataFrame(columns=CHANGES)
    table = last_layer(on_split(table)) if layers == "last" else on_split(table)
    table = table.dropna(subset=["lower"])
    columns = [*SPACE, "layer", "label", "minimum_distance", "lower", "upper"]
    original, tuned = (at(table, stage)[columns] for stage in (ORIGINAL, TUNED))
    found = changes(original, tuned, on=[*CELL, "layer"])
    return found[CHANGES].sort_values([*SPACE, "layer"], kind="stable", ignore_index=True)


def distance_growth(tables: Tables) -> pd.DataFrame:
    """Count the labels whose minimum distance grew and shrank, beside clusters and accuracy.

    Returns
    -------
    DataFrame
        A row for each model, task, seed and space, in the last layer of the training split: the
        original, and the tuned ones by what they were `tuned_on`. ``n_increased, n_decreased,
        n_unchanged, n_undecided, n_labels, mean_change`` against the original (missing for
        itself), with the 95 % interval ``change_lower, change_upper`` of the mean over labels, as
        of `mean_change`; ``n_clusters``; and of the classifier probe ``accuracy, lower, upper``,
        its restarts averaged. Empty where nothing was tuned.
    """
    changed = distance_changes(tables)
    if changed.empty:
        return pd.DataFrame(columns=GROWTH)
    spaces = changed.groupby([*SPACE, "layer"], sort=True)
    counts = {
        f"n_{name}": (changed["direction"] == name).groupby([changed[c] for c in SPACE]).sum()
        for name in DIRECTIONS
    }
    rows = spaces.agg(n_labels=("label", "size")).reset_index()
    means = [_mean_change_of(tables, row) for row in rows.to_dict("records")]
    rows[["mean_change", "change_lower", "change_upper"]] = means
    rows = rows.merge(pd.DataFrame(counts).reset_index(), on=SPACE).assign(stage=TUNED)
    originals = rows[[*CELL, "layer", "n_labels"]].drop_duplicates(CELL)
    rows = pd.concat([originals.assign(stage=ORIGINAL, tuned_on=""), rows], ignore_index=True)
    by = [*SPACE, "stage"]
    counted = tables.get("linearity")
    if counted is not None:
        clusters = last_layer(on_split(counted))[[*by, "n_clusters"]]
        rows = rows.merge(clusters, on=by, how="left")
    else:
        rows["n_clusters"] = np.nan
    probed = last_layer(accuracies(tables, probe="classifier"))
    rows = rows.merge(probed[[*by, "accuracy", "lower", "upper"]], on=by, how="left")
    return rows.sort_values([*CELL, "stage", "tuned_on"], kind="stable", ignore_index=True)


def minimum_distances(
    tables: Tables, *, model: str, task: str, seed: int, stage: str, tuned_on: str = ""
) -> pd.DataFrame:
    """Give each label's minimum distance in one last layer, of the training split.

    Parameters
    ----------
    tables : of a run.
    model, task, seed : which labels.
    stage : ``original``, or ``tuned`` for the end of a fine-tuning.
    tuned_on : what a tuned one was fine-tuned on; empty where it was on none, or nobody knows.
    """
    table = at(last_layer(on_split(tables["minimum_distances"])), stage)
    where = {"model": model, "task": task, "seed": seed}
    where |= {} if stage == ORIGINAL else {"tuned_on": tuned_on}
    wanted = np.logical_and.reduce([table[column] == value for column, value in where.items()])
    return table[wanted].reindex(columns=MINIMUM)


def _mean_change_of(tables: Tables, row: dict[Any, Any]) -> tuple[float, float, float]:
    where = {"model": row["model"], "task": row["task"], "seed": row["seed"]}
    before = minimum_distances(tables, **where, stage=ORIGINAL)
    after = minimum_distances(tables, **where, stage=TUNED, tuned_on=row["tuned_on"])
    return mean_change(before, after)


def mean_change(before: pd.DataFrame, after: pd.DataFrame) -> tuple[float, float, float]:
    """Give the mean change of the labels' minimum distances, with its 95 % interval over labels.

    Labels are not independent: two that are each other's nearest have one distance, and one label
    can be the nearest of many. So each label in turn is left out, for itself and as a neighbour of
    the others (the delete-one jackknife; Efron and Stein 1981), and the interval is Student's.

    Parameters
    ----------
    before, after : rows ``label, nearest_label, minimum_distance, second_distance`` of two spaces.

    Returns
    -------
    mean, lower, upper : without bounds where fewer than three labels are known in both, or a
        distance that is needed is open.

    Examples
    --------
    >>> labels = [*"abc"]
    >>> before = pd.DataFrame({"label": labels, "nearest_label": [*"baa"]})
    >>> before = before.assign(minimum_distance=[1.0, 1.0, 2.0], second_distance=[2.0, 3.0, 3.0])
    >>> after = before.assign(minimum_distance=[2.0, 2.0, 3.0], second_distance=[3.0, 4.0, 4.0])
    >>> mean_change(before, after)
    (1.0, 1.0, 1.0)
    """
    both = before.merge(after, on="label", suffixes=("_before", "_after"))
    both = both.dropna(subset=["minimum_distance_before", "minimum_distance_after"])
    if both.empty:
        return np.nan, -np.inf, np.inf
    n_labels, labels = len(both), both["label"].to_numpy()
    kept = ~np.eye(n_labels, dtype=bool)
    change = np.zeros((n_labels, n_labels))
    for sign, when in ((-1.0, "before"), (1.0, "after")):
        nearest, least, second = (both[f"{column}_{when}"].to_numpy() for column in MINIMUM[1:])
        change += sign * np.where(nearest == labels[:, None], second, least)
    mean = float((both["minimum_distance_after"] - both["minimum_distance_before"]).mean())
    if n_labels < 3 or np.isnan(change[kept]).any():
        return mean, -np.inf, np.inf
    left = np.where(kept, change, 0.0).sum(axis=1) / (n_labels - 1)
    error = np.sqrt((n_labels - 1) / n_labels * np.square(left - left.mean()).sum())
    half = float(stats.t.ppf(0.975, n_labels - 1) * error)
    return mean, mean - half, mean + half


def relative_changes(tables: Tables) -> pd.DataFrame:
    """Compare each label's minimum distance with the size of its space, before and after.

    Where a whole space grows, every distance in it grows; what is left is what fine-tuning did to
    the labels.

    Returns
    -------
    DataFrame
        As `distance_changes` of the last layer, each task's own fine-tuning: minimum distances and
        their bounds divided by the root-mean-square distance of all examples from their mean
        (`total` of ``spread``). Empty where either table lacks it.
    """
    distances, spread = tables.get("minimum_distances"), tables.get("spread")
    if distances is None or spread is None or distances.empty or spread.empty:
        return pd.DataFrame(columns=CHANGES)
    on = [*SPACE, "stage", "update", "layer"]
    sizes = last_layer(on_split(own(spread)))[[*on, "total"]]
    table = last_layer(on_split(own(distances))).dropna(subset=["lower"])
    both = table.merge(sizes[sizes["total"] > 0], on=on)
    for column in ("minimum_distance", "lower", "upper"):
        both[column] /= both["total"]
    columns = [*SPACE, "layer", "label", "minimum_distance", "lower", "upper"]
    original, tuned = (at(both, stage)[columns] for stage in (ORIGINAL, TUNED))
    found = changes(original, tuned, on=[*CELL, "layer"])
    return found[CHANGES].sort_values([*SPACE, "layer"], kind="stable", ignore_index=True)


def growth_of_space(tables: Tables) -> pd.DataFrame:
    """Say by which factors a space and its labels' minimum distances grew, in the last layer.

    Returns
    -------
    DataFrame
        ``model, task, seed, space_before, space_after, distance_before, distance_after,
        within_before, within_after``: the root-mean-square distance of all examples from their
        mean, the mean of the minimum distance over the labels of which it is known both times,
        and the share of the variance that lies inside the labels; training split, each task's own
        fine-tuning.
    """
    wanted = (
        ("spread", "total", "space"),
        ("minimum_distances", "minimum_distance", "distance"),
        ("spread", "share_within", "within"),
    )
    parts = []
    for name, column, shown in wanted:
        table = tables.get(name)
        if table is None or table.empty:
            return pd.DataFrame(columns=CELL)
        rows = last_layer(on_split(own(table)))
        each = CELL if name == "spread" else [*CELL, "label"]
        found = side_by_side(rows, each, column)
        found = found.groupby(level=CELL).mean()
        parts.append(found.rename(columns={c: f"{shown}_{c}" for c in found.columns}))
    both = pd.concat(parts, axis=1).dropna(subset=["space_before", "space_after"])
    return both.reset_index()
