"""Read files of one word a line and blank lines between sentences: CoNLL-U and .conllulex.

The ``conllu`` library gives no line numbers, and reads a row with missing columns, or with two
spaces for a tab, without a word; so the lines are checked here, and agreement with the library
is a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tunescope.arguments import whole_number
from tunescope.errors import InputError, place
from tunescope.tasks.readers.files import AnyPath, read_lines

_CONLLU = "ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC"
_LEXICAL_SEMANTICS = "SMWE LEXCAT LEXLEMMA SS SS2 WMWE WCAT WLEMMA LEXTAG"

CONLLU: Final = tuple(_CONLLU.split())
"""The columns of https://universaldependencies.org/format.html."""

CONLLULEX: Final = (*CONLLU, *_LEXICAL_SEMANTICS.split())
"""The columns of STREUSLE 4's CONLLULEX.md."""

_WORD = re.compile(r"[1-9][0-9]{0,8}")
_RANGE_OR_EMPTY = re.compile(r"[1-9][0-9]*-[1-9][0-9]*|[0-9]+\.[1-9][0-9]*")


@dataclass(frozen=True)
class Sentence:
    """The words of a sentence.

    Parameters
    ----------
    path : the file, as it was named.
    lines : 1-based line of each word.
    rows : the columns of each word; ranges (``3-4``) and empty nodes (``5.1``) are not words.
    n_trimmed : how many cells had white space around them, which is left out.
    """

    path: AnyPath
    lines: list[int]
    rows: list[list[str]]
    n_trimmed: int = 0

    @property
    def words(self) -> list[str]:
        """The forms of the words."""
        return [row[1] for row in self.rows]

    def place(self, position: int) -> str:
        """Name the line of a word as ``file:line``."""
        return place(self.path, self.lines[position])

    def head(self, position: int) -> int:
        """Return the 0-based position of a word's head, or -1 for the root.

        Raises
        ------
        InputError : if there is no head, as in a file that is tagged but not parsed.
        """
        head = self.rows[position][6]
        if head == "_":
            raise InputError(
                f"{self.place(position)}: no head; expected a number from 0 to {len(self.rows)}"
            )
        return int(head) - 1


def read_sentences(path: AnyPath, columns: Sequence[str] = CONLLU) -> Iterator[Sentence]:
    """Read the sentences of a file.

    Parameters
    ----------
    path : a UTF-8 file.
    columns : the names of its tab-separated columns, the ten of CoNLL-U first.

    Raises
    ------
    InputError : if a line has another number of columns, ids are not 1, 2, 3, ..., a head is
        not the id of a word, or there is no sentence; says the file, the line and what was
        expected.
    """
    lines: list[int] = []
    rows: list[list[str]] = []
    found = False
    n_trimmed = 0
    for number, line in enumerate([*read_lines(path), ""], start=1):
        if line.startswith("#") and not rows:
            continue
        if line.strip():
            cells = line.split("\t")
            row = [cell.strip() for cell in cells]
            n_trimmed += sum(map(str.__ne__, cells, row))
            if _is_word(path, number, row, columns, len(rows) + 1):
                lines.append(number)
                rows.append(row)
        elif rows:
            sentence = Sentence(path, lines, rows, n_trimmed)
            _check_heads(sentence)
            yield sentence
            lines, rows, n_trimmed, found = [], [], 0, True
    if not found:
        raise InputError(f"{path}: no sentence; expected lines of {len(columns)} columns")


def _is_word(
    path: AnyPath, number: int, row: list[str], columns: Sequence[str], expected: int
) -> bool:
    """Check a line; tell if it is a word rather than a range or an empty node."""
    where = place(path, number)
    if len(row) != len(columns):
        names = " ".join(columns)
        raise InputError(
            f"{where}: {len(row)} tab-separated columns; expected {len(columns)}: {names}"
        )
    if _RANGE_OR_EMPTY.fullmatch(row[0]):
        return False
    if not _WORD.fullmatch(row[0]):
        raise InputError(
            f"{where}: id {row[0]!r:.60} is not a number; expected {expected} "
            "(or a range like 3-4, or an empty node like 5.1)"
        )
    if int(row[0]) != expected:
        after = f"after word {expected - 1}" if expected > 1 else "at the start of a sentence"
        raise InputError(f"{where}: id {row[0]} {after}; expected {expected}")
    if not row[1].strip():
        raise InputError(f"{where}: the word is empty; expected a form in column 2")
    return True


def _check_heads(sentence: Sentence) -> None:
    n = len(sentence.rows)
    for position, row in enumerate(sentence.rows):
        head = row[6]
        if head == "_":
            continue
        number = whole_number(head)
        if number is None or number > n:
            raise InputError(
                f"{sentence.place(position)}: head {head!r:.60}; expected a number from 0 (root) "
                f"to {n} (the last word)"
            )
        if number == position + 1:
            raise InputError(
                f"{sentence.place(position)}: word {head} ({row[1]}) is its own head; "
                f"expected another word or 0 (root)"
            )
