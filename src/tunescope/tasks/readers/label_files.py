"""Labels in a file of their own: an array, lines, or a column of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tunescope.errors import InputError, place
from tunescope.tasks.readers.arrays import load_npy
from tunescope.tasks.readers.files import LONE_CR, read_lines
from tunescope.tasks.readers.headers import check_only_name
from tunescope.tasks.readers.table import Table
from tunescope.tasks.readers.tables import READERS, read_table


def read_labels(path: Path, label: str) -> tuple[Table, Table | None]:
    """Read a file of labels as a table of one column; of a table, give all of it, too.

    Raises
    ------
    InputError
        If it cannot be read, holds something else, or its first line is no header.
    """
    ending = path.suffix.lower()
    if ending == ".npy":
        return array_of_labels(path, "label", load_npy(path)), None
    if ending in READERS:
        table = read_table(path)
        name = in_any_case(label, list(table.columns))
        others = [column for column in table.columns if column not in table.index]
        if name not in table.columns and len(others) == 1:
            name = others[0]
            check_only_name(table, name)
        names = {name: table.class_names[name]} if name in table.class_names else {}
        cells = {name: table.column(name)}
        own = Table(table.source, cells, table.lines, table.header_line, names, table.floats)
        return own, table
    if ending == ".npz":
        raise InputError(
            f"{path}: a .npz file is no file of labels; expected .npy, text or a table"
        )
    lines = lines_of_examples(path)
    for number, line in enumerate(lines, start=1):
        if "\t" in line.strip():
            raise InputError(f"{place(path, number)}: two cells; expected one label a line")
    return Table(str(path), {"label": lines}, range(1, len(lines) + 1)), None


def lines_of_examples(path: Path) -> list[str]:
    """Read lines of one example each."""
    lines = read_lines(path)
    for number, line in enumerate(lines, start=1):
        if "\r" in line.strip():
            raise InputError(f"{place(path, number)}: {LONE_CR}")
    return lines


def array_of_labels(path: Path, name: str, labels: NDArray[Any]) -> Table:
    """Make a table of one column of an array.

    Raises
    ------
    InputError : if it is not one text or number an example.
    """
    if labels.ndim != 1 or labels.dtype.kind not in "biufUS":
        raise InputError(
            f"{path}: the labels have shape {labels.shape} and type {labels.dtype}; expected one "
            "text or number an example"
        )
    floats = {name: str(labels.dtype.newbyteorder("="))}
    lines = range(1, len(labels) + 1)
    return Table(str(path), {name: labels.tolist()}, lines, floats=floats)


def in_any_case(label: str, names: Sequence[str]) -> str:
    """Find the column of labels, without regard to case if none is written so."""
    folded = {name.casefold(): name for name in names}
    return label if label in names else folded.get(label.casefold(), label)
