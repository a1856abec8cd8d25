"""What the judges share: rows of tables as cases, and the models by size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from tunescope.paper.cases import Case
from tunescope.tables import ORIGINAL, TUNED, Tables, clusters
from tunescope.tables.stages import CELL, at

TREC, POS, DEP, FUNCTIONS, ROLES = "trec-50", "pos", "dep", "ps-fxn", "ps-role"
LEVEL = 0.05
"""A change is told from none where the p-value is at most this."""

Stages = dict[str, pd.Series]


def case(where: Mapping[Any, Any] | pd.Series, seen: bool | None, numbers: str) -> Case:
    """Make a case of one model, task and seed, and of the stage and the other task of its row."""
    decided = None if seen is None else bool(seen)
    about = " ".join(str(where[column]) for column in ("stage", "tuned_on") if column in where)
    cell = str(where["model"]), str(where["task"]), int(where["seed"])
    return Case(*cell, decided, numbers, about)


def records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    """Give the rows as dictionaries."""
    found: list[dict[Any, Any]] = table.to_dict("records")
    return found


def before_and_after(table: pd.DataFrame) -> Iterator[tuple[dict[str, Any], Stages]]:
    """Give the rows before and after of each model, task and seed that has both."""
    for key, rows in table.groupby(CELL, sort=True):
        ends = {str(row["stage"]): row for _, row in rows.iterrows()}
        if {ORIGINAL, TUNED} <= set(ends):
            yield dict(zip(CELL, key, strict=True)), ends


def sign(lower: float, upper: float) -> bool | None:
    """Tell whether an interval lies above 0 (True), below (False), or holds it (None).

    Examples
    --------
    >>> sign(0.1, 0.3), sign(-0.3, -0.1), sign(-0.1, 0.1), sign(float("nan"), 1.0)
    (True, False, None, None)
    """
    if lower > 0:
        return True
    return False if upper < 0 else None


def truth(value: Any) -> bool | None:
    """Read a column of truths; None where it is missing.

    Examples
    --------
    >>> truth(True), truth(0.0), truth(float("nan"))
    (True, False, None)
    """
    return None if pd.isna(value) else bool(value)


def cluster_count(row: Mapping[Any, Any] | pd.Series) -> str:
    """Write a number of clusters; of a count that was stopped, its lower bound.

    Examples
    --------
    >>> cluster_count({"n_clusters": float("nan"), "least_clusters": 4})
    'at least 4'
    """
    if not pd.isna(row["n_clusters"]):
        return f"{row['n_clusters']:.0f}"
    least = row.get("least_clusters")
    return "an unknown number of" if pd.isna(least) else f"at least {least:.0f}"


def percent(before: float, after: float) -> str:
    """Write two accuracies."""
    return f"{100 * before:.1f} → {100 * after:.1f} %"


def before_tuning(tables: Tables) -> pd.DataFrame:
    """Clusters before fine-tuning, once a model and task: there is no seed yet."""
    found = clusters(tables)
    return at(found, ORIGINAL).drop_duplicates(["model", "task"]).assign(seed=0)


def sizes(tables: Tables) -> pd.DataFrame:
    """Give each model's layers and dimensions, from the smallest to the largest.

    A pair's vector is that of two words, so of `dep` half the dimensions count.

    Returns
    -------
    DataFrame
        ``layers, features`` by model.
    """
    found = before_tuning(tables)
    if found.empty:
        return pd.DataFrame(columns=["layers", "features"])
    halves = found["n_features"].where(found["task"] != DEP, found["n_features"] / 2)
    by_model = found.assign(features=halves).groupby("model")
    table = by_model.agg(layers=("layer", "max"), features=("features", "min"))
    return table.sort_values(["features", "layers"])
