"""Vectors with a label each, from files: the same strict readers as for texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunescope.errors import InputError, place
from tunescope.geometry.hulls.cloud import as_points
from tunescope.tasks.readers.arrays import load_npy, load_npz
from tunescope.tasks.readers.delimited import Delimited, index_note, open_delimited
from tunescope.tasks.readers.files import AnyPath, as_path, first_line
from tunescope.tasks.readers.headers import check_header, check_label_name
from tunescope.tasks.readers.label_files import (
    array_of_labels,
    in_any_case,
    lines_of_examples,
    read_labels,
)
from tunescope.tasks.readers.labels import EXACT, label_column
from tunescope.tasks.readers.lists import lists_in_text
from tunescope.tasks.readers.look_alikes import odd_labels
from tunescope.tasks.readers.parquet import frame_index_note
from tunescope.tasks.readers.row_order import INDEX_NAMES, check_same_order, unused_note
from tunescope.tasks.readers.table import Table, is_count
from tunescope.tasks.readers.tables import READERS, read_table


@dataclass(frozen=True)
class LabelledVectors:
    """Vectors with a label each, and what was guessed or left out while reading them."""

    vectors: NDArray[Any]
    """Shape (n_examples, n_features); a ``.npy`` file stays memory-mapped."""
    labels: NDArray[np.str_]
    """Label names, shape (n_examples,)."""
    notes: tuple[str, ...] = ()


def read_labelled(
    vectors: AnyPath, labels: AnyPath | None = None, *, label: str = "label"
) -> LabelledVectors:
    """Read vectors and labels.

    Parameters
    ----------
    vectors : ``.npy``; ``.npz`` (arrays ``X`` and, without a labels file, ``y``; or the only
        array); CSV, TSV, JSON Lines or Parquet (a number column for each feature, or one column
        of lists); or text (numbers with white space between them, one vector a line). In CSV and
        TSV, a first column without a name that numbers the rows is an index and no feature; so
        is a column called ``id``, ``index`` or the like that counts them.
    labels : ``.npy``; text with one label a line; or a table with a column ``label``, or with one
        column. Without it, the vectors' file holds them. They belong to the vectors by their order.
    label : column of the labels in a table.

    Raises
    ------
    InputError
        If a file cannot be read, holds something else, a label or a number is missing (says the
        row or line), the counts differ, the first line of a CSV or TSV file is no header, or an
        ``id`` in both files says that their orders differ.
    """
    if not isinstance(label, str):
        raise InputError(f"label={label!r:.60}; expected the name of a column")
    read = _read(as_path(vectors), label)
    X, own, notes, table = read.X, read.labels, read.notes, None
    if labels is not None:
        if own is not None:
            notes.append(f"the labels are those of {labels}; those in {vectors} are not used")
        own, table = read_labels(as_path(labels), label)
    if own is None:
        raise InputError(f"{vectors}: holds no labels; name a file of labels after it")
    if X.ndim != 2 or X.dtype.kind not in "fiu" or 0 in X.shape:
        raise InputError(
            f"{vectors}: holds an array of shape {X.shape} and type {X.dtype}; "
            "expected numbers of shape (examples, features)"
        )
    X = as_points(X, str(vectors))
    if len(X) != len(own.lines):
        raise InputError(
            f"{own.source}: {len(own.lines)} labels for the {len(X)} vectors of {vectors}"
            f"{_lost(own, len(X), as_path(vectors))}"
        )
    (column,) = own.columns
    if table is not None:
        same = check_same_order(read.columns, table, column, str(vectors))
        notes += [*table.notes, *unused_note(table, [column, *same])]
    found = label_column(own, column)
    for i, one in enumerate(found):
        if isinstance(one, list):
            raise InputError(f"{own.where(i)}: {column!r} is a list; expected a label")
    names = np.array(found, dtype=np.str_)
    if (names == names[0]).all():
        raise InputError(
            f"{own.source}: all {len(names)} examples have the label {found[0]!r:.60}; expected at "
            "least two labels"
        )
    odd = odd_labels(sorted(set(names.tolist())))
    return LabelledVectors(X, names, (*notes, *own.notes, *odd, *_codes(X, read.features, names)))


def _codes(X: NDArray[Any], features: Sequence[str], labels: NDArray[np.str_]) -> list[str]:
    """Say of columns that may be the labels written as numbers, which no vectors should hold."""
    if not features:
        return []
    _, of = np.unique(labels, return_inverse=True)
    first = np.unique(of, return_index=True)[1]
    same = (X[first][of] == X).all(axis=0) if 1 < len(first) < len(X) else np.zeros(len(features))
    return [
        f"column {features[i]!r} has one value for each label, and is read as a feature; if it "
        "is the label as a number, leave it out"
        for i in np.flatnonzero(same).tolist()
        if len(np.unique(X[first, i])) == len(first)
    ]


@dataclass(frozen=True)
class _Read:
    """What a file of vectors holds."""

    X: NDArray[Any]
    labels: Table | None = None
    notes: list[str] = field(default_factory=list)
    features: Sequence[str] = ()
    """The names of the features, where they have some."""
    numbering: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """The indexes that were left out, by name; one may have none."""

    @property
    def columns(self) -> dict[str, Sequence[Any]]:
        """Whatever has a name in the file: indexes and features."""
        named: dict[str, Any] = {name: self.X[:, i] for i, name in enumerate(self.features)}
        return {**named, **self.numbering}


def _lost(labels: Table, n_vectors: int, vectors: Path) -> str:
    """Say that a first line was read as a header, where one example is missing."""
    missing = n_vectors - len(labels.lines)
    if missing == 1 and labels.header_line is not None:
        return f"; {labels.header} is read as the header"
    if missing == -1 and vectors.suffix.lower() in (".csv", ".tsv"):
        return "; the first line of the vectors is read as the header"
    return ""


def _read(path: Path, label: str) -> _Read:
    ending = path.suffix.lower()
    if ending == ".npy":
        return _Read(load_npy(path))
    if ending == ".npz":
        X, y = load_npz(path)
        return _Read(X, None if y is None else array_of_labels(path, "y", y))
    if ending == ".txt":
        return _Read(_read_text(path))
    if ending in (".csv", ".tsv"):
        return _read_delimited(path, label)
    if ending in READERS:
        return _from_table(read_table(path), label)
    known = ", ".join((".npy", ".npz", ".txt", *READERS))
    raise InputError(f"{path}: unknown kind of file {ending!r}; expected one of {known}")


def _read_delimited(path: Path, label: str) -> _Read:
    """Read numbers row by row, so that a large file does not become large lists of cells."""
    file = open_delimited(path)
    label = in_any_case(label, file.header)
    at = {name: i for i, name in enumerate(file.header)}
    kept = [i for name, i in at.items() if name not in ("", label)]
    _, first = next(file.rows(), (0, [""] * len(file.header)))
    check_header(file, first, label)
    if len(kept) == 1 and first[kept[0]].lstrip().startswith("["):
        return _read_lists(path, file.header[kept[0]], label)
    rows: list[NDArray[np.float64]] = []
    lines: list[int] = []
    texts: list[str] = []
    index: list[str] = []
    booleans: set[str] = set()
    for line, cells in file.rows():
        if label in at:
            texts.append(cells[at[label]])
        if file.has_index:
            index.append(cells[0])
        rows.append(_numbers(file, line, cells, kept, label, booleans))
        lines.append(line)
    if not rows:
        raise InputError(f"{path}: no rows; expected at least one vector")
    check_label_name(file, label, texts)
    notes = file.notes
    if file.has_index:
        notes.append(index_note(file, index))
    own = Table(str(path), {label: texts}, lines, file.header_line) if label in at else None
    numbering = {"": index} if file.has_index else {}
    found = _Read(np.array(rows), own, notes, [file.header[i] for i in kept], numbering)
    return _without_counts(found, booleans)


def _read_lists(path: Path, name: str, label: str) -> _Read:
    """Read a table with a column of lists that were turned into text."""
    table = read_table(path)
    lists = lists_in_text(table.column(name), table, name)
    if not lists:
        raise InputError(f"{table.header}: not every cell of {name!r} is a list of numbers")
    return _from_table(replace(table, columns={**table.columns, name: lists}), label)


def _numbers(
    file: Delimited,
    line: int,
    cells: Sequence[str],
    kept: Sequence[int],
    label: str,
    booleans: set[str],
) -> NDArray[np.float64]:
    row = [cells[i] for i in kept]
    try:
        found = np.array(row, dtype=np.str_).astype(np.float64)
    except ValueError:
        found = np.full(len(row), np.nan)
    together = "".join(row)
    plain = together.isascii() and "_" not in together  # which numpy and Python read as digits
    if plain and np.isfinite(found).all():
        return found
    for number, (i, cell) in enumerate(zip(kept, row, strict=True)):
        name = file.header[i]
        try:
            if cell.strip() in ("True", "False"):
                booleans.add(name)
                found[number] = cell.strip() == "True"
            else:
                found[number] = float(cell) if cell.isascii() and "_" not in cell else np.nan
        except ValueError:
            found[number] = np.nan
        if not np.isfinite(found[number]):
            shown = repr(cell.strip())[:60] if cell.strip() else "empty"
            raise InputError(
                f"{place(file.source, line)}: column {name!r} is {shown}; expected a number"
                f"{_hint(name, label in file.header)}"
            )
    return found


def _hint(name: str, has_labels: bool) -> str:
    if has_labels:
        return ""
    return f"; if {name!r} is the name of the labels' column, say so with --label ({name})"


def _without_counts(read: _Read, booleans: Collection[str]) -> _Read:
    """Leave out columns that count the rows and are named as an index; say what others may be."""
    X, names = read.X, read.features
    counts = [i for i in range(X.shape[1]) if len(X) > 2 and is_count(X[:, i].tolist())]
    called = [i for i, name in enumerate(names) if name.strip().casefold() in INDEX_NAMES]
    left_out = [i for i in counts if i in called]
    notes = [f"column {names[i]!r} counts the rows: it is an index, and left out" for i in left_out]
    notes += [
        f"column {names[i]!r} counts the rows, and is read as a feature"
        for i in counts
        if i not in left_out
    ]
    notes += [
        f"column {names[i]!r} does not count the rows, and is read as a feature"
        for i in called
        if i not in left_out
    ]
    if booleans:
        shown = ", ".join(map(repr, sorted(booleans)))
        notes.append(f"True and False are read as 1 and 0, in {shown:.200}")
    beyond = np.flatnonzero((np.abs(X) >= EXACT).any(axis=0)).tolist()
    if beyond:
        shown = ", ".join(repr(names[i]) for i in beyond)
        notes.append(f"numbers beyond 2^53 are rounded, in {shown:.200}")
    kept = [i for i in range(len(names)) if i not in left_out]
    indexes: dict[str, Any] = {names[i]: X[:, i].copy() for i in left_out}
    return replace(
        read,
        X=X[:, kept] if left_out else X,
        notes=[*read.notes, *notes],
        features=[names[i] for i in kept],
        numbering={**read.numbering, **indexes},
    )


def _from_table(table: Table, label: str) -> _Read:
    own = None
    label = in_any_case(label, list(table.columns))
    if label in table.columns:
        names = {label: table.class_names[label]} if label in table.class_names else {}
        cells = {label: table.column(label)}
        own = Table(table.source, cells, table.lines, table.header_line, names, table.floats)
    index = [name for name in table.columns if name in table.index and name != label]
    features = [name for name in table.columns if name != label and name not in index]
    if not features:
        raise InputError(f"{table.header}: no column besides {label!r}; expected numbers")
    booleans: set[str] = set()
    blocks = [_feature(table, name, label, booleans) for name in features]
    if len(features) == 1 and blocks[0].shape[1] > 1:
        features *= blocks[0].shape[1]
        features = [f"{name}[{i}]" for i, name in enumerate(features)]
        blocks = list(np.split(blocks[0], len(features), axis=1))
    wide = next((n for n, block in zip(features, blocks, strict=True) if block.shape[1] > 1), None)
    if wide is not None:
        raise InputError(
            f"{table.header}: column {wide!r} holds lists beside other columns; expected one "
            "column of lists, or a number in each column"
        )
    notes = [*table.notes, *map(frame_index_note, index)]
    numbering = {**table.numbering, **{name: table.column(name) for name in index}}
    found = _Read(np.concatenate(blocks, axis=1), own, notes, features, numbering)
    return _without_counts(found, booleans)


def _feature(table: Table, name: str, label: str, booleans: set[str]) -> NDArray[np.float64]:
    """Read a column of numbers, or of lists of numbers of one length: (n_examples, n_features)."""
    rows: list[list[float]] = []
    for i, cell in enumerate(table.column(name)):
        row = list(cell) if isinstance(cell, (list, tuple)) else [cell]
        if any(isinstance(x, bool) for x in row):
            booleans.add(name)
        if not all(isinstance(x, (int, float)) and np.isfinite(float(x)) for x in row):
            raise InputError(
                f"{table.where(i)}: column {name!r} is {cell!r:.60}; expected numbers"
                f"{_hint(name, label in table.columns)}"
            )
        if not row or (rows and len(row) != len(rows[0])):
            wanted = len(rows[0]) if rows else "at least 1"
            raise InputError(f"{table.where(i)}: {len(row)} numbers in {name!r}; expected {wanted}")
        rows.append([float(x) for x in row])
    return np.array(rows)


def _read_text(path: Path) -> NDArray[np.float64]:
    rows: list[NDArray[np.float64]] = []
    for number, line in enumerate(lines_of_examples(path), start=1):
        cells = line.split()
        for cell in cells:
            try:
                if not (np.isfinite(float(cell)) and cell.isascii() and "_" not in cell):
                    raise ValueError(f"{cell!r:.60} is no number")
            except ValueError as error:
                where = place(path, number)
                raise InputError(f"{where}: {first_line(error)}; expected numbers") from None
        if not cells or (rows and len(cells) != len(rows[0])):
            wanted = len(rows[0]) if rows else "at least 1"
            raise InputError(f"{place(path, number)}: {len(cells)} numbers; expected {wanted}")
        rows.append(np.array(cells, dtype=np.float64))
    return np.array(rows)
