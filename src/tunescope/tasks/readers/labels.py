"""The labels of a column: as they are written, with what is missing refused or left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from tunescope.errors import InputError
from tunescope.tasks.readers.cells import (
    IGNORED,
    WITHHELD,
    label_text,
    plain,
    shortest,
    shown,
    withholds,
)
from tunescope.tasks.readers.lists import lists_in_text
from tunescope.tasks.readers.table import Table

_UNLABELLED = "_"
"""In a list of labels, marks a word that is no example (as in CoNLL-U); None does too."""

_AS_WRITTEN = "{column!r}: -1 is read as a label, not as a missing one"

EXACT = 2**53
"""Beyond it, whole numbers that went through a float are rounded."""

Label: TypeAlias = "str | list[str | None]"


def label_column(
    table: Table, column: str, *, as_lists: bool = False, of_task: Collection[str] = ()
) -> list[Label]:
    """Read a column of labels, or of lists of labels, one a word.

    A label is text as it was written, so ``01`` and ``1`` are two, and ``NA`` and ``None`` are
    labels. None, NaN, ``<NA>``, nothing, and -100 are missing; so is -1 where the labels (of this
    column, or of the whole task) are numbers of three or more classes, also in lists.

    Parameters
    ----------
    table, column : where they are.
    as_lists : whether lists that were turned into text are read as lists.
    of_task : the labels in all files of the task (`labels_in`), among which -1 means the same.

    Returns
    -------
    list
        For each row its label; or a list, with None for a word that has none.

    Raises
    ------
    InputError : if a label is missing, or is none; says the place, and how many are missing.
    """
    cells, found = _as_written(table, column, as_lists)
    _leave_out_withheld(table, column, found, of_task)
    names = table.class_names.get(column)
    withheld = _withholds(_single(found), of_task) if names is None else -1 in cells
    _refuse_missing(table, column, cells, found, withheld=withheld)
    _say_numbers(table, column, cells)
    _say_kinds(table, column, cells)
    if not as_lists and cells and lists_in_text(cells):
        table.notes.append(
            f"every label of {column!r} is a list that was turned into text, and read as one label"
        )
    return [label for label in found if label is not None]


def labels_in(table: Table, column: str, *, as_lists: bool = False) -> set[str]:
    """Give the different labels of a column as they are written, with -1 whatever it means.

    Raises
    ------
    InputError : as :func:`label_column`, but of no missing label.
    """
    _, found = _as_written(replace(table, notes=[]), column, as_lists)
    lists = [labels for labels in found if isinstance(labels, list)]
    return {*_single(found), *(one for labels in lists for one in labels if one is not None)}


def _as_written(table: Table, column: str, as_lists: bool) -> tuple[list[Any], list[Label | None]]:
    """Give the cells of a column, and the label or labels that each holds."""
    cells = list(table.column(column))
    for i, cell in enumerate(cells):
        try:
            cells[i] = shortest(plain(cell), table.floats.get(column, ""))
        except InputError as error:
            raise InputError(f"{table.where(i)}: {column!r}: {error}") from error
    if as_lists:
        cells = lists_in_text(cells, table, column) or cells
    names = table.class_names.get(column)
    found: list[Label | None] = []
    for i, cell in enumerate(cells):
        try:
            if isinstance(cell, list):
                found.append([_word_label(label, names) for label in cell])
            else:
                found.append(_label(cell, names))
        except InputError as error:
            raise InputError(f"{table.where(i)}: {column!r} {error}") from error
    return cells, found


def _label(value: Any, names: Sequence[str] | None) -> str | None:
    if names is None or isinstance(value, (str, bool)) or not isinstance(value, int):
        return label_text(value)
    if value in (-1, -100):
        return WITHHELD[0] if value == -1 else None
    if not 0 <= value < len(names):
        raise InputError(f"is {value}; expected the number of a class, 0 to {len(names) - 1}")
    return label_text(names[value])


def _word_label(value: Any, names: Sequence[str] | None) -> str | None:
    if isinstance(value, str) and not value.strip():
        raise InputError("holds an empty label; expected '_' or null where a word has none")
    label = _label(value, names)
    return None if label == _UNLABELLED or (names is not None and label in WITHHELD) else label


def _withholds(labels: Collection[str], of_task: Collection[str]) -> bool:
    """Tell if -1 means that a label is kept back: by the column alone, or by the whole task."""
    return withholds(labels) or withholds({*labels, *of_task})


def _leave_out_withheld(
    table: Table, column: str, found: list[Label | None], of_task: Collection[str]
) -> None:
    """Take words out of lists that are -1 where that means that a label is kept back."""
    lists = [labels for labels in found if isinstance(labels, list)]
    known = [label for labels in lists for label in labels if label is not None]
    if _withholds(known, of_task):
        for labels in lists:
            labels[:] = [None if label in WITHHELD else label for label in labels]
    elif not set(WITHHELD).isdisjoint(known):
        table.notes.append(_AS_WRITTEN.format(column=column))


def _single(found: Iterable[Label | None]) -> list[str]:
    return [label for label in found if isinstance(label, str)]


def _refuse_missing(
    table: Table,
    column: str,
    cells: Sequence[Any],
    found: Sequence[Label | None],
    *,
    withheld: bool,
) -> None:
    missing = [
        i for i, label in enumerate(found) if label is None or (withheld and label in WITHHELD)
    ]
    if not missing:
        if not set(WITHHELD).isdisjoint(_single(found)):
            table.notes.append(_AS_WRITTEN.format(column=column))
        return
    first = missing[0]
    more = f" (and {len(missing) - 1} more rows)" if len(missing) > 1 else ""
    cell = cells[first]
    if found[first] in WITHHELD:
        raise InputError(
            f"{table.where(first)}: {column!r} is -1{more}, which means that labels are withheld; "
            "leave these rows or this split out (splits=[...]), or write -1 otherwise if it is a "
            "label"
        )
    means = ", which marks a missing label" if str(cell).strip() in IGNORED else ""
    raise InputError(
        f"{table.where(first)}: {column!r} is {shown(cell)}{means}{more}; expected a label"
    )


def _say_numbers(table: Table, column: str, cells: Sequence[Any]) -> None:
    """Say that labels are numbers which other programs may have rounded."""
    flat = [c for cell in cells for c in (cell if isinstance(cell, list) else [cell])]
    beyond = sum(isinstance(c, (int, float)) and abs(c) > EXACT for c in flat)
    if beyond:
        table.notes.append(
            f"{column!r}: {beyond} labels are numbers beyond 2^53, which programs that read "
            "numbers as floats round; they are read as they are written here"
        )


def _say_kinds(table: Table, column: str, cells: Sequence[Any]) -> None:
    """Say that some labels are numbers and others the same numbers as texts."""
    flat = [c for cell in cells for c in (cell if isinstance(cell, list) else [cell])]
    texts = {c.strip() for c in flat if isinstance(c, str)}
    both = sorted({str(c) for c in flat if not isinstance(c, str) and str(c) in texts})
    if both:
        shown = ", ".join(map(repr, both[:8]))
        table.notes.append(
            f"{column!r}: some labels are numbers, others the same as text; they are one: {shown}"
        )
