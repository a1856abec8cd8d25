"""Conduct a study: every model, task and seed, from text to tables, going on where it stopped."""

from __future__ import annotations

import logging
import math
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from tunescope.encoders import Encoder, Representations, find_model
from tunescope.encoders.devices import choose_device
from tunescope.errors import InputError, nearest
from tunescope.runs import Run, replacing
from tunescope.studies.assemble import assemble
from tunescope.studies.measure import (
    PROBE_COST,
    SPLITS,
    Measurement,
    Wanted,
    describe,
    describe_probe,
)
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.progress import Progress, Silent
from tunescope.studies.study import Study
from tunescope.studies.transfer import STEP
from tunescope.tasks import Task
from tunescope.tuning import finetune, snapshot_updates

log = logging.getLogger(__name__)

MAY_GROW = ("models", "tasks", "seeds", "transfer", "data")
"""What a study in the same folder may have more of than when the folder was begun."""

TUNING_COST = 3
"""Fine-tuning on a text takes about as long as the geometry of this many examples and layers."""


def conduct(
    study: Study,
    folder: Path,
    *,
    tasks: dict[str, Task] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Do what a study asks for and is not done yet.

    Parameters
    ----------
    study : what to find out.
    folder : the run folder; a new one, or one in which this study was begun, perhaps with fewer
        models, tasks or seeds.
    tasks : the study's tasks, where they were loaded before.
    progress : who wants to know how far it is.

    Returns
    -------
    Run
        With its tables written.

    Raises
    ------
    InputError
        If a model, a task or the folder is not what it should be. A folder that was made for
        this call and has nothing in it yet is removed again.
    """
    progress = progress or Silent()
    choose_device(study.device)
    for model in study.models:
        find_model(model)
    tasks = find_tasks(study) if tasks is None else tasks
    _check_transfers(study, list(tasks))
    made = not Path(folder).exists()
    identity = {**study.identity, "data": {name: dict(t.provenance) for name, t in tasks.items()}}
    settings = study.model_dump(mode="json")
    with Run.start(folder, settings, identity=identity, may_grow=MAY_GROW) as run:
        run.note(
            notes={name: list(task.notes) for name, task in tasks.items()},
            tasks={name: _sizes(task) for name, task in tasks.items()},
            probe=describe_probe(study),
        )
        cells = [
            Cell(run, study, model, task, progress, _probed(study, task, tasks))
            for model in study.models
            for task in tasks.values()
        ]
        try:
            progress.plan(sum(cell.cost() for cell in cells))
            for cell in cells:
                cell.conduct()
        except InputError:
            if made and not run.path("steps").exists():
                shutil.rmtree(run.folder)
            raise
        if not run.record.get("complete"):
            progress.say("putting the tables together")
            steps = (step for cell in cells for step in cell.steps())
            run.write_tables(assemble(steps, study.seeds))
            run.path("report.html").unlink(missing_ok=True)  # that of fewer models, tasks or seeds
            run.note(complete=True, timings=[time for cell in cells for time in cell.timings()])
    return run


def _check_transfers(study: Study, names: list[str]) -> None:
    for number, pair in enumerate(study.transfer):
        for key, name in (("tune", pair.tune), ("probe", pair.probe)):
            if name not in names:
                raise InputError(
                    f"transfer.{number}.{key}: {name!r} is no task of this study; "
                    f"{nearest(name, names)}"
                )
        if pair.tune == pair.probe:
            raise InputError(
                f"transfer.{number}: both tasks are {pair.tune!r}; what fine-tuning does to its "
                "own task is measured anyway"
            )


def _probed(study: Study, task: Task, tasks: dict[str, Task]) -> tuple[Task, ...]:
    """Find the tasks that are looked at under the model tuned on this one."""
    names = dict.fromkeys(pair.probe for pair in study.transfer if pair.tune == task.name)
    return tuple(tasks[name] for name in names)


def _sizes(task: Task) -> dict[str, Any]:
    splits = {name: len(split) for name, split in task.splits.items()}
    return {"kind": task.kind, "labels": len(task.label_names), "examples": splits}


@dataclass(frozen=True)
class Cell:
    """One model on one task."""

    run: Run
    study: Study
    model: str
    task: Task
    progress: Progress
    probed: tuple[Task, ...] = ()
    """The other tasks that the fine-tuned model is measured on."""

    @property
    def key(self) -> str:
        """Folder of the cell inside ``steps`` and ``vectors``."""
        return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', self.model).strip('-.')}/{self.task.name}"

    def updates(self, original: Representations) -> tuple[int, ...]:
        """Give the updates at which snapshots are taken, from 0 to the last.

        Parameters
        ----------
        original : the encoded task; texts all of whose examples were dropped do not count.
        """
        tuning = self.study.tuning
        n_texts = len(np.unique(original["train"].groups))
        last = math.ceil(self._epochs() * math.ceil(n_texts / tuning.batch_size))
        return snapshot_updates(tuning.snapshots, last)

    def _epochs(self) -> float:
        return self.study.tuning.epochs or find_model(self.model).epochs

    def _snapshot(self, seed: int, update: int) -> str:
        return f"{self.key}/seed-{seed}/update-{update:06d}"

    def _ends(self) -> Iterator[tuple[str, int | None]]:
        """Name the steps that are done when the whole cell is, each with its seed."""
        yield f"{self.key}/original", None
        if self.study.random_baseline:
            yield f"{self.key}/random", None
        for seed in self.study.seeds:
            yield f"{self.key}/seed-{seed}/training", seed

    def steps(self) -> Iterator[tuple[str, str, int | None, dict[str, pd.DataFrame]]]:
        """Read the finished steps: model, task, seed and tables of each."""
        for key, seed in self._ends():
            yield self.model, self.task.name, seed, self.run.step(key)
            if seed is not None:
                for update in self.run.notes(key)["updates"][1:]:
                    snapshot = self._snapshot(seed, update)
                    yield self.model, self.task.name, seed, self.run.step(snapshot)
                for task in self.probed:
                    crossed = self.run.step(self._transfer_key(seed, task))
                    yield self.model, task.name, seed, crossed

    def timings(self) -> Iterator[dict[str, Any]]:
        """Say how long each finished step took; a training's seconds hold its snapshots'."""
        for key, seed in self._ends():
            yield {"step": key, "seconds": self.run.notes(key)["seconds"]}
            if seed is not None:
                for update in self.run.notes(key)["updates"][1:]:
                    snapshot = self._snapshot(seed, update)
                    yield {"step": snapshot, "seconds": self.run.notes(snapshot)["seconds"]}
                for task in self.probed:
                    crossed = self._transfer_key(seed, task)
                    yield {"step": crossed, "seconds": self.run.notes(crossed)["seconds"]}

    def cost(self) -> float:
        """Estimate what is left to do, in examples and layers measured."""
        n_examples = len(self.task.splits["train"])
        n_texts = len(self.task.splits["train"].texts)
        snapshots = self.study.tuning.snapshots
        n_snapshots = snapshots if isinstance(snapshots, int) else SNAPSHOTS_GUESS
        tuning = TUNING_COST * n_texts * self._epochs() + (n_snapshots - 2) * (
            LAYERS_GUESS * n_examples
        )
        total = 0.0
        for key, seed in self._ends():
            if not self.run.is_done(key):
                total += (LAYERS_GUESS + PROBE_COST) * n_examples
                total += tuning if seed is not None else 0
                if seed is not None:
                    crossed = sum(len(task.splits["train"]) for task in self.probed)
                    total += (1 + PROBE_COST) * crossed
        return total

    def _is_done(self) -> bool:
        return all(
            self.run.is_done(key) and (seed is None or not self._missing(seed))
            for key, seed in self._ends()
        )

    def _missing(self, seed: int) -> list[Task]:
        """Name the other tasks that the model tuned with this seed has not been measured on."""
        return [
            task for task in self.probed if not self.run.is_done(self._transfer_key(seed, task))
        ]

    def conduct(self) -> None:
        """Do the steps that are not done yet."""
        if self._is_done():
            return
        measurement = Measurement(self.study, self.task, self.progress)
        original = self._original(measurement)
        if self.study.random_baseline:
            self._random(measurement)
        for seed in self.study.seeds:
            self._tune(seed, measurement, original)
        if self.study.keep == "none":
            shutil.rmtree(self.run.path("vectors", self.key), ignore_errors=True)

    def _clusters(self, *, end: bool) -> bool:
        return self.study.geometry.clusters == "all" or (
            self.study.geometry.clusters == "ends" and end
        )

    def _original(self, measurement: Measurement) -> Representations:
        """Encode and measure the model as it is before fine-tuning."""
        key = f"{self.key}/original"
        encoder = self._encoder()
        self.run.note(models={self.model: describe(encoder)})
        representations = self._encode(encoder, "original")
        if not self.run.is_done(key):
            self.progress.say(f"{self.key}: measuring the original model")
            wanted = Wanted(test=True, clusters=self._clusters(end=True), accuracy=True)
            begin = time.perf_counter()
            tables = measurement.tables(
                representations,
                wanted,
                original=representations,
                weights="pretrained",
                update=0,
            )
            self.run.finish(key, tables, seconds=time.perf_counter() - begin)
        return representations

    def _random(self, measurement: Measurement) -> None:
        """Measure the same encoder with random weights."""
        key = f"{self.key}/random"
        if self.run.is_done(key):
            return
        begin = time.perf_counter()
        representations = self._encode(self._encoder(weights="random"), "random")
        self.progress.say(f"{self.key}: measuring random weights")
        wanted = Wanted(separations=False, clusters=self._clusters(end=True), accuracy=True)
        tables = measurement.tables(representations, wanted, weights="random", update=0)
        self.run.finish(key, tables, seconds=time.perf_counter() - begin)
        shutil.rmtree(self.run.path("vectors", self.key, "random"))

    def _tune(self, seed: int, measurement: Measurement, original: Representations) -> None:
        """Fine-tune once and measure each snapshot as it is made.

        Where another task is to be looked at only later, the model is fine-tuned again: its
        weights are not kept.
        """
        training = f"{self.key}/seed-{seed}/training"
        was_done = self.run.is_done(training)
        if was_done and not self._missing(seed):
            return
        updates = self.updates(original)

        def measure(update: int, encoder: Encoder) -> None:
            if update == updates[-1]:
                for task in self._missing(seed):
                    self._transfer(seed, update, encoder, task)
            key = self._snapshot(seed, update)
            if update == 0 or self.run.is_done(key):
                return
            begin = time.perf_counter()
            end = update == updates[-1]
            place = f"seed-{seed}/update-{update:06d}"
            representations = self._encode(encoder, place)
            self.progress.say(f"{self.key}: seed {seed}, update {update} of {updates[-1]}")
            tables = measurement.tables(
                representations,
                Wanted(test=end, clusters=self._clusters(end=end), accuracy=end),
                original=original,
                weights="pretrained",
                update=update,
            )
            self.run.finish(key, tables, seconds=time.perf_counter() - begin)
            if self.study.keep == "none" or (self.study.keep == "ends" and not end):
                shutil.rmtree(self.run.path("vectors", self.key, place))

        self.progress.say(f"{self.key}: fine-tuning with seed {seed}")
        tuning = self.study.tuning
        cost = TUNING_COST * len(self.task.splits["train"].texts) * self._epochs()
        begin = time.perf_counter()
        tuned = finetune(
            self._encoder(),
            self.task,
            epochs=tuning.epochs,
            batch_size=tuning.batch_size,
            learning_rate=tuning.learning_rate,
            warmup=tuning.warmup,
            snapshots=updates,
            seed=seed,
            device=self.study.device,
            pooling=self.study.encoding.pooling,
            on_long=self.study.encoding.on_long,
            on_missing=self.study.encoding.on_missing,
            on_snapshot=measure,
            progress=lambda _done, total: self.progress.advance(cost / total),
        )
        if was_done:
            return
        tables = {"training": tuned.history, "evaluations": tuned.evaluations}
        self.run.finish(
            training, tables, seconds=time.perf_counter() - begin, updates=list(tuned.updates)
        )

    def _transfer_key(self, seed: int, task: Task) -> str:
        return f"{self.key}/seed-{seed}/transfer-{task.name}"

    def _transfer(self, seed: int, update: int, encoder: Encoder, task: Task) -> None:
        """Measure another task under the fine-tuned model, in the last layer."""
        key = self._transfer_key(seed, task)
        self.progress.say(f"{self.key}: seed {seed}, looking at {task.name}")
        begin = time.perf_counter()
        encoding = self.study.encoding
        representations = encoder.encode(
            task,
            splits=[split for split in SPLITS if split in task.splits],
            layers=[-1],
            pooling=encoding.pooling,
            on_long=encoding.on_long,
            on_missing=encoding.on_missing,
        )
        measured = Measurement(self.study, task, self.progress).tables(
            representations,
            Wanted(clusters=self._clusters(end=True), accuracy=True, controls=False),
            tuned_on=self.task.name,
            update=update,
        )
        kept = {STEP[name]: table for name, table in measured.items() if name in STEP}
        self.run.finish(key, kept, seconds=time.perf_counter() - begin)

    def _encoder(self, weights: Literal["pretrained", "random"] = "pretrained") -> Encoder:
        return Encoder(
            self.model,
            device=self.study.device,
            dtype=self.study.encoding.dtype,
            weights=weights,
        )

    def _encode(self, encoder: Encoder, place: str) -> Representations:
        """Encode the task's splits to disk, whole or not at all, and open them."""
        folder = self.run.path("vectors", self.key, *place.split("/"))
        if not folder.exists():
            self.progress.say(f"{self.key}: encoding {place}")
            encoding = self.study.encoding
            with replacing(folder) as part:
                encoder.encode(
                    self.task,
                    splits=[split for split in SPLITS if split in self.task.splits],
                    folder=part,
                    pooling=encoding.pooling,
                    on_long=encoding.on_long,
                    on_missing=encoding.on_missing,
                )
        return Representations.load(folder)


LAYERS_GUESS = 7
SNAPSHOTS_GUESS = 20
"""Of a model that is not loaded yet, and of given updates: for the estimate of the rest only."""
