"""May two clusters be merged? Answered from known planes where they suffice, else by solving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunescope.geometry.clusters.planes import PlaneBank
from tunescope.geometry.clusters.solver import APART, MEET, UNKNOWN, Question
from tunescope.geometry.clusters.starts import Starts
from tunescope.geometry.hulls.cloud import Cloud
from tunescope.geometry.hulls.separation import meet_clouds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


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
        self._starts = Starts()
        self._met: dict[int, set[int]] = {}
        """For each cluster what has refused a merge of it: each by a point of that cluster."""
        self.asked = 0
        """Questions that no known plane settled, so far."""

    def merge(self, i: int, j: int) -> None:
        """Merge cluster j into cluster i."""
        self._alive[j] = False
        self._members[i] = np.sort(np.concatenate([self._members[i], self._members.pop(j)]))
        self._bank.merge(i, j)
        if j in self._met:
            self._met.setdefault(i, set()).update(self._met.pop(j))

    def obstacle(self, i: int, j: int) -> int | None:
        """Name a cluster that the hull of the clusters i and j together would meet, or None.

        A fixed point is named by its place after the points, in the order of `fixed`.
        """
        found = self._obstacle(i, j)
        if found is not None:
            for name in (i, j):
                self._met.setdefault(name, set()).add(found)
        return found

    def _obstacle(self, i: int, j: int) -> int | None:
        code = int(self._classes[i])
        others = np.flatnonzero(self._alive & self._against[code])
        left = self._bank.unsettled(i, j, others)
        if not len(left):
            return None
        mine = np.sort(np.concatenate([self._members[i], self._members[j]]))
        if len(left) > 1:
            # What refused a part of it before may do so again: then one question is enough.
            met = self._met.get(i, set()) | self._met.get(j, set())
            suspects = left[np.isin(left, self._bank.clusters_of(met))]
            if len(suspects):
                largest = self._largest(suspects)
                if not self._part(code, mine, self._members[largest]):
                    return largest
                left = self._left(i, j, left, largest)
        if len(left) > 1:
            # One plane may part them from all that is left at once.
            theirs = np.sort(np.concatenate([self._members[name] for name in left.tolist()]))
            if self._part(code, mine, theirs):
                return None
            left = self._bank.unsettled(i, j, left)
        while len(left):
            largest = self._largest(left)
            if not self._part(code, mine, self._members[largest]):
                return largest
            left = self._left(i, j, left, largest)
        return None

    def _largest(self, names: NDArray[np.int64]) -> int:
        """Give the largest of some clusters; of those the one that is named first."""
        return int(max(names.tolist(), key=lambda name: (len(self._members[name]), -name)))

    def _left(self, i: int, j: int, names: NDArray[np.int64], parted: int) -> NDArray[np.int64]:
        """Give what is still unsettled once one of the clusters is parted from i and j."""
        return self._bank.unsettled(i, j, names[names != parted])

    def _part(self, code: int, mine: NDArray[np.int64], theirs: NDArray[np.int64]) -> bool:
        """Find a plane between two sets of points and bank it, or say that there is none."""
        self.asked += 1
        # Always the label with the smaller code first, so that checks begun from either of two
        # labels can begin where those of the other have ended.
        facing = int(theirs[0])
        turned = facing < len(self._classes) and int(self._classes[facing]) < code
        first, second = (theirs, mine) if turned else (mine, theirs)
        of = np.full(len(self._points), 2, dtype=np.int8)
        of[first] = 0
        of[second] = 1
        start = self._starts.nearest(of)
        # On a copy: what it began with may be the best start of another check, too.
        question = Question(self._points) if start is None else start.copy()
        answer, normal = question.ask(first, second, of, self._scaled_touching)
        if answer == APART:
            if self._bank.add(-normal if turned else normal, mine, theirs):
                self._starts.keep(question, instead=start)
                return True
            answer = UNKNOWN
        elif answer == MEET:
            self._starts.keep(question)
        if answer == UNKNOWN:
            A, B = Cloud.of(self._original[mine]), Cloud.of(self._original[theirs])
            between = meet_clouds(A, B, self._touching)
            if between.lower > self._touching:
                self._bank.add(between.normal, mine, theirs)
                return True
        return False
