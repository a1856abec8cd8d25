"""Do two hulls meet? Asked again and again of sets that hardly change.

The method is that of `nearest_point`: an active set of points carries the nearest points of the
two hulls. Here the active set and its factor stay between questions, a pass looks at the points
that were near the boundary before, and at all points only to confirm an answer.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunescope.geometry.hulls.active_set import (
    DEPENDENT,
    FAST,
    NEAR,
    PATIENCE,
    UNIT,
    Active,
    Floats,
    Integers,
    dot,
    drop,
    join,
    make_room,
)
from tunescope.geometry.hulls.nearest_point import normalise, settle
from tunescope.geometry.kernel import kernel

_CONFIRM = 0.5  # this part of the distance must be proven on the near points before all are asked
_RTOL = 1e-4  # points this close (relatively) to the level of the active ones are left out
_BATCH = 1  # points a side added per pass; more are mostly dropped again
_KEEP = 32  # points a side that one pass over all points adds to the near ones
_HOT = 300  # points a side that are looked at first
_MAX_PASSES = 3000


MEET, APART, UNKNOWN = 0, 1, 2  # what was found about two hulls


@kernel(fastmath=FAST)
def _violations(P: Floats, rows: Integers, v: Floats, sign: float, out: Floats) -> float:
    """Compute ``sign * P[rows]·v``; return the largest."""
    most = -np.inf
    for i in range(rows.size):
        out[i] = sign * dot(P[rows[i]], v)
        most = max(most, out[i])
    return most


@kernel()
def _worst(values: Floats, rows: Integers, count: int) -> Integers:
    """Return the rows of the largest values, largest first."""
    if values.size > count:
        bound = np.partition(values, values.size - count)[values.size - count]
        some = np.flatnonzero(values >= bound)
    else:
        some = np.arange(values.size)
    return rows[some[np.argsort(-values[some])[:count]]]


@kernel()
def _rebuild(P: Floats, active: Active, k: int, rho: Floats, shift: Floats, taken: Any) -> int:
    """Factor the active points anew, the most weighted first; return how many are left."""
    order = np.argsort(-active.alpha[:k])
    point = active.point[:k][order]
    side = active.side[:k][order]
    alpha = active.alpha[:k][order]
    k = 0
    for i in range(point.size):
        new = point[i]
        taken[new] = join(active, k, rho, shift, P[new], side[i], new, alpha[i], DEPENDENT)
        if taken[new]:
            k += 1
    return k


@kernel()
def _decide(
    P: Floats,
    mine: Integers,
    theirs: Integers,
    hot: Any,
    active: Active,
    k: int,
    touching: float,
    reach: float,
    max_passes: int,
) -> Any:
    """Find out whether two hulls are more than `touching` apart; see `Question.ask`."""
    n, d = P.shape
    rho = np.full(2, reach * reach)
    floor = (d + 8) * UNIT * reach  # bounds the error of one projection on a unit normal
    tiny = max(touching, 4.0 * floor)
    enough = touching * (1.0 + 1e-6) + 4.0 * floor
    taken = np.zeros(n, np.bool_)
    for i in range(k):
        taken[active.point[i]] = True
    hot_mine, hot_theirs = mine[hot[mine]], theirs[hot[theirs]]
    of_mine, of_theirs = np.empty(mine.size), np.empty(theirs.size)
    shift, v = np.zeros(d), np.zeros(d)
    near, rebuilt = False, False
    shortest, stalled = np.inf, 0
    for _ in range(max_passes):
        normalise(active, k)
        k, nu_mine, nu_theirs = settle(active, k, shift, v, near, tiny, _RTOL, taken)
        square = dot(v, v)
        if not isfinite(square):
            return UNKNOWN, k, v
        length = sqrt(square)
        near = length < NEAR * reach
        if length <= tiny:
            return MEET if length <= touching else UNKNOWN, k, v
        if square < shortest * (1.0 - 1e-15):
            stalled = 0
        else:
            stalled += 1
            if stalled == PATIENCE:
                return UNKNOWN, k, v
            if 2 * stalled == PATIENCE:  # the factor may have aged
                k = _rebuild(P, active, k, rho, shift, taken)
                continue
        shortest = min(shortest, square)
        # The near points first: they refute most directions.
        gap = -_violations(P, hot_mine, v, -1.0, of_mine)
        gap -= _violations(P, hot_theirs, v, 1.0, of_theirs)
        if gap > max(_CONFIRM * square, enough * length):
            gap = -_violations(P, mine, v, -1.0, of_mine)
            gap -= _violations(P, theirs, v, 1.0, of_theirs)
            if gap > enough * length:
                return APART, k, v
            hot[_worst(of_mine[: mine.size], mine, _KEEP)] = True
            hot[_worst(of_theirs[: theirs.size], theirs, _KEEP)] = True
            hot_mine, hot_theirs = mine[hot[mine]], theirs[hot[theirs]]
            _violations(P, hot_mine, v, -1.0, of_mine)
            _violations(P, hot_theirs, v, 1.0, of_theirs)

        added = 0
        for side in range(2):
            if side == 0:
                queue, level = _worst(of_mine[: hot_mine.size], hot_mine, _BATCH), nu_mine
            else:
                queue, level = _worst(of_theirs[: hot_theirs.size], hot_theirs, _BATCH), nu_theirs
            for new in queue:
                if taken[new] or k == active.alpha.size:
                    continue
                if (1 - 2 * side) * dot(P[new], v) >= level - _RTOL * square:
                    continue
                taken[new] = join(active, k, rho, shift, P[new], side, new, 0.0, DEPENDENT)
                if taken[new]:
                    k += 1
                    added += 1
        if added == 0:
            if rebuilt:
                return UNKNOWN, k, v
            k = _rebuild(P, active, k, rho, shift, taken)
        rebuilt = added == 0
    return UNKNOWN, k, v


@kernel()
def _overlap(side: Integers, alpha: Floats, point: Integers, of: Any) -> Any:
    """Sum the weights of the points that are still on their side, and count them."""
    sums = np.zeros(2)
    count = 0
    for i in range(side.size):
        if of[point[i]] == side[i]:
            sums[side[i]] += alpha[i]
            count += 1
    return sums[0] * sums[1], count


class Question:
    """An active set, kept between questions about sets that hardly change.

    Parameters
    ----------
    points : array of shape (n_points, n_features), float64, row-major, near the origin; all
        sets are taken from them.
    """

    def __init__(self, points: Floats) -> None:
        n, d = points.shape
        self._points = points
        self._reach = float(np.sqrt(np.einsum("nd,nd->n", points, points).max()))
        self._hot = np.zeros(n, dtype=np.bool_)
        self._k = 0
        self._active: Active = make_room(n, d)

    @property
    def nbytes(self) -> int:
        """Memory of the active set."""
        return sum(array.nbytes for array in self._active)

    def copy(self) -> Question:
        """Copy the active set, to come back to it."""
        other = object.__new__(Question)
        other._points, other._reach, other._k = self._points, self._reach, self._k
        other._hot = self._hot.copy()
        other._active = Active._make(array.copy() for array in self._active)
        return other

    def overlap(self, of: NDArray[np.int8]) -> tuple[float, int]:
        """Say how much of the active set belongs to two sets: of its weights, and how many points.

        Parameters
        ----------
        of : array of shape (n_points,): 0 for the points of the first set, 1 for those of the
            second, another number for the others.

        Returns
        -------
        share : 1 where all weights do, 0 where no point of one side does.
        count : how many of the active points do.
        """
        k = self._k
        share, count = _overlap(
            self._active.side[:k], self._active.alpha[:k], self._active.point[:k], of
        )
        return share, count

    def ask(
        self, mine: Integers, theirs: Integers, of: NDArray[np.int8], touching: float
    ) -> tuple[int, Floats]:
        """Find out whether two hulls are more than `touching` apart.

        Parameters
        ----------
        mine, theirs : the points of the two sets, ascending.
        of : the same as one array, see `overlap`.
        touching : distance up to which hulls count as touching.

        Returns
        -------
        answer : UNKNOWN where the arithmetic of this method does not suffice.
        normal : direction from the second hull to the first.
        """
        self._fit(of)
        if self._k == 0:
            direction = self._points[mine].mean(axis=0) - self._points[theirs].mean(axis=0)
            self._heat(mine, theirs, direction)
            self._begin(mine, theirs, direction)
        answer, self._k, normal = _decide(
            self._points,
            mine,
            theirs,
            self._hot,
            self._active,
            self._k,
            touching,
            self._reach,
            _MAX_PASSES,
        )
        if answer == APART and np.count_nonzero(self._hot) > 6 * _HOT:
            self._heat(mine, theirs, normal)
        return answer, normal

    def _fit(self, of: NDArray[np.int8]) -> None:
        """Drop the active points that are not in the sets; start anew if a side has none left."""
        if self.overlap(of)[0] <= 0.0:
            self._k = 0
        for i in range(self._k - 1, -1, -1):
            if of[self._active.point[i]] != self._active.side[i]:
                drop(self._active, self._k, i)
                self._k -= 1

    def _heat(self, mine: Integers, theirs: Integers, direction: Floats) -> None:
        """Look first at the points of each set that face the other set."""
        self._hot[:] = False
        self._hot[self._active.point[: self._k]] = True
        self._hot[_worst(-(self._points[mine] @ direction), mine, _HOT)] = True
        self._hot[_worst(self._points[theirs] @ direction, theirs, _HOT)] = True

    def _begin(self, mine: Integers, theirs: Integers, direction: Floats) -> None:
        """Start from two points that face each other."""
        rho = np.full(2, self._reach**2)
        shift = np.zeros(self._points.shape[1])
        first = mine[np.argmin(self._points[mine] @ direction)]
        second = theirs[np.argmax(self._points[theirs] @ direction)]
        for side, new in enumerate((first, second)):
            row = self._points[new]
            join(self._active, side, rho, shift, row, side, new, 1.0, DEPENDENT)
        self._k = 2
