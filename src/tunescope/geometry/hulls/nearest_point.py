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
from typing import Any, NamedTuple

import numpy as np

from tunescope.geometry.hulls.active_set import (
    DEPENDENT,
    FAST,
    NEAR,
    PATIENCE,
    UNIT,
    Active,
    Floats,
    Integers,
    add_combination,
    affine_minimiser,
    correction,
    dot,
    drop,
    gradient,
    join,
    make_room,
    project,
)
from tunescope.geometry.kernel import kernel

_CLOSE = 1e-5  # a point that came with many others is left out this close to the affine hulls
_REFINEMENTS = 4  # one is common, two are enough near touching
_GRACE = 3  # passes in which hulls that really meet (in a vector of both, say) may yet show it
# How many points one pass adds: more while most of them stay, fewer while most are dropped.
_FEWEST, _FIRST, _MOST = 4, 32, 32


class Stop(NamedTuple):
    """When the search for the nearest points may end."""

    rtol: float
    """Once the gap between the bounds is below ``rtol * upper``."""
    enough: float
    """Once the distance is known to be more than this: 0 to decide whether the hulls are
    disjoint, infinity to measure."""
    least: float
    """A few passes after the distance has fallen to this without being known to be above 0."""
    max_passes: int = 2000
    """After so many passes over all points; a hundred are many."""


class NearestPoints(NamedTuple):
    """The nearest points of two hulls; the bounds allow for the rounding of their computation."""

    points: Integers
    """(k,) what carries them: rows of A, then of B (counted on)."""
    weights: Floats
    """(k,) their weights, which sum to 1 on each side."""
    normal: Floats
    """(d,) the direction with the best lower bound seen; not normalised."""
    lower: float
    """The distance is at least this,"""
    length: float
    """about this,"""
    upper: float
    """and at most this."""
    passes: int
    """Passes over all points."""


@kernel()
def _largest(values: Floats, count: int) -> Integers:
    """Return the indices of the ``count`` largest positive values, largest first."""
    best = np.empty(count, np.int64)
    size = 0
    for i in range(values.size):
        value = values[i]
        if value > 0.0 and (size < count or value > values[best[size - 1]]):
            at = min(size, count - 1)
            while at > 0 and value > values[best[at - 1]]:
                best[at] = best[at - 1]
                at -= 1
            best[at] = i
            size = min(size + 1, count)
    return best[:size].copy()


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
def _regularisers(reach_a: float, reach_b: float, reach: float) -> Floats:
    """Return of each side the square that its Gram matrix gets; see `join`."""
    rho = np.empty(2)
    rho[0], rho[1] = reach_a**2, reach_b**2
    for s in range(2):
        if rho[s] <= 1e-24 * reach**2:  # a single point, or as good as one
            rho[s] = reach**2 if reach > 0.0 else 1.0
    return rho


@kernel()
def _first_queue(A: Floats, B: Floats, shift: Floats, start: Integers, weights: Floats) -> Any:
    """Return what to begin with and its weights: the start, if it has weight on both sides."""
    sides = np.zeros(2)
    for i in range(start.size):
        sides[0 if start[i] < A.shape[0] else 1] += weights[i]
    if sides[0] > 0.0 and sides[1] > 0.0:
        return start, weights
    return _farthest(A, B, shift), np.ones(2)


@kernel()
def _join_all(
    A: Floats,
    B: Floats,
    shift: Floats,
    rho: Floats,
    queue: Integers,
    weights: Floats,
    active: Active,
    k: int,
    taken: Any,
    tolerance: float,
) -> int:
    """Make the points of a queue active, but for dependent ones; return how many there are then."""
    n_a = A.shape[0]
    for q in range(queue.size):
        new = queue[q]
        if taken[new] or k == active.alpha.size:
            continue
        side = 0 if new < n_a else 1
        row = A[new] if side == 0 else B[new - n_a]
        close = DEPENDENT if q < 2 else tolerance
        if join(active, k, rho, shift, row, side, new, weights[q], close):
            taken[new] = True
            k += 1
    return k


@kernel()
def _next_queue(
    active: Active, k: int, violation: Floats, n_a: int, level_a: float, level_b: float, batch: int
) -> Integers:
    """Return the points that are farthest beyond the levels of the active ones."""
    _add_to_all(violation[:n_a], level_a)
    _add_to_all(violation[n_a:], level_b)
    for i in range(k):
        violation[active.point[i]] = -1.0
    queue: Integers = _largest(violation, batch)
    return queue


@kernel()
def _next_batch(batch: int, queue: Integers, taken: Any) -> int:
    """Return how many points the next pass adds: more if most of the last ones stayed."""
    kept = 0
    for q in range(queue.size):
        kept += taken[queue[q]]
    if 2 * kept < queue.size:
        return max(_FEWEST, batch // 2)
    if 4 * kept > 3 * queue.size:
        return min(_MOST, 2 * batch)
    return batch


@kernel()
def _scan(A: Floats, B: Floats, shift: Floats, v: Floats, violation: Floats) -> float:
    """Project all points on v; return the lower bound that v gives, times its length."""
    n_a = A.shape[0]
    project(A, v, -1.0, violation[:n_a])
    project(B, v, 1.0, violation[n_a:])
    most_a = violation[_greatest(violation, 0, n_a)]
    most_b = violation[_greatest(violation, n_a, violation.size)]
    gap: float = dot(v, shift) - most_a - most_b
    return gap


@kernel()
def nearest_points(
    A: Floats,
    B: Floats,
    shift: Floats,
    reach_a: float,
    reach_b: float,
    start: Integers,
    start_weights: Floats,
    stop: Stop,
) -> NearestPoints:
    """Find the nearest points of ``conv(A) + shift`` and ``conv(B)``.

    Parameters
    ----------
    A, B : (n_a, d), (n_b, d) float64, row-major, each best centred on its own mean.
    shift : (d,) what has to be added to A for both to have one origin.
    reach_a, reach_b : the largest lengths of a row of A and of B.
    start, start_weights : points to begin with, best the most weighted first; index i < n_a
        is A[i], the others are B[i - n_a].  May be empty.
    stop : when to end.
    """
    n_a, d = A.shape
    n = n_a + B.shape[0]
    reach = reach_a + reach_b + sqrt(dot(shift, shift))
    rho = _regularisers(reach_a, reach_b, reach)
    floor = (d + 8) * UNIT * reach  # bounds the error of one projection on a unit normal
    tiny = 2.0 * UNIT * reach  # distances below this are rounding error
    active, taken = make_room(n, d), np.zeros(n, np.bool_)
    k = 0 * n  # as a variable: numba would compile everything twice for the constant 0
    queue, queue_weights = _first_queue(A, B, shift, start, start_weights)
    point, alpha = queue, queue_weights
    v, normal, violation = shift.copy(), np.zeros(d), np.empty(n)
    length, shortest, best_lower = inf, inf, -inf
    batch, stalled, touches, passes = _FIRST, 0, 0, 0
    while True:
        tolerance = DEPENDENT if stalled > 0 else _CLOSE
        k = _join_all(A, B, shift, rho, queue, queue_weights, active, k, taken, tolerance)
        careful = length < NEAR * reach
        normalise(active, k)
        k, nu_a, nu_b = settle(active, k, shift, v, careful, tiny, stop.rtol, taken)
        passes += 1
        square = dot(v, v)
        if not isfinite(square):  # the factor broke down: stay with the last sound weights
            break
        length = sqrt(square)
        point, alpha = active.point[:k].copy(), active.alpha[:k].copy()
        if length <= tiny:
            break
        lower = _scan(A, B, shift, v, violation) / length
        if lower > best_lower:
            best_lower = lower
            normal = v.copy()
        if length - best_lower <= 0.5 * stop.rtol * length or passes >= stop.max_passes:
            break
        if best_lower - 2.0 * floor > stop.enough:
            break
        touches += length <= stop.least and best_lower <= 2.0 * floor
        if touches > _GRACE:
            break
        if square < shortest * (1.0 - 1e-15):
            stalled = 0
            batch = _next_batch(batch, queue, taken)
        else:
            stalled += 1
            batch = 1
            if stalled == PATIENCE:
                break
            if 2 * stalled == PATIENCE:  # the factor may have aged
                taken[:] = False
                k = 0 * n
                queue, queue_weights = point, alpha
                continue
        shortest = min(shortest, square)
        margin = max(0.1 * stop.rtol * square, 0.02 * floor * length)
        queue = _next_queue(active, k, violation, n_a, nu_a - margin, nu_b - margin, batch)
        if queue.size == 0:
            break
        queue_weights = np.zeros(queue.size)
    lower = max(0.0, best_lower * (1.0 - 4.0 * d * UNIT) - 2.0 * floor)
    upper = length * (1.0 + 4.0 * d * UNIT) + (point.size + d + 16) * UNIT * reach
    return NearestPoints(point, alpha, normal, lower, length, upper, passes)
