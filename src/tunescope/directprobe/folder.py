"""A folder of DirectProbe's results, read as one, with the data that they are of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunescope.directprobe import inputs, outputs
from tunescope.directprobe.lines import SHOWN, numbered_lines, whole_number
from tunescope.directprobe.locate import SPLITS, locate
from tunescope.errors import InputError, place

RESULTS = (
    "clusters.txt",
    "dis.txt",
    "prediction.txt",
    "vec.txt",
    "outside_min.txt",
    "inside_mean.txt",
    "inside_max.txt",
)
LOG_COUNT = re.compile(r"Finish loading ([0-9]+) entities")
LOG_VALUE = re.compile(r"\b(Acc|MinConvexDistance|MaxConvexDistance|AverageConvexDistance)=(\S+)")


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples of one split; what no file was found for is None."""

    texts: tuple[str, ...] | None = None
    """What the examples are, as the file has it."""
    labels: NDArray[np.str_] | None = None
    """Label names, shape (n_examples,)."""
    vectors: NDArray[np.floating[Any]] | None = None
    """Shape (n_examples, n_features)."""
    entities: Path | None = None
    """The file of texts and labels."""
    embeddings: Path | None = None
    """The file of vectors."""


@dataclass(frozen=True, eq=False)
class Published:
    """A folder of results of DirectProbe, with the data they are of where it was found."""

    folder: Path
    """Where the results lie."""
    train: Examples
    """The examples that were clustered."""
    test: Examples
    """The examples that were predicted."""
    label_set: tuple[str, ...] = ()
    """The labels that may occur; empty where no file of them was found."""
    clusters: NDArray[np.int64] | None = None
    """Cluster of every training example (``clusters.txt``)."""
    separations: pd.DataFrame | None = None
    """Of the clusters (``dis.txt``), as `outputs.read_separations` gives it."""
    predictions: pd.DataFrame | None = None
    """Of the test examples (``prediction.txt``), as `outputs.read_predictions` gives it."""
    label_separations: pd.DataFrame | None = None
    """Of the labels (``vec.txt``), as `outputs.read_label_separations` gives it."""
    label_values: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """By file: ``outside_min.txt``, ``inside_mean.txt``, ``inside_max.txt``."""
    log: Mapping[str, float] = field(default_factory=dict)
    """What the log says: ``n_train, n_test, Acc, MinConvexDistance, …``, where it does."""


def read_folder(
    folder: Path,
    *,
    data: Path | None = None,
    config: Path | None = None,
    embeddings: str | None = None,
    dtype: Any = np.float32,
) -> Published:
    """Read a folder of results, and the data that they are of where that can be found.

    Parameters
    ----------
    folder : holds ``clusters.txt``, ``dis.txt``, ``prediction.txt`` or ``vec.txt``.
    data : folder with ``entities/``, ``labels/`` and ``embeddings/``; `folder` by default.
    config : the ``config.ini`` of the results; the one in `folder` by default, and else the names
        in its ``log.txt``. The files it names are looked for in its folder and those above it.
    embeddings : which file of ``embeddings/``, with ``{split}`` for train and test, e.g.
        ``"layers/{split}/12.txt"``; needed only where there are several.
    dtype : of the vectors; the authors' code keeps float32.

    Returns
    -------
    Published

    Raises
    ------
    InputError
        If there is no result in the folder, a file that is there does not have the format, or a
        file that was asked for is missing.
    """
    if not folder.is_dir():
        what = "is a file; expected a folder" if folder.exists() else "no such folder"
        raise InputError(f"{folder}: {what} with one of {', '.join(RESULTS)}")
    found = {name: folder / name for name in RESULTS if (folder / name).is_file()}
    if not found:
        raise InputError(f"{folder}: holds no results; expected one of {', '.join(RESULTS)}")
    places = locate(folder, data=data, config=config, embeddings=embeddings)
    label_set = inputs.read_label_set(places["labels"]) if "labels" in places else ()
    train, test = (_read_examples(places, split, dtype) for split in SPLITS)
    known = set(label_set) | set(() if train.labels is None else train.labels.tolist())

    def read(name: str, reader: Any, *arguments: Any) -> Any:
        return reader(found[name], *arguments) if name in found else None

    predictions = read("prediction.txt", outputs.read_predictions)
    if predictions is not None:
        known |= {*predictions["gold"], *predictions["label"]}

    return Published(
        folder=folder,
        train=train,
        test=test,
        label_set=label_set,
        clusters=read("clusters.txt", outputs.read_clusters),
        separations=read("dis.txt", outputs.read_separations, known),
        predictions=predictions,
        label_separations=read("vec.txt", outputs.read_label_separations, known),
        label_values={
            name: outputs.read_label_values(path)
            for name, path in found.items()
            if name.startswith(("outside", "inside"))
        },
        log=read_log(folder / "log.txt") if (folder / "log.txt").is_file() else {},
    )


def _read_examples(places: Mapping[str, Path], split: str, dtype: Any) -> Examples:
    entities, embeddings = places.get(f"{split} entities"), places.get(f"{split} embeddings")
    texts, labels = inputs.read_entities(entities) if entities else (None, None)
    vectors = inputs.read_embeddings(embeddings, dtype=dtype) if embeddings else None
    return Examples(texts, labels, vectors, entities, embeddings)


def read_log(path: Path) -> dict[str, float]:
    """Read what the log of a run says: counts of examples, accuracy, and distances.

    Returns
    -------
    dict
        ``n_train``, ``n_test``, ``Acc``, ``MinConvexDistance``, ``MaxConvexDistance`` and
        ``AverageConvexDistance``, those that it says.

    Raises
    ------
    InputError
        If one of them is not a number.
    """
    values: dict[str, float] = {}
    counts: list[int] = []
    for number, line in numbered_lines(path):
        if found := LOG_COUNT.search(line):
            counts.append(whole_number(found[1], path, number, "a count of entities"))
        elif found := LOG_VALUE.search(line):
            if not re.fullmatch(outputs.NUMBER, found[2]):
                raise InputError(
                    f"{place(path, number)}: {found[1]} is {found[2][:SHOWN]!r}; expected a number"
                )
            values[found[1]] = float(found[2])
    if counts:
        values["n_train"] = counts[0]
    if len(counts) > 1 and "Acc" in values:
        values["n_test"] = counts[-1]
    return values
