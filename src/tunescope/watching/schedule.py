"""At which updates a training that is watched is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tunescope.errors import InputError
from tunescope.tuning.schedule import check_schedule, snapshot_updates

Every = str | int | Iterable[int]

_EXPECTED = "expected 'epoch', a number of updates, 'log:N', or a list of updates"


def check_every(every: Any) -> Any:
    """Refuse what names no updates of any training; what can be read once only is kept."""
    if isinstance(every, str) and every == "epoch":
        return every
    if isinstance(every, bool) or every is None:
        raise InputError(f"every={every!r}; {_EXPECTED}")
    if isinstance(every, (int, np.integer)):
        if every < 1:
            raise InputError(f"every={every}; expected at least 1 update")
        return int(every)
    if isinstance(every, str) and not every.startswith("log:"):
        raise InputError(f"every={every!r}; {_EXPECTED}")
    try:
        return check_schedule(every)
    except InputError as error:
        raise InputError(f"every={every!r}: {error}") from None


def planned_updates(every: Any, last: int | None) -> tuple[int, ...] | None:
    """Give the updates to look at, from 0 to the last; None where they show as it goes.

    Parameters
    ----------
    every : from `check_every`.
    last : the last update, where it is known.

    Raises
    ------
    InputError
        ``"log:N"`` cannot be spaced without a last update.

    Examples
    --------
    >>> planned_updates(40, 100)
    (0, 40, 80, 100)
    """
    if isinstance(every, str) and every == "epoch":
        return None
    if isinstance(every, int):
        return None if last is None else tuple(sorted({*range(0, last + 1, every), last}))
    if last is None:
        if isinstance(every, str):
            raise InputError(f"every={every!r} needs the number of updates; give updates=")
        return tuple(sorted({0, *every}))
    if isinstance(every, tuple):
        every = [update for update in every if update <= last]
    return snapshot_updates(every, last)
