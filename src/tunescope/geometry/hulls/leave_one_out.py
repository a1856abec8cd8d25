"""Whether an example, taken out of its label, is nearer to another label's hull than to its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import Cloud
from tunescope.geometry.hulls.point_to_hull import distance_from, hulls_of
from tunescope.geometry.hulls.separation import check_rtol
from tunescope.geometry.threads import threads

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = 64  # examples that one thread takes at a time


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Distances of examples from the hull of their own label without them, and from the others'."""

    own: np.ndarray
    """(m,) distance from the hull of the other examples of its label; infinite without any."""
    other: np.ndarray
    """(m,) distance from the nearest hull of another label; infinite without another label."""
    nearest: np.ndarray
    """(m,) that label; of equally near ones the first."""

    @property
    def excess(self) -> np.ndarray:
        """(m,) from -1 to 1, above 0 where the example is nearer to another label's hull.

        The difference of the two distances, divided by their sum; 0 where both are 0.
        """
        total = self.own + self.other
        with np.errstate(invalid="ignore"):
            share = np.where(total > 0, (self.own - self.other) / total, 0.0)
        share[np.isinf(self.own)] = 1.0
        share[np.isinf(self.other)] = -1.0
        share[np.isinf(self.own) & np.isinf(self.other)] = 0.0
        return share


def leave_one_out(
    X: np.ndarray,
    y: np.ndarray,
    examples: np.ndarray | None = None,
    *,
    rtol: float = 1e-2,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LeftOut:
    """Measure how far examples are from their own label's hull without them, and from the others.

    Parameters
    ----------
    X : (n, d) points.
    y : (n,) labels.
    examples : (m,) indices of the examples to look at; all by default.
    rtol : the gap between the bounds of a distance that is aimed at, relative to the upper one.
    n_jobs : threads; as many as there are processors by default (or for -1).
    progress : called with the number of examples done and their total.

    Returns
    -------
    LeftOut

    Raises
    ------
    InputError
        If the shapes do not fit, or a number is not finite.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [4.5], [5.0], [6.0]])
    >>> found = leave_one_out(X, np.array(["a", "a", "a", "b", "b"]))
    >>> found.own.tolist(), found.other.tolist()
    ([1.0, 0.0, 3.5, 1.0, 1.0], [5.0, 4.0, 0.5, 0.5, 1.5])
    >>> np.flatnonzero(found.excess > 0).tolist()
    [2, 3]
    """
    check_rtol(rtol)
    chosen = np.arange(len(X)) if examples is None else np.asarray(examples)
    if chosen.size and not (chosen.ndim == 1 and chosen.dtype.kind in "iu"):
        raise InputError(f"examples: expected indices of rows of X, got {examples!r:.60}")
    if chosen.size and not (chosen.min() >= 0 and chosen.max() < len(X)):
        raise InputError(f"examples: expected indices of the {len(X)} rows of X")
    X, labels, hulls = hulls_of(X, y)
    of_row = np.empty(len(X), dtype=np.int64)
    for label, hull in enumerate(hulls):
        of_row[hull.members] = label
    centres = np.stack([hull.centre for hull in hulls])
    own, other = np.full((2, len(chosen)), math.inf)
    nearest = np.zeros(len(chosen), dtype=np.int64)

    def measure(first: int) -> int:
        for place in range(first, min(first + _BLOCK, len(chosen))):
            example = int(chosen[place])
            point = np.asarray(X[example], dtype=np.float64)
            label = int(of_row[example])
            without = _without(hulls[label], example)
            if without is not None:
                own[place] = distance_from(point, without, rtol)[1]
            for column in np.argsort(((centres - point) ** 2).sum(axis=1), kind="stable"):
                if column != label:
                    found = distance_from(point, hulls[column], rtol, enough=other[place])[1]
                    best = min((other[place], nearest[place]), (found, column))
                    other[place], nearest[place] = best
        return min(first + _BLOCK, len(chosen))

    with threads(n_jobs) as pool:
        for done in pool.map(measure, range(0, len(chosen), _BLOCK)):
            if progress is not None:
                progress(done, len(chosen))
    return LeftOut(own, other, labels[nearest])


def _without(hull: Cloud, example: int) -> Cloud | None:
    """Take a point out of those that span a hull; None if it is the only one."""
    kept = hull.members != example
    if not kept.any():
        return None
    return Cloud(hull.source, hull.members[kept], hull.centre, hull.near[kept], hull.sizes[kept])
