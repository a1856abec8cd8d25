"""Greedy agglomeration inside labels, each merge checked against the other labels' hulls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tunescope.geometry.agglomeration_order import MergeOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray


class Apart(Protocol):
    """Decides whether two hulls are certainly disjoint."""

    def __call__(self, A: NDArray[np.float64], B: NDArray[np.float64]) -> bool:
        """Say whether a certificate shows that the hulls of A and B do not meet."""
        ...


@dataclass(frozen=True)
class Agglomeration:
    """The clusters that greedy agglomeration ends with."""

    cluster: NDArray[np.int64]
    """Of each point, the smallest point of its cluster; shape (n_points,)."""
    refused: list[tuple[int, int, int]]
    """Refusals in their order: two clusters and one whose hull the merged hull would meet,
    each named by its smallest point (fixed obstacles: n_points + their place)."""
    complete: bool
    """Whether no merge is left; otherwise the budget ran out."""


def agglomerate(
    points: NDArray[np.float64],
    weights: NDArray[np.int64],
    classes: NDArray[np.int64],
    *,
    apart: Apart,
    opposing: Mapping[int, Sequence[int]],
    fixed: Mapping[int, NDArray[np.float64]] | None = None,
    out_of_time: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _: None,
) -> Agglomeration:
    """Merge the closest two clusters of one label until every merge left is refused.

    Parameters
    ----------
    points : array of shape (n_points, n_features); no two points of one label are equal, none
        of two labels are; ordered as ties are to be decided.
    weights : array of shape (n_points,), how many examples a point stands for.
    classes : array of shape (n_points,), the labels as integers.
    apart : decides whether two hulls are disjoint.
    opposing : for each label the labels whose hulls its own hull meets; the other labels can
        refuse none of its merges.
    fixed : for each label the vectors of further clusters with other labels, each one point.
    out_of_time : says whether to stop early.
    progress : called with 1 after each merge.

    Notes
    -----
    Hulls only grow: once two clusters may not be merged, nothing grown from them may.
    """
    order = MergeOrder(points, weights, classes)
    refused: list[tuple[int, int, int]] = []
    complete = True
    while (pair := order.closest()) is not None:
        if out_of_time():
            complete = False
            break
        i, j = pair
        code = int(classes[i])
        merged = points[order.members(i) + order.members(j)]
        obstacle = _obstacle(
            merged=merged,
            code=code,
            order=order,
            points=points,
            classes=classes,
            opposing=opposing,
            fixed=fixed or {},
            apart=apart,
        )
        if obstacle is None:
            order.merge(i, j)
            progress(1)
        else:
            order.refuse(i, j)
            refused.append((i, j, obstacle))
    cluster = np.empty(len(points), dtype=np.int64)
    for name in order.names():
        cluster[order.members(name)] = name
    return Agglomeration(cluster, refused, complete)


def _obstacle(
    *,
    merged: NDArray[np.float64],
    code: int,
    order: MergeOrder,
    points: NDArray[np.float64],
    classes: NDArray[np.int64],
    opposing: Mapping[int, Sequence[int]],
    fixed: Mapping[int, NDArray[np.float64]],
    apart: Apart,
) -> int | None:
    """Name a cluster of another label that the merged hull meets."""
    single = fixed.get(code, points[:0])
    others = set(opposing.get(code, ()))
    everything = np.concatenate([points[np.isin(classes, list(others))], single])
    if not len(everything) or apart(merged, everything):
        return None
    for name in order.names():
        if int(classes[name]) in others and not apart(merged, points[order.members(name)]):
            return name
    for place in range(len(single)):
        if not apart(merged, single[place : place + 1]):
            return len(points) + place
    return None
