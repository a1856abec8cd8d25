"""About how long each piece of work takes on this machine, before it is done: for bars and plans.

The constants are from a study of six layers in 384 dimensions: five tasks, ten epochs, the quick
probe, one core. ``benchmarks/estimates.py`` holds them beside what the steps of a run took.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tunescope.encoders import catalogue, find_model
from tunescope.errors import InputError
from tunescope.geometry.threads import processors
from tunescope.probes import Protocol
from tunescope.studies.questions.wanted import Wanted
from tunescope.studies.study import Probing, Tuning
from tunescope.tasks import Task

TUNING, ENCODING, PROBING = 0.45, 0.85, 0.9
"""Share of the speed of large products of matrices that each reaches: fine-tuning computes some
padding, too."""
OPTIMISER = 5e-9
"""Seconds in which the optimiser moves a weight."""
GPU_SPEED = 2e13
"""Floating-point operations a second on a GPU."""
SEPARATIONS = 1.2e-8
"""Seconds of one core for one number of one example against one label."""
DESCRIBING = 2e-7
"""Seconds of one core for one number of one example: what a layer is described with besides."""
TESTED = 3.5
"""The test split's separations, those of permuted labels and of the training split take about as
long as so many times the last alone."""
CLUSTERS, RANDOM_CLUSTERS = 1.5, 4.0
"""Clusters take about so many times the separations, more where the weights are random."""
HALVING = 0.16
"""Share of an exhaustive search's time; measured by ``benchmarks/classifier_probe.py``."""
PROBE_EPOCHS, PROBE_UNITS = 60, 120
"""Epochs until a probe's loss has settled, and the mean size of its first hidden layer."""
OTHER_PROBES = 800
"""The other probes take about as long as so many epochs of a network."""
SUBWORDS, SPECIAL = 1.3, 2
"""Subwords a word, and tokens that a text begins and ends with."""
UNKNOWN = (12, 768, 110e6)
"""What a model counts as whose configuration is not here: BERT-base."""
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
    import torch

    from tunescope.encoders.linear import fast_linear

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


@dataclass(frozen=True)
class Size:
    """How large a model is."""

    layers: int
    features: int
    parameters: float
    known: bool = True
    """Whether it was told from the model; else it counts as `UNKNOWN`."""

    @property
    def multiplied(self) -> int:
        """Weights that each token is multiplied with: attention 4 d², feed-forward 8 d²."""
        return 12 * self.layers * self.features**2


@cache
def size(model: str) -> Size:
    """Tell a model's size from the catalogue or from the configuration in its folder.

    A model that is nowhere counts as one whose size is not known: an estimate refuses nothing.
    """
    try:
        source = find_model(model)
    except InputError:
        return Size(*UNKNOWN, known=False)
    for entry in catalogue():
        if entry.name in (model, model.rpartition(":")[0]):
            return Size(source.n_layers or entry.n_layers, entry.n_features, entry.n_parameters)
    if source.local:
        from transformers import AutoConfig

        try:
            config = AutoConfig.from_pretrained(
                source.location, trust_remote_code=False, local_files_only=True
            )
            layers = source.n_layers or int(config.num_hidden_layers)
            features = int(config.hidden_size)
            vocabulary = int(getattr(config, "vocab_size", 0))
            return Size(layers, features, (12 * layers * features + vocabulary) * features)
        except Exception:  # noqa: BLE001 - whatever it is, loading the model says so
            pass
    return Size(*UNKNOWN, known=False)


def n_tokens(task: Task, split: str) -> float:
    """Guess how many tokens a split's texts have; 0 if it is not there."""
    if split not in task.splits:
        return 0.0
    texts = task.splits[split].texts
    words = sum(_n_words(text) for text in texts)
    return SUBWORDS * words + SPECIAL * len(texts)


def _n_words(text: str | Sequence[str]) -> int:
    """Count the words of a running text, of a list of words, or of a pair of running texts."""
    if isinstance(text, tuple):
        return sum(len(part.split()) for part in text)
    return len(text.split() if isinstance(text, str) else text)


def width(task: Task, model: str) -> int:
    """Give how many numbers an example's vector has."""
    return size(model).features * (PAIR if task.kind == "pair" else 1)


def _on_gpu(device: str) -> bool:
    import torch

    return device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())


def encoding(model: str, task: Task, device: str) -> float:
    """Estimate the seconds in which a task's training and test splits are encoded once."""
    speed = GPU_SPEED if _on_gpu(device) else ENCODING * measured_speed()
    return 2 * size(model).multiplied * (n_tokens(task, "train") + n_tokens(task, "test")) / speed


def tuning(model: str, task: Task, settings: Tuning, device: str) -> float:
    """Estimate the seconds of one fine-tuning, without its snapshots."""
    epochs = settings.epochs or find_model(model).epochs
    updates = epochs * math.ceil(len(task.splits["train"].texts) / settings.batch_size)
    of = size(model)
    if _on_gpu(device):
        return 6 * of.multiplied * n_tokens(task, "train") * epochs / GPU_SPEED
    products = 6 * of.multiplied * n_tokens(task, "train") * epochs / measured_speed() / TUNING
    return products + OPTIMISER * of.parameters * updates


def describing(n: int, features: int, n_labels: int, wanted: Wanted) -> float:
    """Estimate the seconds in which a layer's geometry is measured.

    Parameters
    ----------
    n, features : the shape of the training split's vectors.
    n_labels : its labels.
    wanted : which questions are asked.
    """
    once = SEPARATIONS * n * features * n_labels
    seconds = 0.0
    if wanted.separations:
        seconds += once * (TESTED if wanted.test else 1.0) + DESCRIBING * n * features
    if wanted.clusters:
        seconds += once * (RANDOM_CLUSTERS if wanted.baseline else CLUSTERS)
    return seconds / processors()


def probing(settings: Probing, n: int, features: int, *, others: bool) -> float:
    """Estimate the seconds in which a layer is probed.

    Parameters
    ----------
    settings : the protocol.
    n, features : the shape of the training split's vectors.
    others : whether the other probes of the study look at it, too.
    """
    if settings.protocol == "none":
        return 0.0
    protocol = Protocol.named(settings.protocol)
    fits = protocol.n_fits * (HALVING if protocol.search == "halving" else 1)
    epochs = min(PROBE_EPOCHS, protocol.max_epochs) * fits + OTHER_PROBES * others
    return 6 * features * PROBE_UNITS * n * epochs / measured_speed() / PROBING


def measuring(
    model: str, task: Task, wanted: Wanted, settings: Probing, n_layers: int | None = None
) -> float:
    """Estimate the seconds in which a snapshot is measured.

    Parameters
    ----------
    model, task : what is encoded, and by what.
    wanted, settings : which questions are asked, and how layers are probed.
    n_layers : how many layers are measured; by default all, the embeddings among them.
    """
    layers = size(model).layers + 1 if n_layers is None else n_layers
    n, features = len(task.splits["train"]), width(task, model)
    seconds = layers * describing(n, features, len(task.label_names), wanted)
    if wanted.accuracy and "test" in task.splits:
        probed = layers if settings.layers == "all" else 1
        seconds += probed * probing(settings, n, features, others=wanted.controls)
    return seconds
