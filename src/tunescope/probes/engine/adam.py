"""One step of Adam on many tensors."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

BETAS = (0.9, 0.999)
"""How fast the moments forget, as in ``MLPClassifier``."""


def adam_step(
    tensors: Sequence[list[torch.Tensor]],
    n_steps: torch.Tensor,
    *,
    learning_rate: float,
    weight_decay: float,
    epsilon: float,
) -> None:
    """Update values and moments in place.

    torch's fused step alone goes through memory once. Its name is private to torch, so where it
    is missing, or is called otherwise by then, plain operations do the same.

    Parameters
    ----------
    tensors : four lists of as many tensors: values, gradients, first moments, second moments.
    n_steps : scalar float tensor, the number of this update, counted from 1.
    learning_rate, weight_decay, epsilon : as for ``torch.optim.Adam``.
    """
    step = _fused if fused_works(n_steps.device) else _plain
    step(tensors, n_steps, learning_rate, weight_decay, epsilon)


@cache
def fused_works(device: torch.device) -> bool:
    """Whether torch has the fused step for a device, and it does what the plain one does."""
    results = []
    for step in (_fused, _plain):
        tensors = [[torch.full((1,), start, device=device)] for start in (1.0, 2.0, 0.0, 0.0)]
        try:
            step(tensors, torch.ones((), device=device), 0.1, 0.5, 1e-8)
        except (AttributeError, TypeError, RuntimeError):
            return False
        results.append([float(tensors[place][0]) for place in (0, 2, 3)])
    return all(abs(a - b) < 1e-5 for a, b in zip(*results, strict=True))


def _fused(
    tensors: Sequence[list[torch.Tensor]],
    n_steps: torch.Tensor,
    learning_rate: float,
    weight_decay: float,
    epsilon: float,
) -> None:
    values, gradients, first, second = tensors
    torch._fused_adam_(
        values,
        gradients,
        first,
        second,
        [],
        [n_steps] * len(values),
        lr=learning_rate,
        beta1=BETAS[0],
        beta2=BETAS[1],
        weight_decay=weight_decay,
        eps=epsilon,
        amsgrad=False,
        maximize=False,
    )


def _plain(
    tensors: Sequence[list[torch.Tensor]],
    n_steps: torch.Tensor,
    learning_rate: float,
    weight_decay: float,
    epsilon: float,
) -> None:
    """Kingma and Ba (2015), algorithm 1, with the L2 term in the gradient."""
    of_first, of_second = (1 - beta ** float(n_steps) for beta in BETAS)
    for value, gradient, first, second in zip(*tensors, strict=True):
        whole = gradient.add(value, alpha=weight_decay)
        first.lerp_(whole, 1 - BETAS[0])
        second.mul_(BETAS[1]).addcmul_(whole, whole, value=1 - BETAS[1])
        root = (second / of_second).sqrt_().add_(epsilon)
        value.addcdiv_(first, root, value=-learning_rate / of_first)
