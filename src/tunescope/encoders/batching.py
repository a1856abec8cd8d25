"""Sequences of similar length together, as many as a token budget allows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tunescope.encoders.inputs import Inputs


@dataclass(frozen=True)
class Batch:
    """The model's input for a few sequences, and where to read the units off."""

    input_ids: torch.Tensor
    """``(n_sequences, longest)``."""
    attention_mask: torch.Tensor
    """``(n_sequences, longest)``, 0 at padding."""
    token_index: torch.Tensor
    """``(n_tokens,)`` tokens that are read, as indices into the flattened batch."""
    unit_index: torch.Tensor
    """``(n_tokens,)`` the unit of each such token, counted within the batch."""
    token_weight: torch.Tensor
    """``(n_tokens,)`` one over the number of the unit's tokens."""
    units: torch.Tensor
    """``(n_units,)`` the batch's units, ascending, as numbered in the `Inputs`."""
    unit_pieces: torch.Tensor
    """``(n_units,)`` pieces of each unit that are in this batch."""
    token_types: torch.Tensor | None = None
    """``(n_sequences, longest)`` the type of each token, where there are others than 0; of pairs of
    texts: which of the two it counts to."""

    def tensors(self) -> dict[str, torch.Tensor]:
        """Give the tensors that there are by name."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: tensor for name, tensor in found.items() if tensor is not None}

    def to(self, device: torch.device) -> Batch:
        """Move the tensors to a device."""
        return Batch(**{name: sent(tensor, device) for name, tensor in self.tensors().items()})


def sent(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Move a tensor from the host to a device; to a GPU without waiting for what it still does."""
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def batches_by_length(lengths: NDArray[np.int64], token_budget: int) -> Iterator[NDArray[np.int64]]:
    """Group sequences, the longest first, so that a padded batch stays within the budget.

    The longest come first so that a budget which is too large for the memory fails at once.

    Parameters
    ----------
    lengths : (n_sequences,) tokens of each.
    token_budget : at most so many tokens in a batch, padding included; a single sequence
        may be longer.

    Yields
    ------
    (n,) indices of the sequences of one batch.

    Examples
    --------
    >>> [b.tolist() for b in batches_by_length(np.array([3, 9, 4, 2]), token_budget=12)]
    [[1], [2, 0, 3]]
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, token_budget // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size


def parts_by_length(lengths: NDArray[np.int64], overhead: int) -> list[NDArray[np.int64]]:
    """Divide a batch into parts of similar lengths, so that the least is computed in all.

    Parameters
    ----------
    lengths : (n_sequences,) tokens of each.
    overhead : what a part costs beside its tokens, in tokens.

    Returns
    -------
    list of (n,) indices of each part's sequences, the shortest first
        The division for which the tokens of all parts, padding included, and their overheads
        are fewest.

    Examples
    --------
    >>> [p.tolist() for p in parts_by_length(np.array([3, 90, 4, 2, 80]), overhead=10)]
    [[0, 2, 3], [1, 4]]
    """
    lengths = np.asarray(lengths)
    distinct, counts = np.unique(lengths, return_counts=True)
    shorter = np.concatenate([[0], np.cumsum(counts)])
    least, first = np.zeros(len(distinct) + 1), np.zeros(len(distinct) + 1, dtype=np.int64)
    for end, longest in enumerate(distinct.tolist(), start=1):
        costs = least[:end] + (shorter[end] - shorter[:end]) * longest + overhead
        first[end] = costs.argmin()
        least[end] = costs[first[end]]
    parts: list[NDArray[np.int64]] = []
    end = len(distinct)
    while end > 0:
        start = int(first[end])
        inside = (lengths >= distinct[start]) & (lengths <= distinct[end - 1])
        parts.insert(0, np.flatnonzero(inside))
        end = start
    return parts


def collate(inputs: Inputs, sequences: NDArray[np.int64], padding_id: int) -> Batch:
    """Pad some sequences to the longest, and find the tokens of their units.

    Parameters
    ----------
    inputs : the plan.
    sequences : (n,) which sequences, each at most once.
    padding_id : the token id to fill with; the attention mask hides it.
    """
    chosen = [inputs.sequences[i] for i in sequences.tolist()]
    longest = max(len(ids) for ids in chosen)
    input_ids = np.full((len(chosen), longest), padding_id, dtype=np.int64)
    mask = np.zeros((len(chosen), longest), dtype=np.int64)
    types = np.zeros((len(chosen), longest), dtype=np.int64) if inputs.token_types else None
    for row, ids in enumerate(chosen):
        input_ids[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
        if types is not None:
            types[row, : len(ids)] = inputs.token_types[sequences[row]]
    low = np.searchsorted(inputs.pieces[:, 0], sequences, side="left")
    high = np.searchsorted(inputs.pieces[:, 0], sequences, side="right")
    rows = np.repeat(np.arange(len(chosen)), high - low)
    pieces = inputs.pieces[_ranges(low, high - low)]
    counts = pieces[:, 3]
    token_index = _ranges(rows * longest + pieces[:, 2], counts)
    units, unit_index = np.unique(pieces[:, 1], return_inverse=True)
    weight = 1.0 / inputs.unit_tokens[pieces[:, 1]]
    return Batch(
        torch.from_numpy(input_ids),
        torch.from_numpy(mask),
        torch.from_numpy(token_index),
        torch.from_numpy(np.repeat(unit_index.reshape(-1), counts)),
        torch.from_numpy(np.repeat(weight, counts).astype(np.float32)),
        torch.from_numpy(units),
        torch.from_numpy(np.bincount(unit_index.reshape(-1), minlength=len(units))),
        None if types is None else torch.from_numpy(types),
    )


def _ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join the ranges of ``counts`` integers from each start."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    joined: NDArray[np.int64] = np.arange(total) + np.repeat(starts - before, counts)
    return joined
