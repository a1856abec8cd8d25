"""What looking may cost: a share of the training's time, kept by thinning and by spacing."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING

from tunescope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKS = 6
"""So many looks a sample of the examples is made small enough for."""
CLOSING = 2
"""The time of so many looks is kept free: the last one, and putting the tables together."""
PASSES = 3
"""A training step on a text costs about as much as reading it so many times."""


def check_budget(budget: float | None) -> float | None:
    """Refuse what is no share of a time."""
    if budget is None:
        return None
    is_number = isinstance(budget, Real) and not isinstance(budget, bool)
    if not is_number or not 0 < budget < math.inf:
        raise InputError(f"budget={budget!r}; expected a share of the time, such as 0.05, or None")
    return float(budget)


@dataclass
class Budget:
    """The time that looking took, and whether another look fits.

    The first and the last look are always taken; between them a look is taken as far as the time
    for it grows, evenly over the training.
    """

    share: float | None
    """At most so much of the training's own time; None: as much as it takes."""
    clock: Callable[[], float] = time.perf_counter
    started: float = field(init=False)
    spent: float = 0.0
    """Seconds that looking took."""
    first: float = 0.0
    """Of them, those before the training began."""
    latest: float = 0.0
    """Seconds of the latest look."""
    before: tuple[float, float] = (0.0, 0.0)
    """Seconds of looking and of training before a stop; what fits is of the time since then."""

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def training(self) -> float:
        """Seconds of training so far, without looking."""
        return max(0.0, self.clock() - self.started - self.spent)

    @property
    def all_spent(self) -> float:
        """Seconds that looking took, with those before a stop."""
        return self.before[0] + self.spent

    @property
    def all_training(self) -> float:
        """Seconds of training so far, without looking, with those before a stop."""
        return self.before[1] + self.training

    @property
    def used(self) -> float:
        """The share of the training's time that looking took so far."""
        training = self.all_training
        return self.all_spent / training if training > 0 else float("inf")

    def go_on(self, spent: float, training: float) -> None:
        """Count the seconds of looking and of training before a stop."""
        self.before = (spent, training)

    def add(self, seconds: float, *, first: bool = False) -> None:
        """Count a look."""
        self.spent += seconds
        self.latest = seconds
        if first:
            self.first += seconds

    def allows(self, progress: float | None) -> bool:
        """Tell whether a look between the first and the last fits.

        Parameters
        ----------
        progress : how much of the training is done, 0 to 1; None where its end is not known.
        """
        if self.share is None:
            return True
        if not progress:  # the end is not known: what is spent has to be earned already
            return self.spent + self.latest <= self.share * self.training
        whole = self.share * self.training / progress
        between = whole - self.first - CLOSING * self.latest
        return self.spent - self.first + self.latest <= between * progress


def examples_that_fit(
    share: float, looks: int, *, seconds: float, texts: int, reading: float, ahead: int
) -> int:
    """Say how many texts a look may be at, for `LOOKS` of them to fit.

    Parameters
    ----------
    share : of the training's time that looking may take.
    looks : that are planned.
    seconds : that a look at `texts` texts took.
    texts : of that look.
    reading : seconds that it took to read them.
    ahead : texts that will be trained on.
    """
    training = PASSES * reading / texts * ahead
    each = share * training / max(2, min(looks, LOOKS))
    return int(each / (seconds / texts))
