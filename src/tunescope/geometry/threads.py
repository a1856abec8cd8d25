"""Threads for compiled work that lets go of the interpreter's lock."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from tunescope.errors import InputError


class _Limit:
    most = sys.maxsize
    """Threads that a pool of no stated size has at the most."""


def at_most(count: int) -> None:
    """Let pools of no stated size have so many threads at the most, in this process."""
    _Limit.most = count


def processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _libraries() -> ThreadpoolController:
    """Find the libraries that have threads of their own, once: it takes a millisecond."""
    return ThreadpoolController()


def single_blas() -> AbstractContextManager[object]:
    """Keep BLAS to one thread: for small products its threads wait longer than they work."""
    limited: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limited


@contextmanager
def threads(n_jobs: int | None) -> Iterator[ThreadPoolExecutor]:
    """Open a pool of threads, each of which keeps to one processor.

    Parameters
    ----------
    n_jobs : how many; as many as there are processors for None or -1, or as `at_most` says.

    Raises
    ------
    InputError
        If `n_jobs` is no such number.
    """
    whole = isinstance(n_jobs, int | np.integer) and not isinstance(n_jobs, bool)
    if n_jobs is not None and (not whole or (n_jobs != -1 and n_jobs < 1)):
        raise InputError(f"n_jobs: expected a positive number, -1 or None, got {n_jobs!r:.60}")
    every = n_jobs is None or n_jobs == -1
    workers = min(processors(), _Limit.most) if every else n_jobs
    with single_blas(), ThreadPoolExecutor(workers) as pool:
        yield pool
