"""One of several pieces of what is tried, so that a long trial can be made in several calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Piece:
    """The ``number``-th of ``total`` pieces, from 1."""

    number: int = 1
    total: int = 1

    @classmethod
    def read(cls, text: str) -> Self:
        """Read ``2/6``."""
        number, _, total = text.partition("/")
        return cls(int(number), int(total))

    def of(self, n_all: int, n_drawn: int, seed: int) -> list[int]:
        """Draw some of numbered things, and give those of this piece."""
        drawn = np.random.default_rng(seed).permutation(n_all)[:n_drawn]
        return sorted(drawn[self.number - 1 :: self.total].tolist())

    def size(self, n_drawn: int) -> int:
        """Give how many of so many are in this piece."""
        return len(range(self.number - 1, n_drawn, self.total))


WHOLE = Piece()
