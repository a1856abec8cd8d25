"""What is seen of a model at one update of a training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """What was seen at one update."""

    update: int
    epoch: float | None
    values: dict[str, float]
    """The numbers of the log, by name, without ``geometry/``."""
    seconds: float
