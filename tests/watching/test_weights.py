"""Weights have one checksum whoever computes it, and others have another."""

from __future__ import annotations

import pytest
import torch

from tunescope.watching.weights import weights_checksum


def net(dtype: torch.dtype = torch.float32) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Embedding(50, 8), torch.nn.Linear(8, 3)).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_one_bit_of_one_weight_changes_it(dtype: torch.dtype) -> None:
    same, other = net(dtype), net(dtype)
    assert weights_checksum(net(dtype)) == weights_checksum(same) != ""
    with torch.no_grad():
        weight = other[0].weight  # type: ignore[index]
        weight[49, 7] = torch.nextafter(weight[49, 7], torch.ones_like(weight[49, 7]))
    assert weights_checksum(other) != weights_checksum(same)


def test_neither_how_weights_lie_nor_how_many_compute_matters() -> None:
    model, turned = net(), net()
    weight = turned[1].weight  # type: ignore[index]
    weight.data = weight.data.t().contiguous().t()
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert weights_checksum(turned) == weights_checksum(torch.nn.DataParallel(model))
    finally:
        torch.set_num_threads(before)
    assert weights_checksum(model) == weights_checksum(turned)


def test_weights_that_are_nowhere_have_none() -> None:
    assert weights_checksum(net().to("meta")) == ""
