"""Snapshots of an encoder while it is trained, by this package or by anybody's own Trainer."""

# ruff: noqa: ARG002 - the signatures are the Trainer's

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Unpack

import torch
from transformers import TrainerCallback

from tunescope.arguments import path_of, whole_numbers
from tunescope.encoders.choices import split_names
from tunescope.encoders.encoder import Encoder
from tunescope.encoders.modes import evaluation_mode, preserved_random_state
from tunescope.encoders.policy import Policy, PolicyOptions, make_policy
from tunescope.encoders.representation import Representations
from tunescope.errors import InputError
from tunescope.tuning.ending import (
    LOADED_TOO_EARLY,
    OF_ANOTHER,
    LastWeights,
    OwnCheckpoints,
    is_end,
    loaded_update,
)
from tunescope.tuning.folder import set_aside, snapshot_folder, trainings_in
from tunescope.tuning.schedule import Schedule, check_schedule, snapshot_updates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from transformers import TrainerControl, TrainerState, TrainingArguments

    from tunescope.tasks import Task

log = logging.getLogger(__name__)


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
    snapshots : dict of update → `Representations`, of the training that runs or ran last.
    taken : list of the updates that were seen, in the order in which they were.
    final_update : the update that the weights are from with which the training ended: with
        ``load_best_model_at_end`` that of the checkpoint that was loaded, else the last. None
        until then, and where the checkpoint is another training's, which is said.

    Notes
    -----
    With several processes the first one encodes and the others wait. A model that is sharded
    over processes (FSDP, DeepSpeed) is refused.

    A callback may see several trainings one after the other, of a Trainer that trains again or
    makes its model anew (``model_init``), or of several Trainers: each is looked at by itself. The
    vectors of a training that finds another's in the folder go to ``folder/training-2`` and so on.
    A training that goes on from a checkpoint begins with the update it goes on from, and with a
    callback of its own in the folder written last. Snapshots of later updates there are of a
    training that is no more: they are moved to ``superseded``, which is said.

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
        self.folder = None if folder is None else path_of("folder", folder)
        self.on_snapshot = on_snapshot
        self.keep = (on_snapshot is None or folder is not None) if keep is None else keep
        self.snapshots: dict[int, Representations] = {}
        self.taken: list[int] = []
        self.final_update: int | None = None
        # What can be refused is refused before the training begins; its end is not known yet.
        self._schedule = check_schedule(snapshots)
        self._tokenizer = tokenizer
        self._given = encoder
        self._encoder: Encoder | None = encoder
        self._encoding: Mapping[str, Any] = {
            "splits": split_names(task, splits),
            "layers": None if layers is None else whole_numbers("layers", layers),
            "policy": make_policy(policy, **options),
        }
        self._updates: frozenset[int] = frozenset()
        self._last_weights = LastWeights()
        self._own_checkpoints = OwnCheckpoints()
        self._running = False
        self._trainings = 0
        self._restored = False
        self._place: Path | None = None

    def restore(self, taken: Iterable[int]) -> None:
        """Take over the snapshots that were taken before a stop; the next training goes on.

        The folder is its own, whatever a training that was stopped has left there.

        Raises
        ------
        InputError
            Vectors of them were to be kept in the folder and are not there.
        """
        self.taken[:] = taken
        if self.keep and self.folder is not None:
            for update in self.taken:
                place = snapshot_folder(self.folder, update)
                self.snapshots[update] = Representations.load(place)
        self._restored = True

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Choose the updates, and take the first snapshot of the model that is trained now."""
        if getattr(args, "fsdp", None) or getattr(args, "deepspeed", None):
            raise InputError("snapshots need the whole model in each process; leave out FSDP")
        self._updates = frozenset(snapshot_updates(self._schedule, state.max_steps))
        if self._given is None:
            tokenizer = self._tokenizer or kwargs.get("processing_class")
            if tokenizer is None:
                raise InputError("tokenizer: the Trainer has no processing_class; give it here")
            self._encoder = Encoder(kwargs["model"], tokenizer=tokenizer)
        self._trainings += 1
        self._place = self._choose_place(state)
        self._own_checkpoints.begin(state.global_step)
        self._running, self.final_update = True, None
        if not self._restored:
            self._updates |= {state.global_step}
            self._set_aside(state)
            self.taken.clear()
            self.snapshots.clear()
        self._restored = False
        self._take_if_due(state)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Take a snapshot if this update is one of those chosen."""
        self._take_if_due(state)

    def on_epoch_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Take the last snapshot of a training that stops early, before others are loaded."""
        self._last_weights.note(kwargs["model"])
        if control.should_training_stop and self._is_missing(state):
            self._take(state.global_step, state)

    on_evaluate = on_epoch_end  # an evaluation after the epoch may be what stops it

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Take the last snapshot also after an evaluation that a callback after this one heeds."""
        self._own_checkpoints.add(state.global_step)
        self.on_epoch_end(args, state, control, **kwargs)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Take it now where a callback after this one has stopped the training, and none saved."""
        if not is_end(kwargs.get("logs")) or not self._is_missing(state):
            return
        if self._last_weights.are_in(kwargs["model"]):
            self._take(state.global_step, state)

    def on_train_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Take a snapshot of the weights that the training ends with, under their own update."""
        self._running = False
        self.final_update = loaded_update(args, state, self._own_checkpoints)
        if self.final_update is not None and self.final_update not in self.taken:
            self._take(self.final_update, state)
        if not state.is_world_process_zero:
            return
        if self.final_update is None:
            log.warning(OF_ANOTHER.format(state.best_model_checkpoint))
        if state.global_step not in self.taken:
            log.warning("update %d has no snapshot: %s", state.global_step, LOADED_TOO_EARLY)

    def _is_missing(self, state: TrainerState) -> bool:
        """Tell whether the training that runs has no snapshot of the update it is at."""
        return self._running and state.global_step not in self.taken

    def _take_if_due(self, state: TrainerState) -> None:
        if state.global_step in self._updates and state.global_step not in self.taken:
            self._take(state.global_step, state)

    def _choose_place(self, state: TrainerState) -> Path | None:
        """Name the folder of a training's snapshots, which never holds another training's."""
        if not self.keep or self.folder is None or self._restored:
            return self.folder
        there = trainings_in(self.folder)
        goes_on = self._trainings == 1 and state.global_step > 0
        number = there if goes_on else there + 1
        if number <= 1:
            return self.folder
        place = self.folder / f"training-{number}"
        if self._trainings == 1 and not goes_on and state.is_world_process_zero:
            log.warning(
                "%s: it holds the snapshots of another training; those of this one go to %s",
                self.folder,
                place,
            )
        return place

    def _set_aside(self, state: TrainerState) -> None:
        """Move the later snapshots of the training that this one goes on from out of the way."""
        if not self.keep or self._place is None or not state.is_world_process_zero:
            return
        if state.global_step > 0 and (aside := set_aside(self._place, state.global_step)):
            log.warning(
                "%s: the snapshots after update %d, from which the training goes on, are of one "
                "that is no more; they are now in %s",
                self._place,
                state.global_step,
                aside,
            )

    def _take(self, update: int, state: TrainerState) -> None:
        self.taken.append(update)
        assert self._encoder is not None
        if state.is_world_process_zero:
            with preserved_random_state(), evaluation_mode(self._encoder.model):
                if self.keep:
                    place = self._place and snapshot_folder(self._place, update)
                    self.snapshots[update] = self._encoder.encode(
                        self.task, folder=place, **self._encoding
                    )
                if self.on_snapshot is not None:
                    self.on_snapshot(update, self._encoder)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.barrier()
