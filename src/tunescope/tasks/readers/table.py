"""A table as it was read: named columns of cells, and the line of each row."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tunescope.errors import InputError, nearest, place


class _Absent:
    """The type of :data:`ABSENT`."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()
"""In the cell of a column that a row does not have, as a line of JSON may not."""


@dataclass(frozen=True)
class Table:
    """The rows of one file, or of one split of a dataset, by column.

    Parameters
    ----------
    source : the file (or split) as messages name it.
    columns : by name, the cells of each column; all as long.
    lines : the 1-based line or row number of each row.
    header_line : where the columns are named; None if nowhere.
    class_names : of the columns whose cells are numbers of classes, the classes' names.
    floats : of the columns of numbers with fewer digits than Python's, their type.
    index : the columns that are the index of a data frame.
    numbering : the indexes that were left out of the columns, by name; one may have none.
    notes : what was guessed or left out while reading.
    """

    source: str
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    header_line: int | None = None
    class_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    floats: Mapping[str, str] = field(default_factory=dict)
    index: Collection[str] = ()
    numbering: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse names of columns that messages could not show, and a table without rows."""
        for name in self.columns:
            check_name(name, self.header)
        if not len(self.lines):
            raise InputError(f"{self.source}: no rows; expected at least one example")

    @property
    def header(self) -> str:
        """The place where the columns are named."""
        return place(self.source, self.header_line)

    def where(self, i: int) -> str:
        """Name the place of a row."""
        return place(self.source, self.lines[i])

    def column(self, name: str) -> Sequence[Any]:
        """Give the cells of a column.

        Raises
        ------
        InputError : if there is none of this name (says the nearest), or a row does not have it.
        """
        if name not in self.columns:
            raise InputError(f"{self.header}: no column {name!r}; {nearest(name, self.columns)}")
        cells = self.columns[name]
        for i, cell in enumerate(cells):
            if cell is ABSENT:
                there = [other for other, column in self.columns.items() if column[i] is not ABSENT]
                raise InputError(f"{self.where(i)}: no {name!r} here; {nearest(name, there)}")
        return cells


def check_name(name: object, where: str) -> None:
    """Refuse the name of a column that is empty, not text, or not one line that can be shown."""
    shown = isinstance(name, str) and name.strip() and name.splitlines() == [name]
    if not shown or any(unicodedata.category(c) in ("Cc", "Cs") for c in str(name)):
        raise InputError(f"{where}: column name {name!a:.60}; expected one line of text")


def one_line(name: str) -> str:
    """Write on one line what was broken over several, as names in spreadsheets are."""
    return " ".join(name.split()) if name.splitlines() != [name] else name


def folded(names: Collection[str]) -> list[str]:
    """Say which names of columns went over several lines."""
    broken = [repr(one_line(name)) for name in names if one_line(name) != name]
    said = "the name of column {} went over several lines, and is read as one"
    return [said.format(name) for name in broken]


def is_count(cells: Sequence[float]) -> bool:
    """Tell if numbers count the rows: 0, 1, 2, … or 1, 2, 3, …."""
    start = cells[0] if len(cells) else -1
    return start in (0, 1) and all(cell == start + i for i, cell in enumerate(cells))


def is_index(cells: Sequence[Any]) -> bool:
    """Tell if the cells of a column without a name are an index: whole numbers, all distinct."""
    return all(
        isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) < 20
        for cell in cells
    ) and len(set(cells)) == len(cells)
