"""Which two clusters are the closest: the order in which the agglomeration tries merges.

The order is that of exact arithmetic. Distances of means are computed in floating point with
a bound on their error; pairs that this bound cannot tell apart are compared as fractions, and
pairs that are truly tied go to the smallest example indices.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from tunescope.geometry.clusters.means import Means, MeansWithMatrix, MeansWithoutMatrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDING = 2.0**-53
"""Largest relative error of one operation in float64."""


class MergeOrder:
    """Always the closest two clusters of one label, over all labels.

    Clusters are named by their first (smallest) member; the points must be given in the order
    in which ties are to be decided.

    Parameters
    ----------
    points : array of shape (n_points, n_features), float64.
    weights : array of shape (n_points,), how many examples each point stands for.
    classes : array of shape (n_points,), labels as integers.
    memory : bytes up to which the distances of one label's clusters are all kept.
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        weights: NDArray[np.int64],
        classes: NDArray[np.int64],
        *,
        memory: int = 2**30,
    ) -> None:
        # A power of two scales without rounding and keeps squares inside float32's range.
        scale = float(np.abs(points).max(initial=0.0))
        exponent = int(np.frexp(scale)[1]) if scale > 0 else 0
        self._points = points
        scaled = np.ldexp(points, -exponent)
        self._weights = weights.astype(np.int64)
        self._members = {i: [i] for i in range(len(points))}
        self._counts = self._weights.copy()
        self._class_of = classes
        self._labels: dict[int, Means] = {}
        self._place = np.empty(len(points), dtype=np.int64)
        for code in np.unique(classes).tolist():
            members = np.flatnonzero(classes == code)
            kind = MeansWithMatrix if 4 * len(members) ** 2 <= memory else MeansWithoutMatrix
            self._labels[code] = kind(members, scaled[members])
            self._place[members] = np.arange(len(members))
        d = points.shape[1]
        # A mean is the outcome of at most n - 1 weighted averages of vectors no longer than
        # sqrt(d), each with a relative error of a few roundings per coordinate.
        self._mean_error = 8.0 * _ROUNDING * np.sqrt(d) * max(len(points), 1)
        self._sum_error = 2.0 * (d + 4) * _ROUNDING
        self._exact_sums: dict[int, list[int]] = {}
        self._unit = _unit_exponent(points)

    def members(self, name: int) -> list[int]:
        """Give the points of a cluster."""
        return self._members[name]

    def names(self) -> list[int]:
        """Give the names of all clusters, ascending."""
        return sorted(self._members)

    def closest(self) -> tuple[int, int] | None:
        """Find the closest pair that was not refused, or None where there is none left."""
        smallest = min((label.smallest() for label in self._labels.values()), default=np.inf)
        if not np.isfinite(smallest):
            return None
        # Twice the rounding to float32, and the error of both pairs' means.
        reach = np.sqrt(smallest) * (1 + 2.0**-22 + self._sum_error) + 4 * self._mean_error
        candidates: list[tuple[int, int]] = []
        for label in self._labels.values():
            pairs = label.within(reach * reach * (1 + 2**-22))
            candidates += [(int(label.names[i]), int(label.names[j])) for i, j in pairs]
        if len(candidates) == 1:
            return candidates[0]
        return self._resolve(candidates)

    def _resolve(self, candidates: list[tuple[int, int]]) -> tuple[int, int]:
        """Choose among pairs that float32 cannot tell apart."""
        distances = np.array([self._distance(i, j) for i, j in candidates])
        reach = distances.min() * (1 + 2 * self._sum_error) + 4 * self._mean_error
        close = sorted(candidates[k] for k in np.flatnonzero(distances <= reach))
        if len(close) == 1:
            return close[0]
        return min(close, key=lambda pair: (self._exact(*pair), pair))

    def _distance(self, i: int, j: int) -> float:
        label = self._labels[int(self._class_of[i])]
        difference = label.means[self._place[i]] - label.means[self._place[j]]
        return float(np.sqrt(difference @ difference))

    def _exact(self, i: int, j: int) -> Fraction:
        """Compute the squared distance of two means as a fraction (of the common unit)."""
        n_i, n_j = int(self._counts[i]), int(self._counts[j])
        total = sum(
            (n_j * a - n_i * b) ** 2
            for a, b in zip(self._exact_sum(i), self._exact_sum(j), strict=True)
        )
        return Fraction(total, (n_i * n_j) ** 2)

    def _exact_sum(self, name: int) -> list[int]:
        if name not in self._exact_sums:
            columns = [0] * self._points.shape[1]
            for member in self._members[name]:
                weight = int(self._weights[member])
                for c, value in enumerate(_integers(self._points[member], self._unit)):
                    columns[c] += weight * value
            self._exact_sums[name] = columns
        return self._exact_sums[name]

    def merge(self, i: int, j: int) -> None:
        """Merge cluster j into cluster i; i < j."""
        label = self._labels[int(self._class_of[i])]
        a, b = int(self._place[i]), int(self._place[j])
        n_i, n_j = self._counts[i], self._counts[j]
        label.merge(a, b, n_j / (n_i + n_j))
        self._counts[i] += n_j
        self._members[i] = self._members[i] + self._members.pop(j)
        self._exact_sums.pop(i, None)
        self._exact_sums.pop(j, None)
        before = len(label.names)
        label.shrink()
        if len(label.names) != before:
            self._place[label.names] = np.arange(len(label.names))

    def refuse(self, i: int, j: int) -> None:
        """Never offer this pair again, nor any pair grown from it."""
        label = self._labels[int(self._class_of[i])]
        a, b = int(self._place[i]), int(self._place[j])
        label.refuse(a, b)


def _unit_exponent(points: NDArray[np.float64]) -> int:
    """Find e such that every coordinate is a whole multiple of 2**e."""
    nonzero = points[points != 0]
    if not nonzero.size:
        return 0
    return int(np.frexp(np.abs(nonzero).min())[1]) - 53


def _integers(values: NDArray[np.float64], unit: int) -> list[int]:
    """Write coordinates as whole multiples of 2**unit, exactly."""
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    shifts = exponents.astype(np.int64) - 53 - unit
    # A zero has a zero mantissa and an exponent below the unit's.
    return [int(m) << max(int(s), 0) for m, s in zip(whole.tolist(), shifts.tolist(), strict=True)]
