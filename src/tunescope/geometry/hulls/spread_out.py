"""Separations on the workers of a Dask client, each of which maps the same file of vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tunescope.errors import InputError
from tunescope.geometry.hulls.result import Separation

if TYPE_CHECKING:
    from distributed import Client

BATCHES = 4
"""Batches of pairs that each worker gets, so that none waits long for the last."""


@dataclass(frozen=True)
class MappedFile:
    """Where the rows of a memory-mapped matrix are, so that another process can map them."""

    path: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    order: Literal["C", "F"]

    @classmethod
    def of(cls, X: Any) -> MappedFile:
        """Describe a mapped matrix.

        Raises
        ------
        InputError
            If it is none, or only a part of what was mapped.
        """
        path = getattr(X, "filename", None)
        if not isinstance(X, np.memmap) or path is None or isinstance(X.base, np.memmap):
            raise InputError(
                "client: the workers map the vectors themselves; X has to be a whole file as "
                f"numpy.load(FILE, mmap_mode='r') or numpy.memmap gives it, got {type(X).__name__}"
            )
        order: Literal["C", "F"] = "C" if X.flags.c_contiguous else "F"
        return cls(str(Path(path).resolve()), X.dtype.str, X.shape, int(X.offset), order)

    def open(self) -> np.ndarray:
        """Map the file."""
        return np.memmap(self.path, np.dtype(self.dtype), "r", self.offset, self.shape, self.order)


Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], list[Separation]]
"""The vectors, the labels and the pairs in; the separations of these pairs out."""


def on_workers(
    client: Client,
    X: np.ndarray,
    y: np.ndarray,
    pairs: np.ndarray,
    order: list[int],
    measure: Measure,
) -> Iterator[tuple[int, Separation]]:
    """Give the separation of each pair with its index, as they come from the workers.

    Parameters
    ----------
    client : of the workers; all see the file that X is mapped from.
    X, y : (n, d) the vectors, and (n,) their labels, which are sent once to each worker.
    pairs : (p, 2) indices into the sorted labels.
    order : the pairs' indices in the order in which they are begun.
    measure : what a worker does.
    """
    from distributed import as_completed

    file = MappedFile.of(X)
    threads = sum(client.nthreads().values())
    if not threads:
        raise InputError("client: it has no workers")
    n_batches = min(len(order), threads * BATCHES)
    batches = [order[first::n_batches] for first in range(n_batches)]
    # Under a name of its own: under that of its content, what an earlier call gives up may be lost.
    labels = client.scatter(y, broadcast=True, hash=False)
    futures = {
        client.submit(partial(_measured, measure, file), labels, pairs[batch], pure=False): batch
        for batch in batches
    }
    try:
        for future in as_completed(list(futures), loop=client.loop):
            yield from zip(futures[future], future.result(), strict=True)
    finally:
        client.cancel(list(futures))


def _measured(
    measure: Measure, file: MappedFile, y: np.ndarray, pairs: np.ndarray
) -> list[Separation]:
    return measure(file.open(), y, pairs)
