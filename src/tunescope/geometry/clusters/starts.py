"""Where a hull check begins: at an earlier one that had most of the same points."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunescope.geometry.clusters.solver import Question

_WORTHWHILE = 0.3  # begin with an earlier active set if this part of its weights is still there
_MOST = 128  # active sets; each is looked at before a check
_MEMORY = 2**28  # bytes for all of them


class Starts:
    """The active sets of earlier checks, the newest first.

    A check among grown clusters needs hundreds of points, which its two sets share with several
    earlier ones. The best start has much of its weight in the new sets, and many points: a few
    points of small clusters may all be there and yet say little.
    """

    def __init__(self) -> None:
        self._kept: list[Question] = []

    def __len__(self) -> int:
        return len(self._kept)

    def nearest(self, of: NDArray[np.int8]) -> Question | None:
        """Find the earlier check to begin with, if there is one.

        Parameters
        ----------
        of : array of shape (n_points,): 0 for the points of the first set, 1 for those of the
            second, another number for the others.
        """
        best, most = None, 0.0
        for question in self._kept:
            share, count = question.overlap(of)
            if share > _WORTHWHILE and share * sqrt(count) > most:
                best, most = question, share * sqrt(count)
        return best

    def keep(self, question: Question, instead: Question | None = None) -> None:
        """Keep a check's active set in place of the one that it grew from, or of the oldest."""
        self._kept = [question, *(other for other in self._kept if other is not instead)]
        del self._kept[max(1, min(_MOST, _MEMORY // question.nbytes)) :]
