"""Bounds on the distance of two hulls that anyone can check, rounding errors included.

Two facts bound the distance of ``conv(A)`` and ``conv(B)`` without any solver:

- for every direction w, ``(min A·w − max B·w) / ‖w‖`` is at most the distance;
- for all convex weights λ and μ, ``‖Aᵀλ − Bᵀμ‖`` is at least the distance.

Both are computed here in float64 from the data alone.  The first uses dot products
in twice the working precision (Ogita, Rump & Oishi, *Accurate sum and dot product*,
SIAM J. Sci. Comput. 26, 2005); each carries a bound on its own rounding error, with
``γ_n = n u / (1 − n u)`` and ``u = 2⁻⁵³`` (Higham, *Accuracy and Stability of
Numerical Algorithms*, chapter 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numba.core.extending import intrinsic

from tunescope.geometry.hulls.active_set import UNIT, project
from tunescope.geometry.hulls.cloud import Cloud
from tunescope.geometry.kernel import kernel

_ROUNDINGS = 4  # of a weight, on the way from the solver's factor to its last digit
_UNDERFLOW = 1e-150  # lengths below this lose digits when they are squared


def gamma(n: int) -> float:
    """Bound the relative error of ``n`` rounded operations in a row."""
    return n * UNIT / (1.0 - n * UNIT)


@intrinsic
def _fma(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:
    """Compile to a·b + c, rounded once."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


_multiply_add: Any = _fma  # called without its context, which a type checker cannot know


@kernel()
def _projections(
    X: np.ndarray,
    w: np.ndarray,
    offset: float,
    values: np.ndarray,
    errors: np.ndarray,
) -> None:
    """Compute ``X·w − offset`` in twice the working precision, with bounds on the errors."""
    d = w.size
    small = (d + 1) * UNIT / (1.0 - (d + 1) * UNIT)
    for r in range(len(X)):
        x = X[r]
        total = -offset
        low = 0.0
        size = abs(offset)
        for k in range(d):
            xk = x[k]
            product = xk * w[k]
            rest = _multiply_add(xk, w[k], -product)
            new = total + product
            back = new - total
            low += (total - (new - back)) + (product - back) + rest
            total = new
            size += abs(product)
        values[r] = total + low
        errors[r] = UNIT * abs(values[r]) + 2.0 * small * small * size + 1e-300  # underflow


@kernel()
def _combination(
    rows: np.ndarray, weights: np.ndarray, origin: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Compute ``Σ weights (rows − origin) / Σ weights`` in twice the working precision.

    Returns the result as an unevaluated sum of two vectors, ``Σ weights |rows − origin|``,
    and the largest ``‖row − origin‖``.
    """
    k, d = rows.shape
    total, total_low = 0.0, 0.0
    for i in range(k):
        new = total + weights[i]
        back = new - total
        total_low += (total - (new - back)) + (weights[i] - back)
        total = new
    high = np.zeros(d)
    low = np.zeros(d)
    size = np.zeros(d)
    spread = 0.0
    for i in range(k):
        weight = weights[i]
        square = 0.0
        for j in range(d):
            x = rows[i, j]
            shifted = x - origin[j]
            back = shifted - x
            shifted_low = (x - (shifted - back)) - (origin[j] + back)
            product = weight * shifted
            rest = _multiply_add(weight, shifted, -product) + weight * shifted_low
            new = high[j] + product
            back = new - high[j]
            low[j] += (high[j] - (new - back)) + (product - back) + rest
            high[j] = new
            size[j] += abs(product)
            square += shifted * shifted
        spread = max(spread, square)
    for j in range(d):
        # (high + low) / (total + total_low), by one correction of high / total.
        first = high[j] / total
        rest = _multiply_add(-first, total, high[j]) + low[j] - first * total_low
        high[j] = first
        low[j] = rest / total
        size[j] /= total
    return high, low, size, math.sqrt(spread)


@dataclass(frozen=True)
class Bounds:
    """What a certificate proves: ``lower <= distance <= upper``."""

    lower: float
    """Greatest proven lower bound, at least 0."""
    upper: float
    """Least proven upper bound."""
    estimate: float
    """Distance of the two points that the weights give, as computed."""
    meets: bool
    """The two points agree to within the rounding error of computing their difference."""

    @classmethod
    def of(cls, lower: float, above: UpperBound) -> Bounds:
        """Put both sides together."""
        return cls(min(lower, above.upper), above.upper, above.estimate, above.meets)

    @property
    def status(self) -> str:
        """``separable``, ``overlapping`` or ``undecided``."""
        if self.lower > 0.0:
            return "separable"
        return "overlapping" if self.meets else "undecided"


def _scaled(normal: np.ndarray) -> tuple[np.ndarray, float]:
    """Bring a normal near length 1 by a power of two, which is exact; give that power, or 0."""
    biggest = float(np.abs(normal).max(initial=0.0))
    if not 0.0 < biggest < math.inf:
        return normal, 0.0
    scale = 2.0 ** -math.frexp(biggest)[1]
    return normal * scale, scale


def least(
    cloud: Cloud, normal: np.ndarray, offset: float, rough: np.ndarray | None = None
) -> float:
    """Return a number that is certainly at most ``min(points·normal) − offset``.

    All points are projected in the working precision, which tells which of them may
    be the least one; those are projected again in twice the precision.

    Parameters
    ----------
    normal : (d,) of a length near 1.
    rough : (n,) ``cloud.near @ normal`` in float64, summed in any order, if it is known.
    """
    d = normal.size
    if rough is None:
        rough = np.empty(len(cloud))
        project(cloud.near, normal, 1.0, rough)
    error = gamma(d + 8) * math.sqrt(normal @ normal) * (1.0 + gamma(d + 8))
    rows = np.flatnonzero(rough <= rough.min() + 2.0 * error * cloud.reach)
    slack = error * cloud.sizes[rows]
    rows = rows[rough[rows] - slack <= (rough[rows] + slack).min()]
    values = np.empty(rows.size)
    errors = np.empty(rows.size)
    _projections(cloud.rows(rows), normal, offset, values, errors)
    return math.nextafter(float((values - errors).min()), -math.inf)


def gap_between(above: float, below: float, normal: np.ndarray) -> float:
    """Turn the least projections of A, and of B on the opposite normal, into a lower bound."""
    gap = math.nextafter(above + below, -math.inf)
    return max(0.0, gap / math.sqrt(normal @ normal) * (1.0 - gamma(normal.size + 8)))


def lower_bound(A: Cloud, B: Cloud, normal: np.ndarray, offset: float) -> float:
    """Prove a lower bound on the distance of two hulls from a direction.

    Parameters
    ----------
    A, B : the two sets of points.
    normal : (d,) float64, pointing from B to A; of any length.
    offset : a number near the middle of the gap along `normal`; it only saves digits.

    Returns
    -------
    A number that is at most the distance, or 0.

    Examples
    --------
    >>> A, B = Cloud.of(np.array([[3.0], [2.0]])), Cloud.of(np.array([[0.0], [1.0]]))
    >>> lower_bound(A, B, np.array([1.0]), 1.5)
    0.9999999999999987
    """
    w, scale = _scaled(normal)
    if scale == 0.0:
        return 0.0
    return gap_between(least(A, w, offset * scale), least(B, -w, -offset * scale), w)


def point_lower_bounds(
    A: Cloud, points: np.ndarray, normal: np.ndarray, offset: float
) -> np.ndarray:
    """Prove lower bounds on the distances of single points from one hull, by one direction.

    Parameters
    ----------
    A : the points that span the hull.
    points : (n, d) float64.
    normal, offset : as for `lower_bound`; `normal` points to A.

    Returns
    -------
    (n,) numbers that are at most the distances, or 0.

    Examples
    --------
    >>> A = Cloud.of(np.array([[3.0], [2.0]]))
    >>> point_lower_bounds(A, np.array([[0.0], [2.5]]), np.array([1.0]), 1.0).round(6)
    array([2., 0.])
    """
    w, scale = _scaled(normal)
    if scale == 0.0:
        return np.zeros(len(points))
    above = least(A, w, offset * scale)
    values = np.empty(len(points))
    errors = np.empty(len(points))
    _projections(points, -w, -offset * scale, values, errors)
    gaps = np.nextafter(np.nextafter(values - errors, -np.inf) + above, -np.inf)
    lengths = gaps / math.sqrt(w @ w) * (1.0 - gamma(w.size + 8))
    return np.asarray(np.maximum(0.0, lengths))


@dataclass(frozen=True)
class UpperBound:
    """What two convex combinations prove."""

    upper: float
    """The distance of the two hulls is at most this."""
    estimate: float
    """The distance of the two points as computed."""
    meets: bool
    """Whether they are so near that weights known only to the working precision cannot tell
    them apart."""
    points: np.ndarray
    """(2, d) the two points."""


def upper_bound(
    A: Cloud,
    B: Cloud,
    *,
    support_a: np.ndarray,
    weights_a: np.ndarray,
    support_b: np.ndarray,
    weights_b: np.ndarray,
) -> UpperBound:
    """Prove an upper bound on the distance of two hulls from two convex combinations.

    Weights are normalised by their exact sum, so any non-negative ones will do.
    """
    rows_a = A.rows(support_a)
    rows_b = B.rows(support_b)
    origin = rows_a[int(np.argmax(weights_a))].copy()
    d = origin.size
    high_a, low_a, size_a, spread_a = _combination(rows_a, weights_a, origin)
    high_b, low_b, size_b, spread_b = _combination(rows_b, weights_b, origin)
    difference = (high_a - high_b) + (low_a - low_b)
    estimate = math.sqrt(difference @ difference)
    size_a += size_b
    size = math.sqrt(size_a @ size_a)
    terms = len(rows_a) + len(rows_b) + 8
    error = UNIT * estimate * (d + 8) + (4.0 * gamma(terms) ** 2 + 4.0 * UNIT**2) * size
    vanished = estimate < _UNDERFLOW and bool(difference.any())
    blur = gamma(_ROUNDINGS * terms) * max(spread_a, spread_b)  # what rounding the weights can do
    return UpperBound(
        upper=(estimate + error) * (1.0 + 4.0 * UNIT) + _UNDERFLOW,
        estimate=estimate,
        meets=estimate <= blur and not vanished,
        points=np.stack([origin + (high_a + low_a), origin + (high_b + low_b)]),
    )


def bounds(
    A: Cloud,
    B: Cloud,
    *,
    normal: np.ndarray,
    offset: float,
    support_a: np.ndarray,
    weights_a: np.ndarray,
    support_b: np.ndarray,
    weights_b: np.ndarray,
) -> Bounds:
    """Prove both bounds from a certificate (see `lower_bound` and `upper_bound`)."""
    above = upper_bound(
        A,
        B,
        support_a=support_a,
        weights_a=weights_a,
        support_b=support_b,
        weights_b=weights_b,
    )
    return Bounds.of(lower_bound(A, B, normal, offset), above)
