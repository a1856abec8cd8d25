"""At which updates snapshots are taken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from tunescope.errors import InputError

Schedule = int | str | Iterable[int]

MOST = 1_000_000
"""Snapshots that may be asked for; more than a training has updates are all of its updates."""
_LOG = re.compile(r"log:([0-9]{1,18})")
_NUMBER = re.compile(r"[0-9]{1,18}")


def snapshot_updates(schedule: Schedule, last: int) -> tuple[int, ...]:
    """Turn a schedule into updates; the first and the last are always among them.

    Parameters
    ----------
    schedule : how many snapshots in all, evenly spaced; ``"log:N"`` for N of them, dense at
        the start; or the updates themselves.
    last : the last update.

    Raises
    ------
    InputError
        Fewer than two snapshots, or an update outside the training.

    Examples
    --------
    >>> snapshot_updates(5, 100)
    (0, 25, 50, 75, 100)
    >>> snapshot_updates("log:5", 100)
    (0, 1, 5, 22, 100)
    >>> snapshot_updates([10, 20], 100)
    (0, 10, 20, 100)
    """
    if isinstance(schedule, bool):
        raise InputError(f"snapshots={schedule}; expected a number, 'log:N', or updates")
    if isinstance(schedule, (int, np.integer)):
        return _evenly(int(schedule), last)
    if isinstance(schedule, str):
        match = _LOG.fullmatch(schedule.strip())
        if match is not None:
            return _log_spaced(int(match[1]), last)
        if _NUMBER.fullmatch(schedule.strip()):
            return _evenly(int(schedule), last)
        raise InputError(
            f"snapshots={schedule!r}; expected a number, 'log:N', or a list of updates"
        )
    updates = {0, last}
    for update in _listed(schedule):
        if isinstance(update, bool) or not isinstance(update, (int, np.integer)):
            raise InputError(f"snapshots: {update!r} is not a number of updates")
        if not 0 <= update <= last:
            raise InputError(f"snapshots: update {update}; the training has updates 0 to {last}")
        updates.add(int(update))
    return tuple(sorted(updates))


def check_schedule(schedule: Schedule) -> int | str | tuple[int, ...]:
    """Refuse what can be no schedule of any training; what can be read once only is kept."""
    if isinstance(schedule, np.integer):
        schedule = int(schedule)
    if isinstance(schedule, (int, str)):
        snapshot_updates(schedule, 1)
        return schedule
    updates = _listed(schedule)
    latest = [int(update) for update in updates if isinstance(update, (int, np.integer))]
    snapshot_updates(updates, max(latest, default=0))
    return tuple(int(update) for update in updates)


def _listed(schedule: Any) -> tuple[Any, ...]:
    """Give the updates that are named one by one."""
    try:
        return tuple(schedule)
    except TypeError:
        raise InputError(
            f"snapshots={schedule!r}; expected a number, 'log:N', or a list of updates"
        ) from None


def _evenly(count: int, last: int) -> tuple[int, ...]:
    _check(count)
    count = max(2, min(count, last + 1))  # more would only name updates twice
    return tuple(sorted({round(i * last / (count - 1)) for i in range(count)}))


def _log_spaced(count: int, last: int) -> tuple[int, ...]:
    """Space them by a constant ratio, where it can be: two are at least one update apart."""
    _check(count)
    steps = min(count - 1, last)
    updates = {0, last}
    update = 0
    for left in range(steps, 1, -1):
        # What is left is spread over the remaining range by the ratio that fits it exactly.
        start = max(1, update)
        ratio = (last / start) ** (1 / (left - 1 if update == 0 else left))
        update = 1 if update == 0 else max(update + 1, round(update * ratio))
        updates.add(update)
    return tuple(sorted(updates))


def _check(count: int) -> None:
    if count < 2:
        raise InputError(f"snapshots={count}; expected at least 2, update 0 and the last one")
    if count > MOST:
        raise InputError(f"snapshots={count}; expected at most {MOST:,}")
