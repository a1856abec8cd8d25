"""Where a model runs."""

from __future__ import annotations

import torch

from tunescope.errors import InputError


def choose_device(device: str | torch.device) -> torch.device:
    """Find the device that is asked for.

    Raises
    ------
    InputError
        It does not exist on this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise InputError(f"device={device!r}; expected 'auto', 'cpu', 'cuda', 'cuda:1'") from error
    if chosen.type == "cuda":
        if not torch.cuda.is_available():
            raise InputError(f"device={str(device)!r}: this machine has no usable CUDA GPU")
        if chosen.index is not None and chosen.index >= torch.cuda.device_count():
            raise InputError(
                f"device={str(device)!r}: this machine has {torch.cuda.device_count()} CUDA GPUs"
            )
    elif chosen.type == "mps" and not torch.backends.mps.is_available():
        raise InputError(f"device={str(device)!r}: this machine has no usable MPS GPU")
    return chosen
