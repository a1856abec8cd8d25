"""Where something is computed: the one place that reads the name of a device."""

from __future__ import annotations

import torch

from tunescope.errors import InputError

_KNOWN = "'auto', 'cpu', 'cuda', 'cuda:1', 'mps'"


def choose_device(device: str | torch.device, *, training: bool = False) -> torch.device:
    """Find the device that is asked for.

    Nothing is initialised: naming the CPU touches no GPU.

    Parameters
    ----------
    device : ``"auto"`` is a CUDA GPU where there is one, else the CPU; or ``"cpu"``, ``"cuda"``,
        ``"cuda:1"``, ``"mps"``.
    training : whether an encoder is to be fine-tuned there, which Hugging Face's Trainer does on
        the first visible GPU only.

    Raises
    ------
    InputError
        It is no device that computes here, or it does not exist on this machine.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if isinstance(device, str) and device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"device={device!r}; expected {_KNOWN}") from error
    if chosen.type not in ("cpu", "cuda", "mps") or (chosen.type != "cuda" and chosen.index):
        raise InputError(f"device={str(device)!r}; expected {_KNOWN}")
    if chosen.type == "cuda":
        _check_cuda(chosen, training)
    elif chosen.type == "mps" and not torch.backends.mps.is_available():
        raise InputError(f"device={str(device)!r}: this machine has no usable MPS GPU")
    return chosen


def _check_cuda(chosen: torch.device, training: bool) -> None:
    if not torch.cuda.is_available():
        raise InputError(f"device={str(chosen)!r}: this machine has no usable CUDA GPU")
    count = torch.cuda.device_count()
    if chosen.index is not None and chosen.index >= count:
        numbers = "cuda:0" if count == 1 else f"cuda:0 to cuda:{count - 1}"
        raise InputError(f"device={str(chosen)!r}: this machine has {numbers}")
    if training and chosen.index:
        raise InputError(
            f"device={str(chosen)!r}: fine-tuning takes the first visible GPU; set "
            f"CUDA_VISIBLE_DEVICES={chosen.index} and name 'cuda'"
        )
