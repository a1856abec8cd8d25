"""From rows of named cells, wherever they come from, to labelled texts.

What the cells hold decides the kind of the task:

- ``text`` (a string) or ``tokens`` (a list of words) with one label: a text;
- ``tokens`` with a list of labels, as long: a word each;
- ``tokens`` with one label and one column of 0-based positions: a word;
- ``tokens`` with one label and two columns of positions (head, dependent): a pair.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunescope.errors import InputError, nearest, place
from tunescope.tasks.draft import Example, Kind, Text

_UNLABELLED = "_"
"""In a list of labels, marks a word that is no example (as in CoNLL-U); None does too."""


@dataclass(frozen=True)
class Rows:
    """The rows of one file, or of one split of a dataset.

    Parameters
    ----------
    source : the file (or split) as messages name it.
    columns : the names of the columns.
    cells : the rows, each a mapping from column to value.
    lines : the 1-based line or row number of each.
    header_line : where the columns are named; None if nowhere.
    label_name : turns a stored label into its name.
    """

    source: str
    columns: Sequence[str]
    cells: Sequence[Mapping[str, Any]]
    lines: Sequence[int]
    header_line: int | None = None
    label_name: Callable[[Any], Any] = field(default=lambda value: value)

    def where(self, i: int) -> str:
        """Name the place of a row."""
        return place(self.source, self.lines[i])


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; exactly one of ``text`` and ``tokens`` is named."""

    text: str | None
    tokens: str | None
    label: str
    positions: tuple[str, ...]


def choose_columns(
    rows: Rows,
    *,
    text: str | None,
    tokens: str | None,
    label: str | None,
    positions: str | Sequence[str] | None,
) -> Columns:
    """Check the named columns, or find the usual ones.

    Without names these are tried, the first that is there: ``text``, ``sentence``, ``question``,
    ``tokens``, ``words``; ``label``, ``labels``, ``tags``.

    Raises
    ------
    InputError : if a column is missing (names the nearest), or the choice makes no sense.
    """
    check_names(rows.columns, place(rows.source, rows.header_line))
    if text is not None and tokens is not None:
        raise InputError(f"text={text!r} and tokens={tokens!r}: name one of the two")
    if text is None and tokens is None:
        known = ("text", "sentence", "question", "tokens", "words")
        found = _first(rows, known, "texts", "text= or tokens=")
        text, tokens = (None, found) if found in ("tokens", "words") else (found, None)
    if label is None:
        label = _first(rows, ("label", "labels", "tags"), "labels", "label=")
    places = (positions,) if isinstance(positions, str) else tuple(positions or ())
    if places and tokens is None:
        raise InputError("positions point at words: name the column of words with tokens=")
    if len(places) > 2:
        raise InputError(f"{len(places)} columns of positions; expected one, or (head, dependent)")
    for column in (text, tokens, label, *places):
        if column is not None and column not in rows.columns:
            where = place(rows.source, rows.header_line)
            raise InputError(f"{where}: no column {column!r}; {nearest(column, rows.columns)}")
    return Columns(text, tokens, label, places)


def check_names(columns: Sequence[str], where: str) -> None:
    """Refuse names of columns that messages could not show on a line."""
    for name in columns:
        if name.splitlines() != [name]:
            raise InputError(f"{where}: column name {name!r}; expected one line of text")


def _first(rows: Rows, names: Sequence[str], what: str, option: str) -> str:
    for name in names:
        if name in rows.columns:
            return name
    where = place(rows.source, rows.header_line)
    known = ", ".join(map(str, rows.columns))
    raise InputError(
        f"{where}: which column holds the {what}? none is called {' or '.join(names)}; "
        f"say {option} one of: {known}"
    )


def texts_of(rows: Rows, columns: Columns, file: int = 0) -> tuple[Kind, list[Text]]:
    """Turn rows into labelled texts.

    Raises
    ------
    InputError : if a text, a label or a position is empty or does not fit; says file and line.
    """
    texts: list[Text] = []
    kinds: dict[Kind, int] = {}
    for i, cells in enumerate(rows.cells):
        _check_cells(rows, i, cells, columns)
        words = _text(rows, i, cells, columns)
        label = _plain(cells.get(columns.label))
        kind: Kind
        if isinstance(label, (list, tuple)):
            kind, examples = "word", _per_word(rows, i, words, label, columns)
        else:
            name = _label(rows, i, label, columns)
            positions = tuple(_position(rows, i, cells, c, words) for c in columns.positions)
            kind = ("text", "word", "pair")[len(positions)]
            examples = (Example(name, rows.lines[i], positions),)
        kinds.setdefault(kind, i)
        if len(kinds) > 1:
            raise InputError(
                f"{rows.where(i)}: {columns.label!r} holds one label here and a list of labels "
                "elsewhere; expected the same in every row"
            )
        texts.append(Text(words, examples, file))
    if not texts:
        raise InputError(f"{rows.source}: no rows; expected at least one example")
    return next(iter(kinds)), texts


def _check_cells(rows: Rows, i: int, cells: Mapping[str, Any], columns: Columns) -> None:
    """Refuse a row without one of the columns, as a line of JSON may be."""
    for column in (columns.text or columns.tokens, columns.label, *columns.positions):
        if column not in cells:
            raise InputError(f"{rows.where(i)}: no {column!r} here; {nearest(str(column), cells)}")


def _text(rows: Rows, i: int, cells: Mapping[str, Any], columns: Columns) -> list[str] | str:
    column = columns.text or columns.tokens
    value = _plain(cells.get(str(column)))
    if columns.text is not None:
        if not isinstance(value, str) or not value.strip():
            found = "empty" if _is_missing(value) or isinstance(value, str) else repr(value)[:60]
            raise InputError(f"{rows.where(i)}: {column!r} is {found}; expected a text")
        _check_unicode(rows, i, value)
        return value
    if isinstance(value, str):  # a cell of a CSV file: words between spaces
        value = value.split()
    if not isinstance(value, (list, tuple)) or not value:
        found = "empty" if _is_missing(value) or value == [] else repr(value)[:60]
        raise InputError(f"{rows.where(i)}: {column!r} is {found}; expected a list of words")
    for word in value:
        if not isinstance(word, str) or not word.strip():
            raise InputError(
                f"{rows.where(i)}: {column!r} holds {word!r}; expected words that are not empty"
            )
        _check_unicode(rows, i, word)
    return list(value)


def _check_unicode(rows: Rows, i: int, text: str) -> None:
    r"""Refuse half of a surrogate pair, which JSON can write as \ud800 and no tokenizer takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = text[error.start]
        raise InputError(
            f"{rows.where(i)}: {half!r} is half of a surrogate pair; expected Unicode text"
        ) from error


def _per_word(
    rows: Rows, i: int, words: list[str] | str, labels: Sequence[Any], columns: Columns
) -> tuple[Example, ...]:
    if isinstance(words, str) or columns.positions:
        raise InputError(
            f"{rows.where(i)}: {columns.label!r} is a list; a list of labels goes with a list of "
            "words (tokens=) and without positions"
        )
    if len(labels) != len(words):
        raise InputError(
            f"{rows.where(i)}: {len(labels)} labels for {len(words)} words; expected as many"
        )
    return tuple(
        Example(_label(rows, i, label, columns), rows.lines[i], (position,))
        for position, label in enumerate(labels)
        if not _is_missing(label) and label != _UNLABELLED
    )


def _label(rows: Rows, i: int, value: Any, columns: Columns) -> str:
    name = None if _is_missing(value) else rows.label_name(value)
    if name is None or isinstance(name, (dict, list)) or not str(name).strip():
        found = "empty" if name is None or isinstance(name, str) else repr(value)[:60]
        raise InputError(f"{rows.where(i)}: {columns.label!r} is {found}; expected a label")
    return str(name).strip()


def _position(
    rows: Rows, i: int, cells: Mapping[str, Any], column: str, words: list[str] | str
) -> int:
    value = cells.get(column)
    try:
        position = int(value) if isinstance(value, str) else value
    except ValueError:
        position = None
    whole = isinstance(position, numbers.Integral) and not isinstance(position, bool)
    if not whole or not 0 <= int(position) < len(words):  # type: ignore[arg-type]
        raise InputError(
            f"{rows.where(i)}: {column!r} is {value!r}; expected a word's position from 0 to "
            f"{len(words) - 1}"
        )
    return int(position)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """Turn an array into a list."""
    return value.tolist() if hasattr(value, "tolist") else value


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
