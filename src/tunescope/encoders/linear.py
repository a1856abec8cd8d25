"""Matrix products of float32 on a CPU by oneDNN, which is as exact as MKL and often faster.

PyTorch gives these products to MKL. On processors that are not Intel's, MKL leaves the wide
vector units idle; oneDNN, which every PyTorch for x86 carries as well, does not, and takes
about half the time there (``benchmarks/encoding.py``). Both compute in float32; they differ
in the order of the sums.
"""

from __future__ import annotations

import functools
import logging
import platform
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

logger = logging.getLogger(__name__)

_FEW_PRODUCTS = 1 << 16
"""Below so many multiplications the call costs more than it saves."""


def fast_linear(device: torch.device) -> AbstractContextManager[Any]:
    """Give a context in which linear layers are computed by oneDNN, where that is possible.

    Parameters
    ----------
    device : where the model is; nothing changes on a GPU.
    """
    return OneDnnLinear() if device.type == "cpu" and available() else nullcontext()


@functools.cache
def available() -> bool:
    """Say whether this PyTorch has oneDNN's linear layer, and whether its result is right.

    The operator is the one that ``torch.compile`` uses. It is not documented, so it is tried
    before it is relied on.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    x = torch.linspace(-1.0, 1.0, 64 * 24).reshape(64, 24)
    weight = torch.linspace(-2.0, 1.0, 40 * 24).reshape(40, 24)
    bias = torch.linspace(0.0, 1.0, 40)
    try:
        found = _product(x, weight, bias)
    except (AttributeError, RuntimeError, NotImplementedError) as error:
        logger.info("oneDNN's linear layer cannot be used: %s", error)
        return False
    return bool(torch.allclose(found, torch.nn.functional.linear(x, weight, bias), atol=1e-5))


class OneDnnLinear(TorchFunctionMode):
    """While it is entered, float32 linear layers on the CPU go to oneDNN, gradients as well."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Take over the linear layers; everything else passes through."""
        if func is torch.nn.functional.linear and not kwargs and _suitable(*args):
            missing = [None] * (3 - len(args))  # a layer without bias
            return _Linear.apply(*args, *missing)  # type: ignore[no-untyped-call]
        return func(*args, **(kwargs or {}))


def _suitable(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> bool:
    return (
        x.dtype is weight.dtype is torch.float32
        and x.device.type == weight.device.type == "cpu"
        and weight.dim() == 2
        and (bias is None or bias.dtype is torch.float32)
        and x.numel() * weight.shape[0] >= _FEW_PRODUCTS
        and not torch.is_autocast_enabled("cpu")
    )


class _Linear(torch.autograd.Function):
    """``x · weightᵀ + bias``, for ``x`` of any number of dimensions."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        rows = x.reshape(-1, x.shape[-1])
        ctx.save_for_backward(rows, weight)
        ctx.has_bias = bias is not None
        return _product(rows, weight, bias).view(*x.shape[:-1], weight.shape[0])

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, weight = ctx.saved_tensors
        gradient = gradients[0]
        of_rows = gradient.reshape(-1, gradient.shape[-1])
        x = w = b = None
        if ctx.needs_input_grad[0]:
            x = _product(of_rows, weight.t().contiguous(), None)
            x = x.view(*gradient.shape[:-1], weight.shape[1])
        if ctx.needs_input_grad[1]:
            w = _product(of_rows.t().contiguous(), rows.t().contiguous(), None)
        if ctx.has_bias and ctx.needs_input_grad[2]:
            b = of_rows.sum(dim=0)
        return x, w, b


def _product(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")
    return found
