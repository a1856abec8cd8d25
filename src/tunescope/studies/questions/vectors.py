"""Vectors from anywhere: read them with their labels, and measure their geometry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tunescope.errors import InputError, nearest, place
from tunescope.geometry import Clustering, cluster, separations
from tunescope.runs import Run
from tunescope.studies.assemble import assemble
from tunescope.studies.questions.linearity import cluster_tables
from tunescope.studies.questions.structure import separation_tables
from tunescope.studies.steps import Origin
from tunescope.tables.stages import ORIGINAL


@dataclass(frozen=True)
class LabelledVectors:
    """Vectors with a label each, and where they come from."""

    vectors: np.ndarray
    """Shape (n_examples, n_features); a ``.npy`` file stays memory-mapped."""
    labels: np.ndarray
    """Label names, shape (n_examples,)."""


def read_labelled(
    vectors: Path, labels: Path | None = None, *, label: str = "label"
) -> LabelledVectors:
    """Read vectors and labels.

    Parameters
    ----------
    vectors : ``.npy``; ``.npz`` (arrays ``X`` and, without a labels file, ``y``; or the only
        array); Parquet or CSV (one number column a feature); or text (numbers with white space
        between them, one vector a line).
    labels : ``.npy``, or text with one label a line; without it, the vectors' file holds them.
    label : column of the labels in a Parquet or CSV file.

    Raises
    ------
    InputError
        If a file cannot be read, holds something else, or the counts differ.
    """
    X, own = _read(vectors, label)
    if labels is not None:
        y = _read_labels(labels)
        source = str(labels)
    elif own is not None:
        y, source = own, str(vectors)
    else:
        raise InputError(f"{vectors}: holds no labels; name a file of labels after it")
    if X.ndim != 2 or X.dtype.kind not in "fiu":
        raise InputError(
            f"{vectors}: holds an array of shape {X.shape} and type {X.dtype}; "
            "expected numbers of shape (examples, features)"
        )
    if len(X) != len(y):
        raise InputError(f"{source}: {len(y)} labels for the {len(X)} vectors of {vectors}")
    return LabelledVectors(X, y)


def _read(path: Path, label: str) -> tuple[np.ndarray, np.ndarray | None]:
    readers: dict[str, Callable[[Path, str], tuple[np.ndarray, np.ndarray | None]]] = {
        ".npy": lambda file, _: (np.load(file, mmap_mode="r", allow_pickle=False), None),
        ".npz": _read_npz,
        ".parquet": lambda file, column: _columns(file, pd.read_parquet(file), column),
        ".csv": lambda file, column: _columns(file, pd.read_csv(file), column),
        ".tsv": lambda file, column: _columns(file, pd.read_csv(file, sep="\t"), column),
        ".txt": lambda file, _: (_read_text(file), None),
    }
    reader = readers.get(path.suffix)
    if reader is None:
        raise InputError(f"{path}: unknown kind of file; expected one of {', '.join(readers)}")
    try:
        return reader(path, label)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:
        raise InputError(f"{path}: not a {path.suffix} file of vectors: {error}") from None


def _read_npz(path: Path, _: str) -> tuple[np.ndarray, np.ndarray | None]:
    with np.load(path, allow_pickle=False) as arrays:
        names = list(arrays)
        if "X" in names:
            return arrays["X"], _as_names(arrays["y"]) if "y" in names else None
        if len(names) == 1:
            return arrays[names[0]], None
    raise InputError(f"{path}: holds the arrays {', '.join(names)}; expected X and y, or one array")


def _columns(path: Path, table: pd.DataFrame, label: str) -> tuple[np.ndarray, np.ndarray | None]:
    own = None
    if label in table.columns:
        own = _as_names(table.pop(label).to_numpy())
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise InputError(
                f"{path}: column {column!r} holds no numbers; the column of labels is named with "
                f"--label ({nearest(label, map(str, table.columns))})"
            )
    return table.to_numpy(), own


def _read_text(path: Path) -> np.ndarray:
    rows: list[list[float]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = [float(part) for part in line.split()]
        except ValueError as error:
            raise InputError(f"{place(path, number)}: {error}; expected numbers") from None
        if not row or (rows and len(row) != len(rows[0])):
            wanted = len(rows[0]) if rows else "at least 1"
            raise InputError(f"{place(path, number)}: {len(row)} numbers; expected {wanted}")
        rows.append(row)
    return np.array(rows)


def _read_labels(path: Path) -> np.ndarray:
    try:
        if path.suffix == ".npy":
            return _as_names(np.load(path, allow_pickle=False))
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror or error}") from None
    except ValueError as error:
        raise InputError(f"{path}: not a file of labels: {error}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise InputError(f"{place(path, number)}: empty; expected one label a line")
    return np.array([line.strip() for line in lines])


def _as_names(labels: np.ndarray) -> np.ndarray:
    return np.asarray([str(label) for label in np.asarray(labels).ravel()])


def store_vectors(probed: ProbedVectors, folder: Path, *, source: str, labels: str) -> Run:
    """Keep what was found as a run, so that a report can be written of it.

    Parameters
    ----------
    probed : what was found.
    folder : of the run; new or empty.
    source, labels : what to call the vectors and their labels in the tables.
    """
    study = {"vectors": source, "labels": labels}
    tables = {name: table.assign(layer=0, split="train") for name, table in probed.tables.items()}
    with Run.start(folder, study, identity=study) as run:
        run.write_tables(assemble([(Origin(source, labels, 0, ORIGINAL, 0), tables)], [0]))
        run.note(complete=True)
    return run


@dataclass(frozen=True)
class ProbedVectors:
    """What the geometry says about labelled vectors."""

    clustering: Clustering
    tables: dict[str, pd.DataFrame]
    """``separations``, ``minimum_distances``, ``nearest_pairs``, ``clusters``, ``linearity``."""


def probe_vectors(data: LabelledVectors, *, source: str, rtol: float = 1e-6) -> ProbedVectors:
    """Count clusters and measure separations.

    Parameters
    ----------
    data : vectors with labels.
    source : what examples are called, with their row, where a text is not known.
    rtol : relative width to which separations are bounded.
    """
    found = separations(data.vectors, data.labels, rtol=rtol)
    clustering = cluster(data.vectors, data.labels, separations=found)
    tables = separation_tables(found, lambda row: (f"row {row}", f"{source}, row {row}"))
    tables |= cluster_tables(clustering, data.labels, data.vectors.shape[1])
    return ProbedVectors(clustering, tables)
