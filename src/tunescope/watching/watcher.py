"""Look at a model while somebody trains it: the core of the callback and of the plain loop."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tunescope.encoders.modes import evaluation_mode, preserved_random_state
from tunescope.encoders.representation import Representations
from tunescope.errors import DamagedError
from tunescope.runs import Run
from tunescope.seals import folder_damage, seal_folder
from tunescope.studies.steps import Origin
from tunescope.studies.work import describe
from tunescope.tasks.content import made_of, sizes_of
from tunescope.watching.budget import Budget, examples_that_fit
from tunescope.watching.failures import going_on, in_one_line
from tunescope.watching.folder import START, WEIGHTS, Begun, looks_in, open_folder, step_key
from tunescope.watching.head import HeadEncoder, head_tables, head_values
from tunescope.watching.look import Look
from tunescope.watching.losses import Losses
from tunescope.watching.measure import Geometry
from tunescope.watching.notes import Notes
from tunescope.watching.sampling import n_texts, numbered, sample_rows, sampled
from tunescope.watching.stopping import reason_to_stop
from tunescope.watching.tables import training_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import torch
    from numpy.typing import NDArray

    from tunescope.tasks import Task
    from tunescope.watching.settings import Settings

logger = logging.getLogger(__name__)

LAST_LOOK = -1
"""For the last update that was looked at, if only in vain."""
_FAILED = "update {} could not be looked at"
PREFIX = "geometry/"
TRIED = 48
"""Texts of the look that tells how long looks take."""
FEWEST_TEXTS = 64
"""A sample is never made of fewer texts."""
_NO_START = "similarity with the start is left out: the vectors from before are not kept here"
"""Said where there is nothing to compare with: a later update is no start."""


@dataclass
class Training:
    """One training that is watched, from its first look to its last.

    Parameters
    ----------
    settings : what is looked at.
    run : its folder.
    encoder : the model that is trained, with its head.
    seed : of the training, as the tables name it.
    log : hears the numbers of each look, by their names in a tracker, and the update.
    last : the last update, where it is known.
    ahead : texts that will be trained on, where it is known.
    planned : how many looks are planned, where it is known.
    """

    settings: Settings
    run: Run
    encoder: HeadEncoder
    seed: int
    log: Callable[[dict[str, float], int], object]
    last: int | None = None
    ahead: int | None = None
    planned: int | None = None
    looks: list[Look] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    """Updates that could not be looked at, and why."""
    reason: str | None = None
    """Why the training is to stop; None: it is not."""
    rows: dict[str, NDArray[np.int64]] | None = None
    """The examples of each split that are looked at; None: all."""

    def __post_init__(self) -> None:
        self.budget = Budget(self.settings.budget)
        self._task = self.settings.task
        self._geometry = Geometry(self._task, self.settings.splits, self.settings.measures)
        self.losses = Losses(self.run)
        self._notes = Notes(self.run, self._task.name)

    @classmethod
    def begin(
        cls,
        settings: Settings,
        model: torch.nn.Module,
        tokenizer: Any,
        *,
        folder: Path,
        update: int,
        seed: int,
        log: Callable[[dict[str, float], int], object],
        last: int | None,
        ahead: int | None,
        planned: int | None,
        trainings: tuple[str, ...] | None = None,
    ) -> Training:
        """Open the folder, look at the model for the first time, or go on after a stop.

        What is not said here is as for a `Training` and for `Begun`.
        """
        began = time.perf_counter()
        with preserved_random_state():
            encoder = HeadEncoder(model, tokenizer, settings.task)
        settings.check_layers(encoder.n_layers)
        if encoder.no_head and "head" in settings.measures:
            logger.info("geometry: no loss and accuracy of the model's own, %s", encoder.no_head)
        study = settings.study(encoder.name, encoder.reading(settings.policy).pooling)
        identity = {**study, "data": made_of(settings.task), "seed": seed}
        begun = Begun(update, encoder.checksum() if update else "", trainings)
        opened = open_folder(folder, study, identity, begun)
        run = opened.run
        training = cls(settings, run, encoder, seed, log, last, ahead, planned)
        training.budget.started = began
        try:
            training._note_task(opened.remark)
            training._resume(update) if looks_in(run) else training._choose_examples()
            training.budget.add(time.perf_counter() - began, first=True)
            training.budget.latest = 0.0
            if not training.was_at(update):
                training.look(update, None)
        except BaseException:
            training.abandon()
            raise
        return training

    def _encode(self, task: Task) -> Representations:
        layers = self.settings.layers
        with preserved_random_state(), evaluation_mode(self.encoder.model):
            return self.encoder.encode(
                task, splits=self.settings.splits, layers=layers, policy=self.settings.policy
            )

    def _choose_examples(self) -> None:
        """Look at a few texts, to know how many the budget is enough for."""
        task, splits, share = self.settings.task, self.settings.splits, self.settings.budget
        whole = n_texts(task, splits)
        if share is None or self.ahead is None or whole <= FEWEST_TEXTS:
            return
        few = sampled(task, sample_rows(task, splits, TRIED))
        self._encode(few)  # the first pass through a model is slow
        texts = n_texts(few, splits)
        began = time.perf_counter()
        vectors = self._encode(few)
        reading = time.perf_counter() - began
        Geometry(few, splits, self.settings.measures).look(vectors)
        seconds = time.perf_counter() - began
        fit = examples_that_fit(
            share,
            self.planned or 2,
            seconds=seconds,
            texts=texts,
            reading=reading,
            ahead=self.ahead,
        )
        if fit < whole:
            self._take(max(FEWEST_TEXTS, fit))

    def _take(self, limit: int) -> None:
        """Look at a sample of the examples from now on."""
        settings = self.settings
        self.rows = sample_rows(settings.task, settings.splits, limit)
        self._task = sampled(settings.task, self.rows)
        self._geometry = Geometry(self._task, settings.splits, settings.measures)
        self.run.note(sample=limit)
        self._notes.add(f"looked at {self._sizes()}, to keep to {settings.budget:.3g} of the time")

    def _note_task(self, remark: str) -> None:
        """Add the notes of the task to the record, and say what is to be said of the folder."""
        for note in self.settings.task.notes:
            self._notes.add(note)
        if remark:
            self._notes.add(remark)
            logger.warning("geometry: %s; looked at in %s", remark, self.run.folder)

    def _sizes(self) -> str:
        sizes = [
            f"{len(self._task[name])} of {len(self.settings.task[name])} examples of {name}"
            for name in self.settings.splits
        ]
        return " and ".join(sizes)

    def _resume(self, update: int) -> None:
        """Take over the looks and losses from before a stop, and the vectors of the start."""
        limit = self.run.record.get("sample")
        if limit is not None:
            self._take(int(limit))
        for seen in looks_in(self.run):
            notes = self.run.notes(step_key(seen))
            look = Look(seen, notes["epoch"], dict(notes["values"]), float(notes["seconds"]))
            self.looks.append(look)
        self._take_over(update)
        self.losses.resume(update)
        start = self.run.path("vectors", START)
        if start.is_dir():
            if found := folder_damage(start):
                raise DamagedError(
                    f"{found[0]}: damaged ({found[1]}); the vectors of the start cannot be made "
                    "again: watch the training from its beginning in a new folder"
                )
            self._geometry.start = Representations.load(start)

    def _take_over(self, update: int) -> None:
        """Take over what was not seen before a stop, and the time that was spent."""
        before = self.run.record.get("watching", {})
        failed = {int(seen): why for seen, why in before.get("could_not_be_looked_at", {}).items()}
        self.failed = {seen: why for seen, why in failed.items() if seen < update}
        for seen in failed.keys() - self.failed.keys():  # they are looked at again
            self._notes.remove(_FAILED.format(seen))
        left_out = before.get("left_out_for_the_budget", [])
        self.skipped = [seen for seen in left_out if seen <= update]
        names = ("seconds_of_looking", "seconds_of_training")
        self.budget.go_on(*(float(before.get(name, 0.0)) for name in names))

    def was_at(self, update: int) -> bool:
        """Tell whether an update was looked at, if only in vain."""
        return update in self.failed or any(look.update == update for look in self.looks)

    def is_due(self, update: int) -> bool:
        """Tell whether the budget allows a look, which is not the first nor the last."""
        if update == self.last:
            return True
        allowed = self.budget.allows(update / self.last if self.last else None)
        if not allowed and update not in self.skipped:
            self.skipped.append(update)
        return allowed

    def look(self, update: int, epoch: float | None, *, at_end: bool = False) -> Look | None:
        """Measure the model as it is now, keep the tables, and log the numbers.

        Parameters
        ----------
        update, epoch : how far the training is.
        at_end : it is over, so that no rule is asked whether to stop it.

        Returns
        -------
        Look or None
            None where that failed, at any look but the first: the training goes on, it is said
            and noted.
        """
        began, first = time.perf_counter(), not self.looks
        try:
            look = self._look(update, epoch)
        except Exception as error:
            if first:
                raise
            self.failed[update] = in_one_line(error)
            logger.warning("geometry: update %d is not looked at: %s", update, self.failed[update])
            self.budget.add(time.perf_counter() - began)
            self._keep_so_far()
            return None
        self.looks = [*(seen for seen in self.looks if seen.update != update), look]
        if 0 < update != self.last and not at_end and self.reason is None:
            self._ask_the_rule(update)
        self.budget.add(time.perf_counter() - began, first=first)
        self._keep_so_far()
        share = {} if first else {"share_of_time": self.budget.used}
        with preserved_random_state():
            logged = look.values | share
            self.log({PREFIX + name: value for name, value in logged.items()}, update)
        return look

    def _keep_so_far(self) -> None:
        """Keep what was not seen, and the time so far, for a training that is resumed."""
        with going_on("what looking took so far is not kept"):
            self.run.note(watching=self._so_far(self.budget.all_training, self.budget.all_spent))

    def _so_far(self, training: float, spent: float) -> dict[str, Any]:
        return {
            "seconds_of_looking": spent,
            "seconds_of_training": training,
            "left_out_for_the_budget": list(self.skipped),
            "could_not_be_looked_at": {str(u): why for u, why in self.failed.items()},
        }

    def _ask_the_rule(self, update: int) -> None:
        """Ask whether the training is to stop; a rule that fails is asked again at each look."""
        rule = self.settings.stop_when
        if rule is None:
            return
        try:
            self.reason = reason_to_stop(rule, self.looks)
        except Exception as error:  # noqa: BLE001 - somebody's function, in somebody's training
            self._notes.warn_once(f"stop_when is not heeded: {in_one_line(error)}")
        if self.reason is not None:
            logger.warning("update %d: the training is stopped: %s", update, self.reason)

    def _look(self, update: int, epoch: float | None) -> Look:
        """Measure the model as it is now, and keep the tables."""
        began = time.perf_counter()
        with preserved_random_state():
            tables, values = self._measure(update)
        self.losses.keep()
        notes = {"epoch": epoch, "values": values, WEIGHTS: self.encoder.checksum()}
        seconds = time.perf_counter() - began
        self.run.finish(step_key(update), tables, seconds=seconds, update=update, **notes)
        return Look(update, epoch, values, seconds)

    def _measure(self, update: int) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
        settings, geometry = self.settings, self._geometry
        vectors = self._encode(self._task)
        compares = "similarity" in settings.measures
        if is_start := compares and update == 0:
            geometry.start = vectors
        elif compares and geometry.start is None:
            self._notes.warn_once(_NO_START)
        tables, values = geometry.look(vectors)
        if "head" in settings.measures:
            found = head_tables(self.encoder, self._task, settings.splits)
            tables |= found
            if found:
                values |= head_values(found)
                tables["dynamics"] = numbered(found["dynamics"], self.rows)
            if left_out := self.encoder.left_out_in_words(self._task):
                self._notes.warn_once(f"the model's head is not asked about {left_out}")
        if is_start:
            vectors.save(self.run.path("vectors", START))
            seal_folder(self.run.path("vectors", START))
        return tables, values

    def end(self, final_update: int | None = LAST_LOOK) -> Run:
        """Put the tables together, and say what looking took.

        Parameters
        ----------
        final_update : that the last weights are from; None where they are of no update.
        """
        run, settings = self.run, self.settings
        training, began = self.budget.all_training, time.perf_counter()
        last = max(look.update for look in self.looks)
        self.losses.keep()
        name, task = self.encoder.name, settings.task.name
        updates = [look.update for look in self.looks]
        split = settings.splits[0]
        measured = (split, settings.task[split], self.encoder.n_layers)
        of = Origin(name, task, self.seed)
        with preserved_random_state():
            run.write_tables(training_tables(run, of, updates, measured, self.losses))
        for update, why in self.failed.items():
            shown = f"; the end that is shown is update {last}" if update > last else ""
            failed = _FAILED.format(update)
            self._notes.replace(failed, f"{failed}: {why}{shown}")
        spent = self.budget.all_spent + time.perf_counter() - began
        used = spent / training if training > 0 else np.inf
        run.note(
            complete=True,
            models={name: describe(self.encoder, settings.policy)},
            final_update=max([last, *self.failed]) if final_update == LAST_LOOK else final_update,
            watching={
                "budget": settings.budget,
                "share_of_time": used if np.isfinite(used) else None,
                **self._so_far(training, spent),
                "updates": updates,
                "examples": self._sizes(),
                "head": self.encoder.outcome(self._task),
                "stopped": self.reason,
            },
            tasks={task: sizes_of(settings.task)},
        )
        share = settings.budget
        if share is not None and used > share * 1.1 and len(self.looks) > 1:
            logger.warning(
                "geometry: looking took %.1f %% of the training's time, asked for were %.1f %%; "
                "the first and the last look alone need more, give fewer layers or measures",
                *(100 * used, 100 * share),
            )
        run.__exit__(None)
        return Run.open(run.folder)

    def abandon(self) -> None:
        """Let go of the folder after an error; what was seen and heard is kept."""
        error = sys.exc_info()
        with going_on("the losses since the last look are not kept"):
            self.losses.keep()
        self.run.__exit__(*error)
