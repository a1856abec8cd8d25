"""May two clusters be merged? Answered from known planes where they suffice, else by solving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunescope.geometry.clusters.planes import PlaneBank
from tunescope.geometry.clusters.solver import APART, MEET, UNKNOWN, Question
from tunescope.geometry.hulls.cloud import Cloud
from tunescope.geometry.hulls.separation import meet_clouds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_WORTHWHILE = 0.3  # start from an earlier active set if this part of its weights is still there
_MOST_KEPT = 8  # active sets kept for each label
_MEMORY = 2**28  # bytes for the active sets of one label


class HullChecks:
    """The clusters' hulls, and whether a merge would make one meet another.

    Parameters
    ----------
    points : array of shape (n_points, n_features), float64; each begins as its own cluster,
        named by its place.
    classes : array of shape (n_points,), the labels as integers.
    opposing : for each label the labels whose clusters may be in its way.
    fixed : for each label the further single points that may be in its way.
    touching : hulls up to this distance count as meeting.
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        classes: NDArray[np.int64],
        *,
        opposing: Mapping[int, Sequence[int]],
        fixed: Mapping[int, NDArray[np.float64]],
        touching: float,
    ) -> None:
        # Fixed points follow the others, as clusters that never change.
        everything = [points, *fixed.values()]
        owners = [
            np.full(len(points), -1),
            *(np.full(len(part), code) for code, part in fixed.items()),
        ]
        self._original = np.concatenate(everything)
        centre = points.mean(axis=0)
        centred = np.ascontiguousarray(self._original - centre)
        # A power of two scales without rounding.
        exponent = int(np.frexp(np.abs(centred).max(initial=0.0))[1])
        np.ldexp(centred, -exponent, out=centred)
        self._points = centred
        self._touching = touching
        self._scaled_touching = float(np.ldexp(touching, -exponent))
        farthest = float(np.abs(np.ldexp(self._original, -exponent)).max(initial=0.0))
        self._bank = PlaneBank(centred, farthest=farthest, touching=self._scaled_touching)
        self._classes = classes
        self._owner = np.concatenate(owners)
        self._alive = np.ones(len(centred), dtype=np.bool_)
        self._against = {
            int(code): np.concatenate(
                [
                    np.isin(classes, np.array(opposing.get(int(code), ()), dtype=np.int64)),
                    self._owner[len(points) :] == code,
                ]
            )
            for code in np.unique(classes)
        }
        self._members = {name: np.array([name]) for name in range(len(centred))}
        self._questions: dict[int, list[Question]] = {}
        bytes_each = Question(centred).nbytes
        self.asked = 0
        """Questions that no known plane settled, so far."""
        self._kept = int(np.clip(_MEMORY // bytes_each, 1, _MOST_KEPT))

    def merge(self, i: int, j: int) -> None:
        """Merge cluster j into cluster i."""
        self._alive[j] = False
        self._members[i] = np.sort(np.concatenate([self._members[i], self._members.pop(j)]))
        self._bank.merge(i, j)

    def obstacle(self, i: int, j: int) -> int | None:
        """Name a cluster that the hull of the clusters i and j together would meet, or None.

        A fixed point is named by its place after the points, in the order of `fixed`.
        """
        code = int(self._classes[i])
        others = np.flatnonzero(self._alive & self._against[code])
        left = self._bank.unsettled(i, j, others)
        if not len(left):
            return None
        mine = np.sort(np.concatenate([self._members[i], self._members[j]]))
        if len(left) > 1:
            # One plane may part them from all that is left at once.
            theirs = np.sort(np.concatenate([self._members[name] for name in left.tolist()]))
            if self._part(code, mine, theirs):
                return None
            left = self._bank.unsettled(i, j, left)
        while len(left):
            largest = int(max(left.tolist(), key=lambda name: (len(self._members[name]), -name)))
            if not self._part(code, mine, self._members[largest]):
                return largest
            left = self._bank.unsettled(i, j, left)
            left = left[left != largest]
        return None

    def _part(self, code: int, mine: NDArray[np.int64], theirs: NDArray[np.int64]) -> bool:
        """Find a plane between two sets of points and bank it, or say that there is none."""
        self.asked += 1
        of = np.full(len(self._points), 2, dtype=np.int8)
        of[mine] = 0
        of[theirs] = 1
        kept = self._questions.setdefault(code, [])
        overlaps = [question.overlap(of) for question in kept]
        best = int(np.argmax(overlaps)) if overlaps else -1
        warm = best >= 0 and overlaps[best] > _WORTHWHILE
        # On a copy: after a refusal the next question is closer to where this one started.
        question = kept[best].copy() if warm else Question(self._points)
        answer, normal = question.ask(mine, theirs, of, self._scaled_touching)
        if answer == APART:
            if self._bank.add(normal, mine, theirs):
                if warm:
                    kept.pop(best)
                kept.insert(0, question)
                del kept[self._kept :]
                return True
            answer = UNKNOWN
        elif answer == MEET and not warm:  # the next question need not begin with nothing
            kept.insert(0, question)
            del kept[self._kept :]
        if answer == UNKNOWN:
            A, B = Cloud.of(self._original[mine]), Cloud.of(self._original[theirs])
            between = meet_clouds(A, B, self._touching)
            if between.lower > self._touching:
                self._bank.add(between.normal, mine, theirs)
                return True
        return False
