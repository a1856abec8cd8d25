"""A bank of planes, and on which side of each every cluster lies.

Two clusters whose projections on one normal are disjoint intervals have disjoint hulls. Merged
clusters have the smallest and the largest of their parts' ends. So a plane found once goes on
proving, without another look at the vectors, that hulls do not meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunescope.geometry.hulls.active_set import UNIT
from tunescope.geometry.kernel import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


@kernel()
def _unsettled(low, high, order, i, j, others, helpful):  # type: ignore[no-untyped-def] # pragma: no cover
    """List the other clusters that no plane parts from the clusters i and j together."""
    left = others.copy()
    n_left = len(left)
    for k in order:
        if n_left == 0:
            break
        bottom = min(low[k, i], low[k, j])
        top = max(high[k, i], high[k, j])
        kept = 0
        for m in range(n_left):
            other = left[m]
            if not (high[k, other] < bottom or top < low[k, other]):
                left[kept] = other
                kept += 1
        helpful[k] += n_left - kept
        n_left = kept
    return left[:n_left]


@kernel()
def _extend_intervals(projections, root, low, high):  # type: ignore[no-untyped-def] # pragma: no cover
    """Write each cluster's smallest and largest projection, at the cluster's name."""
    for point in range(len(root)):
        name = root[point]
        low[name] = min(low[name], projections[point])
        high[name] = max(high[name], projections[point])


class PlaneBank:
    """Known normals, and each cluster's interval on each.

    A cluster is named by one of its points. All intervals are rounded outwards, by the error
    of the projection and to single precision: intervals that are disjoint here are disjoint.

    Parameters
    ----------
    points : array of shape (n_points, n_features), float64, near the origin; each begins as
        its own cluster.
    farthest : largest absolute coordinate before the points were moved near the origin, which
        rounded them.
    touching : hulls up to this distance count as meeting.
    memory : bytes that the intervals may take; the least helpful planes are forgotten for
        new ones.
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        *,
        farthest: float = 0.0,
        touching: float = 0.0,
        memory: int = 2**28,
    ) -> None:
        n, d = points.shape
        self._points = points
        # Rounding of a product of d terms with a normal of length 1, and of the points.
        longest = float(np.sqrt(np.einsum("nd,nd->n", points, points).max()))
        self._error = 2.0 * UNIT * ((d + 8) * longest + 2.0 * np.sqrt(d) * farthest)
        self._touching = touching
        self._root = np.arange(n)
        self._most = max(16, memory // (8 * n))
        self._low = np.empty((16, n), dtype=np.float32)
        self._high = np.empty((16, n), dtype=np.float32)
        self._helpful = np.zeros(16)
        self._order = np.empty(0, dtype=np.int64)
        self._checks = 0

    def __len__(self) -> int:
        return len(self._order)

    def add(
        self, normal: NDArray[np.float64], mine: NDArray[np.int64], theirs: NDArray[np.int64]
    ) -> bool:
        """Keep a plane's normal, if it parts two sets of points.

        Parameters
        ----------
        normal : array of shape (n_features,), pointing to the first set.
        mine, theirs : the points of the two sets.

        Returns
        -------
        bool : whether the sets are proven to be more than `touching` apart.
        """
        length = float(np.linalg.norm(normal))
        if not length > 0.0 or not np.isfinite(length):
            return False
        projections = self._points @ (normal / length)
        gap = projections[mine].min() - projections[theirs].max()
        if not gap - 2.0 * self._error > self._touching * (1.0 + 1e-9):
            return False
        k = self._slot()
        low = np.full(len(self._root), np.inf)
        high = np.full(len(self._root), -np.inf)
        _extend_intervals(projections, self._root, low, high)
        margin = self._error + 0.5 * self._touching * (1.0 + 1e-9)
        self._low[k] = np.nextafter((low - margin).astype(np.float32), np.float32(-np.inf))
        self._high[k] = np.nextafter((high + margin).astype(np.float32), np.float32(np.inf))
        self._helpful[k] = 0.0
        # The newest plane was found close by: it is asked first.
        self._order = np.concatenate([[k], self._order])
        return True

    def _slot(self) -> int:
        """Find room for a plane; full means to forget the least helpful one."""
        used = len(self._order)
        if used == self._most:
            worst = int(np.argmin(self._helpful[self._order]))
            k = int(self._order[worst])
            self._order = np.delete(self._order, worst)
            return k
        if used == len(self._helpful):
            grown = min(2 * used, self._most)
            for name in ("_low", "_high", "_helpful"):
                old = getattr(self, name)
                new = np.zeros((grown, *old.shape[1:]), dtype=old.dtype)
                new[:used] = old
                setattr(self, name, new)
        return used

    def merge(self, i: int, j: int) -> None:
        """Merge cluster j into cluster i."""
        self._root[self._root == j] = i
        used = len(self._order)
        np.minimum(self._low[:used, i], self._low[:used, j], out=self._low[:used, i])
        np.maximum(self._high[:used, i], self._high[:used, j], out=self._high[:used, i])

    def clusters_of(self, points: Iterable[int]) -> NDArray[np.int64]:
        """Name the clusters that some points are in now."""
        return self._root[np.fromiter(points, dtype=np.int64)]

    def unsettled(self, i: int, j: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give those of the other clusters that no plane parts from i and j together."""
        self._checks += 1
        if self._checks % 64 == 0:
            # Recent help counts most; planes of merged clusters fall behind.
            self._order = self._order[np.argsort(-self._helpful[self._order], kind="stable")]
            self._helpful *= 0.9
        left: NDArray[np.int64] = _unsettled(
            self._low, self._high, self._order, i, j, others, self._helpful
        )
        return left
