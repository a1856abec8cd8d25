"""Snapshots of an encoder while it is trained, by this package or by anybody's own Trainer."""

# ruff: noqa: ARG002 - the signatures are the Trainer's

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import torch
from transformers import TrainerCallback

from tunescope.encoders.encoder import Encoder, split_names
from tunescope.encoders.modes import evaluation_mode, preserved_random_state
from tunescope.encoders.policy import Policy, PolicyOptions, make_policy
from tunescope.encoders.representation import Representations
from tunescope.errors import InputError
from tunescope.tuning.schedule import Schedule, check_schedule, snapshot_updates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from transformers import TrainerControl, TrainerState, TrainingArguments

    from tunescope.tasks import Task


class SnapshotCallback(TrainerCallback):
    """Take snapshots while a Hugging Face Trainer trains, without touching the training.

    At each chosen update the model is put into evaluation mode, the task is encoded, and the
    model's modes and the state of every random generator are put back: the weights after
    training are those without the callback.

    Parameters
    ----------
    task : what is encoded.
    snapshots : how many, evenly spaced; ``"log:N"``; or the updates. Update 0 and the last
        one are always among them.
    folder : the vectors are written there, a folder a snapshot.
    on_snapshot : called with the update and the `Encoder` as it is then, in evaluation mode.
    keep : encode the task at each snapshot; by default yes, unless only ``on_snapshot``
        is given, which then encodes what it wants.
    tokenizer : by default the Trainer's ``processing_class``.
    encoder : in place of the Trainer's model, if that is not a transformers model itself.
    splits, layers, policy, **options : as for `Encoder.encode`.

    Attributes
    ----------
    snapshots : dict of update → `Representations`.
    taken : list of the updates that were seen.

    Notes
    -----
    With several processes the first one encodes and the others wait. A model that is sharded
    over processes (FSDP, DeepSpeed) is refused.

    Examples
    --------
    >>> callback = SnapshotCallback(task, snapshots="log:10", folder="vectors")  # doctest: +SKIP
    >>> Trainer(model, arguments, callbacks=[callback], ...).train()              # doctest: +SKIP
    >>> callback.snapshots[0]["train"].layer(-1)                                  # doctest: +SKIP
    """

    def __init__(
        self,
        task: Task,
        *,
        snapshots: Schedule = 20,
        folder: str | os.PathLike[str] | None = None,
        on_snapshot: Callable[[int, Encoder], object] | None = None,
        keep: bool | None = None,
        tokenizer: Any = None,
        encoder: Encoder | None = None,
        splits: Iterable[str] | None = None,
        layers: Iterable[int] | None = None,
        policy: Policy | None = None,
        **options: Unpack[PolicyOptions],
    ) -> None:
        self.task = task
        self.folder = None if folder is None else Path(folder)
        self.on_snapshot = on_snapshot
        self.keep = (on_snapshot is None or folder is not None) if keep is None else keep
        self.snapshots: dict[int, Representations] = {}
        self.taken: list[int] = []
        # What can be refused is refused before the training begins; its end is not known yet.
        self._schedule = check_schedule(snapshots)
        self._tokenizer = tokenizer
        self._encoder = encoder
        self._encoding: Mapping[str, Any] = {
            "splits": split_names(task, splits),
            "layers": None if layers is None else list(layers),
            "policy": make_policy(policy, **options),
        }
        self._updates: frozenset[int] = frozenset()

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Choose the updates, and take the first snapshot."""
        if getattr(args, "fsdp", None) or getattr(args, "deepspeed", None):
            raise InputError("snapshots need the whole model in each process; leave out FSDP")
        self._updates = frozenset(snapshot_updates(self._schedule, state.max_steps))
        if self._encoder is None:
            tokenizer = self._tokenizer or kwargs.get("processing_class")
            if tokenizer is None:
                raise InputError("tokenizer: the Trainer has no processing_class; give it here")
            self._encoder = Encoder(kwargs["model"], tokenizer=tokenizer)
        if state.global_step in self._updates and state.global_step not in self.taken:
            self._take(state)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Take a snapshot if this update is one of those chosen."""
        if state.global_step in self._updates:
            self._take(state)

    def on_train_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Take the last snapshot where the training stopped early."""
        if state.global_step not in self.taken:
            self._take(state)

    def _take(self, state: TrainerState) -> None:
        update = state.global_step
        self.taken.append(update)
        assert self._encoder is not None
        if state.is_world_process_zero:
            with preserved_random_state(), evaluation_mode(self._encoder.model):
                if self.keep:
                    place = None if self.folder is None else snapshot_folder(self.folder, update)
                    self.snapshots[update] = self._encoder.encode(
                        self.task, folder=place, **self._encoding
                    )
                if self.on_snapshot is not None:
                    self.on_snapshot(update, self._encoder)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.barrier()


def snapshot_folder(folder: Path, update: int) -> Path:
    """Name a snapshot's folder, so that names sort as updates do."""
    return folder / f"update-{update:07d}"
