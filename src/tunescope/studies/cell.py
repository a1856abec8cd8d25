"""One model on one task: encoded, fine-tuned and measured, each step once."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from tunescope.encoders import Encoder, Representations, find_model
from tunescope.progress import Progress
from tunescope.runs import Run
from tunescope.storage import folder_name, replacing
from tunescope.studies.questions.measure import PROBE_COST, SPLITS, Measurement, Wanted, describe
from tunescope.studies.questions.transfer import STEP
from tunescope.studies.study import Study
from tunescope.tasks import Task
from tunescope.tuning import finetune, snapshot_updates

TUNING_COST = 3
"""Fine-tuning on a text takes about as long as the geometry of this many examples and layers."""


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
        return f"{folder_name(self.model)}/{folder_name(self.task.name)}"

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
        return f"{self.key}/seed-{seed}/transfer-{folder_name(task.name)}"

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
