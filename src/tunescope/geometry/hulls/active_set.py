"""The points that carry the nearest points of two hulls, and the factor of their Gram matrix.

Compiled loops only: at these sizes the threads of a BLAS cost more than they bring,
and plain loops keep the result the same on every machine.  Sides are 0 (A) and 1 (B);
points of B enter with the opposite sign, so that the vector from one nearest point to
the other is the weighted sum of all active points (plus the shift between the origins).
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tunescope.geometry.kernel import kernel

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

# Lets sums be vectorised; NaN and infinity keep their meaning.
FAST = {"reassoc", "contract", "nsz"}
UNIT = 2.0**-53
DEPENDENT = 1e-13  # a point this close (relatively) to the active affine hulls is left out
NEAR = 1e-5  # distances below this part of the points' reach ask for careful steps
PATIENCE = 4  # passes without progress before giving up; the factor is rebuilt after half of them
_SUSPECT = 1e-4  # below this ratio the Gram pivot has lost digits and is computed anew


class Active(NamedTuple):
    """Room for the active points; k of them are there, in the order of the factor's columns."""

    R: Floats
    """(capacity, capacity) upper triangle with ``RᵀR = Z Zᵀ + rho of the side, if it is one``."""
    Y: Floats
    """(3, capacity) ``Rᵀ⁻¹`` times the indicators of the sides, and times Z·shift."""
    Z: Floats
    """(capacity, d) the points, in the places `slot`."""
    slot: Integers
    """(capacity,) where in Z a point is."""
    side: Integers
    """(capacity,) 0 or 1."""
    point: Integers
    """(capacity,) number of the point: row of A, or the rows of A plus the row of B."""
    alpha: Floats
    """(capacity,) its weight; they sum to 1 on each side."""


@kernel()
def make_room(n_points: int, n_features: int) -> Active:
    """Make room for as many active points as can be affinely independent on their two sides."""
    capacity = min(n_points, n_features + 3)
    return Active(
        np.empty((capacity, capacity)),
        np.empty((3, capacity)),
        np.empty((capacity, n_features)),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int64),
        np.empty(capacity),
    )


@kernel(fastmath=FAST)
def dot(x: Floats, y: Floats) -> float:
    """Return x·y."""
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@kernel(fastmath=FAST)
def add(x: Floats, factor: float, y: Floats) -> None:
    """Add ``factor * y`` to x in place."""
    for i in range(x.size):
        x[i] += factor * y[i]


@kernel(fastmath=FAST)
def project(X: Floats, v: Floats, sign: float, out: Floats) -> None:
    """Compute ``sign * X·v``."""
    for i in range(X.shape[0]):
        out[i] = sign * dot(X[i], v)


# Rows are taken as slices, and loops run over a slice from 0: where a loop's own index begins
# elsewhere, the compiler has to allow for a negative one, and then does not vectorise the loop.


@kernel(fastmath=FAST)
def _forward(R: Floats, k: int, x: Floats) -> None:
    """Solve Rᵀ x = x in place for the leading k × k upper triangle of R."""
    for i in range(k):
        x[i] /= R[i, i]
        add(x[i + 1 : k], -x[i], R[i, i + 1 : k])


@kernel(fastmath=FAST)
def _backward(R: Floats, k: int, x: Floats) -> None:
    """Solve R x = x in place for the leading k × k upper triangle of R."""
    for i in range(k - 1, -1, -1):
        x[i] = (x[i] - dot(R[i, i + 1 : k], x[i + 1 : k])) / R[i, i]


@kernel(fastmath=FAST)
def _rotate(carried: Floats, row: Floats, out: Floats, c: float, s: float) -> None:
    """Write ``c * carried + s * row`` to `out`, and carry on ``c * row - s * carried``."""
    for j in range(out.size):
        p = carried[j]
        q = row[j]
        out[j] = c * p + s * q
        carried[j] = c * q - s * p


@kernel(fastmath=FAST)
def _delete(R: Floats, Y: Floats, k: int, at: int) -> None:
    """Take column ``at`` out of R (k × k), restore the triangle, and rotate the rows of Y along."""
    for i in range(at):
        row = R[i, at:k]
        for j in range(row.size - 1):
            row[j] = row[j + 1]
    # Every later row has one entry below the diagonal now, which the row above takes over.
    carried = R[at, :k].copy()
    for i in range(at, k - 1):
        h = hypot(carried[i + 1], R[i + 1, i + 1])
        c = carried[i + 1] / h
        s = R[i + 1, i + 1] / h
        _rotate(carried[i + 1 : k], R[i + 1, i + 1 : k], R[i, i : k - 1], c, s)
        for m in range(3):
            p = Y[m, i]
            q = Y[m, i + 1]
            Y[m, i] = c * p + s * q
            Y[m, i + 1] = c * q - s * p


@kernel(fastmath=FAST)
def gradient(active: Active, k: int, v: Floats) -> Floats:
    """Return the products of the active points with v."""
    products = np.empty(k)
    for i in range(k):
        products[i] = dot(active.Z[active.slot[i]], v)
    return products


@kernel(fastmath=FAST)
def add_combination(active: Active, k: int, factor: float, weights: Floats, v: Floats) -> None:
    """Add ``factor`` times the weighted sum of the active points to v."""
    for i in range(k):
        add(v, factor * weights[i], active.Z[active.slot[i]])


@kernel(fastmath=FAST)
def _remeasured(
    active: Active, k: int, rho: Floats, z: Floats, new_side: int, column: Floats
) -> float:
    """Return the squared distance of z from the active affine hulls, and put ``column`` right.

    For a point so near to them that the Gram matrix does not tell: the distance is measured
    on the point itself, and the projection corrected twice.
    """
    weights = np.zeros(k)
    rest_sides = np.empty(2)
    rest = z.copy()
    step = column.copy()
    pivot = 0.0
    for attempt in range(3):
        if attempt > 0:
            step = gradient(active, k, rest)
            for i in range(k):
                step[i] += rho[active.side[i]] * rest_sides[active.side[i]]
            _forward(active.R, k, step)
            add(column, 1.0, step)
        _backward(active.R, k, step)
        add(weights, 1.0, step)
        for s in range(2):
            rest_sides[s] = 1.0 if s == new_side else 0.0
        for i in range(k):
            rest_sides[active.side[i]] -= weights[i]
        for j in range(z.size):
            rest[j] = z[j]
        add_combination(active, k, -1.0, weights, rest)
        pivot = dot(rest, rest) + rho[0] * rest_sides[0] ** 2 + rho[1] * rest_sides[1] ** 2
    return pivot


@kernel(fastmath=FAST)
def _admit(
    active: Active,
    k: int,
    rho: Floats,
    shift: Floats,
    row: Floats,
    new_side: int,
    tolerance: float,
) -> bool:
    """Put a point into the factor, unless it depends on the others (relative tolerance)."""
    z = active.Z[k]
    for j in range(z.size):
        z[j] = row[j] if new_side == 0 else -row[j]
    column = gradient(active, k, z)
    for i in range(k):
        if active.side[i] == new_side:
            column[i] += rho[new_side]
    whole = dot(z, z) + rho[new_side]
    _forward(active.R, k, column)
    pivot = whole - dot(column, column)
    if pivot < _SUSPECT * whole:
        pivot = _remeasured(active, k, rho, z, new_side, column)
    if not pivot > tolerance**2 * whole:
        return False
    diagonal = sqrt(pivot)
    for i in range(k):
        active.R[i, k] = column[i]
    active.R[k, k] = diagonal
    for m in range(3):
        value = dot(z, shift) if m == 2 else (1.0 if m == new_side else 0.0)
        for i in range(k):
            value -= column[i] * active.Y[m, i]
        active.Y[m, k] = value / diagonal
    active.slot[k] = k
    active.side[k] = new_side
    return True


@kernel()
def join(
    active: Active,
    k: int,
    rho: Floats,
    shift: Floats,
    row: Floats,
    side: int,
    point: int,
    weight: float,
    tolerance: float,
) -> bool:
    """Make a point the active point k, unless it depends on the others; say whether it was.

    Parameters
    ----------
    rho : (2,) of each side, the square that is added to the Gram matrix.
    shift : (d,) what has to be added to the points of A for both sides to have one origin.
    row, side, point, weight : the point, and what is kept of it; see `Active`.
    tolerance : relative distance from the active affine hulls up to which a point depends on them.
    """
    if not _admit(active, k, rho, shift, row, side, tolerance):
        return False
    active.point[k] = point
    active.alpha[k] = weight
    return True


@kernel(fastmath=FAST)
def drop(active: Active, k: int, at: int) -> None:
    """Take the active point ``at`` of k out."""
    _delete(active.R, active.Y, k, at)
    freed = active.slot[at]
    for j in range(at, k - 1):
        active.slot[j] = active.slot[j + 1]
        active.side[j] = active.side[j + 1]
        active.point[j] = active.point[j + 1]
        active.alpha[j] = active.alpha[j + 1]
    if freed != k - 1:  # keep the rows of Z without gaps
        for j in range(active.Z.shape[1]):
            active.Z[freed, j] = active.Z[k - 1, j]
        for j in range(k - 1):
            if active.slot[j] == k - 1:
                active.slot[j] = freed


@kernel(fastmath=FAST)
def _with_sums(active: Active, k: int, t: Floats, sum_a: float, sum_b: float) -> Floats:
    """Solve ``RᵀR x = E ν − Rᵀ t`` with the multipliers ν that give x these sums on the sides."""
    aa, ab, bb, at, bt = 0.0, 0.0, 0.0, 0.0, 0.0
    Y = active.Y
    for i in range(k):
        aa += Y[0, i] * Y[0, i]
        ab += Y[0, i] * Y[1, i]
        bb += Y[1, i] * Y[1, i]
        at += Y[0, i] * t[i]
        bt += Y[1, i] * t[i]
    top_a, top_b = sum_a + at, sum_b + bt
    determinant = aa * bb - ab * ab
    nu_a = (bb * top_a - ab * top_b) / determinant
    nu_b = (aa * top_b - ab * top_a) / determinant
    x = np.empty(k)
    for i in range(k):
        x[i] = nu_a * Y[0, i] + nu_b * Y[1, i] - t[i]
    _backward(active.R, k, x)
    return x


@kernel(fastmath=FAST)
def affine_minimiser(active: Active, k: int) -> Floats:
    """Return the weights of the nearest points of the two active affine hulls."""
    x: Floats = _with_sums(active, k, active.Y[2], 1.0, 1.0)
    return x


@kernel(fastmath=FAST)
def correction(active: Active, k: int, v: Floats) -> Floats:
    """Return the step to those weights from wherever v stands, relative to its length."""
    t = gradient(active, k, v)
    _forward(active.R, k, t)
    x: Floats = _with_sums(active, k, t, 0.0, 0.0)
    return x
