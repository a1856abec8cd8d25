"""A study: the models, tasks, seeds and probes of one question."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tunescope.encoders.policy import OnLong, OnMissing, Pooling, Precision
from tunescope.probes.registry import ALSO, Also

LOGARITHMIC = r"^log:0*([2-9]|[1-9][0-9]{1,5}|1000000)$"
"""So many snapshots, dense at the start."""
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Part(BaseModel):
    """Settings that cannot be changed, and that know their own keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), use_attribute_docstrings=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_values_among_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse True where a number is due: it would be taken for 1."""
        kind = cls.model_fields[str(info.field_name)].annotation
        given = value if isinstance(value, (list, tuple)) else [value]
        if kind is not bool and any(isinstance(one, bool) for one in given):
            raise ValueError("true and false are no numbers and no names")
        return value


def _one_or_many(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


def _distinct(values: list[Any]) -> list[Any]:
    """Refuse what is named twice: its rows would stand in the tables twice."""
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value!r} is named twice; name each once")
    return values


class OwnTask(Part):
    """A task from the user's own files, or from a data set; or one of the catalogue, cut short."""

    name: str = Field(min_length=1)
    """What the task is called in tables; any characters will do."""
    files: dict[str, Path] = {}
    """File of each split; with the split `train` alone, a test split is drawn from it."""
    dataset: str | None = None
    """Instead of files, a Hugging Face data set: its id, or a folder of `save_to_disk`."""
    subset: str | None = None
    """Configuration of the data set on the Hub, where it has several."""
    revision: str | None = None
    """Commit, branch or tag of the data set on the Hub; by default the newest, recorded."""
    text: str | None = None
    """Column of raw texts, where the data are tables; found by its usual name if left out."""
    text_pair: str | None = None
    """Column of the second texts, where a model reads two together: `text` has the first."""
    tokens: str | None = None
    """Column of words, where the data are tables."""
    label: str | None = None
    """Column of labels; `upos` (the default), `deprel` or another where the files are CoNLL-U."""
    positions: str | list[str] | None = None
    """Column, or two, of the word's position in `tokens`."""
    split: str | None = None
    """Column that names each row's split, where one file holds several."""
    rare: Literal["keep", "drop", "error"] = "keep"
    """What becomes of a label with a single example: `keep`, `drop`, or refuse it as an `error`."""
    limit: Positive | None = None
    """About how many examples to take: a sample with the proportions of splits and labels kept."""

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if self.files and self.dataset is not None:
            raise ValueError("files and dataset are both given; give one of them")
        if self.dataset is None and not (self.revision is self.subset is None):
            raise ValueError("subset and revision are of a dataset, and none is given")
        return self


class Tuning(Part):
    """How each model is fine-tuned; the defaults are the paper's (its appendix A)."""

    epochs: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Passes over the training split; by default 10, and 3 for bert-base."""
    batch_size: Positive = 32
    """Texts an update."""
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 3e-4
    """Its peak, after the warm-up."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of all updates in which the learning rate rises."""
    snapshots: (
        Annotated[int, Field(ge=2, le=1_000_000)]
        | Annotated[str, Field(pattern=LOGARITHMIC)]
        | list[Annotated[int, Field(ge=0)]]
    ) = 20
    """How many snapshots, evenly spaced (`20`) or by logarithm (`log:20`), or which updates."""

    @field_validator("snapshots", mode="before")
    @classmethod
    def _say_which_words_count(cls, value: Any) -> Any:
        """Refuse other words than `log:20` with what would be right."""
        if isinstance(value, str) and not re.fullmatch(rf"{LOGARITHMIC}|[-+]?\d+", value):
            raise ValueError("expected how many, log:2 to log:1000000, or the numbers of updates")
        return value


class Encoding(Part):
    """How texts become vectors."""

    pooling: Pooling | None = None
    """The vector of a whole text; by default the model's own, or else what fits its kind."""
    on_long: OnLong = "error"
    """What happens to a text that is too long for the model."""
    on_missing: OnMissing = "error"
    """What happens to a word, or a whole text, of which the tokenizer leaves no subword."""
    dtype: Precision = "float32"
    """What the encoder computes in while encoding."""


class Probing(Part):
    """The classifier probes."""

    protocol: Literal["quick", "zhou2022", "zhou2022-halving", "none"] = "quick"
    """The classifier probe's grid and training."""
    layers: Literal["last", "all"] = "last"
    """The layers that get a classifier probe."""
    also: Annotated[list[Also], AfterValidator(_distinct)] = list(ALSO)
    """What is measured beside the classifier probe and the majority label."""
    rank_suspects: bool = True
    """Whether the training examples are ranked by how likely their label is wrong."""
    memorisation: bool = False
    """Whether a probe on 80 % of the training texts is compared on the other 20 % and on test."""


class Geometry(Part):
    """The geometric probes."""

    clusters: Literal["ends", "all", "none"] = "ends"
    """At which snapshots clusters are counted: the first and last, all, or none."""
    cluster_checks: Annotated[int, Field(ge=0)] | None = 600
    """Hull checks after which clusters are only bounded, in layers below the last and with random
    weights; `null` counts them there too, which can take an hour in an embedding layer."""
    rtol: Annotated[float, Field(gt=0, lt=1)] = 1e-6
    """Relative width to which separations are bounded."""


class Split(Part):
    """How a corpus without splits, or with `train` alone, is divided."""

    test_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Part of a corpus without splits that is the test split."""
    seed: Seed = 0
    """Seed of that split."""


class Engine(Part):
    """Who does the steps; this changes no result."""

    workers: Positive | None = None
    """Processes of this machine that share the steps; by default this one does them all."""
    cluster: str | None = None
    """A running Dask scheduler whose workers do the steps: its address, or the file it wrote."""
    gpus_per_worker: Annotated[int, Field(ge=0)] = 0
    """GPUs that each of the processes has for itself."""
    threads: Positive | None = None
    """Threads that a step computes with; by default all of this machine's, or a worker's share."""
    memory: Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?[kMGT]i?B$")] | None = None
    """Memory of each process, such as `8GiB`, beyond which it is ended; by default its share."""
    step_limit: Annotated[float, Field(gt=0)] | None = None
    """Seconds after which a worker's step counts as hung; by default 20 times its estimate."""

    @property
    def is_several(self) -> bool:
        """Whether other processes than this one do the steps."""
        return self.workers is not None or self.cluster is not None


class Transfer(Part):
    """A model fine-tuned on one task of the study, looked at with the labels of another."""

    tune: str
    """The task that the model is fine-tuned on."""
    probe: str
    """The task whose labels are looked at."""


class Settings(Protocol):
    """What the measuring of representations needs to know, whatever is being found out."""

    @property
    def models(self) -> list[str]:
        """Names from the catalogue, Hub ids, or folders."""

    @property
    def encoding(self) -> Encoding:
        """How texts become vectors."""

    @property
    def probing(self) -> Probing:
        """The classifier probes."""

    @property
    def geometry(self) -> Geometry:
        """The geometric probes."""

    @property
    def device(self) -> str:
        """Where to compute."""

    @property
    def allow_pickle(self) -> bool:
        """Whether weights in torch's own format are loaded."""


def _distinct_places(names: list[str]) -> list[str]:
    """Refuse names that are the same, and paths of one and the same folder."""
    _distinct(names)
    places: dict[str, str] = {}
    for name in names:
        place = os.path.realpath(name)
        if Path(name).exists() and places.setdefault(place, name) != name:
            raise ValueError(f"{places[place]!r} and {name!r} are one folder; name it once")
    return names


class Study(Part):
    """What is to be found out: every combination of models, tasks and seeds."""

    models: Annotated[
        list[str],
        Field(min_length=1),
        BeforeValidator(_one_or_many),
        AfterValidator(_distinct_places),
    ]
    """Names from the catalogue, Hub ids, or folders."""
    tasks: Annotated[list[str | OwnTask], Field(min_length=1), BeforeValidator(_one_or_many)]
    """Names from the catalogue, files, or tasks with their files spelled out."""
    seeds: Annotated[
        list[Seed],
        Field(min_length=1),
        BeforeValidator(_one_or_many),
        AfterValidator(_distinct),
    ] = [0]
    """One fine-tuning of each model on each task a seed."""
    tuning: Tuning = Tuning()
    encoding: Encoding = Encoding()
    probing: Probing = Probing()
    geometry: Geometry = Geometry()
    split: Split = Split()
    transfer: Annotated[list[Transfer], AfterValidator(_distinct)] = []
    """Which fine-tuned models are measured on which other task, at their end (Table 5)."""
    random_baseline: bool = True
    """Whether the same encoder with random weights is measured too."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda, cuda:1, mps."""
    allow_pickle: bool = False
    """Whether weights are loaded that are in torch's own format only, by its `weights_only`
    loading, which runs no code."""
    engine: Engine = Engine()
    keep: Literal["none", "ends", "all", "models"] = "ends"
    """Of which snapshots the vectors stay on disk; `models`: as `ends`, and the tuned models too,
    so that a transfer asked for later trains nothing again. This does not change any result."""

    @property
    def identity(self) -> dict[str, Any]:
        """The part of the study that decides its results."""
        return self.model_dump(mode="json", exclude={"device", "keep", "allow_pickle", "engine"})
