"""A split: labelled examples as columns, each with the place it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunescope.arguments import check_texts
from tunescope.errors import InputError, place

BETWEEN = " ‖ "
"""What stands between the two texts of a pair where a person reads them."""


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """The examples of one split, as columns: one row an example.

    Parameters
    ----------
    name : ``"train"``, ``"test"``, ``"dev"`` or any other name.
    texts : the texts, each a list of words (needed for words and pairs of words) or a string; or
        all of them pairs of strings, such as a premise and a hypothesis.
    text_index : (n_examples,) which text an example lives in.
    positions : (n_examples, k) 0-based word positions; k is 1 for a word, 2 for a pair (head,
        dependent), 0 for a whole text.
    labels : (n_examples,) indices into the task's ``label_names``.
    files : names of the source files.
    file_index : (n_examples,) which file an example comes from.
    lines : (n_examples,) its 1-based line (or row) there; 0 if it is not known.

    Raises
    ------
    InputError : if columns differ in length, or an index is out of range.

    Examples
    --------
    >>> split = Split("train", [["A", "dog", "barks"]], [0, 0], [[1], [2]], [0, 1],
    ...               ("dogs.conllu",), [0, 0], [2, 3])
    >>> len(split), split.text(1), split.place(1)
    (2, 'A dog [barks]', 'dogs.conllu:3')
    """

    name: str
    texts: list[list[str]] | list[str] | list[tuple[str, str]]
    text_index: NDArray[np.int64]
    positions: NDArray[np.int64]
    labels: NDArray[np.int64]
    files: tuple[str, ...]
    file_index: NDArray[np.int64]
    lines: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Make the columns int64 arrays and check that they fit together."""
        if self.name is None:
            raise InputError("name=None; expected a text")
        check_texts(name=self.name)
        if not isinstance(self.texts, Sequence) or isinstance(self.texts, str):
            found = type(self.texts).__name__
            raise InputError(f"split {self.name!r}: texts is a {found}; expected a list")
        for i, text in enumerate(self.texts):
            if not isinstance(text, str) and not _are_words(text) and not _is_pair(text):
                raise InputError(
                    f"split {self.name!r}: text {i} is {text!r:.60}; expected a string, a list "
                    "of words, or a pair of strings"
                )
            if _is_pair(text) != _is_pair(self.texts[0]):
                raise InputError(
                    f"split {self.name!r}: text {i} is {text!r:.60}; expected pairs of texts "
                    "everywhere or nowhere"
                )
        for column in ("text_index", "positions", "labels", "file_index", "lines"):
            object.__setattr__(self, column, _integers(self.name, column, getattr(self, column)))
        object.__setattr__(self, "files", tuple(self.files))
        for column in ("text_index", "labels", "file_index", "lines"):
            shape = getattr(self, column).shape
            if len(shape) != 1:
                raise InputError(f"split {self.name!r}: {column} has shape {shape}; expected (n,)")
        n = len(self.labels)
        if self.positions.size == 0 and self.positions.ndim == 1:
            object.__setattr__(self, "positions", self.positions.reshape(n, 0))
        if self.positions.ndim != 2:
            shape = self.positions.shape
            raise InputError(f"split {self.name!r}: positions has shape {shape}; expected (n, k)")
        for column in ("text_index", "positions", "file_index", "lines"):
            if len(getattr(self, column)) != n:
                m = len(getattr(self, column))
                raise InputError(f"split {self.name!r}: {column} has {m} rows, but labels has {n}")
        self._check_range("text_index", self.text_index, len(self.texts), "texts")
        self._check_range("file_index", self.file_index, len(self.files), "files")
        if n and self.lines.min() < 0:
            raise InputError(f"split {self.name!r}: lines must be at least 1, or 0 for unknown")
        self._check_texts()

    def _check_range(self, column: str, values: NDArray[np.int64], stop: int, of: str) -> None:
        wrong = np.flatnonzero((values < 0) | (values >= stop))
        if len(wrong):
            i = int(wrong[0])
            raise InputError(
                f"split {self.name!r}: {column}[{i}] is {values[i]}, but there are {stop} {of}"
            )

    def _check_texts(self) -> None:
        sizes = np.array([_n_words(text) for text in self.texts], dtype=np.int64)
        used = sizes[self.text_index]
        empty = np.flatnonzero(used == 0)
        if len(empty):
            raise InputError(
                f"{self.place(int(empty[0]))}: the text is empty, or has an empty word"
            )
        if not self.positions.size:
            return
        raw = np.flatnonzero(used < 0)
        if len(raw):
            i = int(raw[0])
            raise InputError(f"{self.place(i)}: words and pairs need texts that are lists of words")
        outside = (self.positions < 0) | (self.positions >= used[:, None])
        wrong = np.flatnonzero(outside.any(axis=1))
        if len(wrong):
            i = int(wrong[0])
            raise InputError(
                f"{self.place(i)}: position {self.positions[i].tolist()} in a text of {used[i]} "
                f"words; expected 0 to {used[i] - 1}"
            )

    def __repr__(self) -> str:
        """Show name and counts on one line."""
        return f"<Split {self.name!r}: {len(self)} examples in {len(self.texts)} texts>"

    def __len__(self) -> int:
        """Count the examples."""
        return len(self.labels)

    @property
    def is_paired(self) -> bool:
        """Whether its texts are pairs of texts."""
        return len(self.texts) > 0 and _is_pair(self.texts[0])

    @cached_property
    def ids(self) -> NDArray[np.str_]:
        """One unique id an example: its place, and its position where a line holds several.

        A :meth:`subset` has those of the split it was taken from, unless it takes a row twice.
        """
        places = [self.place(i) for i in range(len(self))]
        if len(set(places)) < len(places):
            suffixes = self.positions if self.positions.size else np.arange(len(self))[:, None]
            places = [
                f"{where}#{'-'.join(map(str, suffix))}"
                for where, suffix in zip(places, suffixes.tolist(), strict=True)
            ]
        if len(set(places)) < len(places):
            places = [f"{where}#{i}" for i, where in enumerate(places)]
        return np.array(places, dtype=np.str_)

    def text(self, i: int, mark: bool = True) -> str:
        """Return an example as a person reads it; the two texts of a pair with ``‖`` between them.

        Parameters
        ----------
        i : the example's row.
        mark : put the word in brackets; of a pair, the dependent as ``[word]`` and the head as
            ``[head: word]``.
        """
        text = self.texts[self.text_index[i]]
        if isinstance(text, str):
            return text
        if isinstance(text, tuple):
            return BETWEEN.join(text)
        words = list(text)
        if mark:
            positions = self.positions[i].tolist()
            if positions:
                words[positions[-1]] = f"[{words[positions[-1]]}]"
            if len(positions) == 2:
                words[positions[0]] = f"[head: {words[positions[0]]}]"
        return " ".join(words)

    def place(self, i: int) -> str:
        """Return where an example comes from, as ``file:line``."""
        line = int(self.lines[i])
        return place(self.files[self.file_index[i]], line or None)

    def subset(self, indices: ArrayLike) -> Split:
        """Keep some examples (by row, in the given order) with their ids and texts.

        Parameters
        ----------
        indices : rows, negative ones from the end; or ``(n_examples,)`` True where one is kept.

        Raises
        ------
        InputError : for what is no row, or a mask of another length.
        """
        rows = self._rows(indices)
        used, text_index = np.unique(self.text_index[rows], return_inverse=True)
        texts: Any = [self.texts[i] for i in used.tolist()]
        part = Split(
            self.name,
            texts,
            text_index.astype(np.int64),
            self.positions[rows],
            self.labels[rows],
            self.files,
            self.file_index[rows],
            self.lines[rows],
        )
        ids = self.ids[rows]
        if len(np.unique(ids)) == len(ids):
            part.__dict__["ids"] = ids  # what tells examples of a line apart depends on all of them
        return part

    def _rows(self, indices: ArrayLike) -> NDArray[np.int64]:
        """Give the rows that are meant."""
        n, given = len(self), np.asarray(indices)
        if given.dtype == bool:
            if given.shape != (n,):
                raise InputError(
                    f"split {self.name!r}: indices is a mask of shape {given.shape}; "
                    f"expected ({n},)"
                )
            return np.flatnonzero(given)
        rows = _integers(self.name, "indices", indices).reshape(-1)
        wrong = np.flatnonzero((rows < -n) | (rows >= n))
        if len(wrong):
            i = int(wrong[0])
            raise InputError(
                f"split {self.name!r}: indices[{i}] is {rows[i]}, but there are {n} examples"
            )
        return rows


def _integers(split: str, column: str, values: ArrayLike) -> NDArray[np.int64]:
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise InputError(f"split {split!r}: {column} is no array; expected integers") from error
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise InputError(f"split {split!r}: {column} has type {array.dtype}; expected integers")
    return array.astype(np.int64)


def _are_words(text: object) -> bool:
    return isinstance(text, list) and all(isinstance(word, str) for word in text)


def _is_pair(text: object) -> bool:
    return (
        isinstance(text, tuple) and len(text) == 2 and all(isinstance(part, str) for part in text)
    )


def _n_words(text: str | Sequence[str]) -> int:
    """Count words; -1 for raw texts, 0 for a text that is empty or holds an empty word."""
    if isinstance(text, str):
        return -1 if text.strip() else 0
    if isinstance(text, tuple):
        return -1 if all(map(str.strip, text)) else 0
    return len(text) if all(map(str.strip, text)) else 0
