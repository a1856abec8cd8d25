"""The nearest neighbours of each example, and those all but the same with another label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tunescope.geometry import contradictions
from tunescope.geometry.clusters.contradictions import identical_vectors

NEIGHBOURS = 10
"""Neighbours that are asked for their label."""
NEAR = 0.25
"""Examples are near-duplicates up to this part of the median distance of a nearest neighbour."""
SPARE = 2
"""Times as many candidates as neighbours are measured in double precision."""
_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest examples of each example, the nearest first, none of its own group."""

    examples: np.ndarray
    """(n, k) their indices; -1 where there are fewer."""
    distances: np.ndarray
    """(n, k) their Euclidean distances; infinite where there are fewer."""

    def agreement(self, codes: np.ndarray) -> np.ndarray:
        """Give the share of each example's neighbours that have its label; NaN without any.

        Parameters
        ----------
        codes : (n,) labels as integers.
        """
        there = self.examples >= 0
        same = (codes[self.examples] == codes[:, None]) & there
        count = there.sum(axis=1)
        share: np.ndarray = np.full(len(codes), np.nan)
        np.divide(same.sum(axis=1), count, out=share, where=count > 0)
        return share

    def near_duplicates(self, codes: np.ndarray) -> np.ndarray:
        """Count each example's neighbours that are all but the same and have another label.

        All but the same are examples nearer than `NEAR` times the median distance of an example
        from its nearest neighbour.
        """
        nearest = self.distances[:, 0] if self.distances.shape[1] else np.array([np.inf])
        apart = nearest[np.isfinite(nearest)]
        limit = NEAR * float(np.median(apart)) if len(apart) else 0.0
        other = codes[self.examples] != codes[:, None]
        found: np.ndarray = (other & (self.distances <= limit)).sum(axis=1)
        return found


def nearest_neighbours(
    X: np.ndarray, *, groups: np.ndarray | None = None, k: int = NEIGHBOURS
) -> Neighbours:
    """Find the nearest neighbours of each example in other groups, by Euclidean distance.

    Parameters
    ----------
    X : (n, d) vectors.
    groups : (n,) the text each example is from; by default each is one of its own.
    k : how many; equally near ones in the order of their index.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [1.5], [9.0]])
    >>> nearest_neighbours(X, k=2).examples.tolist()
    [[1, 2], [2, 0], [1, 0], [2, 1]]
    """
    X = np.asarray(X)
    n = len(X)
    k = min(k, n - 1)
    # equal vectors are looked at once: their places in a product of matrices round them differently
    which = identical_vectors(X)
    distinct = np.unique(which, return_index=True)[1]
    near = _around_zero(X[distinct])
    squares = np.einsum("ij,ij->i", near, near)
    own = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    examples = np.full((n, k), -1, dtype=np.int64)
    distances = np.full((n, k), np.inf)
    if k < 1:
        return Neighbours(examples, distances)
    for first in range(0, n, _BLOCK):
        block = slice(first, first + _BLOCK)
        rows = which[block]
        apart = squares[rows, None] + squares - 2.0 * near[rows] @ near.T
        apart = apart if len(distinct) == n else apart[:, which]
        apart[own[block, None] == own] = np.inf
        # single precision chooses more of them than are wanted, double orders them
        chosen = _smallest(apart, min(SPARE * k, n))
        exact = _distances(X, np.arange(first, first + len(apart)), chosen)
        exact[np.isinf(np.take_along_axis(apart, chosen, axis=1))] = np.inf
        order = np.argsort(exact, axis=1, kind="stable")[:, :k]
        distances[block] = np.take_along_axis(exact, order, axis=1)
        found = np.take_along_axis(chosen, order, axis=1)
        examples[block] = np.where(np.isfinite(distances[block]), found, -1)
    return Neighbours(examples, distances)


def _around_zero(X: np.ndarray) -> np.ndarray:
    """Move vectors to around zero, in single precision.

    The centre has as few digits as the spread allows, so that vectors of few digits, say counts,
    stay exact, and equal distances equal.
    """
    mean = X.mean(axis=0, dtype=np.float64)
    size = float(np.sqrt(np.mean((X - mean) ** 2)))
    step = 2.0 ** np.floor(np.log2(size)) if size > 0 else 1.0
    return np.asarray(X - step * np.round(mean / step), dtype=np.float32)


def _smallest(values: np.ndarray, k: int) -> np.ndarray:
    """Give the places of the k smallest of each row, of equal ones the first; in their order."""
    chosen = np.argpartition(values, k - 1, axis=1)[:, :k]
    last = np.take_along_axis(values, chosen, axis=1).max(axis=1, keepdims=True)
    for row in np.flatnonzero(np.count_nonzero(values <= last, axis=1) > k):
        less, equal = (np.flatnonzero(of(values[row], last[row])) for of in (np.less, np.equal))
        chosen[row] = np.concatenate([less, equal[: k - len(less)]])
    return np.sort(chosen, axis=1)


def _distances(X: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Measure the distance of each row from its `others`, (n_rows, k)."""
    found = np.empty(others.shape)
    for column in range(others.shape[1]):
        difference = X[rows].astype(np.float64) - X[others[:, column]]
        found[:, column] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return found


def contradicting(X: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Count, for each example, those that have exactly its vector and another label.

    Parameters
    ----------
    X : (n, d) vectors.
    codes : (n,) labels as integers.

    Examples
    --------
    >>> contradicting(np.array([[0.0], [0.0], [0.0], [1.0]]), np.array([0, 0, 1, 1])).tolist()
    [1, 1, 2, 0]
    """
    count = np.zeros(len(codes), dtype=np.int64)
    for group in contradictions(X, codes):
        count[group] = (codes[group][:, None] != codes[group]).sum(axis=1)
    return count
