"""The geometry of a model while anybody's Hugging Face Trainer trains it."""

# ruff: noqa: ARG002 - the signatures are the Trainer's

from __future__ import annotations

import logging
import math
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from transformers import Trainer, TrainerCallback

from tunescope.arguments import path_of
from tunescope.errors import InputError
from tunescope.tuning.ending import (
    LOADED_TOO_EARLY,
    OF_ANOTHER,
    LastWeights,
    OwnCheckpoints,
    is_end,
    loaded_update,
)
from tunescope.tuning.processes import of_the_first
from tunescope.watching.failures import going_on
from tunescope.watching.folder import TRAINING
from tunescope.watching.notes import Notes
from tunescope.watching.options import Wanted, Watched
from tunescope.watching.processes import run_of_the_first, said_by_the_first
from tunescope.watching.schedule import Every, check_every, planned_updates
from tunescope.watching.watcher import Training

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from types import FrameType

    from transformers import TrainerControl, TrainerState, TrainingArguments

    from tunescope.encoders.policy import Policy, PolicyOptions
    from tunescope.tasks import Task
    from tunescope.watching.stopping import StopRule

logger = logging.getLogger(__name__)

IN_CHECKPOINTS = "tunescope"
"""Under which a Trainer's checkpoints carry what its watched trainings are named."""
_watching: weakref.WeakSet[GeometryCallback] = weakref.WeakSet()
"""The callbacks of this process whose training has begun."""


class GeometryCallback(Watched, TrainerCallback):
    """Measure what a training does to a model's representations, while it runs.

    At each look the task is encoded once, in evaluation mode, and everything is measured on those
    vectors; the model's modes and the state of every random generator are put back. The weights
    after the training are, on a CPU, those without the callback, bit by bit.

    Parameters
    ----------
    task : the labelled examples that are looked at: those trained on, or others.
    every : ``"epoch"``, a number of updates, ``"log:N"`` for N looks that are dense at the start,
        or the updates. The first and the last update are always looked at.
    layers : ``"last"``, ``"all"``, or their numbers.
    splits : the first is measured, a second is held out; by default ``train`` and ``test``.
    measures : of ``distances, clusters, similarity, spread, hulls, head``; by default all.
    budget : at most this share of the training's time is spent on looking, by looking at a sample
        of the examples and at fewer updates; None for as much as it takes.
    stop_when : a rule that ends the training, such as `Diverging`.
    folder : where the run is kept; by default ``geometry`` in the Trainer's ``output_dir``. A
        second training is kept in ``geometry-2``.
    tokenizer : by default the Trainer's ``processing_class``.
    policy, **options : how texts are read, as for `Encoder.encode`.

    Attributes
    ----------
    result : the run of the training that ended last: its folder, tables and record.

    Notes
    -----
    The numbers go through the Trainer's own ``log``, as ``geometry/…``, so that every tracker
    named in ``report_to`` has them. With several processes the first looks and the others wait. A
    training that is resumed goes on in the folder that it was begun in, of which its checkpoint
    knows; one that finds it in use or damaged begins another and says so.

    Examples
    --------
    >>> callback = ts.GeometryCallback(task, every=100)                     # doctest: +SKIP
    >>> Trainer(model, arguments, callbacks=[callback], ...).train()        # doctest: +SKIP
    >>> callback.report("geometry.html")                                    # doctest: +SKIP
    """

    def __init__(
        self,
        task: Task,
        *,
        every: Every = "epoch",
        layers: str | Iterable[int] = "last",
        splits: str | Iterable[str] | None = None,
        measures: str | Iterable[str] | None = None,
        budget: float | None = 0.05,
        stop_when: StopRule | None = None,
        folder: str | os.PathLike[str] | None = None,
        tokenizer: Any = None,
        policy: Policy | None = None,
        **options: Unpack[PolicyOptions],
    ) -> None:
        wanted = Wanted(
            layers=layers,
            splits=splits,
            measures=measures,
            budget=budget,
            stop_when=stop_when,
            policy=policy,
        )
        super().__init__(task, wanted, options)
        self.every = check_every(every)
        self._folder = None if folder is None else path_of("folder", folder)
        self._tokenizer = tokenizer
        self._trainer: Trainer | None = None
        self._state: TrainerState | None = None
        self._due: frozenset[int] | None = frozenset()
        self._seen: set[int] = set()
        self._last_weights = LastWeights()
        self._own_checkpoints = OwnCheckpoints()

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Look at the model that is trained now, before its first update."""
        if getattr(args, "fsdp", None) or getattr(args, "deepspeed", None):
            raise InputError("geometry needs the whole model in each process; leave out FSDP")
        tokenizer = self._tokenizer or kwargs.get("processing_class")
        if tokenizer is None:
            raise InputError("tokenizer: the Trainer has no processing_class; give it here")
        self._abandon()  # of a training that was broken off
        for other in list(_watching):
            other._abandon_if_broken_off()
        self._trainer, self._state = _trainer_of(state), state
        last = int(state.max_steps)
        planned = planned_updates(self.every, last)
        self._due = None if planned is None else frozenset(planned)
        self._seen = {int(state.global_step)}
        self._own_checkpoints.begin(int(state.global_step))
        names = _names_in(state)
        if state.is_world_process_zero:
            looks = len(planned) if planned else 1 + math.ceil(args.num_train_epochs)
            self._begin(args, state, names, (kwargs["model"], tokenizer), looks)
            _watching.add(self)
        training = self._training
        if training is not None:  # what was logged before a stop, with the checkpoint
            for row in state.log_history:
                if row["step"] <= state.global_step:
                    training.losses.saw(int(row["step"]), row, row.get("epoch"))
            own = training.run.record[TRAINING]
            names = (*(name for name in names if name != own), own)
        seen, names = of_the_first(
            ({look.update for look in training.looks} if training else set(), names)
        )
        self._seen |= seen
        _put_names_in(state, names)
        # a training that goes on may have to stop for what the first look has seen
        if said_by_the_first(training is not None and training.reason is not None):
            control.should_training_stop = True

    def _begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        names: tuple[str, ...],
        model_and_tokenizer: tuple[Any, Any],
        looks: int,
    ) -> None:
        """Look at a training for the first time, in this process."""
        model, tokenizer = model_and_tokenizer
        update, last = int(state.global_step), int(state.max_steps)
        batch = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        self._training = Training.begin(
            self.settings,
            model,
            getattr(tokenizer, "tokenizer", tokenizer),
            folder=self._folder or Path(args.output_dir or ".") / "geometry",
            update=update,
            seed=int(args.seed),
            log=self._log,
            last=last,
            ahead=(last - update) * batch,
            planned=looks,
            trainings=names,
        )

    def _abandon_if_broken_off(self) -> None:
        """Let go of a training that an error or Ctrl-C ended: its Trainer does not say so."""
        if self._training is None or self._trainer is None:
            return
        if self._trainer.state is not self._state or not _is_at_work(self._trainer):
            self._abandon()

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> TrainerControl:
        """Look, if this update is one of those that are due."""
        update = int(state.global_step)
        if update == state.max_steps or (self._due is not None and update in self._due):
            self._look(state, control, whatever=update == state.max_steps)
        return control

    def on_epoch_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> TrainerControl:
        """Look after an epoch, and at the end of a training that stops early."""
        self._last_weights.note(kwargs["model"])
        if self._due is None or control.should_training_stop:
            self._look(state, control, whatever=control.should_training_stop)
        return control

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Look at the last weights of a training that an evaluation has ended."""
        self._own_checkpoints.add(int(state.global_step))
        self.on_evaluate(args, state, control, **kwargs)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Look at them where a callback before this one has ended it, also if nothing is saved."""
        self._last_weights.note(kwargs["model"])
        if control.should_training_stop:
            self._look(state, control, whatever=True)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Keep the loss that is logged; look at last weights that could not be looked at before."""
        logs = kwargs.get("logs") or {}
        if self._training is not None:
            self._training.losses.saw(int(state.global_step), logs, state.epoch)
        # a callback after this one has stopped the training, and nothing was saved
        missing = is_end(logs) and state.global_step not in self._seen
        if missing and self._last_weights.are_in(kwargs["model"]):
            self._look(state, control, whatever=True)

    def on_train_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Look at the weights that the training ends with, and put the tables together."""
        last, training = int(state.global_step), self._training
        final = loaded_update(args, state, self._own_checkpoints)
        if final != last and last not in self._seen and training is not None:
            training.failed[last] = LOADED_TOO_EARLY
            logger.warning("geometry: update %d is not looked at: %s", last, LOADED_TOO_EARLY)
        if final is None:
            said = OF_ANOTHER.format(state.best_model_checkpoint)
            if training is not None:
                with going_on(said):
                    Notes(training.run, self.settings.task.name).warn_once(said)
        elif final not in self._seen:
            self._seen.add(final)
            if training is not None:
                # of weights from before: a tracker would draw it at the last update
                training.log = _to_nobody if final < last else self._log
                with going_on(f"update {final} is not looked at"):
                    training.look(final, state.epoch, at_end=True)
        self._end(final)
        self._trainer = self._state = None
        self._is_first = state.is_world_process_zero
        self._run = run_of_the_first(self._run)

    def _look(self, state: TrainerState, control: TrainerControl, *, whatever: bool) -> None:
        """Look at an update once, whatever it costs or if the budget allows it."""
        update, training = int(state.global_step), self._training
        if update in self._seen:
            return
        if not said_by_the_first(training is not None and (whatever or training.is_due(update))):
            return
        self._seen.add(update)
        if training is not None:
            training.look(update, state.epoch, at_end=whatever)
        if said_by_the_first(training is not None and training.reason is not None):
            control.should_training_stop = True

    def _log(self, values: dict[str, float], update: int) -> None:
        """Hand the numbers to the Trainer, whose trackers get them."""
        trainer, state = self._trainer, self._state
        if trainer is None:
            if state is not None:
                state.log_history.append({**values, "epoch": state.epoch, "step": update})
            return
        waiting = trainer.control.should_log
        # of the class itself: a subclass puts its own means into each log, and starts them anew
        Trainer.log(trainer, values)
        trainer.control.should_log = waiting


def _to_nobody(_values: dict[str, float], _update: int) -> None:
    """Log nowhere."""


def _trainer_of(state: TrainerState) -> Trainer | None:
    """Find the Trainer that calls: transformers tells a callback everything else but it."""
    frame = sys._getframe(1)
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, Trainer) and caller.state is state:
            return caller
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _is_at_work(trainer: Trainer) -> bool:
    """Tell whether one of a Trainer's methods is being called, in any thread."""
    for innermost in sys._current_frames().values():
        frame: FrameType | None = innermost
        while frame is not None:
            if frame.f_locals.get("self") is trainer:
                return True
            frame = frame.f_back
    return False


def _names_in(state: TrainerState) -> tuple[str, ...]:
    """Give what a Trainer's watched trainings are named, as its checkpoint has it."""
    carried: Any = state.stateful_callbacks
    kept = carried.get(IN_CHECKPOINTS) if isinstance(carried, dict) else None
    return tuple(kept.get("trainings", ())) if isinstance(kept, dict) else ()


def _put_names_in(state: TrainerState, names: tuple[str, ...]) -> None:
    """Have a Trainer's checkpoints carry what its watched trainings are named."""
    carried: Any = state.stateful_callbacks
    if isinstance(carried, dict):
        carried[IN_CHECKPOINTS] = {"args": {}, "attributes": {}, "trainings": list(names)}
