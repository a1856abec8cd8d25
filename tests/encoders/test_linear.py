import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tunescope.encoders import linear
from tunescope.encoders.linear import OneDnnLinear, fast_linear

needs_onednn = pytest.mark.skipif(not linear.available(), reason="no oneDNN in this PyTorch")


def gradients(shape, n_out, bias, inside):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(*shape, generator=generator, requires_grad=True)
    weight = torch.randn(n_out, shape[-1], generator=generator, requires_grad=True)
    shift = torch.randn(n_out, generator=generator, requires_grad=True) if bias else None
    if inside:
        with OneDnnLinear():
            y = torch.nn.functional.linear(x, weight, shift)
    else:
        y = torch.nn.functional.linear(x, weight, shift)
    y.square().mean().backward()
    return [y, x.grad, weight.grad, *([shift.grad] if bias else [])]


@needs_onednn
@settings(max_examples=25, deadline=None)
@given(
    lead=st.lists(st.integers(1, 30), min_size=0, max_size=2),
    n_in=st.integers(1, 80),
    n_out=st.integers(1, 80),
    bias=st.booleans(),
)
def test_results_and_gradients_are_those_of_torch(lead, n_in, n_out, bias):
    patched = linear._FEW_PRODUCTS
    linear._FEW_PRODUCTS = 0
    try:
        found = gradients([*lead, n_in], n_out, bias, inside=True)
    finally:
        linear._FEW_PRODUCTS = patched
    for a, b in zip(found, gradients([*lead, n_in], n_out, bias, inside=False), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@needs_onednn
def test_it_is_taken_where_it_pays(monkeypatch):
    calls = []
    product = linear._product
    monkeypatch.setattr(linear, "_product", lambda *a: calls.append(a) or product(*a))
    layer = torch.nn.Linear(128, 128)
    with fast_linear(torch.device("cpu")):
        layer(torch.randn(64, 128))
        assert len(calls) == 1
        layer(torch.randn(1, 128))
        with torch.autocast("cpu", torch.bfloat16):
            layer(torch.randn(64, 128))
        layer.double()(torch.randn(64, 128).double())
    layer.float()(torch.randn(64, 128))
    assert len(calls) == 1


def test_without_the_operator_nothing_changes(monkeypatch):
    def missing(*arguments):
        raise AttributeError("no such operator")

    monkeypatch.setattr(linear, "_product", missing)
    linear.available.cache_clear()
    try:
        assert not linear.available()
        with fast_linear(torch.device("cpu")):
            torch.nn.Linear(128, 128)(torch.randn(64, 128))
    finally:
        linear.available.cache_clear()


def test_a_wrong_operator_is_not_used(monkeypatch):
    monkeypatch.setattr(linear, "_product", lambda x, w, b: torch.zeros(len(x), len(w)))
    linear.available.cache_clear()
    try:
        assert not linear.available()
    finally:
        monkeypatch.undo()
        linear.available.cache_clear()
