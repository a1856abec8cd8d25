"""Token vectors → one vector a unit, differentiably: what is tuned is what is probed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from tunescope.encoders.batching import Batch


def pool(hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Average the token vectors of each unit.

    Parameters
    ----------
    hidden : (n_sequences, longest, n_features) one layer's token vectors.
    batch : says which tokens belong to which unit.

    Returns
    -------
    (n_units, n_features), in float32; gradients flow through.
    """
    tokens = hidden.flatten(0, 1).index_select(0, batch.token_index).float()
    weighted = tokens * batch.token_weight[:, None]
    pooled = torch.zeros(
        len(batch.units), hidden.shape[-1], dtype=weighted.dtype, device=hidden.device
    )
    return pooled.index_add(0, batch.unit_index, weighted)


def join(pooled: torch.Tensor, example_units: torch.Tensor) -> torch.Tensor:
    """Concatenate the vectors of each example's units: head ‖ dependent for a pair.

    Parameters
    ----------
    pooled : (n_units, n_features).
    example_units : (n, k) units of each example, as rows of ``pooled``.

    Returns
    -------
    (n, k · n_features).
    """
    return pooled[example_units].flatten(1)
