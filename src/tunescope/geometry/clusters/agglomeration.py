"""Greedy agglomeration inside labels, each merge checked against the other labels' hulls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunescope.geometry.clusters.checks import HullChecks
from tunescope.geometry.clusters.order import MergeOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Agglomeration:
    """The clusters that greedy agglomeration ends with."""

    cluster: NDArray[np.int64]
    """Of each point, the smallest point of its cluster; shape (n_points,)."""
    refused: list[tuple[int, int, int]]
    """Refusals in their order: two clusters and one whose hull the merged hull would meet,
    each named by its smallest point (fixed obstacles: n_points + their place)."""
    complete: bool
    """Whether no merge is left; otherwise the budget or the number of checks ran out."""
    checks: int
    """Hull checks that were made."""


def agglomerate(
    points: NDArray[np.float64],
    weights: NDArray[np.int64],
    classes: NDArray[np.int64],
    *,
    opposing: Mapping[int, Sequence[int]],
    fixed: Mapping[int, NDArray[np.float64]] | None = None,
    touching: float = 0.0,
    most_checks: int | None = None,
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
    opposing : for each label the labels whose hulls its own hull meets; the other labels can
        refuse none of its merges.
    fixed : for each label the vectors of further clusters with other labels, each one point.
    touching : hulls up to this distance count as meeting.
    most_checks : hull checks after which to stop early; the same on every machine.
    out_of_time : says whether to stop early.
    progress : called with 1 after each merge.

    Notes
    -----
    Hulls only grow: once two clusters may not be merged, nothing grown from them may.
    """
    order = MergeOrder(points, weights, classes)
    checks = HullChecks(points, classes, opposing=opposing, fixed=fixed or {}, touching=touching)
    refused: list[tuple[int, int, int]] = []
    complete = True
    while (pair := order.closest()) is not None:
        if out_of_time() or (most_checks is not None and checks.asked >= most_checks):
            complete = False
            break
        obstacle = checks.obstacle(*pair)
        if obstacle is None:
            order.merge(*pair)
            checks.merge(*pair)
            progress(1)
        else:
            order.refuse(*pair)
            refused.append((*pair, obstacle))
    cluster = np.empty(len(points), dtype=np.int64)
    for name in order.names():
        cluster[order.members(name)] = name
    return Agglomeration(cluster, refused, complete, checks.asked)
