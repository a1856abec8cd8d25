"""Nearest points of two convex hulls: an exact active-set method.

The nearest points of ``conv(A)`` and ``conv(B)`` solve the quadratic program

    minimise ‖Aᵀλ − Bᵀμ‖²   over   λ ≥ 0, Σλ = 1,   μ ≥ 0, Σμ = 1.

Few points carry the solution (at most ``n_features + 2``), so the method keeps an
*active set* of affinely independent points, the Cholesky factor of their Gram
matrix, and the weights.  As in Wolfe's minimum-norm-point method (Mathematical
Programming 11, 1976) every weight vector on the way is feasible and the distance
never grows; unlike it, one pass over all points adds many points, and the two
hulls are never multiplied out into their difference.

Near touching, new weights may be smaller than the rounding errors of the old ones.
Then steps are taken from the gradient at v, the vector between the two points, which
is carried along on its own and so keeps its full relative precision.
"""

from __future__ import annotations

from math import inf, isfinite, sqrt
from typing import Any

import numpy as np

from tunescope.geometry.hulls.active_set import (
    FAST,
    Active,
    Floats,
    Integers,
    add_combination,
    admit,
    affine_minimiser,
    correction,
    dot,
    drop,
    gradient,
    project,
)
from tunescope.geometry.kernel import kernel

UNIT = 2.0**-53
_DEPENDENT = 1e-13  # a new point this close (relatively) to the active affine hulls is left out,
_CLOSE = 1e-5  # and this close already if it came with many others
_NEAR = 1e-5  # distances below this part of the points' reach ask for careful steps
_REFINEMENTS = 4  # one is common, two are enough near touching
_PATIENCE = 4  # passes without progress before giving up; the factor is rebuilt after half of them
_GRACE = 3  # passes in which hulls that really meet (in a vector of both, say) may yet show it
# How many points one pass adds: more while most of them stay, fewer while most are dropped.
_FEWEST, _FIRST, _MOST = 4, 32, 32


@kernel()
def _largest(values: Floats, count: int) -> Integers:
    """Return the indices of the ``count`` largest positive values, largest first."""
    found = np.empty(count, np.int64)
    size = 0
    for i in range(values.size):
        value = values[i]
        if value > 0.0 and (size < count or value > values[found[size - 1]]):
            at = min(size, count - 1)
            while at > 0 and value > values[found[at - 1]]:
                found[at] = found[at - 1]
                at -= 1
            found[at] = i
            size = min(size + 1, count)
    return found[:size].copy()


@kernel()
def _greatest(values: Floats, first: int, end: int) -> int:
    """Return the index of the greatest value among ``values[first:end]``."""
    best = first
    for i in range(first + 1, end):
        if values[i] > values[best]:
            best = i
    return best


@kernel()
def _farthest(A: Floats, B: Floats, shift: Floats) -> Integers:
    """Return a point of A and one of B that face each other along the line of the centres."""
    direction = shift.copy()
    if dot(direction, direction) == 0.0:
        for j in range(direction.size):
            direction[j] = A[0, j] - B[0, j]
    n_a = A.shape[0]
    products = np.empty(n_a + B.shape[0])
    project(A, direction, -1.0, products[:n_a])
    project(B, direction, 1.0, products[n_a:])
    pair = np.empty(2, np.int64)
    pair[0] = _greatest(products, 0, n_a)
    pair[1] = _greatest(products, n_a, products.size)
    return pair


@kernel()
def _part_of_step(active: Active, k: int, step: Floats) -> float:
    """Return how much of a step keeps all weights from falling below 0."""
    theta = 1.0
    for i in range(k):
        after = active.alpha[i] + step[i]
        if after < 0.0 and active.alpha[i] < -theta * step[i]:
            theta = active.alpha[i] / -step[i]
    return theta


@kernel()
def _drop_fallen(active: Active, k: int, theta: float, step: Floats, taken: Any) -> int:
    """Take that part of the step, drop the points that it brings to 0, return how many stay."""
    for i in range(k - 1, -1, -1):
        alpha = active.alpha[i]
        active.alpha[i] = alpha + theta * step[i]
        if alpha + step[i] < 0.0 and alpha <= -theta * step[i] * (1.0 + 1e-14):
            taken[active.point[i]] = False
            drop(active, k, i)
            k -= 1
    return k


@kernel()
def normalise(active: Active, k: int) -> None:
    """Make the weights of each side sum to 1."""
    sums = np.zeros(2)
    for i in range(k):
        active.alpha[i] = max(active.alpha[i], 0.0)
        sums[active.side[i]] += active.alpha[i]
    for i in range(k):
        active.alpha[i] /= sums[active.side[i]]


@kernel()
def settle(
    active: Active,
    k: int,
    shift: Floats,
    v: Floats,
    near: bool,
    tiny: float,
    rtol: float,
    taken: Any,
) -> Any:
    """Move to the nearest points of the hulls of the active points, dropping what is in the way.

    Returns how many points stay and the products with v that the sides have in common;
    v is changed in place.
    """
    nu = np.zeros(2)
    refinements = 0
    fresh = not near
    while True:
        if fresh:
            step = affine_minimiser(active, k)
            for i in range(k):
                step[i] -= active.alpha[i]
        else:
            step = correction(active, k, v)
        theta = _part_of_step(active, k, step)
        if theta < 1.0:
            if not fresh:
                add_combination(active, k, theta, step, v)
            k = _drop_fallen(active, k, theta, step, taken)
            fresh = not near
            continue
        for i in range(k):
            active.alpha[i] += step[i]
        normalise(active, k)
        if fresh:
            for j in range(v.size):
                v[j] = shift[j]
            add_combination(active, k, 1.0, active.alpha, v)
        else:  # v moves by itself: weights rounded to float64 would blur its direction
            add_combination(active, k, 1.0, step, v)
        products = gradient(active, k, v)
        nu[0] = 0.0
        nu[1] = 0.0
        for i in range(k):
            nu[active.side[i]] += active.alpha[i] * products[i]
        spread = 0.0
        for i in range(k):
            spread = max(spread, abs(products[i] - nu[active.side[i]]))
        square = dot(v, v)
        fresh = False
        refinements += 1
        if refinements > _REFINEMENTS or not square > tiny**2 or spread <= 0.05 * rtol * square:
            return k, nu[0], nu[1]


@kernel(fastmath=FAST)
def _add_to_all(values: Floats, amount: float) -> None:
    for i in range(values.size):
        values[i] += amount


@kernel()
def nearest_points(
    A: Floats,
    B: Floats,
    shift: Floats,
    reach_a: float,
    reach_b: float,
    start: Integers,
    start_weights: Floats,
    rtol: float,
    enough: float,
    least: float,
    max_passes: int,
) -> Any:
    """Find the nearest points of ``conv(A) + shift`` and ``conv(B)``.

    Parameters
    ----------
    A, B : (n_a, d), (n_b, d) float64, row-major, each best centred on its own mean.
    shift : (d,) what has to be added to A for both to have one origin.
    reach_a, reach_b : the largest lengths of a row of A and of B.
    start, start_weights : points to begin with, best the most weighted first; index i < n_a
        is A[i], the others are B[i - n_a].  May be empty.
    rtol : stop when the gap between the bounds is below ``rtol * upper``.
    enough : stop as soon as the distance is known to be more than this: 0 to decide whether
        the hulls are disjoint, infinity to measure.
    least : stop a few passes after the distance has fallen to this without being known to be
        more than 0.
    max_passes : bound on the passes over all points.

    Returns
    -------
    active : (k,) indices as in `start`;  weights : (k,), summing to 1 on each side.
    normal : (d,) the direction with the best lower bound seen (not normalised).
    lower, length, upper : the distance and bounds on it, the rounding of this very computation
        allowed for.
    passes : passes over all points.
    """
    n_a, d = A.shape
    n = n_a + B.shape[0]
    reach = reach_a + reach_b + sqrt(dot(shift, shift))
    rho = np.empty(2)
    rho[0], rho[1] = reach_a**2, reach_b**2
    for s in range(2):
        if rho[s] <= 1e-24 * reach**2:  # a single point, or as good as one
            rho[s] = reach**2 if reach > 0.0 else 1.0
    floor = (d + 8) * UNIT * reach  # bounds the error of one projection on a unit normal
    tiny = 2.0 * UNIT * reach  # distances below this are rounding error

    capacity = min(n, d + 3)  # no more can be affinely independent
    active = Active(
        np.empty((capacity, capacity)),
        np.empty((3, capacity)),
        np.empty((capacity, d)),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int64),
        np.empty(capacity),
    )
    taken = np.zeros(n, np.bool_)
    k = 0 * n  # as a variable: numba would compile everything twice for the constant 0

    sides = np.zeros(2)
    for i in range(start.size):
        sides[0 if start[i] < n_a else 1] += start_weights[i]
    if sides[0] > 0.0 and sides[1] > 0.0:
        queue = start
        queue_weights = start_weights
    else:
        queue = _farthest(A, B, shift)
        queue_weights = np.ones(2)

    v = shift.copy()
    normal = np.zeros(d)
    violation = np.empty(n)
    point = queue
    alpha = queue_weights
    length = inf
    best_lower = -inf
    shortest = inf
    batch = _FIRST
    stalled = 0
    touches = 0
    passes = 0
    while True:
        for q in range(queue.size):
            new = queue[q]
            if taken[new] or k == capacity:
                continue
            side = 0 if new < n_a else 1
            row = A[new] if side == 0 else B[new - n_a]
            tolerance = _DEPENDENT if q < 2 or stalled > 0 else _CLOSE
            if admit(active, k, rho, shift, row, side, tolerance):
                active.point[k] = new
                active.alpha[k] = queue_weights[q]
                taken[new] = True
                k += 1
        normalise(active, k)
        near = length < _NEAR * reach
        k, nu_a, nu_b = settle(active, k, shift, v, near, tiny, rtol, taken)

        passes += 1
        square = dot(v, v)
        if not isfinite(square):  # the factor broke down: stay with the last sound weights
            break
        length = sqrt(square)
        point = active.point[:k].copy()
        alpha = active.alpha[:k].copy()
        if length <= tiny:
            break
        project(A, v, -1.0, violation[:n_a])
        project(B, v, 1.0, violation[n_a:])
        lower = dot(v, shift)
        lower -= violation[_greatest(violation, 0, n_a)] + violation[_greatest(violation, n_a, n)]
        lower /= length
        if lower > best_lower:
            best_lower = lower
            normal = v.copy()
        if length - best_lower <= 0.5 * rtol * length or passes >= max_passes:
            break
        if best_lower - 2.0 * floor > enough:
            break
        if length <= least and best_lower <= 2.0 * floor:
            touches += 1
            if touches > _GRACE:
                break

        kept = 0
        for q in range(queue.size):
            kept += taken[queue[q]]
        if square < shortest * (1.0 - 1e-15):
            stalled = 0
            if 2 * kept < queue.size:
                batch = max(_FEWEST, batch // 2)
            elif 4 * kept > 3 * queue.size:
                batch = min(_MOST, 2 * batch)
        else:
            stalled += 1
            batch = 1
            if stalled == _PATIENCE:
                break
            if 2 * stalled == _PATIENCE:  # the factor may have aged
                for i in range(k):
                    taken[point[i]] = False
                k = 0 * n
                queue = point
                queue_weights = alpha
                continue
        shortest = min(shortest, square)
        margin = max(0.1 * rtol * square, 0.02 * floor * length)
        _add_to_all(violation[:n_a], nu_a - margin)
        _add_to_all(violation[n_a:], nu_b - margin)
        for i in range(k):
            violation[active.point[i]] = -1.0
        queue = _largest(violation, batch)
        if queue.size == 0:
            break
        queue_weights = np.zeros(queue.size)

    lower = max(0.0, best_lower * (1.0 - 4.0 * d * UNIT) - 2.0 * floor)
    upper = length * (1.0 + 4.0 * d * UNIT) + (point.size + d + 16) * UNIT * reach
    return point, alpha, normal, lower, length, upper, passes
