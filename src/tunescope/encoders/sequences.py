"""Texts as sequences of token ids, long ones in windows, and the pieces that are read off them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tunescope.encoders.tokens import best_windows, window_starts
from tunescope.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunescope.encoders.reading import Reading
    from tunescope.encoders.tokens import TokenisedText
    from tunescope.tasks import Split


@dataclass
class Sequences:
    """Collect sequences and pieces, text by text."""

    reading: Reading
    whole_texts: bool
    sequences: list[NDArray[np.int64]] = field(default_factory=list)
    types: list[NDArray[np.int64] | None] = field(default_factory=list)
    """Those of each sequence's tokens; None where all are 0."""
    text_sequences: list[int] = field(default_factory=lambda: [0])
    pieces: list[NDArray[np.int64]] = field(default_factory=list)
    first_tokens: list[NDArray[np.int64]] = field(default_factory=list)
    """Of each text ``(n_units, 2)``: the sequence and the place of each word's first token, and of
    a text its sequence and 0; -1 where no one sequence holds it."""
    fate: list[str] = field(default_factory=list)
    tokens: list[tuple[int, int]] = field(default_factory=list)
    """The text's own tokens, and how many of them are unknown."""

    @property
    def token_types(self) -> list[NDArray[np.int64]]:
        """The types of all sequences' tokens; none where every one is 0."""
        if all(types is None for types in self.types):
            return []
        every = zip(self.sequences, self.types, strict=True)
        return [np.zeros_like(ids) if types is None else types for ids, types in every]

    def add(
        self,
        text: TokenisedText,
        words: NDArray[np.int64],
        first_unit: int,
        split: Split,
        example: int,
    ) -> None:
        """Add one distinct text, with the units ``first_unit`` … for its ``words``."""
        if self.whole_texts and self.reading.pooling == "eos":
            text = text.ended_by(self.reading.eos_id)
        self._check_ids(text, split, example)
        ids = np.concatenate([text.ids[low:high] for low, high in text.runs])
        unknown = self.reading.unknown_id
        self.tokens.append((len(ids), 0 if unknown is None else int((ids == unknown).sum())))
        longest = self.reading.longest
        fate = "whole"
        if longest is not None and text.n_tokens > longest:
            fate = {"drop": "long", "window": "windowed", "truncate": "cut"}.get(
                self.reading.policy.on_long, "error"
            )
            if fate == "error":
                choices = "'drop' or 'truncate'" if self.whole_texts else "'drop' or 'window'"
                raise InputError(
                    f"{split.place(example)}: the text has {text.n_tokens} tokens and "
                    f"{self.reading.model} takes {longest}; choose on_long={choices}"
                )
        if fate == "cut":
            assert longest is not None
            text = text.cut(longest)
        self.first_tokens.append(np.full((len(words), 2), -1, dtype=np.int64))
        if fate != "long" and text.n_tokens:
            first, last, start = self._spans(text, words)
            if fate == "windowed":
                assert longest is not None
                self._add_windows(text, first, last, first_unit, longest)
            else:
                self._add_sequence(text, first, last - first + 1, first_unit)
            if not self.whole_texts:
                self._find_first_tokens(text, first - start, first_unit)
            elif fate != "windowed":
                self.first_tokens[-1][:] = len(self.sequences) - 1, 0
        self.text_sequences.append(len(self.sequences))
        self.fate.append(fate)

    def _check_ids(self, text: TokenisedText, split: Split, example: int) -> None:
        """Refuse ids that the model has no vectors for; a GPU would stop the program for one."""
        known = self.reading.n_embeddings
        if known is not None and text.n_tokens and int(text.ids.max()) >= known:
            token = int(text.ids.max())
            raise InputError(
                f"{split.place(example)}: the tokenizer gives {token} for "
                f"{self.reading.backend.id_to_token(token)!r}, and {self.reading.model} has "
                f"vectors for 0 to {known - 1}; resize its embeddings, or take its own tokenizer"
            )

    def _spans(
        self, text: TokenisedText, words: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Find the first and the last token that are read of each unit, and its very first one.

        The last is before the first where there is none.
        """
        n = text.n_tokens
        if not self.whole_texts:
            start, last = _word_spans(text, words)
            there = last >= start
            first = start
            if self.reading.word == "last":
                first = np.where(there, last, start)
            elif self.reading.word == "first":
                last = np.where(there, start, last)
            return first, last, start
        if self.reading.pooling == "cls":
            found = np.flatnonzero(text.ids == self.reading.cls_id)
            added = found[(found < text.n_before) | (found >= n - text.n_after)]
            found = added if len(added) else found
            span = (int(found[0]), int(found[0])) if len(found) else (0, -1)
        elif self.reading.pooling in ("last", "eos"):
            span = (n - 1, n - 1)
        elif self.reading.pooling == "all":
            span = (0, n - 1)
        elif isinstance(self.reading.pooling, int):
            place = self.reading.pooling + (n if self.reading.pooling < 0 else 0)
            span = (place, place) if 0 <= place < n else (0, -1)
        else:
            low, high = np.array(text.runs).T
            return low, high - 1, low
        first, last = np.array([span[0]]), np.array([span[1]])
        return first, last, first

    def _find_first_tokens(
        self,
        text: TokenisedText,
        before: NDArray[np.int64],
        first_unit: int,
    ) -> None:
        """Find the words' first tokens in the sequences that the words are read in.

        ``before`` counts each word's tokens before the first one that is read.

        A window may hold a long word's last token, the only one that is read, without its first.
        """
        pieces = self.pieces[-1]
        units, rows = np.unique(pieces[:, 1], return_index=True)
        units = units - first_unit
        sequences, places = pieces[rows, 0], pieces[rows, 2] - before[units]
        inside = places >= text.n_before
        found = np.column_stack([sequences, places])[inside]
        self.first_tokens[-1][units[inside]] = found

    def _add_sequence(
        self,
        text: TokenisedText,
        first: NDArray[np.int64],
        n_tokens: NDArray[np.int64],
        first_unit: int,
    ) -> None:
        number = len(self.sequences)
        self.sequences.append(text.ids)
        self.types.append(text.types)
        # the two texts of a pair are two pieces of one unit
        units = first_unit + (0 if self.whole_texts else 1) * np.arange(len(first))
        block = np.column_stack([np.full_like(first, number), units, first, n_tokens])
        self.pieces.append(block[n_tokens > 0])

    def _add_windows(
        self,
        text: TokenisedText,
        first: NDArray[np.int64],
        last: NDArray[np.int64],
        first_unit: int,
        longest: int,
    ) -> None:
        """Cut a long text into windows, and read each unit where most of its context is.

        A unit that no window holds whole is read token by token.
        """
        n_special = text.n_before + text.n_after
        size = longest - n_special
        n_own = text.n_tokens - n_special
        starts = np.array(window_starts(n_own, size), dtype=np.int64)
        base = len(self.sequences)
        for start in starts.tolist():
            window_text = text.part(start, start + size)
            self.sequences.append(window_text.ids)
            self.types.append(window_text.types)
        first, last = first - text.n_before, last - text.n_before
        chosen = best_windows(starts, size, n_own, first, np.maximum(first, last))
        pieces: list[tuple[int, int, int, int]] = []
        for i, window in enumerate(chosen.tolist()):
            if last[i] < first[i]:
                continue
            if window >= 0:
                runs = [(window, int(first[i]), int(last[i] - first[i] + 1))]
            else:
                tokens = np.arange(first[i], last[i] + 1)
                each = best_windows(starts, size, n_own, tokens, tokens)
                edges = np.flatnonzero(np.diff(each, prepend=-1, append=-1))
                runs = [
                    (int(each[a]), int(tokens[a]), int(b - a))
                    for a, b in itertools.pairwise(edges.tolist())
                ]
            pieces.extend(
                (base + w, first_unit + i, text.n_before + start - int(starts[w]), count)
                for w, start, count in runs
            )
        self.pieces.append(np.array(sorted(pieces), dtype=np.int64).reshape(-1, 4))


def _word_spans(
    text: TokenisedText, words: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find each word's first and last token; last < first where it has none."""
    inside = np.flatnonzero(text.words >= 0)
    low = np.searchsorted(text.words[inside], words, side="left")
    high = np.searchsorted(text.words[inside], words, side="right")
    there = high > low
    tokens = np.append(inside, 0)  # something to look up for words without a token
    first = np.where(there, tokens[np.minimum(low, len(inside))], 0)
    last = np.where(there, tokens[high - 1], -1)
    return first, last
