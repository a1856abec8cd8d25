"""Whether the first line of a file names its columns, or is its first example."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Final

from tunescope.errors import InputError, place
from tunescope.tasks.readers.delimited import Delimited, is_number
from tunescope.tasks.readers.table import Table, is_count

_LABEL: Final = "label"
"""A column of this name has labels, none of which is called so."""
_UNNAMED: Final = "0"
"""How pandas names the only column of a frame without names."""


def check_header(file: Delimited, first: Sequence[str], label: str) -> None:
    """Refuse a header of numbers where the first row has the like: its example would be lost.

    Names that count (0, 1, 2, …), as those of a data frame without names do, are names. So are
    any others beside a column ``label``, and whole numbers that rise beside one that was named.

    Parameters
    ----------
    file, first : the file, and the cells of the row below its header.
    label : column of the labels, which need not be there.

    Raises
    ------
    InputError : if it looks like a row; says file and line.
    """
    kinds = [_kind(name) for name in file.header]
    if file.has_index or kinds != [_kind(cell) for cell in first] or set(kinds) == {"text"}:
        return
    has_labels = label in file.header
    if has_labels and label.casefold() == _LABEL:
        return
    names = [name for name in file.header if name != label and is_number(name)]
    if names and all(map(str.isdigit, names)):
        numbers = [int(name) for name in names]
        if is_count(numbers) or (has_labels and all(a < b for a, b in pairwise(numbers))):
            return
    raise _no_header(file)


def check_label_name(file: Delimited, label: str, labels: Collection[str]) -> None:
    """Refuse a header of numbers whose name of the labels is itself one of them.

    Raises
    ------
    InputError : if it looks like a row; says file and line.
    """
    others = [name for name in file.header if name != label]
    is_one = label.casefold() != _LABEL and label in map(str.strip, labels)
    if is_one and all(map(is_number, others)):
        raise _no_header(file)


def check_only_name(table: Table, name: str) -> None:
    """Refuse the only column of a file of labels if it is called like one of its labels.

    A frame of numbers without names, whose column pandas calls 0, may be so.

    Raises
    ------
    InputError : if its first line looks like a label; says file and line.
    """
    if table.header_line is None or name == _UNNAMED:
        return
    if name in {str(cell).strip() for cell in table.column(name)}:
        raise InputError(
            f"{table.header}: the first line is {name!r}, as labels below it are; expected a "
            "header, such as label, in the first line"
        )


def _no_header(file: Delimited) -> InputError:
    shown = file.delimiter.join(file.header)
    return InputError(
        f"{place(file.source, file.header_line)}: the first line looks like a row of data "
        f"({shown:.60}), and would be lost as an example; expected a header, such as f0, f1, …, "
        "label, above it"
    )


def _kind(cell: str) -> str:
    if cell.lstrip().startswith("["):
        return "list"
    return "number" if is_number(cell) else "text"
