"""What the processor time of a study goes into: counted by stage, while its steps are done."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

ENCODING = "encoding"
TUNING = "fine-tuning"
SEPARATIONS = "separations"
CLUSTERS = "clusters"
PROBES = "classifier probes"
SUSPECTS = "suspects"
REST = "other measures"

SPENT = "processor_seconds"
"""Where a step's notes and a run's record keep it."""


@dataclass
class Spending:
    """Processor seconds of this process, with all its threads, by stage.

    A stage inside another counts for itself only.
    """

    clock: Callable[[], float] = time.process_time
    _spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _inner: list[float] = field(default_factory=list)
    """For each stage that is going on, the seconds of those inside it."""

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        """Count what is done inside for a stage."""
        begin = self.clock()
        self._inner.append(0.0)
        try:
            yield
        finally:
            seconds = self.clock() - begin
            self._spent[stage] += seconds - self._inner.pop()
            if self._inner:
                self._inner[-1] += seconds

    def take(self) -> dict[str, float]:
        """Give what was counted since the last time, and begin again."""
        taken = {stage: round(seconds, 3) for stage, seconds in self._spent.items()}
        self._spent.clear()
        return taken


def total(notes: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Add up what the notes of steps say was spent.

    Examples
    --------
    >>> total([{SPENT: {"encoding": 1.0}}, {SPENT: {"encoding": 1.5, "suspects": 4.0}}, {}])
    {'encoding': 2.5, 'suspects': 4.0}
    """
    spent: Counter[str] = Counter()
    for one in notes:
        spent.update(one.get(SPENT, {}))
    return {stage: round(seconds, 3) for stage, seconds in spent.items()}
