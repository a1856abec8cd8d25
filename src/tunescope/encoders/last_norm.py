"""The normalisation behind a model's last block: which module it is, and what goes into it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


@contextmanager
def inputs_of(module: torch.nn.Module | None) -> Iterator[list[torch.Tensor]]:
    """Hear what goes into a module, while it is used; of none, nothing."""
    heard: list[torch.Tensor] = []
    if module is None:
        yield heard
        return
    hook = module.register_forward_pre_hook(lambda _module, given: heard.append(given[0]))
    try:
        yield heard
    finally:
        hook.remove()


@contextmanager
def outputs_of_norms(backbone: Any) -> Iterator[dict[str, torch.Tensor]]:
    """Hear what the normalisations outside of a model's blocks give, by their names."""
    heard: dict[str, torch.Tensor] = {}
    hooks = []
    for name, module in backbone.named_modules():
        parts = name.split(".")
        if any(part.isdigit() for part in parts) or not name or any(module.children()):
            continue

        def note(_module: Any, _given: Any, out: Any, name: str = name) -> None:
            if isinstance(out, torch.Tensor):
                heard[name] = out

        if "norm" in type(module).__name__.lower():
            hooks.append(module.register_forward_hook(note))
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def last_norm(outputs: dict[str, torch.Tensor], states: Sequence[torch.Tensor]) -> str | None:
    """Name the normalisation that gave the last layer's vectors; None where there is none."""
    if len(states) < 2:
        return None
    for name, out in outputs.items():
        if out.shape == states[-1].shape and torch.equal(out, states[-1]):
            return name
    return None
