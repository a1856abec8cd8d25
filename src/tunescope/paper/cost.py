"""What a study is going to do, before any of it is done: steps, time, and disk for vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tunescope.encoders import find_model
from tunescope.studies import estimate
from tunescope.studies.plan import Cell, updates_of
from tunescope.studies.study import Study
from tunescope.studies.work import Measure, Train
from tunescope.tasks import Task


@dataclass(frozen=True)
class Plan:
    """What a study is going to do."""

    models: int
    tasks: int
    tunings: int
    """Fine-tunings: each model on each task with each seed."""
    snapshots: int
    """Encodings of a task that are measured, those of original and random weights included."""
    transfers: int
    seconds: float
    """Roughly, from the number of arithmetic operations and how many this machine does in a second;
    within a factor of three."""
    bytes_at_once: float
    """Disk for vectors while it runs."""
    bytes_kept: float
    """Disk for vectors afterwards."""
    unknown: tuple[str, ...] = ()
    """Models whose size is known only once they are downloaded; they count as BERT-base."""

    @property
    def jobs(self) -> int:
        """Everything that is done, and stored, as one step."""
        return self.tunings + self.snapshots + self.transfers


def plan(study: Study, tasks: Mapping[str, Task]) -> Plan:
    """Count what a study does, and estimate how long it takes and how much disk.

    Parameters
    ----------
    study : what to do.
    tasks : its tasks by name.

    Raises
    ------
    InputError
        If a model is not known.
    """
    for model in study.models:
        find_model(model)
    seconds = kept = at_once = 0.0
    tunings = measured = transfers = 0
    for model in study.models:
        for task in tasks.values():
            n_texts = len(np.unique(task.splits["train"].text_index))
            cell = Cell(study, model, task, updates_of(study, model, n_texts), tasks)
            steps = list(cell.steps())
            tunings += sum(isinstance(step.work, Train) for step in steps)
            of_cell = [step.work for step in steps if isinstance(step.work, Measure)]
            transfers += sum(work.wanted.transfer for work in of_cell)
            measured += sum(not work.wanted.transfer for work in of_cell)
            seconds += sum(step.cost for step in steps)
            layers = estimate.size(model).layers + 1
            once = 4.0 * layers * estimate.width(task, model) * _examples(task)
            at_once = max(at_once, once * 2)
            kept += once * len(cell.kept())
    return Plan(
        len(study.models),
        len(tasks),
        tunings,
        measured,
        transfers,
        seconds,
        kept + at_once,
        kept,
        tuple(model for model in study.models if not estimate.size(model).known),
    )


def _examples(task: Task) -> int:
    return sum(len(split) for name, split in task.splits.items() if name in ("train", "test"))
