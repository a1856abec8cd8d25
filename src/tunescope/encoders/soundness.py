"""See at load that a text's vectors are its own, and what kind of a model makes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from tunescope.encoders.last_norm import last_norm, outputs_of_norms
from tunescope.encoders.modes import evaluation_mode, preserved_random_state
from tunescope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunescope.encoders.encoder import Encoder

_SHORT = "the old dog"
_LONG = "the old dog sees a small cat and the grey bird hears it with two more of them"
_ROUNDING = {torch.float32: 1e-4, torch.float64: 1e-4}
_ROUNDING_SHORT = 5e-2  # of bfloat16 and float16
"""Largest difference, in standard deviations of a layer, that the order of sums explains."""
_CLEARLY_OTHER = 1e-2


def needs_equal_lengths(encoder: Encoder) -> bool:
    """Try a short text alone, beside a longer one, and beside another of its length.

    Some architectures look at padding in spite of the attention mask (FNet, ConvBERT, YOSO):
    their vectors are right only where the texts of a batch have one length.

    Returns
    -------
    Whether only texts of one length may share a batch.

    Raises
    ------
    InputError
        The model fails on a short text; its layers have other shapes than its configuration
        says, or states that are not finite; a text's vectors depend on the other texts of its
        batch, whatever their length.
    """
    short, other, long = _token_ids(encoder)
    with torch.no_grad(), preserved_random_state(), evaluation_mode(encoder.model):
        alone = _states(encoder, [short])
        _check_features(encoder, alone)
        _check_finite(encoder, alone)
        difference = _difference(alone, _states(encoder, [short, long]))
        rounding = _ROUNDING.get(alone[-1].dtype, _ROUNDING_SHORT)
        if difference <= rounding:
            return False
        difference = _difference(alone, _states(encoder, [short, other]))
    if difference > max(rounding, _CLEARLY_OTHER):
        raise InputError(
            f"model {encoder.name!r}: a text's vectors change by {difference:.2g} standard "
            "deviations with the other texts of its batch, or from one call to the next; they "
            "are not the text's own"
        )
    return True


def reads_left_to_right(encoder: Encoder) -> bool:
    """Try whether a token's vector is the same whatever comes behind it, as in a decoder."""
    _, _, long = _token_ids(encoder)
    if len(long) < 2:
        return False
    known = encoder.n_embeddings or max(long) + 2
    other = [*long[:-1], (long[-1] + 1) % known]
    ids = torch.tensor([long, other], device=encoder.device)
    with torch.no_grad(), preserved_random_state(), evaluation_mode(encoder.model):
        states = encoder.states(ids, torch.ones_like(ids))
    difference = _difference(
        [state[0, :-1] for state in states], [state[1, :-1] for state in states]
    )
    return difference <= _ROUNDING.get(states[-1].dtype, _ROUNDING_SHORT)


def last_normalisation(encoder: Encoder) -> str | None:
    """Find the module that normalises what the last block gives, by its name in the model."""
    short, _, _ = _token_ids(encoder)
    ids = torch.tensor([short], device=encoder.device)
    with (
        torch.no_grad(),
        preserved_random_state(),
        evaluation_mode(encoder.model),
        outputs_of_norms(encoder.backbone) as outputs,
    ):
        states = encoder.states(ids, torch.ones_like(ids))
    return last_norm(outputs, states)


def check_in_memory(model: torch.nn.Module, name: str) -> None:
    """Refuse a model some of whose weights are on no device (``device_map`` puts them on disk)."""
    for weight, tensor in model.named_parameters():
        if tensor.is_meta:
            raise InputError(
                f"model {name!r}: its weights are not all in memory ({weight} is on no device); "
                "load it with a device_map that offloads nothing, or without one"
            )


def _token_ids(encoder: Encoder) -> tuple[list[int], list[int], list[int]]:
    """Give a short text, another of its length, and a long one, all within the model's limits."""
    reading = encoder.reading()
    longest = reading.longest or len(_LONG)
    known = encoder.n_embeddings or 1 << 62
    short, long = (
        [token % known for token in reading.backend.encode(text).ids] for text in (_SHORT, _LONG)
    )
    short, long = short[: max(1, longest // 2)] or [0], long[:longest] or [0, 0]
    other = long[::-1][: len(short)]  # other words: the same in another order may agree too well
    return short, other, long


def _states(encoder: Encoder, rows: Sequence[list[int]]) -> tuple[torch.Tensor, ...]:
    """Give the states of the first of some texts, without padding."""
    longest = max(map(len, rows))
    padding = encoder.padding_id
    ids = torch.tensor([row + [padding] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    states = encoder.states(ids.to(encoder.device), mask.to(encoder.device))
    return tuple(state[0, : len(rows[0])] for state in states)


def _check_features(encoder: Encoder, states: Sequence[torch.Tensor]) -> None:
    for layer, state in enumerate(states):
        if state.shape[-1] != encoder.n_features:
            raise InputError(
                f"model {encoder.name!r}: layer {layer} has {state.shape[-1]} features, its "
                f"configuration says {encoder.n_features}; layers of several widths cannot be "
                "compared"
            )


def _check_finite(encoder: Encoder, states: Sequence[torch.Tensor]) -> None:
    for layer, state in enumerate(states):
        if state.isfinite().all():
            continue
        weights = encoder.backbone.named_parameters()
        bad = next((name for name, weight in weights if not weight.isfinite().all()), None)
        why = (
            f"its weight {bad} is not either; its files are damaged, or its training diverged"
            if bad is not None
            else "its weights are; in a short precision they may be too large, take float32"
        )
        raise InputError(
            f"model {encoder.name!r}: layer {layer} of a short text is not finite; {why}"
        )


def _difference(first: Sequence[torch.Tensor], second: Sequence[torch.Tensor]) -> float:
    """Give the largest difference of two texts' states, in standard deviations of a layer."""
    largest = 0.0
    for a, b in zip(first, second, strict=True):
        spread = max(float(a.double().std(correction=0)), 1e-12)
        difference = float((a.double() - b.double()).abs().max()) / spread
        largest = max(largest, math.inf if math.isnan(difference) else difference)
    return largest
