"""A warm start: the separations of a snapshot from those of the one before.

What carried the nearest points of one pair of labels mostly lies on the boundary that another
pair sees, too, and stays there while the vectors move.  So the pairs are solved on the earlier
supports of all pairs, a small part of the points, and one product of matrices per label then
proves, or refutes, the planes of all its pairs at once.  Points beyond a plane join the small
part for another round; what is open after the last round is solved on all points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tunescope.geometry.hulls.certificate import gap_between, least
from tunescope.geometry.hulls.nearest_point import Stop, nearest_points
from tunescope.geometry.hulls.result import Separation
from tunescope.geometry.hulls.solve import FLAT, Candidate, beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    from tunescope.geometry.hulls.cloud import Cloud

_ROUNDS = 3
_FEW = 50  # pairs with more supports spend their time on the active set, not on the points
_JOINING = 16  # points a pair adds to each of its labels in a round
_TASK = 8  # pairs a thread takes at a time
_AT_ONCE = 1 << 18  # projections that a thread holds at a time: 2 MiB
_THREADS = 16  # allowed for


@dataclass(eq=False)
class _WorkingSet:
    """Some of the points of a label: those that the pairs are solved on."""

    cloud: Cloud
    rows: np.ndarray
    """(m,) rows of the cloud; new ones are added at the end."""
    near: np.ndarray = field(init=False)
    """(m, d) the points."""
    place: np.ndarray = field(init=False)
    """(n,) of each row of the cloud its place in `rows`, or -1."""

    def __post_init__(self) -> None:
        self.place = np.full(len(self.cloud), -1)
        self._fill()

    def join(self, rows: np.ndarray) -> None:
        new = np.unique(rows)
        self.rows = np.concatenate([self.rows, new[self.place[new] < 0]])
        self._fill()

    def _fill(self) -> None:
        self.near = self.cloud.near[self.rows]
        self.place[self.rows] = np.arange(len(self.rows))
        self.reach = float(self.cloud.sizes[self.rows].max())


def bytes_for_warm_start(before: Mapping[int, Separation], n_features: int) -> int:
    """Bound the memory that `solve_from` takes beside the points."""
    supports = sum(r.support_a.size + r.support_b.size for r in before.values())
    joining = 2 * _JOINING * len(before) * _ROUNDS
    return 8 * ((supports + joining) * (n_features + 2) + _THREADS * 3 * _AT_ONCE)


def solve_from(
    clouds: list[Cloud],
    chosen: np.ndarray,
    before: Mapping[int, Separation],
    *,
    rtol: float,
    pool: Executor,
    done: Callable[[int, Separation], None],
) -> dict[int, Separation]:
    """Solve the pairs that the separations before suffice for.

    Parameters
    ----------
    clouds : of every label its points.
    chosen : (p, 2) the pairs.
    before : of some pairs, by their place in `chosen`, the earlier separation.
    done : called with every pair that is solved, and its separation.

    Returns
    -------
    dict : for the pairs that are still open what to start from.
    """
    working_sets = _working_sets(clouds, chosen, before)
    starts = dict(before)
    left = [index for index, result in before.items() if _n_supports(result) <= _FEW]
    for _ in range(_ROUNDS):
        candidates: dict[int, Candidate] = {}
        for index, candidate in _solve_working_sets(working_sets, chosen, left, starts, rtol, pool):
            if candidate.above.meets:
                done(index, candidate.proven(0.0))
            else:
                candidates[index] = candidate
        left = []
        joining: dict[int, list[np.ndarray]] = {}
        for index, scans in _scan_both_labels(working_sets, chosen, candidates, pool).items():
            candidate = candidates[index]
            result = candidate.proven(gap_between(scans[0].least, scans[1].least, candidate.normal))
            if result.upper - result.lower <= rtol * result.upper:
                done(index, result)
                continue
            starts[index] = result
            if _n_supports(result) <= _FEW:
                left.append(index)
                for a, scan in zip(chosen[index].tolist(), scans, strict=True):
                    joining.setdefault(a, []).append(scan.beyond)
        if not left:
            break
        for a, rows in joining.items():
            working_sets[a].join(np.concatenate(rows))
    return starts


def _n_supports(result: Separation) -> int:
    return int(result.support_a.size + result.support_b.size)


def _working_sets(
    clouds: list[Cloud], chosen: np.ndarray, before: Mapping[int, Separation]
) -> dict[int, _WorkingSet]:
    """Give for each label the points that carried any of its pairs before."""
    supports: dict[int, list[np.ndarray]] = {}
    for index, result in before.items():
        a, b = chosen[index].tolist()
        supports.setdefault(a, []).append(result.support_a)
        supports.setdefault(b, []).append(result.support_b)
    return {a: _WorkingSet(clouds[a], np.unique(np.concatenate(s))) for a, s in supports.items()}


def _solve_working_sets(
    working_sets: dict[int, _WorkingSet],
    chosen: np.ndarray,
    indices: list[int],
    starts: Mapping[int, Separation],
    rtol: float,
    pool: Executor,
) -> list[tuple[int, Candidate]]:
    """Solve pairs on the small working_sets; leaves out those that need all of their points."""

    def solve_some(some: list[int]) -> list[tuple[int, Candidate | None]]:
        pairs = [(index, *chosen[index].tolist()) for index in some]
        return [
            (i, _solve_working_set(working_sets[a], working_sets[b], starts[i], rtol))
            for i, a, b in pairs
        ]

    tasks = [indices[i : i + _TASK] for i in range(0, len(indices), _TASK)]
    solved = [pair for done in pool.map(solve_some, tasks) for pair in done]
    return [(index, candidate) for index, candidate in solved if candidate is not None]


def _solve_working_set(
    A: _WorkingSet, B: _WorkingSet, start: Separation, rtol: float
) -> Candidate | None:
    """Solve a pair on the small part of its points, or say that all of them are needed."""
    shift = A.cloud.centre - B.cloud.centre
    first, weights = beginning(A.cloud, B.cloud, shift, start)
    n_a, m_a = len(A.cloud), len(A.rows)
    of_a = first < n_a
    places = np.empty_like(first)
    places[of_a] = A.place[first[of_a]]
    places[~of_a] = B.place[first[~of_a] - n_a] + m_a
    reach = A.reach + B.reach + math.sqrt(shift @ shift)
    stop = Stop(rtol / 4.0, math.inf, FLAT * reach)
    nearest = nearest_points(A.near, B.near, shift, A.reach, B.reach, places, weights, stop)
    active = nearest.points
    rows = np.where(
        active < m_a, A.rows[np.minimum(active, m_a - 1)], B.rows[np.maximum(active - m_a, 0)] + n_a
    )
    candidate = Candidate.of(A.cloud, B.cloud, rows, nearest.weights, nearest.normal)
    return candidate if candidate.above.meets or nearest.length > FLAT * reach else None


@dataclass(frozen=True)
class _Scan:
    """What is seen of a label along the normal of one of its pairs."""

    least: float
    """The least projection, less the offset; see `least`."""
    beyond: np.ndarray
    """The rows that are farthest beyond those of the candidate."""


def _scan_both_labels(
    working_sets: dict[int, _WorkingSet],
    chosen: np.ndarray,
    candidates: Mapping[int, Candidate],
    pool: Executor,
) -> dict[int, list[_Scan]]:
    """Project all points of both labels of every candidate, along its normal."""
    of_label: dict[int, list[tuple[int, int]]] = {}
    for index in candidates:
        for side, a in enumerate(chosen[index].tolist()):
            of_label.setdefault(a, []).append((index, side))

    def scan(a: int) -> list[_Scan]:
        return _scan(
            working_sets[a].cloud, [(candidates[index], side) for index, side in of_label[a]]
        )

    scans: dict[int, dict[int, _Scan]] = {index: {} for index in candidates}
    for a, of_pairs in zip(of_label, pool.map(scan, of_label), strict=True):
        for (index, side), one in zip(of_label[a], of_pairs, strict=True):
            scans[index][side] = one
    return {index: [sides[0], sides[1]] for index, sides in scans.items()}


def _scan(cloud: Cloud, candidates: list[tuple[Candidate, int]]) -> list[_Scan]:
    """Project all points of a label along the normals of its pairs, many normals at a time."""
    scans = []
    step = max(1, _AT_ONCE // len(cloud))
    for begin in range(0, len(candidates), step):
        some = candidates[begin : begin + step]
        normals = np.array(
            [(candidate.normal, -candidate.normal)[side] for candidate, side in some]
        )
        for (candidate, side), w, rough in zip(some, normals, normals @ cloud.near.T, strict=True):
            level = rough[candidate.supports[side]].min()
            beyond = np.flatnonzero(rough < level)
            if beyond.size > _JOINING:
                beyond = beyond[np.argpartition(rough[beyond], _JOINING)[:_JOINING]]
            offset = (candidate.offset, -candidate.offset)[side]
            scans.append(_Scan(least(cloud, w, offset, rough), beyond))
    return scans
