"""The examples of a layer in one plane over all updates: what a moving picture is drawn from.

While a snapshot is measured, a sketch of a sample of its examples is kept; when all are, the plane
of each layer is found from the sketches (`tunescope.geometry.spaces.sketches`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tunescope.encoders import Representation
from tunescope.geometry import Sketch, centroids, plane_of_labels, plane_of_variance, sketch
from tunescope.tasks import Task

MOST = 2000
"""Examples in the picture, at most: more make it slow and large, and no clearer."""
TESTED = 500
"""Of these from the test split, at most; more where the training split is small."""
FLOOR = 3
"""Examples of each label in the sample, where the split has so many."""
RANK = 24
"""Directions of each snapshot that are kept. On vectors of a fine-tuned model the plane explains
the same share of variance, to three digits, as one fitted to all vectors (benchmarks/plane.py)."""
DIGITS = np.float16
"""What sketches are stored in: a picture of a thousand pixels needs no more."""

SKETCHES, EXAMPLES = "plane_sketches", "plane_examples"


def sample(representations: Mapping[str, Representation]) -> dict[str, np.ndarray]:
    """Choose the examples of the picture: the same for every snapshot of a model and task.

    Returns
    -------
    dict of array
        Split → rows of its representation, sorted.
    """
    sizes = {name: len(of) for name, of in representations.items() if name in ("train", "test")}
    wanted = dict(sizes)
    if sum(sizes.values()) > MOST:
        wanted["test"] = min(sizes.get("test", 0), TESTED)
        wanted["train"] = min(sizes["train"], MOST - wanted["test"])
        wanted["test"] = min(sizes.get("test", 0), MOST - wanted["train"])
    return {name: _of_each(representations[name].label_ids, wanted[name]) for name in sizes}


def _of_each(labels: np.ndarray, size: int) -> np.ndarray:
    """Draw examples at random, but a few of every label first."""
    order = np.random.default_rng(0).permutation(len(labels))
    place = pd.Series(labels[order]).groupby(labels[order]).cumcount().to_numpy()
    first = np.argsort(place >= FLOOR, kind="stable")
    return np.sort(order[first[:size]])


def sketch_table(
    representations: Mapping[str, Representation], layer: int, chosen: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Sketch the chosen examples of one layer: one row.

    Returns
    -------
    DataFrame
        The parts of a `Sketch` as lists, and ``nearest_label``: of each example the label whose
        mean over the training split is nearest to it.
    """
    vectors = np.concatenate(
        [
            np.asarray(representations[s].layer(layer)[rows], np.float64)
            for s, rows in chosen.items()
        ]
    )
    found = sketch(vectors, RANK)
    train = representations["train"]
    means = centroids(train.layer(layer), train.labels)
    away = (means.vectors**2).sum(axis=1) - 2 * vectors @ means.vectors.T
    scale = float(np.abs(found.coordinates).max(initial=0)) or 1.0
    row: dict[str, Any] = {
        "mean": found.mean.astype(np.float32),
        "directions": found.directions.astype(DIGITS).ravel(),
        "coordinates": (found.coordinates / scale).astype(DIGITS).ravel(),
        "scale": scale,
        "total": found.total,
        "left_out": found.left_out,
        "nearest_label": means.labels[away.argmin(axis=1)].tolist(),
    }
    return pd.DataFrame([row])


def example_table(
    representations: Mapping[str, Representation], task: Task, chosen: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """List the chosen examples, in the order of every list of the table `plane`."""
    rows: list[dict[str, Any]] = []
    for split, places in chosen.items():
        of, texts = representations[split], task.splits[split]
        for label, example in zip(of.labels[places], of.example_index[places], strict=True):
            number = int(example)
            rows.append(
                {
                    "number": len(rows),
                    "split": split,
                    "example": number,
                    "label": str(label),
                    "text": texts.text(number),
                    "place": texts.place(number),
                }
            )
    return pd.DataFrame(rows)


def plane_table(sketches: pd.DataFrame, labels: np.ndarray) -> pd.DataFrame:
    """Lay the sketches of one layer's snapshots into two planes that all of them share.

    Parameters
    ----------
    sketches : rows of `sketch_table` with their ``update``, of one model, task, seed and layer.
    labels : of the examples.

    Returns
    -------
    DataFrame
        A row an update: ``x, y`` in the plane of most variance and ``parting_x, parting_y`` in
        that which parts labels best (lists over the examples), the shares of variance that each
        explains, ``error`` and ``nearest_label``.
    """
    snapshots = [_read(row, len(labels)) for row in sketches.to_dict("records")]
    rows: list[dict[str, Any]] = []
    variance, parting = plane_of_variance(snapshots), plane_of_labels(snapshots, labels)
    for row, one in zip(sketches.to_dict("records"), snapshots, strict=True):
        (x, y), (a, b) = one.project(variance).T, one.project(parting).T
        rows.append(
            {
                "update": row["update"],
                "x": x.astype(np.float32),
                "y": y.astype(np.float32),
                "explained": float(variance.explained.sum()),
                "parting_x": a.astype(np.float32),
                "parting_y": b.astype(np.float32),
                "parting_explained": float(parting.explained.sum()),
                "error": one.left_out,
                "nearest_label": list(row["nearest_label"]),
            }
        )
    return pd.DataFrame(rows)


def _read(row: Mapping[Any, Any], n_examples: int) -> Sketch:
    mean = np.asarray(row["mean"], dtype=np.float64)
    directions = np.asarray(row["directions"], dtype=np.float64).reshape(-1, len(mean))
    coordinates = np.asarray(row["coordinates"], dtype=np.float64) * row["scale"]
    coordinates = coordinates.reshape(n_examples, len(directions))
    return Sketch(mean, directions, coordinates, float(row["total"]), float(row["left_out"]))
