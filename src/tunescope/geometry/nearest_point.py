"""Nearest points of two convex hulls: an exact active-set method.

The nearest points of ``conv(A)`` and ``conv(B)`` solve the quadratic program

    minimise ‖Aᵀλ − Bᵀμ‖²   over   λ ≥ 0, Σλ = 1,   μ ≥ 0, Σμ = 1.

Few points carry the solution (at most ``n_features + 2``), so the method keeps an
*active set* of affinely independent points, the Cholesky factor of their Gram
matrix, and the weights.  As in Wolfe's minimum-norm-point method (Mathematical
Programming 11, 1976) every weight vector on the way is feasible and the distance
never grows; unlike it, one pass over all points adds many points, and the two
hulls are never multiplied out into their difference.

Arrays come in as float64, row-major, near the origin; `separation` does that.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

_FAST = {
    "reassoc",
    "contract",
    "nsz",
}  # lets sums be vectorised; NaN and infinity keep their meaning
_DEPENDENT = 1e-13  # a new point this close (relatively) to the active affine hulls is left out,
_CLOSE = 1e-5  # and this close already if it came with many others
_NEAR = 1e-5  # distances below this part of the points' reach ask for careful steps
_SUSPECT = 1e-4  # below this ratio the Gram pivot has lost digits and is computed anew


@njit(cache=True, nogil=True, fastmath=_FAST)
def _forward(R: Floats, k: int, x: Floats) -> None:
    """Solve Rᵀ x = x in place for the leading k × k upper triangle of R."""
    for i in range(k):
        x[i] /= R[i, i]
        xi = x[i]
        for j in range(i + 1, k):
            x[j] -= R[i, j] * xi


@njit(cache=True, nogil=True, fastmath=_FAST)
def _backward(R: Floats, k: int, x: Floats) -> None:
    """Solve R x = x in place for the leading k × k upper triangle of R."""
    for i in range(k - 1, -1, -1):
        total = 0.0
        for j in range(i + 1, k):
            total += R[i, j] * x[j]
        x[i] = (x[i] - total) / R[i, i]


@njit(cache=True, nogil=True, fastmath=_FAST)
def _dot(x: Floats, y: Floats, k: int) -> float:
    total = 0.0
    for i in range(k):
        total += x[i] * y[i]
    return total


@njit(cache=True, nogil=True, fastmath=_FAST)
def _delete(R: Floats, k: int, at: int, Y: Floats) -> None:
    """Take column ``at`` out of R (k × k), restore the triangle, and rotate the rows of Y along."""
    for i in range(k):
        first = at if i <= at else i - 1
        for j in range(first, k - 1):
            R[i, j] = R[i, j + 1]
    # Every row i > at now has one entry below the diagonal, R[i, i - 1].
    for i in range(at, k - 1):
        a = R[i, i]
        b = R[i + 1, i]
        h = np.hypot(a, b)
        c = a / h
        s = b / h
        for j in range(i, k - 1):
            p = R[i, j]
            q = R[i + 1, j]
            R[i, j] = c * p + s * q
            R[i + 1, j] = c * q - s * p
        for m in range(Y.shape[0]):
            p = Y[m, i]
            q = Y[m, i + 1]
            Y[m, i] = c * p + s * q
            Y[m, i + 1] = c * q - s * p


@njit(cache=True, nogil=True, fastmath=_FAST)
def _gradient(Z: Floats, k: int, slot: Integers, v: Floats) -> Floats:
    """Return the products of the active points with v, in the order of the factor."""
    products = np.empty(k)
    for i in range(k):
        products[i] = _dot(Z[slot[i]], v, v.size)
    return products


@njit(cache=True, nogil=True, fastmath=_FAST)
def _combine(Z: Floats, k: int, slot: Integers, weights: Floats) -> Floats:
    """Return the weighted sum of the active points."""
    total = np.zeros(Z.shape[1])
    for i in range(k):
        z = Z[slot[i]]
        weight = weights[i]
        for j in range(total.size):
            total[j] += weight * z[j]
    return total


@njit(cache=True, nogil=True, fastmath=_FAST)
def _append(
    R: Floats,
    k: int,
    Y: Floats,
    Z: Floats,
    slot: Integers,
    side: Integers,
    rho: Floats,
    z: Floats,
    new_side: int,
    linear: float,
    tolerance: float,
) -> bool:
    """Extend R and Y by the point z (row k); return False if it depends on the active points.

    R is the factor of ``Z Zᵀ + rho[side] (same side)``, Y holds Rᵀ⁻¹ times the
    indicators of the two sides and the linear term.
    """
    column = _gradient(Z, k, slot, z)
    for i in range(k):
        if side[i] == new_side:
            column[i] += rho[new_side]
    whole = _dot(z, z, z.size) + rho[new_side]
    _forward(R, k, column)
    pivot = whole - _dot(column, column, k)
    if pivot < _SUSPECT * whole:
        # Digits were lost in the subtraction: measure the distance to the active hull itself,
        # correcting the projection twice.
        weights = np.zeros(k)
        rest_sides = np.empty(2)
        rest = z
        for attempt in range(3):
            if attempt == 0:
                step = column.copy()
            else:
                step = _gradient(Z, k, slot, rest)
                for i in range(k):
                    step[i] += rho[side[i]] * rest_sides[side[i]]
                _forward(R, k, step)
                for i in range(k):
                    column[i] += step[i]
            _backward(R, k, step)
            for i in range(k):
                weights[i] += step[i]
            rest_sides[:] = 0.0
            rest_sides[new_side] = 1.0
            for i in range(k):
                rest_sides[side[i]] -= weights[i]
            rest = z - _combine(Z, k, slot, weights)
            pivot = (
                _dot(rest, rest, rest.size)
                + rho[0] * rest_sides[0] ** 2
                + rho[1] * rest_sides[1] ** 2
            )
    if not pivot > tolerance**2 * whole:
        return False
    diagonal = np.sqrt(pivot)
    for i in range(k):
        R[i, k] = column[i]
    R[k, k] = diagonal
    for m in range(3):
        value = linear if m == 2 else (1.0 if m == new_side else 0.0)
        Y[m, k] = (value - _dot(column, Y[m], k)) / diagonal
    return True


@njit(cache=True, nogil=True, fastmath=_FAST)
def _targets(Y: Floats, k: int, top_a: float, top_b: float) -> tuple[float, float]:
    """Solve the 2 × 2 system for the multipliers that give the sides the sums top_a, top_b."""
    aa = _dot(Y[0], Y[0], k)
    ab = _dot(Y[0], Y[1], k)
    bb = _dot(Y[1], Y[1], k)
    determinant = aa * bb - ab * ab
    return (bb * top_a - ab * top_b) / determinant, (aa * top_b - ab * top_a) / determinant


@njit(cache=True, nogil=True, fastmath=_FAST)
def _affine_minimiser(R: Floats, k: int, Y: Floats) -> Floats:
    """Return the weights of the nearest points of the two active affine hulls."""
    top_a = 1.0 + _dot(Y[0], Y[2], k)
    top_b = 1.0 + _dot(Y[1], Y[2], k)
    nu_a, nu_b = _targets(Y, k, top_a, top_b)
    x = nu_a * Y[0, :k] + nu_b * Y[1, :k] - Y[2, :k]
    _backward(R, k, x)
    return x


@njit(cache=True, nogil=True, fastmath=_FAST)
def _correction(R: Floats, k: int, Y: Floats, gradient: Floats) -> Floats:
    """Return the Newton step inside the active affine hulls, from a gradient freshly computed."""
    t = gradient.copy()
    _forward(R, k, t)
    nu_a, nu_b = _targets(Y, k, _dot(Y[0], t, k), _dot(Y[1], t, k))
    x = nu_a * Y[0, :k] + nu_b * Y[1, :k] - t
    _backward(R, k, x)
    return x


@njit(cache=True, nogil=True, fastmath=_FAST)
def project(X: Floats, v: Floats, sign: float, out: Floats) -> None:
    """Compute ``sign * X·v``.  Not BLAS: its threads cost more than they bring at these sizes."""
    for i in range(X.shape[0]):
        out[i] = sign * _dot(X[i], v, v.size)


@njit(cache=True, nogil=True)
def _largest(values: Floats, count: int) -> Integers:
    """Return the indices of the ``count`` largest positive values, largest first."""
    positive = np.flatnonzero(values > 0.0)
    if positive.size > 4 * count:
        threshold = np.partition(values[positive], positive.size - count)[positive.size - count]
        positive = positive[values[positive] >= threshold]
    order = np.argsort(-values[positive])
    return positive[order[:count]]


@njit(cache=True, nogil=True)
def nearest_points(
    A: Floats,
    B: Floats,
    shift: Floats,
    reach_a: float,
    reach_b: float,
    start: Integers,
    start_weights: Floats,
    rtol: float,
    decide: bool,
    batch: int,
    max_passes: int,
) -> Any:
    """Find the nearest points of ``conv(A) + shift`` and ``conv(B)``.

    Parameters
    ----------
    A, B : (n_a, d), (n_b, d) float64, row-major, each best centred on its own mean.
    shift : (d,) what has to be added to A for both to have one origin.
    reach_a, reach_b : the largest lengths of a row of A and of B.
    start, start_weights : points to begin with; index i < n_a is A[i], the others B[i - n_a].
        May be empty.
    rtol : stop when the gap between the bounds is below ``rtol * upper``.
    decide : stop as soon as the hulls are known to be disjoint.
    batch : how many points one pass may add.
    max_passes : bound on the passes over all points.

    Returns
    -------
    active : (k,) indices as in `start`;  weights : (k,), summing to 1 on each side.
    normal : (d,) the direction with the best lower bound seen (not normalised).
    lower, upper : bounds on the distance, the rounding of this very computation allowed for.
    passes : passes over all points;  pivots : points added and dropped.
    """
    n_a, d = A.shape
    n_b = B.shape[0]
    n = n_a + n_b
    reach = reach_a + reach_b + np.sqrt(_dot(shift, shift, d))
    rho = np.array([reach_a**2, reach_b**2])
    rho[rho <= 1e-24 * reach**2] = reach**2  # a single point, or as good as one
    unit = 2.0**-53
    floor = (d + 8) * unit * reach  # bounds the error of one projection on a unit normal
    tiny = 2.0 * unit * reach  # distances below this are rounding error

    capacity = min(n, max(32, 2 * start.size))
    R = np.empty((capacity, capacity))
    Y = np.empty((3, capacity))
    Z = np.empty((capacity, d))
    slot = np.empty(capacity, np.int64)
    side = np.empty(capacity, np.int64)
    point = np.empty(capacity, np.int64)
    alpha = np.empty(capacity)
    taken = np.zeros(n, np.bool_)
    k = 0
    pivots = 0

    mean_a = np.zeros(2)
    for i in range(start.size):
        mean_a[0 if start[i] < n_a else 1] += start_weights[i]
    if start.size > 0 and mean_a[0] > 0.0 and mean_a[1] > 0.0:
        queue = start[np.argsort(-start_weights)]
        queue_weights = np.sort(start_weights)[::-1].copy()
    else:
        direction = shift.copy()
        if _dot(direction, direction, d) == 0.0:
            direction = A[0] - B[0]
        queue = np.empty(2, np.int64)
        products = np.empty(n)
        project(A, direction, -1.0, products[:n_a])
        project(B, direction, 1.0, products[n_a:])
        queue[0] = np.argmax(products[:n_a])
        queue[1] = n_a + np.argmax(products[n_a:])
        queue_weights = np.ones(2)

    normal = np.zeros(d)
    best_lower = -np.inf
    previous = np.inf
    passes = 0
    patience = 0
    v = shift.copy()
    length = np.inf
    safe_point = queue
    safe_alpha = queue_weights
    safe_length = np.inf
    while True:
        # 1. Take the queued points into the active set.
        for q in range(queue.size):
            new = queue[q]
            if taken[new]:
                continue
            if k == capacity:
                bigger = min(n, 2 * capacity)
                R_new = np.empty((bigger, bigger))
                R_new[:k, :k] = R[:k, :k]
                R = R_new
                Y_new = np.empty((3, bigger))
                Y_new[:, :k] = Y[:, :k]
                Y = Y_new
                Z_new = np.empty((bigger, d))
                Z_new[:k] = Z[:k]
                Z = Z_new
                slot = np.append(slot[:k], np.empty(bigger - k, np.int64))
                side = np.append(side[:k], np.empty(bigger - k, np.int64))
                point = np.append(point[:k], np.empty(bigger - k, np.int64))
                alpha = np.append(alpha[:k], np.empty(bigger - k))
                capacity = bigger
            new_side = 0 if new < n_a else 1
            if new_side == 0:
                Z[k] = A[new]
            else:
                Z[k] = -B[new - n_a]
            tolerance = _DEPENDENT if q < 2 else _CLOSE
            linear = _dot(Z[k], shift, d)
            if _append(R, k, Y, Z, slot, side, rho, Z[k], new_side, linear, tolerance):
                slot[k] = k
                side[k] = new_side
                point[k] = new
                alpha[k] = queue_weights[q]
                taken[new] = True
                k += 1
                pivots += 1

        # 2. The nearest points of the hulls of the active points.
        sums = np.zeros(2)
        for i in range(k):
            sums[side[i]] += alpha[i]
        for i in range(k):
            alpha[i] /= sums[side[i]]
        # Near touching, new weights may be smaller than the rounding error of the others: then
        # every step is taken from the gradient at v, which is kept to full relative precision.
        fresh = not length < _NEAR * reach
        refinements = 0
        while True:
            if fresh:
                x = _affine_minimiser(R, k, Y)
                step = x - alpha[:k]
            else:
                step = _correction(R, k, Y, _gradient(Z, k, slot, v))
                x = alpha[:k] + step
            theta = 1.0
            for i in range(k):
                if x[i] < 0.0 and alpha[i] < -theta * step[i]:
                    theta = alpha[i] / -step[i]
            if theta < 1.0:
                if not fresh:
                    v = v + theta * _combine(Z, k, slot, step)
                for i in range(k - 1, -1, -1):
                    falls = x[i] < 0.0 and alpha[i] <= -theta * step[i] * (1.0 + 1e-14)
                    alpha[i] += theta * step[i]
                    if falls:
                        taken[point[i]] = False
                        _delete(R, k, i, Y)
                        freed = slot[i]
                        for j in range(i, k - 1):
                            slot[j] = slot[j + 1]
                            side[j] = side[j + 1]
                            point[j] = point[j + 1]
                            alpha[j] = alpha[j + 1]
                        k -= 1
                        pivots += 1
                        if freed != k:
                            Z[freed] = Z[k]
                            for j in range(k):
                                if slot[j] == k:
                                    slot[j] = freed
                fresh = not length < _NEAR * reach
                continue
            sums[:] = 0.0
            for i in range(k):
                x[i] = max(x[i], 0.0)
                sums[side[i]] += x[i]
            for i in range(k):
                alpha[i] = x[i] / sums[side[i]]
            # Only a fresh v is computed from the weights: their rounding would blur its direction.
            v = shift + _combine(Z, k, slot, alpha) if fresh else v + _combine(Z, k, slot, step)
            gradient = _gradient(Z, k, slot, v)
            nu = np.zeros(2)
            for i in range(k):
                nu[side[i]] += alpha[i] * gradient[i]
            spread = 0.0
            for i in range(k):
                spread = max(spread, abs(gradient[i] - nu[side[i]]))
            square = _dot(v, v, d)
            length = np.sqrt(square)
            fresh = False
            refinements += 1
            if refinements > 4 or not length > tiny or spread <= 0.05 * rtol * square:
                break

        # 3. One pass over all points: the bounds, and the points that violate them.
        passes += 1
        if not np.isfinite(length):  # the factor broke down: stay with the last sound weights
            k, point, alpha, length = safe_point.size, safe_point, safe_alpha, safe_length
            break
        safe_point = point[:k].copy()
        safe_alpha = alpha[:k].copy()
        safe_length = length
        if length <= tiny:
            break
        violation = np.empty(n)
        project(A, v, -1.0, violation[:n_a])
        project(B, v, 1.0, violation[n_a:])
        most_a = np.max(violation[:n_a])
        most_b = np.max(violation[n_a:])
        lower = (_dot(v, shift, d) - most_a - most_b) / length
        if lower > best_lower:
            best_lower = lower
            normal = v.copy()
        if length - best_lower <= 0.5 * rtol * length:
            break
        if (decide and best_lower > 2.0 * floor) or passes >= max_passes:
            break
        if not square < previous * (1.0 - 1e-15):
            patience += 1
            if patience > 3:
                break
            count = 1
        else:
            patience = 0
            count = batch
        previous = min(previous, square)
        margin = max(0.1 * rtol * square, 0.02 * floor * length)
        violation[:n_a] += nu[0] - margin
        violation[n_a:] += nu[1] - margin
        for i in range(k):
            violation[point[i]] = -1.0
        queue = _largest(violation, count)
        if queue.size == 0:
            break
        queue_weights = np.zeros(queue.size)

    lower = max(0.0, best_lower * (1.0 - 4.0 * d * unit) - 2.0 * floor)
    upper = length * (1.0 + 4.0 * d * unit) + (k + d + 16) * unit * reach
    return point[:k].copy(), alpha[:k].copy(), normal, lower, upper, passes, pivots
