"""With how many threads a process computes."""

from __future__ import annotations

import os

import torch

from tunescope.geometry.threads import at_most


def limit_threads(count: int) -> None:
    """Compute with so many threads: torch's, and those of the geometry's pools.

    Sums of many numbers are cut differently for another number of threads, so fine-tuned weights
    agree bit by bit only where that number does.
    """
    os.environ["OMP_NUM_THREADS"] = str(count)  # for libraries that are loaded later
    torch.set_num_threads(count)
    at_most(count)
