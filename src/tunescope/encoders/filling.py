"""From the units of a batch, on the model's device, to the rows of the examples made of them.

Vectors are made ready on the device: put in the order of the examples, scaled, looked at for what
is not finite, and cast to the type they are kept in. What is left for the host is to put them into
rows, and it does so while the device is at the next batch.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tunescope.encoders.batching import sent
from tunescope.encoders.units import ExampleRows
from tunescope.errors import TunescopeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tunescope.encoders.batching import Batch
    from tunescope.encoders.inputs import Inputs

SMALLEST = 1e-12
"""What shorter vectors are divided by, as torch's `normalize` does."""
_AHEAD = 1
"""Batches whose vectors may wait for the host: with the one that is copied, two buffers."""

Arrays = dict[int, "NDArray[np.floating]"]
Place = tuple[str, "NDArray[np.int64]", slice, "NDArray[np.int64]"]
"""A split, rows and columns of its arrays, and which of the units go there."""


class Filling:
    """Fills the arrays of every split and layer, batch by batch.

    Parameters
    ----------
    inputs : the plan, which says which examples want which units.
    layers : numbers of the layers whose vectors are given.
    arrays : split → layer → (n_examples, k · n_features), to be filled.
    n_features : of one unit's vector.
    model : its name, for messages.
    behind : whether rows are filled by a thread of their own, a batch behind; for where the
        vectors are not made by the same processor.

    Raises
    ------
    TunescopeError
        A vector is not finite, or what it is kept in cannot hold it; with `behind` it is raised
        with a later batch, or at the end.
    """

    def __init__(
        self,
        inputs: Inputs,
        layers: Sequence[int],
        arrays: Mapping[str, Arrays],
        n_features: int,
        model: str,
        *,
        behind: bool,
    ) -> None:
        self._inputs = inputs
        self._layers = layers
        self._arrays = arrays
        self._examples = {name: ExampleRows(split.units) for name, split in inputs.splits.items()}
        self._n_features = n_features
        self._model = model
        kinds = {array.dtype for of in arrays.values() for array in of.values()}
        (self._kind,) = kinds or {np.dtype(np.float32)}
        self._partial: dict[int, tuple[int, torch.Tensor]] = {}
        """Units with tokens in sequences still to come: pieces seen, and their sum."""
        self._thread = ThreadPoolExecutor(1) if behind else None
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Filling:
        return self

    def __exit__(self, failed: type[BaseException] | None, *exception: object) -> None:
        if self._thread is None:
            return
        self._thread.shutdown(wait=True, cancel_futures=failed is not None)
        if failed is None:
            self._wait(at_most=0)

    def add(self, batch: Batch, pooled: Iterable[torch.Tensor]) -> None:
        """Put the vectors of a batch where they belong.

        Parameters
        ----------
        batch : on the host.
        pooled : of each layer (n_units, n_features), on any device.
        """
        units = batch.units.numpy()
        whole = self._inputs.unit_pieces[units] == batch.unit_pieces.numpy()
        places = self._places(units[whole])
        wanted = np.flatnonzero(whole)[_joined(places)]
        take, hold = _Rows(wanted), _Rows(np.flatnonzero(~whole))
        made, held = [], []
        for vectors in pooled:
            made.append(self._ready(take(vectors)))
            if not whole.all():
                held.append(hold(vectors))
        if len(wanted):
            self._hand_over(places, made)
        if held:
            pieces = batch.unit_pieces.numpy()[~whole].tolist()
            self._complete(units[~whole], pieces, torch.stack(held).cpu())

    def _places(self, units: NDArray[np.int64]) -> list[Place]:
        """Say which rows are made of some units, numbered as they are given."""
        return [
            (name, *place)
            for name, examples in self._examples.items()
            for place in examples.made_of(units, self._n_features)
        ]

    def _ready(self, vectors: torch.Tensor) -> torch.Tensor:
        """Scale vectors where that is asked for, and cast them to what they are kept in."""
        if self._inputs.unit_length:
            lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
            vectors = vectors / lengths.clamp_min(SMALLEST)
        return vectors.to(torch.float16 if self._kind == np.float16 else torch.float32)

    def _complete(
        self, units: NDArray[np.int64], pieces: Sequence[int], held: torch.Tensor
    ) -> None:
        """Add up units whose tokens are in several sequences, and put in those that are whole."""
        for i, unit in enumerate(units.tolist()):
            seen, partial = self._partial.pop(unit, (0, torch.zeros_like(held[:, i])))
            seen, partial = seen + pieces[i], partial + held[:, i]
            if seen < self._inputs.unit_pieces[unit]:
                self._partial[unit] = (seen, partial)
                continue
            places = self._places(np.array([unit]))
            if places:
                n = len(_joined(places))
                self._hand_over(places, [self._ready(layer.expand(n, -1)) for layer in partial])

    def _hand_over(self, places: list[Place], made: Sequence[torch.Tensor]) -> None:
        """Bring vectors to the host, and have them put into rows.

        Parameters
        ----------
        places : where they go.
        made : of each layer (n_vectors, n_features), in the order of the places.
        """
        sound = torch.stack([_is_finite(vectors) for vectors in made])
        values, sound, arrived = _on_host(made, sound)
        if self._thread is None:
            self._put(places, values, sound, arrived)
            return
        self._wait(at_most=_AHEAD)
        self._waiting.append(self._thread.submit(self._put, places, values, sound, arrived))

    def _wait(self, at_most: int) -> None:
        """Wait until no more than so many batches wait for the host."""
        while len(self._waiting) > at_most:
            self._waiting.popleft().result()

    def _put(
        self,
        places: list[Place],
        values: Sequence[torch.Tensor],
        sound: torch.Tensor,
        arrived: Callable[[], Any],
    ) -> None:
        """Put vectors into the rows of the arrays."""
        arrived()
        for layer, vectors, finite in zip(self._layers, values, sound, strict=True):
            if not finite:
                raise TunescopeError(
                    f"{self._model}: layer {layer} has vectors that are not finite in "
                    f"{self._kind}; take float32, for the model and for storage"
                )
            made, start = vectors.numpy(), 0
            for split, rows, columns, source in places:
                array, end = self._arrays[split][layer], start + len(source)
                if array.shape[1] == self._n_features:
                    array[rows] = made[start:end]  # two thirds of the time with columns
                else:
                    array[rows, columns] = made[start:end]
                start = end


class _Rows:
    """Rows to be taken of several tensors on one device, of one length."""

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self._rows = rows
        self._there: torch.Tensor | None = None

    def __call__(self, vectors: torch.Tensor) -> torch.Tensor:
        """Take the rows of a tensor; itself where they are all of them as they stand."""
        if len(self._rows) == len(vectors) and (np.diff(self._rows, prepend=-1) == 1).all():
            return vectors
        if self._there is None:
            self._there = sent(torch.from_numpy(self._rows), vectors.device)
        return vectors.index_select(0, self._there)


def _joined(places: Sequence[Place]) -> NDArray[np.int64]:
    """Join what goes to each place."""
    return np.concatenate([np.empty(0, dtype=np.int64), *(source for *_, source in places)])


def _is_finite(vectors: torch.Tensor) -> torch.Tensor:
    """Tell whether all numbers are finite, on the device."""
    if vectors.device.type != "cpu":
        return vectors.isfinite().all()
    # the least or the greatest is what is not finite; the above takes ten times as long here
    return torch.stack(torch.aminmax(vectors)).isfinite().all()


def _on_host(
    vectors: Sequence[torch.Tensor], sound: torch.Tensor
) -> tuple[Sequence[torch.Tensor], torch.Tensor, Callable[[], Any]]:
    """Begin to copy to the host, all layers at once; the last waits until they are there."""
    if sound.device.type == "cpu":
        return vectors, sound, lambda: None
    there = torch.stack(list(vectors)), sound
    if sound.device.type != "cuda":
        values, sound = (tensor.cpu() for tensor in there)
        return list(values), sound, lambda: None
    values, sound = (torch.empty_like(t, device="cpu", pin_memory=True) for t in there)
    values.copy_(there[0], non_blocking=True)
    sound.copy_(there[1], non_blocking=True)
    return (
        list(values),
        sound,
        torch.cuda.current_stream(there[1].device).record_event().synchronize,
    )
