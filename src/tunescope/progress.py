"""How a study tells how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Somebody who wants to know how far a study is."""

    def plan(self, total: float) -> None:
        """Hear how much there is to do, in units that take about the same time each."""

    def advance(self, amount: float) -> None:
        """Hear that some of it is done."""

    def say(self, doing: str) -> None:
        """Hear what is being done now."""


class Silent:
    """Nobody listens."""

    def plan(self, total: float) -> None:
        """Ignore it."""

    def advance(self, amount: float) -> None:
        """Ignore it."""

    def say(self, doing: str) -> None:
        """Ignore it."""
