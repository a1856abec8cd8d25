"""Distances of many points from many hulls."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tunescope.errors import InputError
from tunescope.geometry.cloud import Cloud, as_points
from tunescope.geometry.nearest_point import nearest_points
from tunescope.geometry.separation import MAX_PASSES, check_rtol

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, eq=False)
class HullDistances:
    """Distances of points from hulls, each with bounds."""

    hulls: np.ndarray
    """(n_hulls,) the cluster ids, sorted: the columns."""
    distance: np.ndarray
    """(n_points, n_hulls) estimated distances, 0 for a point inside a hull."""
    lower: np.ndarray
    """(n_points, n_hulls) lower bounds, rounding allowed for."""
    upper: np.ndarray
    """(n_points, n_hulls) upper bounds, rounding allowed for."""


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
    n_jobs : threads; as many as there are processors by default.
    progress : called with the number of hulls done and their total.

    Returns
    -------
    HullDistances
        A point whose lower bound is 0 cannot be told from one inside; its distance
        is 0 if it agrees with a point of the hull to within rounding.

    Raises
    ------
    InputError
        If the shapes do not fit, or a number is not finite.

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [9.0, 9.0]])
    >>> hull_distances(np.array([[0.5, 0.5], [0.0, -3.0]]), X, np.array([0, 0, 0, 1])).distance
    array([[ 0.        , 12.02081528],
           [ 3.        , 15.        ]])
    """
    points, X = as_points(points, "points"), as_points(X, "X")
    if points.shape[1] != X.shape[1]:
        raise InputError(
            f"points: expected {X.shape[1]} features, as many as X has, got {points.shape[1]}"
        )
    cluster_ids = np.asarray(cluster_ids)
    if cluster_ids.shape != (len(X),):
        raise InputError(
            f"cluster_ids: expected {len(X)} of them, one for each row of X, "
            f"got shape {cluster_ids.shape}"
        )
    check_rtol(rtol)
    hulls, of_row = np.unique(cluster_ids, return_inverse=True)
    shape = (len(points), len(hulls))
    distance, lower, upper = np.empty(shape), np.empty(shape), np.empty(shape)

    def one_hull(index: int) -> None:
        rows = np.flatnonzero(of_row == index)
        distance[:, index], lower[:, index], upper[:, index] = _from_hull(points, X[rows], rtol)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_jobs or os.cpu_count() or 1) as pool:
        for done, _ in enumerate(pool.map(one_hull, range(len(hulls))), start=1):
            if progress is not None:
                progress(done, len(hulls))
    return HullDistances(hulls, distance, lower, upper)


def _from_hull(
    points: np.ndarray, hull: np.ndarray, rtol: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measure all points against one hull."""
    cloud = Cloud.of(hull)
    here = np.zeros((1, hull.shape[1]))
    results = np.empty((3, len(points)))
    nothing = np.empty(0, np.int64), np.empty(0)
    for row, point in enumerate(points):
        shift = point - cloud.centre
        _, _, _, low, high, _ = nearest_points(
            here, cloud.near, shift, 0.0, cloud.reach, *nothing, rtol, False, MAX_PASSES
        )
        results[:, row] = (high if low > 0.0 else 0.0), low, high
    return results[0], results[1], results[2]
