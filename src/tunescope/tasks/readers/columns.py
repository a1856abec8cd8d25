"""Which columns of a table hold the texts, the labels and the positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tunescope.errors import InputError, nearest
from tunescope.tasks.draft import SplitDraft
from tunescope.tasks.readers.cells import check_unicode, is_missing, plain, shown
from tunescope.tasks.readers.table import Table

_WORDS: Final = ("tokens", "words")
_TEXTS: Final = (
    *("text", "sentence", "question", *_WORDS, "texts", "review", "content", "utterance", "tweet"),
    *("comment", "message", "document", "query", "body", "post", "title", "headline"),
    *("description", "abstract", "sms"),
)
_PAIRS: Final = (
    *(("text", "text_pair"), ("premise", "hypothesis"), ("sentence1", "sentence2")),
    *(("sentence_1", "sentence_2"), ("sentence_a", "sentence_b"), ("question1", "question2")),
    *(("text1", "text2"), ("text_1", "text_2"), ("text_a", "text_b")),
)
"""Names of two columns that a model reads together."""
_LABELS: Final = (
    *("label", "labels", "tags", "ner_tags", "pos_tags", "tag", "category", "class", "intent"),
    *("target", "sentiment", "topic", "emotion", "y", "stars", "rating"),
)
_PLAIN: Final = ("text", "text_pair", "tokens", "label", "labels")
"""Names that say themselves what the column holds, so that taking them is no guess."""


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; exactly one of ``text`` and ``tokens`` is named."""

    text: str | None
    tokens: str | None
    label: str
    positions: tuple[str, ...] = ()
    text_pair: str | None = None
    """The second text of a pair."""


@dataclass(frozen=True)
class Wanted:
    """The columns that the caller named; None where one is to be found by its usual name."""

    text: str | None = None
    tokens: str | None = None
    label: str | None = None
    positions: str | Sequence[str] | None = None
    text_pair: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """The columns of positions."""
        if self.positions is None or isinstance(self.positions, str):
            return (self.positions,) if self.positions else ()
        if not isinstance(self.positions, Sequence):
            raise InputError(f"positions={self.positions!r:.60}; expected the names of columns")
        return tuple(self.positions)


def choose_columns(table: Table, wanted: Wanted, *, split: str | None = None) -> Columns:
    """Check the named columns, or find the usual ones, without regard to case.

    Where only one of the two is found and one column is left besides it (and those of positions
    and of the split), that is the other. What was guessed is added to the table's notes.

    Raises
    ------
    InputError : if a column is missing (names the nearest), or the choice makes no sense.
    """
    text, tokens, label, places = wanted.text, wanted.tokens, wanted.label, wanted.places
    second = wanted.text_pair
    if second is not None and tokens is not None:
        raise InputError(
            f"text_pair={second!r} and tokens={tokens!r}: of a pair of texts, name the columns of "
            "both texts with text= and text_pair="
        )
    if places and second is not None:
        raise InputError("positions point at words: name their column with tokens=")
    if text is not None and tokens is not None:
        raise InputError(f"text={text!r} and tokens={tokens!r}: name one of the two")
    if places and text is not None:
        raise InputError("positions point at words: name their column with tokens=")
    if len(places) > 2 or not all(isinstance(place, str) for place in places):
        raise InputError(f"positions={places!r:.60}; expected one column, or (head, dependent)")
    named = [name for name in (text, second, tokens, label, *places, split) if name is not None]
    for name in named:
        if name not in table.columns:
            raise InputError(f"{table.header}: no column {name!r}; {nearest(name, table.columns)}")
    free = [name for name in table.columns if name not in named]
    found_text = text or tokens
    if not found_text and not places:
        found_text, second = _pair(free, second)
    found_text = found_text or _usual(free, _TEXTS)
    free = [name for name in free if name not in (found_text, second)]
    found_label = label or _usual(free, _LABELS)
    free = [name for name in free if name != found_label]
    if len(free) == 1 and not (found_text and found_label) and (found_text or found_label):
        found_text, found_label = found_text or free[0], found_label or free[0]
    if not found_text:
        raise _unknown(table, "texts", "text= or tokens=", _TEXTS[:5])
    if not found_label:
        raise _unknown(table, "labels", "label=", _LABELS[:7])
    if found_text == second:
        raise InputError(f"{table.header}: {second!r} cannot hold both texts of a pair")
    if found_text == found_label:
        raise InputError(f"{table.header}: {found_text!r} cannot hold both texts and labels")
    if text is None and tokens is None:
        is_words = found_text.strip().casefold() in _WORDS
        text, tokens = (None, found_text) if is_words else (found_text, None)
        what = "texts" if second is None else "first texts of pairs"
        _say(table, found_text, what, free, _TEXTS)
    if second is not None and wanted.text_pair is None:
        _say(table, second, "second texts of pairs", free, ())
    if label is None:
        _say(table, found_label, "labels", free, _LABELS)
    if places and tokens is None:
        where = table.header
        raise InputError(f"{where}: positions point at words: name their column with tokens=")
    return Columns(text, tokens, found_label, places, second)


def _pair(free: Sequence[str], second: str | None) -> tuple[str | None, str | None]:
    """Find two columns that are usually read together; of a named second one, its first."""
    usual = _usual(free, _TEXTS)
    for names in _PAIRS:
        first, other = _usual(free, names[:1]), second or _usual(free, names[1:])
        if not (first and other) or other.strip().casefold() != names[1]:
            continue
        if usual in (None, first) or second is not None:
            return first, other
    return None, second


def _usual(free: Sequence[str], names: Sequence[str]) -> str | None:
    """Find the column with the first of these names; one written so before one in capitals."""
    folded = {name.strip().casefold(): name for name in reversed(free)}
    for name in names:
        if name in free:
            return name
        if name in folded:
            return folded[name]
    return None


def _say(table: Table, column: str, what: str, free: Sequence[str], names: Sequence[str]) -> None:
    others = [name for name in free if name.strip().casefold() in names]
    if column not in _PLAIN or others:
        also = f"; {', '.join(map(repr, others))} could be, too" if others else ""
        table.notes.append(f"column {column!r} is taken for the {what}{also}")


def _unknown(table: Table, what: str, option: str, names: Sequence[str]) -> InputError:
    known = ", ".join(map(str, table.columns))
    return InputError(
        f"{table.header}: which column holds the {what}? none is called {' or '.join(names)}; "
        f"say {option} one of: {known:.400}"
    )


def split_by_column(table: Table, draft: SplitDraft, column: str) -> list[SplitDraft]:
    """Divide the texts of a table, one a row, by a column that names each row's split.

    Raises
    ------
    InputError : if a cell names none; says the place.
    """
    drafts: dict[str, SplitDraft] = {}
    for i, (cell, text) in enumerate(zip(table.column(column), draft.texts, strict=True)):
        try:
            name = plain(cell)
            if is_missing(name) or not isinstance(name, str):
                raise InputError(f"is {shown(name)}; expected a split's name")
            check_unicode(name)
        except InputError as error:
            raise InputError(f"{table.where(i)}: {column!r} {error}") from error
        drafts.setdefault(name.strip(), SplitDraft(name.strip(), draft.files)).texts.append(text)
    return list(drafts.values())
