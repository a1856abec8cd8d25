"""Put the tables of a run together from its steps, and derive what needs several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from tunescope.studies.questions.accuracy_change import accuracy_change
from tunescope.studies.questions.measure import SPLITS
from tunescope.studies.questions.motion import motion
from tunescope.studies.questions.performance import CORRECT
from tunescope.studies.questions.plane import EXAMPLES, SKETCHES, plane_table
from tunescope.studies.questions.predictions import example_table
from tunescope.studies.questions.spatial import change_table, similarity_table
from tunescope.studies.questions.structure import PERMUTED, centroid_paths
from tunescope.studies.questions.suspects import HELD_OUT
from tunescope.studies.steps import Origin
from tunescope.tables import conform, schema
from tunescope.tables.collected import Collected
from tunescope.tables.stages import CELL, own, trained, was_tuned, with_origin
from tunescope.tasks import Task

OF_LAYER = [*CELL, "layer", "split"]


def assemble(
    steps: Iterable[tuple[Origin, dict[str, pd.DataFrame]]],
    seeds: Sequence[int],
    tasks: Mapping[str, Task] | None = None,
) -> dict[str, pd.DataFrame]:
    """Give a run's whole tables, checked against their schema.

    Parameters
    ----------
    steps : of every step where its rows are from, and its tables. What does not depend on the seed
        of fine-tuning has the seed None; its rows stand under every seed.
    seeds : all of them.
    tasks : whose examples the tables name.
    """
    collected = Collected()
    for origin, tables in steps:
        place = asdict(origin)
        for seed in seeds if origin.seed is None else [origin.seed]:
            place["seed"] = seed
            named = {name: with_origin(table, **place) for name, table in tables.items()}
            collected.add(named)
    tables = collected.tables()
    if "separations" in tables:
        derived = similarity_table(tables["separations"], tables.pop(PERMUTED, None))
        both = (tables.get("similarity"), derived)
        if parts := [part for part in both if part is not None and len(part)]:
            tables["similarity"] = pd.concat(parts, ignore_index=True)
        changed = change_table(tables["separations"])
        if len(changed):
            tables["similarity_change"] = changed
    if "centroid_vectors" in tables:
        vectors = _of_one_width(trained(own(tables.pop("centroid_vectors"))), "vector")
        if len(vectors):
            tables["centroids"] = _each_layer(vectors, centroid_paths)
            if was_tuned(vectors):
                tables["motion"] = _each_layer(vectors, motion)
    tables.pop(HELD_OUT, None)
    if CORRECT in tables:
        of_accuracy = accuracy_change(tables.pop(CORRECT))
        if len(of_accuracy):
            tables["accuracy_change"] = of_accuracy
    if "predictions" in tables and tasks:
        tables["examples"] = example_table(tasks, SPLITS)
    if SKETCHES in tables:
        sketches = _of_one_width(trained(tables.pop(SKETCHES)), "mean")
        examples = tables.pop(EXAMPLES, None)
        if examples is not None and len(sketches):
            tables |= _planes(sketches, examples)
    return conform(tables)


def _of_one_width(vectors: pd.DataFrame, column: str) -> pd.DataFrame:
    """Keep the layers that are as wide at every update; others have no common plane."""
    width = vectors[column].map(len)
    alike = width.groupby([vectors[key] for key in (*CELL, "layer")]).transform("nunique") == 1
    return vectors[alike]


def _planes(sketches: pd.DataFrame, examples: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Lay each layer's snapshots into shared planes; examples are the same at each of them."""
    columns = list(schema().columns("plane_examples"))
    examples = examples[columns].drop_duplicates(["model", "task", "number"])
    labels = {
        key: part.sort_values("number")["label"].to_numpy()
        for key, part in examples.groupby(["model", "task"])
    }

    def planes(part: pd.DataFrame) -> pd.DataFrame:
        return plane_table(part, labels[part["model"].iloc[0], part["task"].iloc[0]])

    return {
        "plane": _each_layer(sketches, planes, [*CELL, "layer"]),
        "plane_examples": examples,
    }


def _each_layer(
    vectors: pd.DataFrame,
    measure: Callable[[pd.DataFrame], pd.DataFrame],
    of_layer: Sequence[str] = OF_LAYER,
) -> pd.DataFrame:
    """Measure each layer over its updates, and say again which stage each update is."""
    parts = []
    for key, table in vectors.groupby(list(of_layer), sort=True):
        found = measure(table)
        for position, (column, value) in enumerate(zip(of_layer, key, strict=True)):
            found.insert(position, column, value)  # type: ignore[arg-type]
        parts.append(found)
    stages = vectors[[*CELL, "update", "stage", "tuned_on"]].drop_duplicates()
    return pd.concat(parts, ignore_index=True).merge(stages, on=[*CELL, "update"])
