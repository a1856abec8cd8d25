"""Torch's private step and plain operations are the same Adam, and either may be missing."""

from __future__ import annotations

import pytest
import torch

from tunescope.probes.engine import adam

CPU = torch.device("cpu")


def trained(weight_decay: float, n_steps: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    """The same tensors after some steps, ours and those of torch's optimizer."""
    generator = torch.Generator().manual_seed(0)
    start = torch.randn((4, 3), generator=generator)
    gradients = torch.randn((n_steps, 4, 3), generator=generator)
    value = start.clone()
    moments = [torch.zeros_like(value), torch.zeros_like(value)]
    theirs = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([theirs], lr=0.01, weight_decay=weight_decay)
    for number, gradient in enumerate(gradients):
        adam.adam_step(
            [[value], [gradient.clone()], [moments[0]], [moments[1]]],
            torch.tensor(number + 1.0),
            learning_rate=0.01,
            weight_decay=weight_decay,
            epsilon=1e-8,
        )
        theirs.grad = gradient.clone()
        optimizer.step()
    return value, theirs.detach()


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("how", ["as torch is", "missing", "called otherwise"])
def test_a_step_is_that_of_torchs_optimizer(
    how: str, weight_decay: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    adam.fused_works.cache_clear()
    if how == "missing":
        monkeypatch.delattr(torch, "_fused_adam_")
    elif how == "called otherwise":
        monkeypatch.setattr(torch, "_fused_adam_", lambda values: None)
    assert adam.fused_works(CPU) == (how == "as torch is")
    ours, theirs = trained(weight_decay)
    adam.fused_works.cache_clear()
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


def test_a_fused_step_that_computes_something_else_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adam.fused_works.cache_clear()
    monkeypatch.setattr(torch, "_fused_adam_", lambda *tensors, **constants: None)
    assert not adam.fused_works(CPU)
    adam.fused_works.cache_clear()
