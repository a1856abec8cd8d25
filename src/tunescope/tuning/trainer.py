"""Hugging Face's Trainer, told to train quietly and exactly as asked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from transformers import PrinterCallback, Trainer, TrainingArguments
from transformers.utils import logging as transformers_logging

from tunescope.errors import InputError, TunescopeError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from transformers import TrainerCallback

    from tunescope.tuning.data import TrainingCollator, TrainingItems
    from tunescope.tuning.head import Classifier

_OURS = {
    "num_train_epochs": "epochs",
    "max_steps": "epochs",
    "per_device_train_batch_size": "batch_size",
    "learning_rate": "learning_rate",
    "warmup_ratio": "warmup",
    "warmup_steps": "warmup",
    "seed": "seed",
    "use_cpu": "device",
}
_ORDER = "the seed draws the order of the texts"
_SCORED = "evaluate= names the splits that are scored, at each snapshot"
_FIXED = {
    "remove_unused_columns": "the texts are tokenised already",
    "label_names": "the labels are the task's",
    "fsdp": "snapshots need the whole model in each process",
    "deepspeed": "snapshots need the whole model in each process",
    "label_smoothing_factor": "the loss is the cross-entropy of the labels as they are",
    "neftune_noise_alpha": "the embeddings that are trained are those that are encoded",
    "group_by_length": _ORDER,
    "train_sampling_strategy": _ORDER,
    "eval_strategy": _SCORED,
    "eval_on_start": _SCORED,
    "load_best_model_at_end": _SCORED,
}


class QuietTrainer(Trainer):
    """A Trainer that warms up over a part of the updates and prints nothing.

    Parameters
    ----------
    warmup : the part of all updates over which the learning rate rises.
    """

    def __init__(self, *arguments: Any, warmup: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._warmup = warmup
        self.remove_callback(PrinterCallback)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """Count the warm-up in updates: transformers' name for a ratio has changed."""
        self.args.warmup_steps = math.ceil(self._warmup * num_training_steps)
        return super().create_scheduler(num_training_steps, optimizer)


def check_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse names that `TrainingArguments` does not have, or that are set elsewhere."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise InputError(f"training_arguments={given!r}; expected names with their values")
    known = {each.name for each in dataclasses.fields(TrainingArguments) if each.init}
    for name in given:
        if name in _FIXED:
            raise InputError(f"training_arguments: {name!r} is fixed; {_FIXED[name]}")
        if name in _OURS:
            raise InputError(f"training_arguments: {name!r}; give {_OURS[name]}= instead")
        if name not in known:
            hint = nearest(name, known).partition("known:")[0].strip()
            raise InputError(
                f"training_arguments: transformers' TrainingArguments have no {name!r}; {hint}"
            )
    return dict(given)


def train(
    classifier: Classifier,
    items: TrainingItems,
    collator: TrainingCollator,
    arguments: Mapping[str, Any],
    warmup: float,
    callbacks: Sequence[TrainerCallback],
    resume_from: Path | None = None,
) -> None:
    """Train a classifier in place.

    Parameters
    ----------
    classifier : moved to the Trainer's device.
    items, collator : what a batch is made of.
    arguments : for `TrainingArguments`.
    warmup : the part of all updates over which the learning rate rises.
    callbacks : called in this order.
    resume_from : a checkpoint to go on from.

    Raises
    ------
    InputError
        transformers refuses what an argument is set to.
    """
    with _preserved_verbosity():
        with _refused():
            made = TrainingArguments(**arguments)
        use_one_gpu(made)
        with _refused():
            trainer = QuietTrainer(
                classifier,
                made,
                data_collator=collator,
                train_dataset=items,
                callbacks=list(callbacks),
                warmup=warmup,
            )
        trainer.train(resume_from_checkpoint=None if resume_from is None else str(resume_from))


@contextmanager
def _refused() -> Iterator[None]:
    """Say in one line what transformers does not take."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, ImportError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"training_arguments: transformers refuses them: {said}") from error


def use_one_gpu(arguments: TrainingArguments) -> None:
    """Keep a process to one GPU: the Trainer would split a batch's index tensors over several.

    Several GPUs are for several processes, which the launchers start. transformers has no
    public setting for it.
    """
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1
        if arguments.n_gpu > 1:
            raise TunescopeError(
                f"this version of transformers takes all {arguments.n_gpu} GPUs in one process; "
                "set CUDA_VISIBLE_DEVICES to one of them"
            )


@contextmanager
def _preserved_verbosity() -> Iterator[None]:
    """Put transformers' log level back, which the Trainer sets for the whole process."""
    level = transformers_logging.get_verbosity()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
