"""How products of float32 matrices are computed on a CPU: fast, and still in float32."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def fast_float32() -> Iterator[None]:
    """Let oneDNN do float32 products while it keeps float32's accuracy.

    On some processors torch's default library for float32 products runs at half of the speed
    of oneDNN, which it uses only if lower precision is allowed. Where oneDNN then stays in
    float32 (checked once against float64) it is allowed here; where it would round to
    bfloat16 it is not.
    """
    if not _onednn_keeps_float32():
        yield
        return
    with _lower_precision_allowed():
        yield


@contextmanager
def _lower_precision_allowed() -> Iterator[None]:
    settings: Any = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        yield
    finally:
        settings.fp32_precision = before


@cache
def _onednn_keeps_float32() -> bool:
    backend: Any = torch.backends.mkldnn
    if not backend.is_available() or not hasattr(
        getattr(backend, "matmul", None), "fp32_precision"
    ):
        return False
    random = torch.Generator().manual_seed(0)
    A = torch.rand((3, 96, 384), generator=random) - 0.5
    B = torch.rand((3, 384, 200), generator=random) - 0.5
    with _lower_precision_allowed():
        product = torch.bmm(A, B)
    error = float((product.double() - A.double() @ B.double()).abs().max())
    return error < 1e-4  # float32 errs by about 1e-6 here, bfloat16 by 1e-2
