"""Put the tables of a run together from its steps, and derive what needs several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from tunescope.studies.questions.accuracy_change import accuracy_change
from tunescope.studies.questions.layers import similarity_table
from tunescope.studies.questions.measure import Collected
from tunescope.studies.questions.motion import motion
from tunescope.studies.questions.performance import CORRECT
from tunescope.studies.questions.structure import centroid_paths
from tunescope.studies.questions.transfer import STEP, transfer_tables

ORDER = ["model", "task", "seed", "weights", "update", "layer", "split"]


def assemble(
    steps: Iterable[tuple[str, str, int | None, dict[str, pd.DataFrame]]], seeds: Sequence[int]
) -> dict[str, pd.DataFrame]:
    """Give a run's whole tables.

    Parameters
    ----------
    steps : model, task, seed and tables of every step. What does not depend on the seed of
        fine-tuning (update 0, random weights) has the seed None; its rows stand under every seed.
    seeds : all of them.

    Returns
    -------
    dict of DataFrame
        Sorted by the columns that say where a row is from, so that the order in which steps
        were finished leaves no trace. ``cluster_members`` is empty where nothing is to explain.
    """
    collected = Collected()
    for model, task, seed, tables in steps:
        for each in seeds if seed is None else [seed]:
            collected.add(tables, model=model, task=task, seed=each)
    tables = collected.tables()
    if "separations" in tables:
        derived = similarity_table(tables["separations"])
        parts = [part for part in (tables.get("similarity"), derived) if part is not None]
        tables["similarity"] = pd.concat(parts, ignore_index=True)
    if "centroid_vectors" in tables:
        vectors = tables.pop("centroid_vectors")
        tables["centroids"] = _each_layer(vectors, centroid_paths)
        if vectors["update"].nunique() > 1:
            tables["motion"] = _each_layer(vectors, motion)
    if CORRECT in tables:
        changed = accuracy_change(tables.pop(CORRECT))
        if len(changed):
            tables["accuracy_change"] = changed
    tables |= transfer_tables(tables)
    for name in STEP.values():
        tables.pop(name, None)
    return {name: _sorted(table) for name, table in tables.items()}


def _each_layer(
    vectors: pd.DataFrame, measure: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    keys = ["model", "task", "seed", "layer", "split"]
    parts = []
    for key, table in vectors.groupby(keys, sort=True):
        found = measure(table)
        for position, (column, value) in enumerate(zip(keys, key, strict=True)):
            found.insert(position, column, value)  # type: ignore[arg-type]
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    keys = [column for column in ORDER if column in table.columns]
    rest = [column for column in table.columns if column not in keys]
    return table[[*keys, *rest]].sort_values(keys, kind="stable", ignore_index=True)
