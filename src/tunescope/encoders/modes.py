"""Look at a model without leaving a trace in it, or in the random state."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tunescope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEEDS = 2**32
"""As many seeds as numpy's global generator takes, which Hugging Face's Trainer sets."""


def check_seed(seed: object) -> int:
    """Give a seed that every generator takes, or refuse it."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < _SEEDS:
        raise InputError(f"seed={seed!r}; expected a whole number from 0 to {_SEEDS - 1}")
    return int(seed)


def random_state() -> dict[str, Any]:
    """Give the state of the global generators of python, numpy, torch, and CUDA if it is in use.

    It is made of tensors, numbers and lists only, so that it can be stored without pickles.
    """
    version, numbers, gauss = random.getstate()
    numpy_state: Any = np.random.get_state()  # noqa: NPY002 - to restore it
    name, keys, *rest = numpy_state
    state: dict[str, Any] = {
        "python": [version, list(numbers), gauss],
        "numpy": [name, torch.from_numpy(keys.astype(np.int64)), *rest],
        "torch": torch.get_rng_state(),
    }

    # Asking a GPU that is not in use would initialise it.
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Put the generators into a state that `random_state` gave."""
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.set_rng_state_all(state["cuda"])


def seed_cpu(seed: int) -> None:
    """Seed torch's generator of the CPU, where fresh weights are made, and no GPU's."""
    torch.default_generator.manual_seed(seed)


@contextmanager
def preserved_random_state() -> Iterator[None]:
    """Restore the global generators of python, numpy, torch and every CUDA device at the end."""
    state = random_state()
    try:
        yield
    finally:
        set_random_state(state)


@contextmanager
def evaluation_mode(model: torch.nn.Module) -> Iterator[None]:
    """Switch dropout off, and every module back to its own mode at the end."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
