"""Separations within a time: bounds that hold, as narrow as the time allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from typing import TYPE_CHECKING

from tunescope.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from tunescope.geometry.hulls.result import Separation

COARSE = (0.5, 0.1, 1e-2, 1e-3, 1e-4)
"""Relative gaps that are aimed at in turn, before the one that is asked for."""

Refine = Callable[[int, float, "Separation | None"], "Separation"]
"""A pair's index, the relative gap, and its separation so far; in return a narrower one."""


def check_budget(budget: float | None) -> None:
    """Refuse a budget that is no time.

    Raises
    ------
    InputError
        If it is not a positive number of seconds.
    """
    if budget is None:
        return
    if isinstance(budget, bool) or not isinstance(budget, int | float) or not budget > 0:
        raise InputError(f"budget: expected a positive number of seconds, got {budget!r}")


def within(
    budget: float, rtol: float, order: list[int], refine: Refine, pool: ThreadPoolExecutor
) -> Iterator[tuple[int, Separation]]:
    """Measure pairs to wide gaps first, and narrow all of them further while there is time.

    The first pass is always ended, so that every pair has bounds; a later one goes on until the
    time is up. What comes later for a pair is in place of what came before.
    """
    end = time.monotonic() + budget
    found: dict[int, Separation] = {}

    def narrowed(index: int, gap: float) -> Separation | None:
        earlier = found.get(index)
        if earlier is not None and time.monotonic() >= end:
            return None
        return refine(index, gap, earlier)

    for gap in (*(wide for wide in COARSE if wide > rtol), rtol):
        left = [i for i in order if i not in found or not _reached(found[i], gap)]
        futures = {pool.submit(narrowed, index, gap): index for index in left}
        for future in as_completed(futures):
            result = future.result()
            if result is not None:
                found[futures[future]] = result
                yield futures[future], result
        if time.monotonic() >= end:
            return


def _reached(result: Separation, gap: float) -> bool:
    return result.status == "overlapping" or result.upper - result.lower <= gap * result.upper
