"""The separation of two hulls: their distance, with a certificate.

The two entry points::

    separation(A, B, *, rtol=1e-6) -> Separation         the distance, to a relative gap of rtol
    meet(A, B, *, touching=0.0) -> Separation             only whether they meet: stops once known
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tunescope.errors import InputError
from tunescope.geometry.hulls.active_set import UNIT
from tunescope.geometry.hulls.certificate import (
    Bounds,
    UpperBound,
    bounds,
    lower_bound,
    upper_bound,
)
from tunescope.geometry.hulls.cloud import Cloud, as_points
from tunescope.geometry.hulls.flat import approach, solve_whitened
from tunescope.geometry.hulls.nearest_point import NearestPoints, Stop, nearest_points
from tunescope.geometry.hulls.whitening import can_whiten, whiten

_FINE = 1e-6  # how closely two hulls are looked at that cannot be told apart sooner
FLAT = 1e-5  # nearer than this part of their reach, undecided hulls are looked at anew
_STALE = 4.0  # a start whose own supports overlap by more than this part of its distance is not
_FEW = 40  # used; one of more points than this, of which more must be dropped, not if they overlap
_NOTHING = np.empty(0, np.int64), np.empty(0)


@dataclass(frozen=True, eq=False)
class Verification:
    """What `Separation.verify` found; true if the certificate proves what it states."""

    valid: bool
    """The recomputed bounds are at least as good as the stated ones."""
    lower: float
    """Lower bound, recomputed."""
    upper: float
    """Upper bound, recomputed."""
    reason: str
    """What is wrong, or an empty string."""

    def __bool__(self) -> bool:
        return self.valid


@dataclass(frozen=True, eq=False)
class Separation:
    """The distance of ``conv(A)`` and ``conv(B)``, and what proves it.

    The two hulls are on different sides of the hyperplane ``x·normal = offset`` if
    they are separable: ``A·normal > offset > B·normal``.
    """

    distance: float
    """Best estimate of the distance, within the bounds; 0 where the hulls overlap."""
    lower: float
    """Proven lower bound."""
    upper: float
    """Proven upper bound."""
    status: str
    """``separable`` (lower > 0), ``overlapping`` (two convex combinations agree to within the
    rounding error of computing them) or ``undecided`` (neither could be shown)."""
    normal: np.ndarray
    """(d,) unit vector from B to A that gives `lower`; zeros if none was found."""
    offset: float
    """The middle between the hulls along `normal`."""
    point_a: np.ndarray
    """(d,) the nearest point of ``conv(A)``."""
    point_b: np.ndarray
    """(d,) the nearest point of ``conv(B)``."""
    support_a: np.ndarray
    """(k_a,) rows of A that carry `point_a`, most weighted first."""
    support_b: np.ndarray
    """(k_b,) rows of B that carry `point_b`, most weighted first."""
    weights_a: np.ndarray
    """(k_a,) convex weights of the rows `support_a`."""
    weights_b: np.ndarray
    """(k_b,) convex weights of the rows `support_b`."""

    def __repr__(self) -> str:
        """Show the distance and its bounds on one line."""
        bounds = f"{self.lower:.6g} to {self.upper:.6g}"
        return f"<Separation: {self.distance:.6g} ({bounds}), {self.status}>"

    @property
    def separable(self) -> bool:
        """Whether the hulls are proven to be disjoint; touching counts as meeting."""
        return self.status == "separable"

    @property
    def points(self) -> np.ndarray:
        """(2, d): the nearest points of the two hulls."""
        return np.stack([self.point_a, self.point_b])

    def bounds(self, A: np.ndarray, B: np.ndarray) -> Bounds:
        """Recompute what the certificate proves about these points."""
        return bounds(
            Cloud.of(A),
            Cloud.of(B),
            normal=self.normal,
            offset=self.offset,
            support_a=self.support_a,
            weights_a=self.weights_a,
            support_b=self.support_b,
            weights_b=self.weights_b,
        )

    def verify(self, A: np.ndarray, B: np.ndarray) -> Verification:
        """Prove the bounds anew from the normal, the supports and their weights alone.

        Parameters
        ----------
        A, B : (n_a, d), (n_b, d) the points that the separation was computed from.

        Returns
        -------
        Verification
            False if the points do not bear out the stated bounds or status.

        Examples
        --------
        >>> A, B = np.array([[2.0, 0.0], [3.0, 1.0]]), np.array([[0.0, 0.0]])
        >>> bool(separation(A, B).verify(A, B))
        True
        >>> bool(separation(A, B).verify(A - 0.5, B))
        False
        """
        A, B = as_points(A, "A"), as_points(B, "B")
        reason = self._malformed(A, B)
        if reason:
            return Verification(False, 0.0, math.inf, reason)
        proven = self.bounds(A, B)
        slack = 1.0 + 2.0**-40  # the bounds themselves are rounded
        if self.lower > proven.lower * slack:
            reason = f"lower bound {self.lower!r} is stated, {proven.lower!r} is proven"
        elif self.upper * slack < proven.upper:
            reason = f"upper bound {self.upper!r} is stated, {proven.upper!r} is proven"
        elif not self.lower <= self.distance <= self.upper:
            reason = f"distance {self.distance!r} is outside its bounds"
        elif self.status != proven.status:
            reason = f"status {self.status!r} is stated, {proven.status!r} is proven"
        return Verification(not reason, proven.lower, proven.upper, reason)

    def _malformed(self, A: np.ndarray, B: np.ndarray) -> str:
        """Say why the certificate cannot belong to these points, or return an empty string."""
        if not (A.shape[1] == B.shape[1] == self.normal.size):
            return f"{self.normal.size} features expected, got {A.shape[1]} and {B.shape[1]}"
        sides = (
            ("A", A, self.support_a, self.weights_a),
            ("B", B, self.support_b, self.weights_b),
        )
        for name, points, support, weights in sides:
            if support.size == 0 or support.shape != weights.shape:
                return f"the support of {name} and its weights do not match"
            if support.min() < 0 or support.max() >= len(points):
                return f"the support of {name} names rows that {name} does not have"
            if not (np.isfinite(weights).all() and weights.min() >= 0.0 and weights.sum() > 0.0):
                return f"the weights of {name} are not those of a convex combination"
        if not np.isfinite(self.normal).all() or not math.isfinite(self.offset):
            return "the normal or the offset is not finite"
        return ""


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
        nearest = solve_whitened(whiten(A, B), _most_weighted(nearest), _FINE)
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
    return solve(A, B, rtol=_FINE, enough=touching, start=start)
