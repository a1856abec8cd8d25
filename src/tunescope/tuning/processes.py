"""What processes that train together have from the first of them."""

from __future__ import annotations

from typing import TypeVar

import torch

T = TypeVar("T")


def several_processes() -> bool:
    """Tell whether this is one of several processes that know of each other."""
    distributed = torch.distributed
    return (
        distributed.is_available()
        and distributed.is_initialized()
        and distributed.get_world_size() > 1
    )


def of_the_first(value: T) -> T:
    """Have the other processes wait for the first one, and give each what it has."""
    if not several_processes():
        return value
    values = [value]
    torch.distributed.broadcast_object_list(values, src=0)
    return values[0]
