"""What has to be agglomerated at all: distinct vectors, and labels whose hulls meet others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tunescope.geometry.clusters.contradictions import contradictory_groups, identical_vectors
from tunescope.geometry.hulls.certificate import point_lower_bounds
from tunescope.geometry.hulls.cloud import Cloud, as_points
from tunescope.geometry.hulls.separation import meet_clouds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tunescope.geometry.hulls.pairs import Separations


@dataclass(frozen=True)
class DistinctExamples:
    """The distinct pairs of a vector and a label, in the order of their first example.

    Examples that share both are merged at distance 0 before anything else; so they are one
    from the start.
    """

    first: NDArray[np.int64]
    """First example of each, ascending; shape (n_distinct,)."""
    codes: NDArray[np.int64]
    """Label of each, as its place among the sorted labels; shape (n_distinct,)."""
    weights: NDArray[np.int64]
    """Number of examples of each; shape (n_distinct,)."""
    of_example: NDArray[np.int64]
    """The distinct one of each example; shape (n_examples,)."""
    contradictory: NDArray[np.bool_]
    """Whether the vector stands under another label, too; shape (n_distinct,)."""
    groups: tuple[NDArray[np.int64], ...]
    """The contradictions, as examples."""

    @classmethod
    def of(cls, X: NDArray[Any], codes: NDArray[np.int64]) -> DistinctExamples:
        """Find the distinct examples of labelled vectors."""
        vectors = identical_vectors(X)
        groups = contradictory_groups(vectors, codes)
        _, first, inverse, weights = np.unique(
            vectors * (int(codes.max()) + 1) + codes,
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        order = np.argsort(first)
        of_example = np.argsort(order)[inverse]
        contradictory = np.zeros(len(first), dtype=np.bool_)
        for group in groups:
            contradictory[of_example[group]] = True
        return cls(
            first=first[order].astype(np.int64),
            codes=codes[first[order]],
            weights=weights[order].astype(np.int64),
            of_example=of_example,
            contradictory=contradictory,
            groups=groups,
        )

    def free(self, code: int) -> NDArray[np.int64]:
        """Give the distinct examples of a label that may be merged."""
        return np.flatnonzero((self.codes == code) & ~self.contradictory)


@dataclass(frozen=True)
class Overlaps:
    """Which labels' hulls meet what; contradictory vectors are not part of their labels' hulls."""

    meeting: list[set[int]]
    """For each label the labels whose hull meets its own."""
    contained: list[NDArray[np.int64]]
    """For each label the contradictory examples of other labels that its hull meets."""

    @classmethod
    def of(
        cls,
        X: NDArray[Any],
        distinct: DistinctExamples,
        n_labels: int,
        *,
        touching: float,
        separations: Separations | None = None,
    ) -> Overlaps:
        """Decide for every two labels, and each contradictory vector, whether hulls meet.

        Parameters
        ----------
        touching : hulls up to this distance count as meeting.
        separations : of all label pairs, contradictory vectors included, if known. A pair
            that is disjoint stays so without them.
        """
        rows = [distinct.first[distinct.free(code)] for code in range(n_labels)]
        clean = [
            not (distinct.contradictory & (distinct.codes == code)).any()
            for code in range(n_labels)
        ]
        known: dict[tuple[int, int], bool] = {}
        if separations is not None:
            for (a, b), lower, upper, status in zip(
                separations.pairs.tolist(),
                separations.lower.tolist(),
                separations.upper.tolist(),
                separations.status.tolist(),
                strict=True,
            ):
                if lower > touching:
                    known[a, b] = True
                elif clean[a] and clean[b] and (status == "overlapping" or upper <= touching):
                    known[a, b] = False
        meeting: list[set[int]] = [set() for _ in range(n_labels)]
        contained: list[NDArray[np.int64]] = []
        aside = np.flatnonzero(distinct.contradictory)
        for a in range(n_labels):
            if not len(rows[a]):
                contained.append(aside[:0])
                continue
            # A label that is disjoint with all its vectors has none inside this label's hull.
            apart = [b for b in range(n_labels) if known.get((min(a, b), max(a, b)), False)]
            unsure = aside[(distinct.codes[aside] != a) & ~np.isin(distinct.codes[aside], apart)]
            others = [
                b for b in range(a + 1, n_labels) if len(rows[b]) and known.get((a, b)) is not True
            ]
            if not others and not len(unsure):
                contained.append(unsure)
                continue
            hull = _cloud(X[rows[a]])
            for b in others:
                met = known.get((a, b)) is False
                if met or meet_clouds(hull, _cloud(X[rows[b]]), touching).lower <= touching:
                    meeting[a].add(b)
                    meeting[b].add(a)
            contained.append(unsure[_inside(hull, X[distinct.first[unsure]], touching)])
        return cls(meeting, contained)

    def components(self) -> Iterator[list[int]]:
        """Group the labels that need agglomeration by whose merges can refuse whose."""
        seen: set[int] = set()
        for code, others in enumerate(self.meeting):
            if code in seen or not (others or len(self.contained[code])):
                continue
            component = {code}
            frontier = [code]
            while frontier:
                new = self.meeting[frontier.pop()] - component
                component |= new
                frontier += sorted(new)
            seen |= component
            yield sorted(component)

    def forced_splits(self) -> int:
        """Count labels that must have a second cluster: a bound that needs no agglomeration.

        A label that contains a vector of another label must split; of two labels whose hulls
        meet, one must. Pairs without a common label can be counted together.
        """
        split = {code for code, vectors in enumerate(self.contained) if len(vectors)}
        count = len(split)
        for code, others in enumerate(self.meeting):
            partners = others - split
            if code not in split and partners:
                split |= {code, min(partners)}
                count += 1
        return count


def _cloud(points: NDArray[Any]) -> Cloud:
    return Cloud.of(as_points(points, "X"))


def _inside(hull: Cloud, points: NDArray[Any], touching: float) -> NDArray[np.bool_]:
    """Say of which points a hull comes as near as `touching`."""
    inside = np.zeros(len(points), dtype=np.bool_)
    left = np.arange(len(points))
    while len(left):
        between = meet_clouds(hull, _cloud(points[left[:1]]), touching)
        inside[left[0]] = between.lower <= touching
        left = left[1:]
        if between.lower > touching and len(left):  # the plane may have others behind it, too
            rest = np.ascontiguousarray(points[left], dtype=np.float64)
            proven = point_lower_bounds(hull, rest, between.normal, between.offset)
            left = left[proven <= touching]
    return inside
