"""To go on after an error: a training is somebody else's, and is not lost for looking at it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tunescope.errors import TunescopeError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)


@contextmanager
def going_on(what: str, leave: Callable[[], object] | None = None) -> Iterator[None]:
    """Say in one line that something failed, and go on: the training is somebody else's.

    Parameters
    ----------
    what : comes of the failure.
    leave : what is left to do then, called while the error is handled.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, no training is worth losing for it
        logger.warning("geometry: %s (%s)", what, in_one_line(error))
        if leave is not None:
            leave()


def in_one_line(error: Exception) -> str:
    """Say an error in one line, with its kind where that is not this package's own."""
    return str(error) if isinstance(error, TunescopeError) else reason(error)
