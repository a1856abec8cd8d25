"""The points of every label, made ready for the solver within a bound on memory."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Condition, Lock
from typing import TYPE_CHECKING

from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_MIB = 1 << 20


class PreparedClouds:
    """A cache of clouds that lends pairs of them to threads, within a bound on memory.

    If all sets fit beside the largest solver, each is made once and kept.  Otherwise a
    pair is made when it is lent.  Either way a thread waits until there is room.

    Parameters
    ----------
    X : (n, d) the points.
    members : for each set its rows of X.
    pairs : (p, 2) the pairs of sets that will be lent.
    memory : bytes.

    Raises
    ------
    InputError
        If a pair would not fit even alone.
    """

    def __init__(
        self, X: np.ndarray, members: list[np.ndarray], pairs: np.ndarray, memory: int
    ) -> None:
        self._X = X
        self._members = members
        self._kept: dict[int, Cloud] = {}
        self._locks = [Lock() for _ in members]
        self._freed = Condition()
        self._free = memory
        self._cost = [Cloud.bytes_needed(len(rows), X.shape[1], X.itemsize) for rows in members]
        largest = max((self._solver(a, b) for a, b in pairs), default=0)
        self._keeps = sum(self._cost) + largest <= memory
        if self._keeps:
            self._free -= sum(self._cost)
            self._cost = [0] * len(members)
        most = max((self._needed(a, b) for a, b in pairs), default=0)
        if most > self._free:
            raise InputError(
                f"memory: the largest pair of labels needs {-(-most // _MIB)} MiB, "
                f"got {memory // _MIB} MiB"
            )

    @property
    def n_features(self) -> int:
        """Dimensions of the points."""
        return int(self._X.shape[1])

    def _solver(self, a: int, b: int) -> int:
        """Bound the memory of solving one pair: its factor, active points and pass."""
        n_features = self.n_features
        n_points = len(self._members[a]) + len(self._members[b])
        active = min(n_points, n_features + 3)
        # Nearly flat pairs are solved a second time, in coordinates of their own.
        whitened = (2 * n_points + 3 * n_features) * n_features
        return 8 * (2 * active * (active + n_features) + 8 * n_points + whitened)

    def _needed(self, a: int, b: int) -> int:
        return self._cost[a] + self._cost[b] + self._solver(a, b)

    def _cloud(self, index: int) -> Cloud:
        if not self._keeps:
            return Cloud.of(self._X, self._members[index])
        with self._locks[index]:
            if index not in self._kept:
                self._kept[index] = Cloud.of(self._X, self._members[index])
            return self._kept[index]

    def all_kept(self, extra: int) -> list[Cloud] | None:
        """Give all point sets, if they are kept and that many bytes are free beside them."""
        if not self._keeps or extra > self._free:
            return None
        return [self._cloud(index) for index in range(len(self._members))]

    @contextmanager
    def lend(self, a: int, b: int) -> Iterator[tuple[Cloud, Cloud]]:
        """Make two point sets ready, once there is room for them."""
        needed = self._needed(a, b)
        with self._freed:
            self._freed.wait_for(lambda: needed <= self._free)
            self._free -= needed
        try:
            yield self._cloud(a), self._cloud(b)
        finally:
            with self._freed:
                self._free += needed
                self._freed.notify_all()
