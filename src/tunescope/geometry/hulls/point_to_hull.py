"""Distances of many points from many hulls, and the nearest hull of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import Cloud, as_points
from tunescope.geometry.hulls.nearest_point import Stop, nearest_points
from tunescope.geometry.hulls.separation import check_rtol
from tunescope.geometry.threads import threads

if TYPE_CHECKING:
    from collections.abc import Callable

_NOTHING = np.empty(0, np.int64), np.empty(0)
_BLOCK = 256  # points that one thread takes at a time


@dataclass(frozen=True, eq=False)
class HullDistances:
    """Distances of points from hulls, each with bounds."""

    hulls: np.ndarray
    """(n_hulls,) the cluster ids, sorted: the columns."""
    distance: np.ndarray
    """(n_points, n_hulls) estimated distances; 0 where a point cannot be told from one inside."""
    lower: np.ndarray
    """(n_points, n_hulls) lower bounds, rounding allowed for."""
    upper: np.ndarray
    """(n_points, n_hulls) upper bounds, rounding allowed for."""


@dataclass(frozen=True, eq=False)
class NearestHulls:
    """The nearest hull of each of many points, and its distance with bounds."""

    hulls: np.ndarray
    """(n_points,) the cluster id of the nearest hull; of equally near ones, the first."""
    distance: np.ndarray
    """(n_points,) estimated distances; 0 where a point cannot be told from one inside."""
    lower: np.ndarray
    """(n_points,) lower bounds, rounding allowed for."""
    upper: np.ndarray
    """(n_points,) upper bounds, rounding allowed for."""


def hulls_of(X: np.ndarray, cluster_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[Cloud]]:
    """Check the input; return X, the sorted cluster ids and their hulls."""
    X = as_points(X, "X")
    cluster_ids = np.asarray(cluster_ids)
    if cluster_ids.shape != (len(X),):
        raise InputError(
            f"cluster_ids: expected {len(X)} of them, one for each row of X, "
            f"got shape {cluster_ids.shape}"
        )
    ids, of_row = np.unique(cluster_ids, return_inverse=True)
    return X, ids, [Cloud.of(X, np.flatnonzero(of_row == i)) for i in range(len(ids))]


def _hulls(
    points: np.ndarray, X: np.ndarray, cluster_ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[Cloud]]:
    """Check the input; return the points, the sorted cluster ids and their hulls."""
    points = as_points(points, "points")
    X, ids, hulls = hulls_of(X, cluster_ids)
    if points.shape[1] != X.shape[1]:
        raise InputError(
            f"points: expected {X.shape[1]} features, as many as X has, got {points.shape[1]}"
        )
    return points, ids, hulls


def distance_from(
    point: np.ndarray, hull: Cloud, rtol: float, enough: float = math.inf
) -> tuple[float, float, float]:
    """Return lower bound, estimate and upper bound; stop early if it is more than `enough`."""
    here = np.zeros((1, point.size))
    nearest = nearest_points(
        here, hull.near, point - hull.centre, 0.0, hull.reach, *_NOTHING, Stop(rtol, enough, 0.0)
    )
    lower, upper = nearest.lower, nearest.upper
    if lower == 0.0:
        return 0.0, 0.0, upper
    return lower, min(max(lower, nearest.length), upper), upper


def hull_distances(
    points: np.ndarray,
    X: np.ndarray,
    cluster_ids: np.ndarray,
    *,
    rtol: float = 1e-6,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> HullDistances:
    """Measure how far each of many points is from each of many hulls.

    Parameters
    ----------
    points : (n_points, d) the points.
    X : (n, d) the points that span the hulls.
    cluster_ids : (n,) the hull that each row of X belongs to.
    rtol : the gap between the bounds that is aimed at, relative to the upper one.
    n_jobs : threads; as many as there are processors by default (or for -1).
    progress : called with the number of points done and their total.

    Returns
    -------
    HullDistances

    Raises
    ------
    InputError
        If the shapes do not fit, or a number is not finite.

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [9.0, 9.0]])
    >>> points = np.array([[0.5, 0.5], [0.0, -3.0]])
    >>> hull_distances(points, X, np.array([0, 0, 0, 1])).distance.round(6)
    array([[ 0.      , 12.020815],
           [ 3.      , 15.      ]])
    """
    check_rtol(rtol)
    points, ids, hulls = _hulls(points, X, cluster_ids)
    lower, distance, upper = result = np.empty((3, len(points), len(ids)))

    def measure(first: int) -> int:
        block = np.asarray(points[first : first + _BLOCK], dtype=np.float64)
        for column, hull in enumerate(hulls):
            for row, point in enumerate(block, start=first):
                result[:, row, column] = distance_from(point, hull, rtol)
        return first + len(block)

    with threads(n_jobs) as pool:
        for done in pool.map(measure, range(0, len(points), _BLOCK)):
            if progress is not None:
                progress(done, len(points))
    return HullDistances(ids, distance, lower, upper)


def nearest_hulls(
    points: np.ndarray,
    X: np.ndarray,
    cluster_ids: np.ndarray,
    *,
    rtol: float = 1e-6,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NearestHulls:
    """Find the nearest hull of each of many points, without measuring the distance of the others.

    Hulls are looked at from the nearest centre outwards, and each only until it is known
    to be farther than the nearest so far.

    Parameters
    ----------
    points, X, cluster_ids, rtol, n_jobs, progress : as for `hull_distances`.

    Returns
    -------
    NearestHulls
        What ``hull_distances(...).distance.argmin(axis=1)`` would find.

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [9.0, 9.0]])
    >>> points = np.array([[0.5, 0.5], [8.0, 8.0]])
    >>> nearest_hulls(points, X, np.array(["a", "a", "a", "b"])).hulls
    array(['a', 'b'], dtype='<U1')
    """
    check_rtol(rtol)
    points, ids, hulls = _hulls(points, X, cluster_ids)
    centres = np.stack([hull.centre for hull in hulls])
    reaches = np.array([hull.reach for hull in hulls])
    nearest = np.empty(len(points), np.int64)
    lower, distance, upper = result = np.empty((3, len(points)))

    def search(first: int) -> int:
        block = np.asarray(points[first : first + _BLOCK], dtype=np.float64)
        for row, point in enumerate(block, start=first):
            from_centres = np.sqrt(((centres - point) ** 2).sum(axis=1))
            best = (math.inf, math.inf, math.inf)
            for column in np.argsort(from_centres, kind="stable"):
                if from_centres[column] - reaches[column] > best[2] * (1.0 + 1e-9):
                    continue
                bounds = distance_from(point, hulls[column], rtol, enough=best[2])
                if (bounds[1], column) < (best[1], nearest[row]):
                    best, nearest[row] = bounds, column
            result[:, row] = best
        return first + len(block)

    with threads(n_jobs) as pool:
        for done in pool.map(search, range(0, len(points), _BLOCK)):
            if progress is not None:
                progress(done, len(points))
    return NearestHulls(ids[nearest], distance, lower, upper)
