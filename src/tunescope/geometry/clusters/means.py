"""The clusters of one label, and which of their means are close.

Squared distances are kept in single precision, rounded from double: who reads them allows for
that. Infinite is what must not be merged: a cluster with itself, and refused pairs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
from tunescope.geometry.kernel import kernel

_BLOCK = 256  # rows of a matrix of distances that are made at a time
_CANCELLED = 2.0**-25
"""Times the number of features: the part of the squares up to which a squared distance is not taken
from their difference. Above, the rounding of the products is a quarter of single precision's."""
_CENTRED = 1e-10  # and the part of the longest square, because centring rounds, too


@kernel(fastmath={"reassoc", "contract"})
def _squared_distances(means, alive, point, out):  # type: ignore[no-untyped-def] # pragma: no cover
    """Write the squared distances of one point to every living mean."""
    n, d = means.shape
    for k in range(n):
        if alive[k]:
            total = 0.0
            for c in range(d):
                difference = means[k, c] - point[c]
                total += difference * difference
            out[k] = total
        else:
            out[k] = np.inf


@kernel()
def _scan(row):  # type: ignore[no-untyped-def] # pragma: no cover
    """Find the smallest entry of a row."""
    smallest = np.float32(np.inf)
    for k in range(len(row)):
        smallest = min(smallest, row[k])
    return smallest


@kernel()
def _join(D, nearest, alive, i, j, new):  # type: ignore[no-untyped-def] # pragma: no cover
    """Put the merged cluster's distances into row i, drop row j, mend the others' minima.

    What was refused (infinite) for either part stays refused.
    """
    n = len(nearest)
    alive[j] = False
    nearest[j] = np.inf
    for k in range(n):
        if not alive[k] or k == i:
            continue
        old_i = D[i, k]
        old_j = D[j, k]
        value = np.float32(new[k])
        if np.isinf(max(old_i, old_j)):
            value = np.float32(np.inf)
        D[i, k] = value
        D[k, i] = value
        D[k, j] = np.inf
        if value <= nearest[k]:
            nearest[k] = value
        elif old_i <= nearest[k] or old_j <= nearest[k]:
            nearest[k] = _scan(D[k])
    D[i, j] = np.inf
    D[j, :] = np.inf
    nearest[i] = _scan(D[i])


@kernel()
def _within(D, nearest, limit):  # type: ignore[no-untyped-def] # pragma: no cover
    """List the pairs i < j whose stored distance is at most the limit."""
    found = []
    for i in range(len(nearest)):
        if nearest[i] <= limit:
            for j in range(i + 1, len(nearest)):
                if D[i, j] <= limit:
                    found.append((i, j))
    return found


def all_squared_distances(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Compute the squared distances of all points by products of matrices.

    The matrix is symmetric to the last digit. Where the difference of two products would lose
    digits that single precision has room for, the points' own difference is taken.
    """
    n = len(points)
    near = points - points.mean(axis=0)
    sizes = np.einsum("nd,nd->n", near, near)
    farthest = float(np.einsum("nd,nd->n", points, points).max(initial=0.0))
    squared = np.empty((n, n), dtype=np.float32)
    part = _CANCELLED * points.shape[1]
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        sums = sizes[start:stop, None] + sizes[:stop]
        block = sums - 2.0 * (near[start:stop] @ near[:stop].T)
        close = np.argwhere(block <= part * sums + _CENTRED * farthest)
        for first in range(0, len(close), _BLOCK):
            i, j = close[first : first + _BLOCK].T
            difference = points[start + i] - points[j]
            block[i, j] = np.einsum("nd,nd->n", difference, difference)
        corner = block[:, start:]
        np.minimum(corner, corner.T.copy(), out=corner)
        squared[start:stop, :stop] = block
        squared[:stop, start:stop] = block.T
    return squared


class Means(ABC):
    """The means of one label's clusters; those with all distances at hand, or without, derive.

    Parameters
    ----------
    members : array of shape (n,), the names of the clusters.
    points : array of shape (n, n_features), their means.
    """

    def __init__(self, members: NDArray[np.int64], points: NDArray[np.float64]) -> None:
        self.names = members.copy()
        self.means = points.copy()
        self.alive = np.ones(len(members), dtype=np.bool_)
        self.nearest = np.full(len(members), np.inf, dtype=np.float32)
        """Squared distance to the nearest allowed other mean."""

    def smallest(self) -> float:
        """Give the smallest squared distance of any allowed pair."""
        return float(self.nearest.min(initial=np.inf))

    @abstractmethod
    def within(self, limit: float) -> list[tuple[int, int]]:
        """List the allowed pairs, by place, whose squared distance is at most `limit`."""

    def merge(self, i: int, j: int, share: float) -> None:
        """Merge the cluster at j, which has this share of the weight, into the one at i."""
        self.means[i] += share * (self.means[j] - self.means[i])
        self.alive[j] = False
        self.nearest[j] = np.inf
        row = np.empty(len(self.alive))
        _squared_distances(self.means, self.alive, self.means[i], row)
        self._join(i, j, row)

    @abstractmethod
    def refuse(self, i: int, j: int) -> None:
        """Forbid a pair and all that grows from it."""

    def shrink(self) -> None:
        """Give up the room of merged clusters once they are the majority."""
        if 2 * np.count_nonzero(self.alive) < len(self.alive):
            keep = np.flatnonzero(self.alive)
            self._keep(keep)
            self.names = self.names[keep]
            self.means = np.ascontiguousarray(self.means[keep])
            self.nearest = self.nearest[keep]
            self.alive = np.ones(len(keep), dtype=np.bool_)

    @abstractmethod
    def _join(self, i: int, j: int, row: NDArray[np.float64]) -> None:
        """Take in a mean that has moved, whose squared distances to all are given."""

    @abstractmethod
    def _keep(self, keep: NDArray[np.int64]) -> None:
        """Keep these places only."""


class MeansWithMatrix(Means):
    """All distances are kept: quick, at 4 bytes for each two clusters of the label."""

    def __init__(self, members: NDArray[np.int64], points: NDArray[np.float64]) -> None:
        super().__init__(members, points)
        self._squared = all_squared_distances(self.means)
        np.fill_diagonal(self._squared, np.inf)
        self.nearest = self._squared.min(axis=1, initial=np.inf)

    def within(self, limit: float) -> list[tuple[int, int]]:
        """List the close pairs."""
        return [(int(i), int(j)) for i, j in _within(self._squared, self.nearest, limit)]

    def refuse(self, i: int, j: int) -> None:
        """Forbid a pair."""
        self._squared[i, j] = self._squared[j, i] = np.inf
        self.nearest[i] = _scan(self._squared[i])
        self.nearest[j] = _scan(self._squared[j])

    def _join(self, i: int, j: int, row: NDArray[np.float64]) -> None:
        _join(self._squared, self.nearest, self.alive, i, j, row)

    def _keep(self, keep: NDArray[np.int64]) -> None:
        self._squared = np.ascontiguousarray(self._squared[np.ix_(keep, keep)])


class MeansWithoutMatrix(Means):
    """Only each cluster's nearest other is kept: rows are measured again when it is merged."""

    def __init__(self, members: NDArray[np.int64], points: NDArray[np.float64]) -> None:
        super().__init__(members, points)
        self._partner = np.full(len(members), -1, dtype=np.int64)
        self._refused: dict[int, set[int]] = {}
        for i in range(len(members)):
            self._measure(i)

    def within(self, limit: float) -> list[tuple[int, int]]:
        """List the close pairs."""
        found = []
        for i in np.flatnonzero(self.nearest <= limit).tolist():
            row = self._row(i)
            found += [(i, j) for j in np.flatnonzero(row <= limit).tolist() if i < j]
        return found

    def refuse(self, i: int, j: int) -> None:
        """Forbid a pair."""
        self._refused.setdefault(i, set()).add(j)
        self._refused.setdefault(j, set()).add(i)
        self._measure(i)
        self._measure(j)

    def _row(self, i: int) -> NDArray[np.float32]:
        row = np.empty(len(self.alive))
        _squared_distances(self.means, self.alive, self.means[i], row)
        return self._forbid(i, row)

    def _forbid(self, i: int, row: NDArray[np.float64]) -> NDArray[np.float32]:
        row[i] = np.inf
        row[list(self._refused.get(i, ()))] = np.inf
        return row.astype(np.float32)

    def _measure(self, i: int) -> None:
        row = self._row(i)
        self._partner[i] = np.argmin(row)
        self.nearest[i] = row[self._partner[i]]

    def _join(self, i: int, j: int, row: NDArray[np.float64]) -> None:
        # What was refused for either part stays refused.
        for other in self._refused.pop(j, set()):
            self._refused[other].discard(j)
            if self.alive[other]:
                self._refused[other].add(i)
                self._refused.setdefault(i, set()).add(other)
        new = self._forbid(i, row)
        stale = self.alive & np.isin(self._partner, (i, j)) & (new > self.nearest)
        stale[i] = False
        closer = self.alive & (new <= self.nearest)
        closer[i] = False
        self.nearest[closer] = new[closer]
        self._partner[closer] = i
        for other in np.flatnonzero(stale).tolist():
            self._measure(other)
        self._partner[i] = np.argmin(new)
        self.nearest[i] = new[self._partner[i]]

    def _keep(self, keep: NDArray[np.int64]) -> None:
        place = np.full(len(self.alive), -1)
        place[keep] = np.arange(len(keep))
        self._refused = {
            int(place[i]): {int(place[j]) for j in others if place[j] >= 0}
            for i, others in self._refused.items()
            if place[i] >= 0
        }
        self._partner = place[self._partner[keep]]
