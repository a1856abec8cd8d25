"""The separation of two hulls: their distance, with a certificate.

The two entry points::

    separation(A, B, *, rtol=1e-6) -> Separation         the distance, to a relative gap of rtol
    meet(A, B, *, touching=0.0) -> Separation             only whether they meet: stops once known
"""

from __future__ import annotations

import numpy as np

from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import Cloud, as_points
from tunescope.geometry.hulls.result import Separation
from tunescope.geometry.hulls.solve import FINE, solve


def _clouds(A: np.ndarray, B: np.ndarray) -> tuple[Cloud, Cloud]:
    A, B = as_points(A, "A"), as_points(B, "B")
    if A.shape[1] != B.shape[1]:
        raise InputError(f"B: expected {A.shape[1]} features, as many as A has, got {B.shape[1]}")
    return Cloud.of(A), Cloud.of(B)


def check_rtol(rtol: float) -> None:
    """Refuse a relative tolerance that is none."""
    if not isinstance(rtol, int | float | np.number) or not 0.0 < rtol < 1.0:
        raise InputError(f"rtol: expected a number between 0 and 1, got {rtol!r:.60}")


def separation(
    A: np.ndarray,
    B: np.ndarray,
    *,
    rtol: float = 1e-6,
    start: Separation | None = None,
) -> Separation:
    """Measure the distance of two convex hulls, and prove it.

    It is twice the margin of the maximum-margin hyperplane between the two sets of
    points, and 0 where their hulls meet.

    Parameters
    ----------
    A, B : (n_a, d), (n_b, d) points, of any float type.
    rtol : the gap between the bounds that is aimed at, relative to the upper one.
    start : the separation of similar points (say, of the snapshot before), whose
        supports are tried first.

    Returns
    -------
    Separation
        With `lower` ≤ true distance ≤ `upper`, whatever happened on the way.

    Raises
    ------
    InputError
        If A or B is empty, holds something else than finite numbers, or their
        features differ in number.

    References
    ----------
    Zhou & Srikumar, *DirectProbe*, NAACL 2021, section 3.3 (distances of clusters).

    Examples
    --------
    >>> A = np.array([[1.0, 6.0], [1.0, 3.0], [15.0, 3.0], [15.0, 6.0]])
    >>> B = np.array([[1.0, -3.0], [1.0, -1.0], [2.0, -3.0], [2.0, -1.0]])
    >>> result = separation(A, B)
    >>> round(result.distance, 6), result.status
    (4.0, 'separable')
    """
    check_rtol(rtol)
    return solve(*_clouds(A, B), rtol=rtol, start=start)


def meet(
    A: np.ndarray, B: np.ndarray, *, touching: float = 0.0, start: Separation | None = None
) -> Separation:
    """Find out whether two convex hulls meet, and stop as soon as that is known.

    Like `separation`, but the bounds of disjoint hulls are as wide as they happen
    to be when the lower one is proven to be above `touching`.

    Parameters
    ----------
    A, B, start : as for `separation`.
    touching : hulls up to this distance count as meeting: they do not if
        ``result.lower > touching``.

    Examples
    --------
    >>> meet(np.array([[0.0], [2.0]]), np.array([[1.0]])).status
    'overlapping'
    >>> meet(np.array([[0.0], [2.0]]), np.array([[3.0]])).separable
    True
    """
    return meet_clouds(*_clouds(A, B), touching, start)


def meet_clouds(
    A: Cloud, B: Cloud, touching: float = 0.0, start: Separation | None = None
) -> Separation:
    """Do as `meet` for sets of points that are ready for the solver."""
    return solve(A, B, rtol=FINE, enough=touching, start=start)
