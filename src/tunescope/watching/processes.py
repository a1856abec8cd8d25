"""Of several processes that train together the first one looks, and the others hear of it."""

from __future__ import annotations

import os

import torch

from tunescope.runs import Run
from tunescope.tuning.processes import of_the_first, several_processes


def is_first() -> bool:
    """Tell whether this is the first of the processes that train together, or the only one.

    Before they know of each other it is told by what launchers leave in the environment.
    """
    if several_processes():
        return torch.distributed.get_rank() == 0
    if _number("WORLD_SIZE", 1) < 2:
        return True
    return not _number("RANK", _number("LOCAL_RANK", 0) or _number("NODE_RANK", 0))


def _number(name: str, default: int) -> int:
    found = os.environ.get(name, "")
    return int(found) if found.isdecimal() else default


def run_of_the_first(run: Run | None) -> Run | None:
    """Open the run that the first process has kept in every process."""
    folder = of_the_first(None if run is None else run.folder)
    return run if run is not None or folder is None else Run.open(folder)


def said_by_the_first(yes: bool) -> bool:
    """Give every process what the first one decides: a clock is in it, and each has its own."""
    if not several_processes():
        return yes
    said = torch.tensor([int(yes)])
    if torch.distributed.get_backend() == "nccl":
        said = said.cuda()
    torch.distributed.broadcast(said, src=0)
    return bool(said.item())
