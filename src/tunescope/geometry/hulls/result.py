"""The distance of two hulls, and what proves it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tunescope.geometry.hulls.certificate import (
    Bounds,
    bounds,
)
from tunescope.geometry.hulls.cloud import Cloud, as_points


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
        >>> from tunescope.geometry import separation
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
