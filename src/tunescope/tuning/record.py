"""What happened at each update, and how good the classifier was at each snapshot."""

# ruff: noqa: ARG002 - the signatures are the Trainer's

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from transformers import TrainerCallback

from tunescope.errors import TunescopeError
from tunescope.tuning.tuned import predict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from transformers import TrainerControl, TrainerState, TrainingArguments

    from tunescope.encoders.encoder import Encoder
    from tunescope.encoders.policy import Policy
    from tunescope.encoders.representation import Representation, Representations
    from tunescope.tasks import Task
    from tunescope.tuning.head import Classifier

HISTORY_COLUMNS = ("update", "epoch", "loss", "learning_rate", "accuracy")
EVALUATION_COLUMNS = ("update", "split", "accuracy", "n_examples")


def finest(device: torch.device) -> torch.dtype:
    """Say in which precision sums are kept on a device: MPS has no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


class HistoryCallback(TrainerCallback):
    """Keep loss, learning rate and training accuracy of every update.

    Parameters
    ----------
    classifier : it notes what it saw.
    progress : called with the updates done, and all.
    """

    def __init__(
        self, classifier: Classifier, progress: Callable[[int, int], None] | None = None
    ) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self._classifier = classifier
        self._progress = progress
        self._learning_rate = math.nan

    def on_step_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Note the learning rate before the scheduler moves on."""
        self._classifier.seen.clear()
        self._learning_rate = float(kwargs["optimizer"].param_groups[0]["lr"])

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Add the update's row; its loss is the mean over its examples."""
        seen = self._classifier.seen
        device = seen[0][0].device
        precise = finest(device)
        sums = torch.zeros(3, dtype=precise, device=device)
        for loss, right, n in seen:
            count = torch.full_like(sums[0], n)
            sums += torch.stack([loss.to(precise) * n, right.to(precise), count])
        seen.clear()
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.all_reduce(sums)
        total, right_, n_examples = sums.tolist()
        loss_ = total / n_examples
        if not math.isfinite(loss_):
            raise TunescopeError(
                f"the loss is {loss_} at update {state.global_step}; "
                "take a smaller learning rate, or float32"
            )
        epoch = math.nan if state.epoch is None else float(state.epoch)
        self.rows.append(
            (state.global_step, epoch, loss_, self._learning_rate, right_ / n_examples)
        )
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps)

    def table(self) -> pd.DataFrame:
        """One row an update: update, epoch, loss, learning_rate, accuracy."""
        return pd.DataFrame(self.rows, columns=list(HISTORY_COLUMNS))


class Scoring:
    """Score the classifier at each snapshot, on vectors that are there already if they are.

    Parameters
    ----------
    task, splits : what is scored.
    classifier : its head is applied to the pooled vectors of the last layer.
    policy : of `Encoder.encode`.
    on_snapshot : called afterwards, with the update and the encoder.
    """

    def __init__(
        self,
        task: Task,
        classifier: Classifier,
        splits: Sequence[str],
        policy: Policy,
        on_snapshot: Callable[[int, Encoder], object] | None,
    ) -> None:
        self.kept: Mapping[int, Representations] = {}
        self._task = task
        self._classifier = classifier
        self._splits = splits
        self._policy = policy
        self._on_snapshot = on_snapshot
        self.rows: list[tuple[Any, ...]] = []

    def __call__(self, update: int, encoder: Encoder) -> None:
        """Add the snapshot's rows."""
        kept: Mapping[str, Representation] = self.kept.get(update, {})
        missing = [
            name
            for name in self._splits
            if name not in kept or encoder.n_layers not in kept[name].layers
        ]
        fresh: Mapping[str, Representation] = {}
        if missing:
            fresh = encoder.encode(self._task, splits=missing, layers=[-1], policy=self._policy)
        for name in self._splits:
            vectors = fresh[name] if name in missing else kept[name]
            right = predict(self._classifier.head, vectors) == vectors.label_ids
            self.rows.append((update, name, float(right.mean()), len(vectors)))
        if self._on_snapshot is not None:
            self._on_snapshot(update, encoder)

    def table(self) -> pd.DataFrame:
        """One row a snapshot and split: update, split, accuracy, n_examples."""
        return pd.DataFrame(self.rows, columns=list(EVALUATION_COLUMNS))
