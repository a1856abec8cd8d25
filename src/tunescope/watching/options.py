"""What a callback and a plain loop are asked for alike, checked before any training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from tunescope.arguments import whole_numbers
from tunescope.encoders.policy import PolicyOptions, make_policy
from tunescope.errors import InputError
from tunescope.results import Result
from tunescope.tasks import Task
from tunescope.watching.budget import check_budget
from tunescope.watching.failures import going_on
from tunescope.watching.measure import check_measures
from tunescope.watching.settings import Settings, chosen_splits
from tunescope.watching.watcher import LAST_LOOK, Training

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from tunescope.encoders.policy import Policy
    from tunescope.runs import Run
    from tunescope.watching.stopping import StopRule


class Wanted(TypedDict, total=False):
    """What is looked at, and how."""

    layers: str | Iterable[int]
    splits: str | Iterable[str] | None
    measures: str | Iterable[str] | None
    budget: float | None
    stop_when: StopRule | None
    policy: Policy | None


def settings_of(task: Task, wanted: Wanted, options: PolicyOptions) -> Settings:
    """Check what is wanted."""
    if not isinstance(task, Task):
        raise InputError(f"task: a {type(task).__name__}; expected a tunescope.Task")
    stop_when = wanted.get("stop_when")
    if stop_when is not None and not callable(stop_when):
        raise InputError(f"stop_when={stop_when!r}; expected a rule such as Diverging()")
    return Settings(
        task,
        chosen_splits(task, wanted.get("splits")),
        _layers(wanted.get("layers", "last")),
        check_measures(wanted.get("measures")),
        make_policy(wanted.get("policy"), **options),
        check_budget(wanted.get("budget", 0.05)),
        stop_when,
    )


def _layers(layers: Any) -> tuple[int, ...] | None:
    """Give the layers' numbers; ``None`` is every one."""
    if isinstance(layers, str):
        if layers not in ("last", "all"):
            raise InputError(f"layers={layers!r}; expected 'last', 'all', or their numbers")
        return (-1,) if layers == "last" else None
    numbers = whole_numbers("layers", layers)
    if not numbers:
        raise InputError("layers: none is named")
    return numbers


class Watched:
    """What was seen of a training, while it runs and after it."""

    def __init__(self, task: Task, wanted: Wanted, options: PolicyOptions) -> None:
        self.settings = settings_of(task, wanted, options)
        self._training: Training | None = None
        self._run: Run | None = None
        self._lost = "no training that was watched has ended yet"
        self._is_first = True
        """Whether this is the first of the processes that train together."""

    @property
    def result(self) -> Result:
        """What was found of the training that ended last: its run's folder, tables and record.

        Raises
        ------
        InputError
            No training has ended yet, or its tables could not be made.
        """
        if self._run is None:
            raise InputError(f"result: {self._lost}")
        return Result(self._run)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the page of the training that ended last.

        Parameters
        ----------
        path : of the page; by default ``report.html`` in the run's folder. Of several processes
            the first writes it.
        """
        if not self._is_first and path is not None:
            return Path(path)
        found = self.result
        return found.report(path) if self._is_first else found.folder / "report.html"

    def _end(self, final_update: int | None = LAST_LOOK) -> None:
        """End the training that is watched, if there is one; an error does not end the caller."""
        training, self._training = self._training, None
        if training is None:
            return
        self._run, kept = None, f"its looks are kept in {training.run.folder}"
        self._lost = f"the tables of the training that ended last could not be made; {kept}"
        with going_on(self._lost, training.abandon):
            self._run = training.end(final_update)

    def _abandon(self) -> None:
        """Let go of a training that was broken off."""
        training, self._training = self._training, None
        if training is not None:
            training.abandon()
