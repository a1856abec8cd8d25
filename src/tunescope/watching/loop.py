"""The geometry of a model in a training loop of one's own, or of any other library."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from tunescope.arguments import check_whole, path_of
from tunescope.errors import InputError
from tunescope.watching.look import Look
from tunescope.watching.options import Wanted, Watched
from tunescope.watching.processes import is_first, said_by_the_first
from tunescope.watching.schedule import Every, check_every, planned_updates
from tunescope.watching.watcher import Training

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    import torch

    from tunescope.encoders.policy import Policy, PolicyOptions
    from tunescope.tasks import Task
    from tunescope.watching.stopping import StopRule


logger = logging.getLogger(__name__)


class Watch(Watched):
    """A training that is watched; made by `watch`.

    Attributes
    ----------
    update : how many updates there were, with those before ``start``.
    should_stop : whether ``stop_when`` says that the training should end.
    result : the run of the training, once it is over.

    Notes
    -----
    Of several processes that train together the first one looks, and has the result. With
    ``stop_when`` each of them has to call `step` alike: there they hear from the first one.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: Any,
        task: Task,
        wanted: Wanted,
        options: PolicyOptions,
        *,
        every: Every,
        start: int,
        updates: int | None,
        batch_size: int | None,
        folder: Path,
        log: Callable[[dict[str, float], int], object] | None,
        seed: int,
    ) -> None:
        super().__init__(task, wanted, options)
        self.every = check_every(every)
        self._last = None if updates is None else check_whole("updates", updates, 1)
        self._start = self.update = _check_start(start, self._last)
        self._model, self._tokenizer = model, tokenizer
        self._folder, self._seed = folder, check_whole("seed", seed, 0)
        self._texts = None if batch_size is None else check_whole("batch_size", batch_size, 1)
        if log is not None and not callable(log):
            raise InputError(f"log={log!r:.60}; expected a function of values and update, or None")
        self._log: Callable[[dict[str, float], int], object] = log or _to_nobody
        self._inside = self._stops = self._counted = False
        """Whether it is watched now; whether it should end; and whether there was a step."""
        self._epochs = 0.0
        self._planned = planned_updates(self.every, self._last)

    def __enter__(self) -> Self:
        """Look at the model before its first update; a second training is counted from anew."""
        planned = [update for update in self._planned or () if update >= self._start]
        known = self._last is not None and self._texts is not None
        self._is_first = is_first()
        looks: list[Look] = []
        if self._is_first:
            self._training = Training.begin(
                self.settings,
                self._model,
                self._tokenizer,
                folder=self._folder,
                update=self._start,
                seed=self._seed,
                log=self._log,
                last=self._last,
                ahead=(self._last - self._start) * self._texts if known else None,  # type: ignore[operator]
                planned=len(planned) or None,
            )
            looks = self._training.looks
        self._inside, self.update, self._counted = True, self._start, False
        self._epochs = max((look.epoch or 0.0 for look in looks), default=0.0)
        self._ask_the_first()
        return self

    def step(self, update: int | None = None, loss: float | None = None) -> Look | None:
        """Count an update, and look if one is due. Call it after ``optimizer.step()``.

        Parameters
        ----------
        update : its number, where something else counts; the same number again is no update.
        loss : of the update, for the page.

        Returns
        -------
        Look or None
            What was seen, if the model was looked at.
        """
        self._check_inside()
        number = self.update + 1 if update is None else check_whole("update", update, 0)
        if number <= self.update:
            return None
        if not self._counted and number > self._start + 1:
            logger.warning(
                "geometry: the first step is update %d, and what was seen before it update %d; "
                "a training that goes on is watched with start=%d",
                *(number, self._start, number - 1),
            )
        self.update, self._counted = number, True
        if loss is not None and self._training is not None:
            logs = {"loss": float(loss), "learning_rate": float("nan")}
            self._training.losses.saw(number, logs, self._epochs)
        if self.every == "epoch" or not self._is_planned(number):
            return None
        return self._look_if_due()

    def epoch(self) -> Look | None:
        """Say that an epoch is over, and look if ``every="epoch"``."""
        self._check_inside()
        self._epochs += 1
        return self._look_if_due() if self.every == "epoch" else None

    @property
    def should_stop(self) -> bool:
        """Whether ``stop_when`` says that the training should end; every process is told."""
        return self._stops

    def _look_if_due(self) -> Look | None:
        """Look, in the first process, if the budget allows it."""
        training = self._training
        look: Look | None = None
        wanted = training is not None and not training.was_at(self.update)
        if training is not None and wanted and training.is_due(self.update):
            look = training.look(self.update, self._epochs)
        self._ask_the_first()
        return look

    def _ask_the_first(self) -> None:
        """Learn in every process whether the rule of the first one says that it should end."""
        training = self._training
        self._stops = training is not None and training.reason is not None
        if self.settings.stop_when is not None:
            self._stops = said_by_the_first(self._stops)

    def _is_planned(self, update: int) -> bool:
        if self._planned is not None:
            return update in self._planned
        return isinstance(self.every, int) and update % self.every == 0

    def _check_inside(self) -> None:
        if not self._inside:
            raise InputError("step: the training is not watched now; call it inside of `with`")

    def __exit__(self, kind: type[BaseException] | None = None, *error: object) -> None:
        """Look at the model at its end, and put the tables together.

        After an error the model is not looked at again; what was seen before is kept.
        """
        training, self._inside = self._training, False
        if not self._is_first:
            self._lost = "of several processes the first one alone looks, and has it"
        if training is None:
            return
        try:
            if kind is None and not training.was_at(self.update):
                training.look(self.update, self._epochs, at_end=True)
        finally:
            self._end()


def watch(
    model: torch.nn.Module,
    tokenizer: Any,
    task: Task,
    *,
    every: Every = 100,
    start: int = 0,
    updates: int | None = None,
    batch_size: int | None = None,
    layers: str | Iterable[int] = "last",
    splits: str | Iterable[str] | None = None,
    measures: str | Iterable[str] | None = None,
    budget: float | None = 0.05,
    stop_when: StopRule | None = None,
    folder: str | os.PathLike[str] = "geometry",
    log: Callable[[dict[str, float], int], object] | None = None,
    seed: int = 0,
    policy: Policy | None = None,
    **options: Unpack[PolicyOptions],
) -> Watch:
    """Measure what a training does to a model's representations, in a loop of one's own.

    Parameters
    ----------
    model, tokenizer : the model that is trained: of transformers, with a head or without, with
        adapters, compiled, or a SentenceTransformer.
    task : the labelled examples that are looked at.
    every : a number of updates, ``"epoch"`` (then call ``w.epoch()`` after each), ``"log:N"``
        (with `updates`), or the updates.
    start : updates that the model has behind it already, in a training that goes on; `step` counts
        from there. It is watched in the folder that it was begun in, which is told by the weights
        where they were looked at after that update; where nothing tells, that is said.
    updates : how many there will be, those before `start` included; with it the looks are spread
        over all of them, and with `batch_size`, the texts of an update, the examples are thinned to
        fit the budget.
    layers, splits, measures, budget, stop_when, policy, **options : as for `GeometryCallback`.
    folder : where the run is kept; a second training is kept in ``geometry-2``.
    log : called with the numbers of a look, by their names, and the update; give it to a tracker.
    seed : of the training, for the tables.

    Examples
    --------
    >>> with ts.watch(model, tokenizer, task, every=50) as w:              # doctest: +SKIP
    ...     for batch in batches:
    ...         loss = model(**batch).loss
    ...         loss.backward()
    ...         optimizer.step()
    ...         optimizer.zero_grad()
    ...         w.step()
    >>> w.report("geometry.html")                                          # doctest: +SKIP
    """
    wanted = Wanted(
        layers=layers,
        splits=splits,
        measures=measures,
        budget=budget,
        stop_when=stop_when,
        policy=policy,
    )
    return Watch(
        model,
        tokenizer,
        task,
        wanted,
        options,
        every=every,
        start=start,
        updates=updates,
        batch_size=batch_size,
        folder=path_of("folder", folder),
        log=log,
        seed=seed,
    )


def _check_start(start: Any, updates: int | None) -> int:
    """Refuse what is no number of updates, or leaves none to come."""
    number = check_whole("start", start, 0)
    if updates is not None and number > updates:
        raise InputError(f"start={number}: there are {updates} updates; expected at most as many")
    return number


def _to_nobody(_values: dict[str, float], _update: int) -> None:
    """Log nowhere."""
