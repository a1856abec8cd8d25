"""Vectors with a label each, from files: the same strict readers as for texts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunescope.errors import InputError, place
from tunescope.geometry.hulls.cloud import as_points
from tunescope.tasks.readers.arrays import load_npy, load_npz
from tunescope.tasks.readers.delimited import Delimited, index_note, open_delimited
from tunescope.tasks.readers.files import LONE_CR, AnyPath, as_path, first_line, read_lines
from tunescope.tasks.readers.labels import EXACT, label_column
from tunescope.tasks.readers.lists import lists_in_text
from tunescope.tasks.readers.look_alikes import odd_labels
from tunescope.tasks.readers.parquet import frame_index_note
from tunescope.tasks.readers.table import Table, is_count
from tunescope.tasks.readers.tables import READERS, read_table

_INDEX_NAMES: Final = ("index", "id", "idx", "level_0", "unnamed: 0", "row", "row_id")
"""Names of columns that are an index where they count the rows."""


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
    labels : ``.npy``; text with one label a line; or a table with a column ``label``. Without it,
        the vectors' file holds them.
    label : column of the labels in a table.

    Raises
    ------
    InputError
        If a file cannot be read, holds something else, a label or a number is missing (says the
        row or line), or the counts differ.
    """
    if not isinstance(label, str):
        raise InputError(f"label={label!r:.60}; expected the name of a column")
    X, own, notes, features = _read(as_path(vectors), label)
    if labels is not None:
        if own is not None:
            notes.append(f"the labels are those of {labels}; those in {vectors} are not used")
        own, said = _read_labels(as_path(labels), label)
        notes += said
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
        )
    (column,) = own.columns
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
    return LabelledVectors(X, names, (*notes, *own.notes, *odd, *_codes(X, features, names)))


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


_Read = tuple[NDArray[Any], Table | None, list[str], Sequence[str]]
"""Vectors, labels, notes, and the names of the features where they have some."""


def _read(path: Path, label: str) -> _Read:
    ending = path.suffix.lower()
    if ending == ".npy":
        return load_npy(path), None, [], ()
    if ending == ".npz":
        X, y = load_npz(path)
        return X, None if y is None else _table(path, "y", y), [], ()
    if ending == ".txt":
        return _read_text(path), None, [], ()
    if ending in (".csv", ".tsv"):
        return _read_delimited(path, label)
    if ending in READERS:
        return _from_table(read_table(path), label)
    known = ", ".join((".npy", ".npz", ".txt", *READERS))
    raise InputError(f"{path}: unknown kind of file {ending!r}; expected one of {known}")


def _read_delimited(path: Path, label: str) -> _Read:
    """Read numbers row by row, so that a large file does not become large lists of cells."""
    file = open_delimited(path)
    label = _in_any_case(label, file.header)
    at = {name: i for i, name in enumerate(file.header)}
    kept = [i for name, i in at.items() if name not in ("", label)]
    if len(kept) == 1:
        _, first = next(file.rows(), (0, [""] * len(file.header)))
        if first[kept[0]].lstrip().startswith("["):
            table = read_table(path)
            name = file.header[kept[0]]
            lists = lists_in_text(table.column(name), table, name)
            if not lists:
                raise InputError(f"{table.header}: not every cell of {name!r} is a list of numbers")
            return _from_table(replace(table, columns={**table.columns, name: lists}), label)
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
    notes = file.notes
    if file.has_index:
        notes.append(index_note(file, index))
    X, said, names = _features(np.array(rows), [file.header[i] for i in kept], booleans)
    own = Table(str(path), {label: texts}, lines, file.header_line) if label in at else None
    return X, own, [*notes, *said], names


def _in_any_case(label: str, names: Sequence[str]) -> str:
    """Find the column of labels, without regard to case if none is written so."""
    folded = {name.casefold(): name for name in names}
    return label if label in names else folded.get(label.casefold(), label)


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
    return "" if has_labels else f"; if it holds the labels, name it with --label ({name})"


def _features(
    X: NDArray[Any], names: Sequence[str], booleans: Collection[str]
) -> tuple[NDArray[Any], list[str], list[str]]:
    """Leave out columns that count the rows and are named as an index; say what others may be."""
    counts = [i for i in range(X.shape[1]) if len(X) > 2 and is_count(X[:, i].tolist())]
    called = [i for i, name in enumerate(names) if name.strip().casefold() in _INDEX_NAMES]
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
    return (X[:, kept] if left_out else X), notes, [names[i] for i in kept]


def _from_table(table: Table, label: str) -> _Read:
    own = None
    label = _in_any_case(label, list(table.columns))
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
    X, said, features = _features(np.concatenate(blocks, axis=1), features, booleans)
    return X, own, [*table.notes, *map(frame_index_note, index), *said], features


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
    for number, line in enumerate(_lines(path), start=1):
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


def _read_labels(path: Path, label: str) -> tuple[Table, list[str]]:
    """Read a file of labels as a table of one column."""
    ending = path.suffix.lower()
    if ending == ".npy":
        return _table(path, "label", load_npy(path)), []
    if ending in READERS:
        table = read_table(path)
        name = _in_any_case(label, list(table.columns))
        others = [column for column in table.columns if column not in table.index]
        if name not in table.columns and len(others) == 1:
            name = others[0]
        names = {name: table.class_names[name]} if name in table.class_names else {}
        cells = {name: table.column(name)}
        own = Table(table.source, cells, table.lines, table.header_line, names, table.floats)
        return own, list(table.notes)
    if ending == ".npz":
        raise InputError(f"{path}: a .npz file is no file of labels; expected .npy or text")
    lines = _lines(path)
    for number, line in enumerate(lines, start=1):
        if "\t" in line.strip():
            raise InputError(f"{place(path, number)}: two cells; expected one label a line")
    return Table(str(path), {"label": lines}, range(1, len(lines) + 1)), []


def _lines(path: Path) -> list[str]:
    """Read lines of one example each."""
    lines = read_lines(path)
    for number, line in enumerate(lines, start=1):
        if "\r" in line.strip():
            raise InputError(f"{place(path, number)}: {LONE_CR}")
    return lines


def _table(path: Path, name: str, labels: NDArray[Any]) -> Table:
    if labels.ndim != 1 or labels.dtype.kind not in "biufUS":
        raise InputError(
            f"{path}: the labels have shape {labels.shape} and type {labels.dtype}; expected one "
            "text or number an example"
        )
    floats = {name: str(labels.dtype.newbyteorder("="))}
    lines = range(1, len(labels) + 1)
    return Table(str(path), {name: labels.tolist()}, lines, floats=floats)
