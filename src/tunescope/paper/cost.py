"""About what a study costs here, before any of it is done: time, and disk for vectors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import torch

from tunescope.encoders import catalogue, find_model
from tunescope.encoders.linear import fast_linear
from tunescope.errors import InputError
from tunescope.probes import Protocol
from tunescope.studies.study import Study
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
    cpu = measured_speed()
    tuning_speed, encoding_speed = TUNING * cpu, ENCODING * cpu
    if _on_gpu(study.device):
        tuning_speed = encoding_speed = GPU_SPEED
    seconds = kept = at_once = 0.0
    tunings = measured = transfers = 0
    unknown = []
    for model in study.models:
        layers, features = _size(model)
        if layers == 0:
            unknown.append(model)
            layers, features = BASE
        weights = 12 * layers * features**2  # attention 4 d², feed-forward 8 d²
        for task in tasks.values():
            tokens = _tokens(task)
            snapshots = _snapshots(study)
            crossed = [pair for pair in study.transfer if pair.tune == task.name]
            ends = 1 + len(study.seeds)
            encodings = 1 + study.random_baseline + len(study.seeds) * (snapshots - 1)
            tunings += len(study.seeds)
            measured += encodings
            transfers += len(study.seeds) * len(crossed)
            epochs = study.tuning.epochs or find_model(model).epochs
            seconds += 6 * weights * tokens["train"] * epochs * len(study.seeds) / tuning_speed
            seconds += 2 * weights * sum(tokens.values()) * encodings / encoding_speed
            geometry = _geometry(task, layers, features)
            probe = _probe(study, task, features, PROBING * cpu)
            seconds += geometry * (encodings + CLUSTERS * ends)
            seconds += probe * (ends + study.random_baseline)
            for pair in crossed:
                other = tasks[pair.probe]
                once = 2 * weights * sum(_tokens(other).values()) / encoding_speed
                once += _geometry(other, 0, features)
                once += _probe(study, other, features, PROBING * cpu)
                seconds += once * len(study.seeds)
            size = 4.0 * (layers + 1) * _width(task, features) * _examples(task)
            at_once = max(at_once, size * 2)
            kept += size * {"none": 0, "all": encodings}.get(study.keep, ends)
    return Plan(
        len(study.models),
        len(tasks),
        tunings,
        measured,
        transfers,
        seconds,
        kept + at_once,
        kept,
        tuple(unknown),
    )


TUNING, ENCODING, PROBING = 0.45, 0.65, 0.9
"""Share of the speed of large products of matrices that each reaches: fine-tuning computes some
padding, too, and moves every weight. From what a study of six layers in 384 dimensions took on two
cores, and what of it was padding (``benchmarks/finetuning.py``)."""
GPU_SPEED = 2e13
"""Floating-point operations a second on a GPU."""
GEOMETRY = 4e-9
"""Seconds for one number of one example against one label, all separations of a layer; measured
on two cores with 17 labels in 384 dimensions."""
CLUSTERS = 10
"""Counting clusters takes about so many times the separations."""
HALVING = 0.16
"""Share of an exhaustive search's time; measured by ``benchmarks/classifier_probe.py``."""
OTHER_FITS = 16
"""The other probes take about as long as so many more networks."""
PROBE_EPOCHS = 60
PROBE_UNITS = 120
"""Epochs until a probe's loss has settled, and the mean size of its first hidden layer."""
SUBWORDS = 1.3
"""Subwords a word."""
BASE = (12, 768)
PAIR = 2
"""A pair's vector is that of two words."""


@cache
def measured_speed() -> float:
    """Measure how many floating-point operations a second this machine's processor does.

    Returns
    -------
    float
        Of products of matrices in float32, by all cores that PyTorch may use; the best of some.
    """
    a = torch.linspace(-1.0, 1.0, SIDE * SIDE).reshape(SIDE, SIDE)
    seconds = float("inf")
    with fast_linear(a.device), torch.inference_mode():
        for _ in range(6):
            begin = time.perf_counter()
            torch.nn.functional.linear(a, a)
            seconds = min(seconds, time.perf_counter() - begin)
    return 2.0 * SIDE**3 / seconds


SIDE = 768
"""Rows and columns of the matrices by which the speed is measured."""


def _on_gpu(device: str) -> bool:
    return device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())


def _size(model: str) -> tuple[int, int]:
    """Give a model's layers and dimensions from the catalogue or its folder; 0 if unknown."""
    source = find_model(model)
    for entry in catalogue():
        if entry.name in (model, model.rpartition(":")[0]):
            return source.n_layers or entry.n_layers, entry.n_features
    if not source.local:
        return 0, 0
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(source.location)
        layers = source.n_layers or int(config.num_hidden_layers)
        return layers, int(config.hidden_size)
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"model {model!r}: cannot read its configuration: {error}") from None


def _snapshots(study: Study) -> int:
    wanted = study.tuning.snapshots
    if isinstance(wanted, list):
        return len(wanted)
    return wanted if isinstance(wanted, int) else int(wanted.rpartition(":")[2])


def _examples(task: Task) -> int:
    return sum(len(split) for name, split in task.splits.items() if name in ("train", "test"))


def _tokens(task: Task) -> dict[str, float]:
    found = {}
    for name, split in task.splits.items():
        if name in ("train", "test"):
            words = (t.split() if isinstance(t, str) else t for t in split.texts)
            found[name] = SUBWORDS * sum(len(text) for text in words)
    return found


def _width(task: Task, features: int) -> int:
    return features * (PAIR if task.kind == "pair" else 1)


def _geometry(task: Task, layers: int, features: int) -> float:
    size = len(task.splits["train"]) * _width(task, features) * len(task.label_names)
    return GEOMETRY * size * (layers + 1)


def _probe(study: Study, task: Task, features: int, speed: float) -> float:
    if study.probing.protocol == "none":
        return 0.0
    protocol = Protocol.named(study.probing.protocol)
    fits = protocol.n_fits * (HALVING if protocol.search == "halving" else 1) + OTHER_FITS
    weights = _width(task, features) * PROBE_UNITS
    return 6 * weights * len(task.splits["train"]) * PROBE_EPOCHS * fits / speed
