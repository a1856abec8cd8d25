"""From the vectors of units, words and texts, to the rows of the examples that want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class ExampleRows:
    """Which rows and columns of a split's arrays are made of which unit.

    Parameters
    ----------
    units : (n_examples, k) each example's units.
    """

    def __init__(self, units: NDArray[np.int64]) -> None:
        self._slots = []
        for slot in range(units.shape[1]):
            order = np.argsort(units[:, slot], kind="stable")
            self._slots.append((order, units[order, slot]))

    def made_of(
        self, units: NDArray[np.int64], n_features: int
    ) -> Iterable[tuple[NDArray[np.int64], slice, NDArray[np.int64]]]:
        """Give rows and columns of the split's arrays, and which of the units go there."""
        for slot, (order, wanted) in enumerate(self._slots):
            low = np.searchsorted(wanted, units, side="left")
            counts = np.searchsorted(wanted, units, side="right") - low
            source = np.repeat(np.arange(len(units)), counts)
            if len(source):
                before = np.cumsum(counts) - counts
                positions = np.arange(len(source)) + np.repeat(low - before, counts)
                yield order[positions], slice(slot * n_features, (slot + 1) * n_features), source
