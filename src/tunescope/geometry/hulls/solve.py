"""Find the nearest points of two hulls, and turn them into a certificate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tunescope.geometry.hulls.active_set import UNIT
from tunescope.geometry.hulls.certificate import (
    Bounds,
    UpperBound,
    lower_bound,
    upper_bound,
)
from tunescope.geometry.hulls.cloud import Cloud
from tunescope.geometry.hulls.flat import approach, solve_whitened
from tunescope.geometry.hulls.nearest_point import NearestPoints, Stop, nearest_points
from tunescope.geometry.hulls.result import Separation
from tunescope.geometry.hulls.whitening import can_whiten, whiten

FINE = 1e-6  # how closely two hulls are looked at that cannot be told apart sooner
FLAT = 1e-5  # nearer than this part of their reach, undecided hulls are looked at anew
_STALE = 4.0  # a start whose own supports overlap by more than this part of its distance is not
_FEW = 40  # used; one of more points than this, of which more must be dropped, not if they overlap
_NOTHING = np.empty(0, np.int64), np.empty(0)


def beginning(
    A: Cloud, B: Cloud, shift: np.ndarray, start: Separation
) -> tuple[np.ndarray, np.ndarray]:
    """Give the points and weights to begin with, or none if the start is of no use here.

    The start is judged on its own supports: where other weights of them would bring the
    hulls much nearer, dropping the wrong ones takes longer than beginning from nothing.
    """
    keep_a, keep_b = start.support_a < len(A), start.support_b < len(B)
    support_a, support_b = start.support_a[keep_a], start.support_b[keep_b]
    weights_a, weights_b = start.weights_a[keep_a], start.weights_b[keep_b]
    if not (weights_a.sum() > 0.0 and weights_b.sum() > 0.0):
        return _NOTHING
    weights_a, weights_b = weights_a / weights_a.sum(), weights_b / weights_b.sum()
    near_a, near_b = A.near[support_a], B.near[support_b]
    v = shift + weights_a @ near_a - weights_b @ near_b
    gap = float(v @ shift + (near_a @ v).min() - (near_b @ v).max())
    few = support_a.size + support_b.size <= _FEW
    if gap < (-_STALE if few else 0.0) * float(v @ v):
        return _NOTHING
    first = np.concatenate([support_a, support_b + len(A)])
    weights = np.concatenate([weights_a, weights_b])
    order = np.argsort(-weights, kind="stable")
    return first[order], weights[order]


def solve(
    A: Cloud,
    B: Cloud,
    *,
    rtol: float,
    enough: float = math.inf,
    start: Separation | None = None,
) -> Separation:
    """Find the separation of two prepared sets of points; see `separation` and `meet`.

    Parameters
    ----------
    enough : stop as soon as the distance is known to be more than this, or, if this is finite,
        to be at most this.
    """
    shift = A.centre - B.centre
    reach = A.reach + B.reach + math.sqrt(shift @ shift)
    least = FLAT * reach if can_whiten(A) else 0.0
    first, weights = _NOTHING if start is None else beginning(A, B, shift, start)

    def search(first: np.ndarray, weights: np.ndarray, least: float) -> NearestPoints:
        stop = Stop(rtol, enough, least)
        nearest: NearestPoints = nearest_points(
            A.near, B.near, shift, A.reach, B.reach, first, weights, stop
        )
        return nearest

    nearest = search(first, weights, least)
    best = _certify(A, B, nearest)
    decided = best.separable and _closed(best, rtol, enough)
    if decided or not 4.0 * UNIT * reach < nearest.length <= least:
        return best
    # So near touching, and not decided or not measured: the sets may be all but flat.
    if not best.separable:
        nearest = solve_whitened(whiten(A, B), _most_weighted(nearest), FINE)
        best = _better(best, _certify(A, B, nearest))
    if _closed(best, rtol, enough):
        return best
    closest = _most_weighted(nearest)
    for nearest in approach(A, B, closest, best.lower, rtol) if best.separable else ():
        best = _better(best, _certify(A, B, nearest))
        if _closed(best, rtol, enough):
            return best
    return _better(best, _certify(A, B, search(*closest, 0.0)))


def _most_weighted(nearest: NearestPoints) -> tuple[np.ndarray, np.ndarray]:
    """Give the points and their weights, the most weighted first: to start from."""
    order = np.argsort(-nearest.weights, kind="stable")
    return nearest.points[order], nearest.weights[order]


def _closed(result: Separation, rtol: float, enough: float) -> bool:
    """Say whether nothing is left to find out: see `solve`."""
    if result.status == "overlapping" or result.lower > enough:
        return True
    return result.upper <= enough < math.inf or result.upper - result.lower <= rtol * result.upper


def _better(first: Separation, second: Separation) -> Separation:
    """Take the better lower bound and the better upper bound: both are true."""
    below = first if first.lower >= second.lower else second
    above = first if first.upper <= second.upper else second
    if below is above:
        return above
    lower = min(below.lower, above.upper)
    return replace(
        above,
        distance=min(max(above.distance, lower), above.upper),
        lower=lower,
        status="separable" if lower > 0.0 else above.status,
        normal=below.normal,
        offset=below.offset,
    )


def _certify(A: Cloud, B: Cloud, nearest: NearestPoints) -> Separation:
    """Turn the solver's answer into a separation with proven bounds."""
    candidate = Candidate.of(A, B, nearest.points, nearest.weights, nearest.normal)
    return candidate.proven(lower_bound(A, B, candidate.normal, candidate.offset))


@dataclass(frozen=True, eq=False)
class Candidate:
    """A certificate whose upper bound is proven, and whose lower one is not yet."""

    normal: np.ndarray
    """(d,) of length 1, or zeros."""
    offset: float
    supports: tuple[np.ndarray, np.ndarray]
    """The supports in A and in B, most weighted first."""
    weights: tuple[np.ndarray, np.ndarray]
    above: UpperBound

    @classmethod
    def of(
        cls, A: Cloud, B: Cloud, active: np.ndarray, weights: np.ndarray, normal: np.ndarray
    ) -> Candidate:
        """Take active points (rows of A, then of B), their weights, and a normal."""
        order = np.argsort(-weights, kind="stable")
        active, weights = active[order], weights[order]
        n_a = len(A)
        of_a = active < n_a
        support_a, support_b = active[of_a], active[~of_a] - n_a
        weights_a, weights_b = weights[of_a], weights[~of_a]
        weights_a = weights_a / math.fsum(weights_a)
        weights_b = weights_b / math.fsum(weights_b)
        above = upper_bound(
            A,
            B,
            support_a=support_a,
            weights_a=weights_a,
            support_b=support_b,
            weights_b=weights_b,
        )
        point_a, point_b = above.points
        length = math.sqrt(normal @ normal)
        if length > 0.0:
            normal = normal / length
        offset = float(normal @ point_a + normal @ point_b) / 2.0
        return cls(normal, offset, (support_a, support_b), (weights_a, weights_b), above)

    def proven(self, lower: float) -> Separation:
        """Add the lower bound that the normal and the offset prove."""
        proven = Bounds.of(lower, self.above)
        status = proven.status
        distance = min(max(proven.estimate, proven.lower), proven.upper)
        return Separation(
            distance=0.0 if status == "overlapping" else distance,
            lower=proven.lower,
            upper=proven.upper,
            status=status,
            normal=self.normal,
            offset=self.offset,
            point_a=self.above.points[0],
            point_b=self.above.points[1],
            support_a=self.supports[0],
            support_b=self.supports[1],
            weights_a=self.weights[0],
            weights_b=self.weights[1],
        )
