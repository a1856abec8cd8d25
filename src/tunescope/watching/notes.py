"""What a person should know of a watched training, kept in its record and shown on its page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunescope.runs import Run

logger = logging.getLogger(__name__)


class Notes:
    """The notes of a run about its task.

    Parameters
    ----------
    run : in whose record they are.
    task : its name.
    """

    def __init__(self, run: Run, task: str) -> None:
        self._run = run
        self._task = task

    @property
    def _kept(self) -> list[str]:
        return list(self._run.record.get("notes", {}).get(self._task, []))

    def add(self, note: str) -> bool:
        """Add a note, and tell whether it is new."""
        kept = self._kept
        if note in kept:
            return False
        self._run.note(notes={self._task: [*kept, note]})
        return True

    def remove(self, beginning: str) -> None:
        """Take back the notes that begin so, if there are any."""
        others = [kept for kept in self._kept if not kept.startswith(beginning)]
        self._run.note(notes={self._task: others})

    def replace(self, beginning: str, note: str) -> None:
        """Put a note in place of those that begin so, if there are any."""
        self.remove(beginning)
        self.add(note)

    def warn_once(self, note: str) -> None:
        """Add a note, and warn if it is new."""
        if self.add(note):
            logger.warning("geometry: %s", note)
