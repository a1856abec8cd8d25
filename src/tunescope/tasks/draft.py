"""Drafts: what readers find in files, before it is divided and made a task of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["word", "pair", "text"]

N_POSITIONS: Final[Mapping[str, int]] = {"word": 1, "pair": 2, "text": 0}
"""How many words an example of each kind points at."""


@dataclass(frozen=True)
class Example:
    """One labelled thing in a text."""

    label: str
    line: int
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Text:
    """A text with its examples, as a reader found it in a file."""

    words: list[str] | str | tuple[str, str]
    """A list of words, a text, or a pair of texts."""
    examples: tuple[Example, ...]
    file: int = 0
    """Index of its file in the list of files."""

    @property
    def key(self) -> str | tuple[str, ...]:
        """The same for texts that are the same."""
        return self.words if isinstance(self.words, str) else tuple(self.words)


@dataclass
class SplitDraft:
    """The texts of one split, and the files they come from."""

    name: str
    files: tuple[str, ...]
    texts: list[Text] = field(default_factory=list)


@dataclass
class Draft:
    """What a reader found.

    Parameters
    ----------
    name, kind : of the task.
    splits : as they are in the files; ``train`` alone is still to be divided.
    provenance : name of each source file to its checksums.
    notes : what the reader guessed, left out or found odd.
    """

    name: str
    kind: Kind
    splits: list[SplitDraft]
    provenance: Mapping[str, str]
    notes: list[str] = field(default_factory=list)
