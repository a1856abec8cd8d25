"""From the rows of a table, wherever they come from, to labelled texts.

What the cells hold decides the kind of the task:

- ``text`` (a string) or ``tokens`` (a list of words) with one label: a text;
- ``text`` and ``text_pair`` with one label: a pair of texts, which a model reads together;
- ``tokens`` with a list of labels, as long: a word each;
- ``tokens`` with one label and one column of 0-based positions: a word;
- ``tokens`` with one label and two columns of positions (head, dependent): a pair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from numbers import Integral
from typing import Any

from tunescope.arguments import whole_number
from tunescope.errors import InputError
from tunescope.tasks.draft import Example, Kind, Text
from tunescope.tasks.readers.cells import check_unicode, is_blank, is_missing, plain, shown
from tunescope.tasks.readers.columns import Columns
from tunescope.tasks.readers.labels import label_column, labels_in
from tunescope.tasks.readers.lists import lists_in_text
from tunescope.tasks.readers.table import Table

_NOT_SAID = ("nan", "none", "null", "n/a", "na")
"""Texts that other programs write where a text is missing."""


def labels_of(tables: Iterable[tuple[Table, Columns]]) -> set[str]:
    """Give the labels of all files of a task where some are -1, as :func:`texts_of` needs them.

    Raises
    ------
    InputError : if one is none; says file and line.
    """
    tables = list(tables)
    if not any("-1" in str(cell) for table, at in tables for cell in table.column(at.label)):
        return set()
    return {
        label
        for table, columns in tables
        for label in labels_in(table, columns.label, as_lists=columns.tokens is not None)
    }


def texts_of(
    table: Table, columns: Columns, file: int = 0, of_task: Collection[str] = ()
) -> tuple[Kind, list[Text]]:
    """Turn rows into labelled texts; what is odd is added to the table's notes.

    Parameters
    ----------
    table, columns : the rows, and which columns hold what.
    file : index of the file in its split.
    of_task : the labels in all files of the task, which say together what -1 means.

    Raises
    ------
    InputError : if a text, a label or a position is missing or does not fit; says file and line.
    """
    words: list[Any] = []
    if columns.text_pair is not None:
        both = (_texts(table, str(columns.text)), _texts(table, columns.text_pair))
        words += zip(*both, strict=True)
    elif columns.tokens is None:
        words += _texts(table, str(columns.text))
    else:
        words += _words(table, columns.tokens)
    as_lists = columns.tokens is not None
    labels = label_column(table, columns.label, as_lists=as_lists, of_task=of_task)
    positions = [_positions(table, column, words) for column in columns.positions]
    kinds: dict[Kind, int] = {}
    texts: list[Text] = []
    left_out = 0
    for i, (text, label) in enumerate(zip(words, labels, strict=True)):
        kind: Kind
        if isinstance(label, list):
            kind = "word"
            examples = _per_word(table, i, text, label, columns)
            left_out += len(label) - len(examples)
        else:
            kind = ("text", "word", "pair")[len(positions)]
            pointed = tuple(column[i] for column in positions)
            examples = (Example(label, table.lines[i], pointed),)
        kinds.setdefault(kind, i)
        if len(kinds) > 1:
            raise InputError(
                f"{table.where(i)}: {columns.label!r} holds one label here and a list of labels "
                "elsewhere; expected the same in every row"
            )
        texts.append(Text(text, examples, file))
    kind = next(iter(kinds))
    if left_out:
        table.notes.append(
            f"{left_out} words have no label (_, null, -100 or a withheld -1) and are no examples"
        )
    if kind == "text" and columns.tokens is not None:
        _say_parts(table, texts, columns)
    return kind, texts


def _texts(table: Table, column: str) -> list[str]:
    cells = [_plain(table, i, cell, column) for i, cell in enumerate(table.column(column))]
    for i, cell in enumerate(cells):
        if not isinstance(cell, str) or is_blank(cell):
            hint = f" (lists of words are named with tokens={column!r})" if _is_list(cell) else ""
            raise InputError(
                f"{table.where(i)}: {column!r} is {shown(cell)}; expected a text{hint}"
            )
        _check_unicode(table, i, cell)
    if lists_in_text(cells):
        table.notes.append(
            f"every cell of {column!r} is a list that was turned into text, and read as a text; "
            f"tokens={column!r} reads its words"
        )
    unsaid = sum(cell.strip().casefold() in _NOT_SAID or is_missing(cell) for cell in cells)
    if unsaid:
        table.notes.append(
            f"{unsaid} texts of {column!r} are 'nan', 'None' or the like, and read as texts"
        )
    return cells


def _words(table: Table, column: str) -> list[list[str]]:
    cells = [_plain(table, i, cell, column) for i, cell in enumerate(table.column(column))]
    cells = lists_in_text(cells, table, column) or cells
    for i, cell in enumerate(cells):
        words = cell.split() if isinstance(cell, str) else cell  # in CSV, words between spaces
        if not _is_list(words) or not words:
            found = "empty" if not words else shown(cell)
            raise InputError(f"{table.where(i)}: {column!r} is {found}; expected a list of words")
        for word in words:
            if not isinstance(word, str) or not word.strip():
                raise InputError(
                    f"{table.where(i)}: {column!r} holds {word!r:.60}; expected words that are not "
                    "empty"
                )
            _check_unicode(table, i, word)
        cells[i] = list(words)
    return cells


def _positions(table: Table, column: str, words: Sequence[Any]) -> list[int]:
    found = []
    for i, cell in enumerate(table.column(column)):
        position = _whole(cell)
        if not 0 <= position < len(words[i]):
            raise InputError(
                f"{table.where(i)}: {column!r} is {cell!r:.60}; expected a word's position from 0 "
                f"to {len(words[i]) - 1}"
            )
        found.append(position)
    return found


def _whole(cell: Any) -> int:
    """Read a whole number; -1 if it is none."""
    if isinstance(cell, str):
        number = whole_number(cell.strip())
        return -1 if number is None else number
    return int(cell) if isinstance(cell, Integral) and not isinstance(cell, bool) else -1


def _per_word(
    table: Table, i: int, words: Any, labels: Sequence[str | None], columns: Columns
) -> tuple[Example, ...]:
    if isinstance(words, str) or columns.positions:
        raise InputError(
            f"{table.where(i)}: {columns.label!r} is a list; a list of labels goes with a list of "
            "words (tokens=) and without positions"
        )
    if len(labels) != len(words):
        raise InputError(
            f"{table.where(i)}: {len(labels)} labels for {len(words)} words; expected as many"
        )
    return tuple(
        Example(label, table.lines[i], (position,))
        for position, label in enumerate(labels)
        if label is not None
    )


def _say_parts(table: Table, texts: Sequence[Text], columns: Columns) -> None:
    """Say that labels look like one label a word, parted by spaces as the words are."""
    sizes = [(len(text.examples[0].label.split()), len(text.words)) for text in texts]
    if all(a == b for a, b in sizes) and any(a > 1 for a, _ in sizes):
        table.notes.append(
            f"every label of {columns.label!r} has as many parts as its text has words; each is "
            "read as one label of the whole text (lists, as in JSON Lines, label words)"
        )


def _plain(table: Table, i: int, cell: Any, column: str) -> Any:
    try:
        return plain(cell)
    except InputError as error:
        raise InputError(f"{table.where(i)}: {column!r}: {error}") from error


def _is_list(cell: Any) -> bool:
    return isinstance(cell, (list, tuple))


def _check_unicode(table: Table, i: int, text: str) -> None:
    try:
        check_unicode(text)
    except InputError as error:
        raise InputError(f"{table.where(i)}: {error}") from error
