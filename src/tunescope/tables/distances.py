"""Which labels moved away and which came nearer, by certified bounds (paper, Table 5)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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
    table = on_split(table).dropna(subset=["lower"])
    table = last_layer(table) if layers == "last" else table
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
        itself), with the 95 % interval ``change_lower, change_upper`` of the mean, by Student's t
        over labels; ``n_clusters``; and of the classifier probe ``accuracy, lower, upper``, its
        restarts averaged. Empty where nothing was tuned.
    """
    changed = distance_changes(tables)
    if changed.empty:
        return pd.DataFrame(columns=GROWTH)
    spaces = changed.groupby([*SPACE, "layer"], sort=True)
    counts = {
        f"n_{name}": (changed["direction"] == name).groupby([changed[c] for c in SPACE]).sum()
        for name in DIRECTIONS
    }
    rows = spaces.agg(
        n_labels=("label", "size"),
        mean_change=("change", "mean"),
        change_lower=("change", lambda change: mean_interval(change.to_numpy())[1]),
        change_upper=("change", lambda change: mean_interval(change.to_numpy())[2]),
    ).reset_index()
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


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Give a mean with its 95 % interval by Student's t; with one value everything is possible.

    Missing values are of changes that are open, and left out.

    Examples
    --------
    >>> mean, lower, upper = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> mean, round(lower, 2), round(upper, 2)
    (2.0, -0.48, 4.48)
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return np.nan, -np.inf, np.inf
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, -np.inf, np.inf
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    half = float(stats.t.ppf(0.975, len(values) - 1) * error)
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
        mean, the mean over labels of the minimum distance, and the share of the variance that
        lies inside the labels; training split, each task's own fine-tuning.
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
        found = side_by_side(rows, CELL, column)
        parts.append(found.rename(columns={c: f"{shown}_{c}" for c in found.columns}))
    both = pd.concat(parts, axis=1).dropna(subset=["space_before", "space_after"])
    return both.reset_index()
