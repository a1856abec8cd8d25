"""What the steps of a study do: encode a task, measure what was encoded, fine-tune a model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tunescope.encoders import Encoder, Policy, Representation, Representations
from tunescope.encoders.task_head import NoHeadError, head_answers
from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.seals import seal_folder
from tunescope.storage import replacing
from tunescope.studies.questions.measure import SPLITS, Measurement
from tunescope.studies.questions.predictions import HEAD, prediction_tables
from tunescope.studies.questions.suspects import HELD_OUT
from tunescope.studies.questions.wanted import Wanted
from tunescope.studies.revisions import pinned
from tunescope.studies.spending import ENCODING, REST, TUNING, Spending
from tunescope.studies.steps import Result, set_aside
from tunescope.studies.study import Settings, Tuning
from tunescope.tables.collected import Collected
from tunescope.tasks import Task
from tunescope.tuning import Tuned, finetune, load_tuned

Weights = Literal["pretrained", "random"]


@dataclass
class Workshop:
    """What steps work with: the run's folder, the study, its tasks, and the model in hand."""

    run: Run
    study: Settings
    tasks: Mapping[str, Task]
    wants: Callable[[str], bool] = lambda _vectors: True
    """Whether vectors that a step could leave are needed."""
    on_vectors: Callable[[str], None] = lambda _vectors: None
    """Hears of vectors that are there before the step that leaves them has ended."""
    advance: Callable[[float], None] = lambda _share: None
    """Hears how much of the step is done, from 0 to 1."""
    located: Mapping[str, str] = field(default_factory=dict)
    """Model → where its folder is, for a process in which its name means another place."""
    spending: Spending = field(default_factory=Spending)
    """Counts what the processor time goes into."""
    _held: dict[str, Encoder] = field(default_factory=dict)

    def encoder(self, model: str, weights: Weights = "pretrained") -> Encoder:
        """Load a model; the last pretrained one is kept."""
        if weights == "random":
            return self._load(model, weights)
        if model not in self._held:
            self._held.clear()
            self._held[model] = self._load(model, weights)
        return self._held[model]

    def _load(self, model: str, weights: Weights) -> Encoder:
        study = self.study
        return Encoder(
            self.located.get(model, model),
            revision=pinned(self.run, model),
            device=study.device,
            dtype=study.encoding.dtype,
            weights=weights,
            allow_pickle=study.allow_pickle,
        )

    @property
    def policy(self) -> Policy:
        """How texts are read."""
        encoding = self.study.encoding
        return Policy(
            pooling=encoding.pooling, on_long=encoding.on_long, on_missing=encoding.on_missing
        )

    def encode(
        self, encoder: Encoder, task: str, vectors: str, layers: list[int] | None = None
    ) -> None:
        """Encode a task's splits to the run's folder of vectors, whole or not at all."""
        if self.has(vectors):
            return
        folder = self.run.path("vectors", *vectors.split("/"))
        splits = [split for split in SPLITS if split in self.tasks[task].splits]
        with self.spending.on(ENCODING), replacing(folder) as part:
            encoder.encode(
                self.tasks[task], splits=splits, layers=layers, folder=part, policy=self.policy
            )
            seal_folder(part)

    def has(self, vectors: str) -> bool:
        """Tell whether vectors are in the run's folder."""
        return self.run.path("vectors", *vectors.split("/")).is_dir()

    def representations(self, vectors: str) -> Representations:
        """Open vectors of the run's folder."""
        return Representations.load(self.run.path("vectors", *vectors.split("/")))


@dataclass(frozen=True)
class Encode:
    """Encode a task with a model as it is, or with its weights drawn afresh."""

    model: str
    task: str
    vectors: str
    weights: Weights = "pretrained"
    layers: tuple[int, ...] | None = None
    """Which; by default all."""

    def __call__(self, shop: Workshop) -> Result:
        """Leave the vectors in the run's folder."""
        encoder = shop.encoder(self.model, self.weights)
        layers = None if self.layers is None else list(self.layers)
        shop.encode(encoder, self.task, self.vectors, layers)
        return Result(notes={"model": describe(encoder, shop.policy)})


@dataclass(frozen=True)
class Predict:
    """Ask a task model's own head about each example."""

    model: str
    task: str
    layer: int | None = None
    """What its last layer is called in the tables; by default its number."""

    def __call__(self, shop: Workshop) -> Result:
        """Give its predictions; where a task model cannot be asked, the notes say why."""
        encoder, task = shop.encoder(self.model), shop.tasks[self.task]
        splits = [split for split in SPLITS if split in task.splits]
        try:
            with shop.spending.on(ENCODING):
                found = head_answers(encoder, task, splits, shop.policy)
        except NoHeadError:
            return Result(notes={"head": None})
        except InputError as error:
            return Result(notes={"head": str(error)})
        layer = encoder.n_layers if self.layer is None else self.layer
        names = np.array(task.label_names, dtype=object)
        collected = Collected()
        for split, said in found.items():
            given = names[task.splits[split].labels[said.examples]]
            tables = prediction_tables(HEAD, said.examples, given, said.labels, said.probabilities)
            collected.add(tables, layer=layer, split=split)
        return Result(collected.tables(), {"head": ""})


@dataclass(frozen=True)
class Measure:
    """Ask a snapshot's vectors what the study wants to know."""

    task: str
    vectors: str
    wanted: Wanted
    original: str | None = None
    """Vectors of the same examples before fine-tuning, to compare with."""
    matched: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Vectors of two models → their layers that are compared, in order. Only examples that all of
    them hold are measured."""
    update: int = 0
    """Of the snapshot."""
    earlier: Mapping[int, str] = field(default_factory=dict)
    """Update → the step that measured an earlier snapshot of the same fine-tuning."""
    head: str = ""
    """The step that asked the model's own head; none: nobody did."""

    def __call__(self, shop: Workshop) -> Result:
        """Give the tables of every question."""
        task = shop.tasks[self.task]
        measurement = Measurement(shop.study, task, shop.advance, shop.spending)
        original = None if self.original is None else self._open(shop, self.original)
        representations = self._open(shop, self.vectors)
        earlier = {
            update: shop.run.step(key)[HELD_OUT]
            for update, key in self.earlier.items()
            if self.wanted.suspects and shop.study.probing.rank_suspects
        }
        with shop.spending.on(REST):
            tables = measurement.tables(
                representations,
                self.wanted,
                original=original,
                update=self.update,
                earlier=earlier,
                head=shop.run.step(self.head).get("predictions") if self.head else None,
            )
        return Result(tables)

    def _open(self, shop: Workshop, vectors: str) -> Mapping[str, Representation]:
        found = shop.representations(vectors)
        if vectors not in self.matched:
            return found
        others = [shop.representations(other) for other in self.matched if other != vectors]
        matched = {}
        for split in found:
            one = found[split]
            for other in others:
                one = one.only(other[split].example_index)
            matched[split] = one.with_layers(self.matched[vectors])
        return matched


@dataclass(frozen=True)
class Train:
    """Fine-tune a model on a task, and leave the vectors of each snapshot."""

    key: str
    """Folder of the checkpoint while it lasts."""
    model: str
    task: str
    seed: int
    tuning: Tuning
    vectors: Mapping[int, str]
    """Update → its vectors; the last is the end."""
    transfers: Mapping[str, str] = field(default_factory=dict)
    """Other tasks → their vectors at the end, in the last layer."""

    keep_model: str = ""
    """Folder of the run in which the tuned model stays; none: it is not kept."""

    def __call__(self, shop: Workshop) -> Result:
        """Give the history of the training."""
        last = max(self.vectors)
        model = shop.run.path(*self.keep_model.split("/")) if self.keep_model else None

        def leave(update: int, encoder: Encoder) -> None:
            wanted: list[tuple[str, str, list[int] | None]] = []
            if update in self.vectors:
                wanted.append((self.task, self.vectors[update], None))
            if update == last:
                wanted += [(task, vectors, [-1]) for task, vectors in self.transfers.items()]
            for task, vectors, layers in wanted:
                if shop.wants(vectors):
                    shop.encode(encoder, task, vectors, layers)
                    shop.on_vectors(vectors)

        checkpoint = shop.run.path("checkpoints", *self.key.split("/"))
        for kept in (checkpoint, model):
            if kept is not None and kept.is_dir():
                set_aside(kept)
        earlier = [vectors for update, vectors in self.vectors.items() if update != last]
        if model is not None and model.is_dir() and all(map(shop.has, filter(shop.wants, earlier))):
            tuned = load_tuned(model, device=shop.study.device, dtype=shop.study.encoding.dtype)
            leave(last, tuned.encoder)
        else:
            tuned = self._tuned(shop, leave)
            if not all(map(shop.has, filter(shop.wants, self.vectors.values()))):
                tuned = self._tuned(shop, leave)  # vectors from before a stop are gone
            if model is not None:
                tuned.save(model)
        tables = {"training": tuned.history, "evaluations": tuned.evaluations}
        notes = {"updates": list(tuned.updates), "resumed_at": tuned.settings["resumed_at"]}
        return Result(tables, notes)

    def _tuned(self, shop: Workshop, leave: Callable[[int, Encoder], None]) -> Tuned:
        """Fine-tune, from the last snapshot on where it was stopped."""
        tuning = self.tuning
        several = int(os.environ.get("WORLD_SIZE", "1")) > 1
        with shop.spending.on(TUNING):
            return finetune(
                shop.encoder(self.model),
                shop.tasks[self.task],
                epochs=tuning.epochs,
                batch_size=tuning.batch_size,
                learning_rate=tuning.learning_rate,
                warmup=tuning.warmup,
                snapshots=[0, *self.vectors],
                seed=self.seed,
                device=shop.study.device,
                on_snapshot=leave,
                checkpoint=None if several else shop.run.path("checkpoints", *self.key.split("/")),
                progress=lambda done, total: shop.advance(done / total),
                policy=shop.policy,
            )


def describe(encoder: Encoder, policy: Policy | None = None) -> dict[str, Any]:
    """Say which model it is, and how it reads texts, for the record."""
    return {
        "revision": encoder.revision,
        "layers": encoder.n_layers,
        "heads": getattr(encoder.model.config, "num_attention_heads", None),
        "features": encoder.n_features,
        "pooling": encoder.reading(policy).pooling,
        "left_to_right": encoder.left_to_right,
        "last_normalisation": encoder.last_normalisation,
        "parameters": sum(p.numel() for p in encoder.model.parameters()),
    }
