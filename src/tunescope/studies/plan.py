"""The steps of a study that fine-tunes: every model, task and seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tunescope.encoders import find_model
from tunescope.encoders.inputs import plan as plan_inputs
from tunescope.storage import folder_name
from tunescope.studies import estimate
from tunescope.studies.questions.wanted import Wanted
from tunescope.studies.steps import Origin, Step
from tunescope.studies.study import Study
from tunescope.studies.work import Encode, Measure, Train, Workshop
from tunescope.tables.stages import ORIGINAL, RANDOM, TUNED, stage_at
from tunescope.tasks import Task
from tunescope.tuning import snapshot_updates

GPU = frozenset({"gpu"})


def study_steps(study: Study, shop: Workshop) -> tuple[list[Step], list[str]]:
    """List a study's steps, and the vectors that are kept after them.

    Parameters
    ----------
    study : what is asked.
    shop : the run's folder and the tasks. Where examples may be dropped while encoding,
        models are loaded to know how many texts they are tuned on, and so how many updates.
    """
    steps: list[Step] = []
    kept: list[str] = []
    for model in study.models:
        for task in shop.tasks.values():
            cell = Cell(study, model, task, updates(study, shop, model, task), shop.tasks)
            steps += cell.steps()
            kept += cell.kept()
    return steps, kept


def updates(study: Study, shop: Workshop, model: str, task: Task) -> tuple[int, ...]:
    """Give the updates at which snapshots are taken, from 0 to the last.

    Texts all of whose examples are dropped do not count.
    """
    texts = task.splits["train"].text_index
    if "drop" in (study.encoding.on_long, study.encoding.on_missing) or (
        study.encoding.on_long == "truncate"
    ):
        known = shop.run.record.get("texts", {})
        key = f"{folder_name(model)}/{folder_name(task.name)}"
        if key not in known:
            reading = shop.encoder(model).reading(shop.policy)
            kept = plan_inputs(task, ["train"], reading).splits["train"].kept
            known = {**known, key: len(np.unique(texts[kept]))}
            shop.run.note(texts=known)
        n_texts = int(known[key])
    else:
        n_texts = len(np.unique(texts))
    return updates_of(study, model, n_texts)


def updates_of(study: Study, model: str, n_texts: int) -> tuple[int, ...]:
    """Give the updates at which snapshots are taken of a model that is tuned on so many texts."""
    epochs = study.tuning.epochs or find_model(model).epochs
    last = math.ceil(epochs * math.ceil(n_texts / study.tuning.batch_size))
    return snapshot_updates(study.tuning.snapshots, last)


@dataclass(frozen=True)
class Cell:
    """One model on one task."""

    study: Study
    model: str
    task: Task
    updates: tuple[int, ...]
    tasks: Mapping[str, Task]

    @property
    def key(self) -> str:
        """Folder of the cell among the run's steps, and among its vectors."""
        return f"{folder_name(self.model)}/{folder_name(self.task.name)}"

    @property
    def probed(self) -> tuple[Task, ...]:
        """The other tasks that the fine-tuned model is looked at with."""
        pairs = [pair for pair in self.study.transfer if pair.tune == self.task.name]
        return tuple(self.tasks[name] for name in dict.fromkeys(pair.probe for pair in pairs))

    def _snapshot(self, seed: int, update: int) -> str:
        return f"{self.key}/seed-{seed}/update-{update:06d}"

    def _transfer(self, seed: int, task: Task) -> str:
        return f"{self.key}/seed-{seed}/transfer-{folder_name(task.name)}"

    def kept(self) -> list[str]:
        """Name the vectors that stay."""
        if self.study.keep == "none":
            return []
        last = self.updates[-1]
        of_seed = self.updates[1:] if self.study.keep == "all" else [last]
        return [f"{self.key}/original"] + [
            self._snapshot(seed, update) for seed in self.study.seeds for update in of_seed
        ]

    def steps(self) -> list[Step]:
        """List the cell's steps: the original, random weights, and each seed's fine-tuning."""
        steps = list(self._unchanged("original", ORIGINAL))
        if self.study.random_baseline:
            steps += self._unchanged("random", RANDOM)
        for seed in self.study.seeds:
            steps += self._tuned(seed)
        return steps

    def _clusters(self, *, end: bool) -> bool:
        return self.study.geometry.clusters == "all" or (
            self.study.geometry.clusters == "ends" and end
        )

    def _encoding(self, task: Task) -> float:
        return estimate.encoding(self.model, task, self.study.device)

    def _measuring(self, task: Task, wanted: Wanted) -> float:
        return estimate.measuring(self.model, task, wanted, self.study.probing)

    def _unchanged(self, name: str, stage: str) -> Iterator[Step]:
        """Encode and measure the model as it is, or with random weights."""
        vectors = f"{self.key}/{name}"
        random = stage == RANDOM
        yield Step(
            key=f"{vectors}/encode",
            work=Encode(self.model, self.task.name, vectors, "random" if random else "pretrained"),
            title=f"{self.model}, {self.task.name}: encoding with {_weights(random)}",
            cost=self._encoding(self.task),
            leaves=(vectors,),
            resources=GPU,
        )
        wanted = Wanted(
            separations=not random,
            test=not random,
            clusters=self._clusters(end=True),
            suspects=not random,
            accuracy=True,
            predictions=not random,
            baseline=random,
        )
        yield Step(
            key=f"{vectors}/measure",
            work=Measure(self.task.name, vectors, wanted, None if random else vectors),
            title=f"{self.model}, {self.task.name}: measuring {_weights(random)}",
            cost=self._measuring(self.task, wanted),
            uses=(vectors,),
            origin=Origin(self.model, self.task.name, None, stage, update=0),
        )

    def _tuned(self, seed: int) -> Iterator[Step]:
        """Fine-tune with one seed, and measure each snapshot and the other tasks at the end."""
        last = self.updates[-1]
        snapshots = {update: self._snapshot(seed, update) for update in self.updates[1:]}
        transfers = {task.name: self._transfer(seed, task) for task in self.probed}
        original = f"{self.key}/original"
        where = f"{self.model}, {self.task.name}, seed {seed}"
        tuning = self.study.tuning
        cost = estimate.tuning(self.model, self.task, tuning, self.study.device)
        cost += len(snapshots) * self._encoding(self.task)
        cost += sum(self._encoding(task) for task in self.probed)
        model = f"models/{self.key}/seed-{seed}" if self.study.keep == "models" else ""
        yield Step(
            key=f"{self.key}/seed-{seed}/train",
            work=Train(
                f"{self.key}/seed-{seed}",
                *(self.model, self.task.name, seed, tuning, snapshots, transfers),
                keep_model=model,
            ),
            title=f"{where}: fine-tuning",
            cost=cost,
            leaves=(*snapshots.values(), *transfers.values()),
            model=model,
            origin=Origin(self.model, self.task.name, seed, last=last, tuned_on=self.task.name),
            resources=GPU,
        )
        for update, vectors in snapshots.items():
            end = update == last
            clusters = self._clusters(end=end)
            wanted = Wanted(
                held_out=True,
                test=end,
                clusters=clusters,
                suspects=end,
                accuracy=end,
                predictions=end,
            )
            earlier = {
                before: f"{other}/measure" for before, other in snapshots.items() if before < update
            }
            yield Step(
                key=f"{vectors}/measure",
                work=Measure(
                    *(self.task.name, vectors, wanted, original),
                    update=update,
                    earlier=earlier if end else {},
                ),
                after=tuple(earlier.values()) if end else (),
                title=f"{where}: measuring update {update} of {last}",
                cost=self._measuring(self.task, wanted),
                uses=(vectors, original),
                origin=Origin(
                    *(self.model, self.task.name, seed, stage_at(update, last), update),
                    tuned_on=self.task.name,
                ),
            )
        for task in self.probed:
            vectors = transfers[task.name]
            wanted = Wanted(
                clusters=self._clusters(end=True), accuracy=True, controls=False, transfer=True
            )
            yield Step(
                key=f"{vectors}/measure",
                work=Measure(task.name, vectors, wanted),
                title=f"{where}: looking at {task.name}",
                cost=self._measuring(task, wanted),
                uses=(vectors,),
                origin=Origin(*(self.model, task.name, seed, TUNED, last), tuned_on=self.task.name),
            )


def _weights(random: bool) -> str:
    return "random weights" if random else "the original model"
