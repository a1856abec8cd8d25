"""How an encoder is trained, checked before any work."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tunescope.encoders.modes import check_seed
from tunescope.errors import InputError

BatchOf = Literal["texts", "examples"]
MOST_EPOCHS = 1_000_000
"""Beyond any training; what is meant as 'for ever' has no last update to space snapshots by."""


@dataclass(frozen=True)
class Settings:
    """Everything about a training but the model, the data and what is looked at on the way.

    Raises
    ------
    InputError
        A value is not of its type, or out of its range.
    """

    epochs: float | None = None
    """Passes over the training split; None is the paper's number for the model."""
    batch_size: int = 32
    """Texts, or examples, of an update."""
    learning_rate: float = 3e-4
    """Its peak, after the warm-up."""
    warmup: float = 0.1
    """The part of all updates over which the learning rate rises."""
    seed: int = 0
    """For the head, the order of the texts, and dropout."""
    train_split: str = "train"
    """The split to train on."""
    batch_of: BatchOf = "texts"
    """What the batch size counts."""
    training_arguments: Mapping[str, Any] = field(default_factory=dict)
    """More of transformers' ``TrainingArguments``, by name."""

    def __post_init__(self) -> None:
        if self.epochs is not None:
            _check_number("epochs", self.epochs)
            if not 0 < self.epochs <= MOST_EPOCHS:
                raise InputError(
                    f"epochs={self.epochs}; expected more than 0, up to {MOST_EPOCHS:,}"
                )
        whole = isinstance(self.batch_size, (int, np.integer))
        if not whole or isinstance(self.batch_size, bool) or self.batch_size < 1:
            raise InputError(f"batch_size={self.batch_size!r}; expected at least 1")
        _check_number("learning_rate", self.learning_rate)
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate={self.learning_rate}; expected more than 0")
        _check_number("warmup", self.warmup)
        if not 0 <= self.warmup < 1:
            raise InputError(
                f"warmup={self.warmup}; expected a part of the updates, from 0 up to 1"
            )
        check_seed(self.seed)
        if self.batch_of not in ("texts", "examples"):
            raise InputError(f"batch_of={self.batch_of!r}; known: 'texts', 'examples'")
        if not isinstance(self.train_split, str):
            raise InputError(f"train_split={self.train_split!r}; expected a split's name")

    def record(self) -> dict[str, Any]:
        """Give the settings by name."""
        return dataclasses.asdict(self)


def _check_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InputError(f"{name}={value!r}; expected a number")
