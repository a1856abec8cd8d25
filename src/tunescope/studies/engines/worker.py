"""What a worker does: one step at a time, in the run's folder that it shares with all others."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker, rejoin, secede

from tunescope.errors import InputError, TunescopeError
from tunescope.runs import Run
from tunescope.storage import TEMPORARY
from tunescope.studies.engines.threads import limit_threads
from tunescope.studies.spending import SPENT
from tunescope.studies.steps import Step
from tunescope.studies.study import Settings
from tunescope.studies.work import Workshop
from tunescope.tasks import Task

log = logging.getLogger(__name__)

TOPIC = "tunescope"
"""Under which workers tell how far they are."""
MOST_UNMEASURED = 4
"""Snapshots of one training that wait to be measured, before the training waits for them."""
EVERY = 0.5
"""Seconds between two reports of how far a step is."""
TOKEN = f"{TEMPORARY}cluster-"
"""How the files begin by which workers show that they see the run's folder."""

_stopped: set[str] = set()
"""Calls that were stopped, whose steps are not to go on."""


class StoppedError(TunescopeError):
    """The call that the step is for was stopped."""


class StudyPlugin(WorkerPlugin):  # type: ignore[misc]
    """Brings a study to every worker, those that join later too.

    Parameters
    ----------
    call : tells this call of the study from others.
    folder : of the run, on a file system that the worker sees too.
    study, tasks : what is asked, and of which examples.
    threads : with how many a step computes; by default the worker's share.
    located : model → where its folder is, whatever folder the worker was started in.
    """

    def __init__(
        self,
        call: str,
        folder: Path,
        study: Settings,
        tasks: Mapping[str, Task],
        threads: int | None,
        located: Mapping[str, str],
    ) -> None:
        self.name = f"{TOPIC}-{call}"
        self.call, self.folder, self.study, self.tasks = call, folder, study, tasks
        self.threads, self.located = threads, located
        self._shop: Workshop | None = None

    def setup(self, worker: Worker) -> None:
        """Leave Ctrl-C to the process that asked; it is heard by all of a terminal."""
        log.debug("%s: knows the study in %s", worker.address, self.folder)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def shop(self) -> Workshop:
        """Give what steps work with; models stay loaded from step to step."""
        if self._shop is None:
            if self.threads is not None:
                limit_threads(self.threads)
            run = Run.open(self.folder)
            self._shop = Workshop(run, self.study, self.tasks, located=self.located)
        return self._shop


def check_in(call: str, folder: Path, dask_worker: Worker) -> str:
    """Show that a worker sees the run's folder, and say what is wrong if it does not.

    Parameters
    ----------
    call : the call of the study.
    folder : the run's.
    dask_worker : the worker that this is called in, as Dask fills in.

    Returns
    -------
    str
        Nothing where all is well.
    """
    if dask_worker.state.nthreads != 1:
        return f"takes {dask_worker.state.nthreads} tasks at once; start it with --nthreads 1"
    try:
        seen = (folder / f"{TOKEN}{call}").read_text(encoding="utf-8")
        (folder / f"{TOKEN}{call}-{dask_worker.id}").write_text(seen, encoding="utf-8")
    except OSError as error:
        return f"cannot use {folder} ({error.strerror}); the folder must be one that all see"
    return ""


def stop(call: str) -> None:
    """Have the steps of a call end at the next moment at which they say how far they are."""
    _stopped.add(call)


def do_step(call: str, step: Step, kept: Set[str], readers: Mapping[str, Sequence[str]]) -> None:
    """Do one step and leave its results in the run's folder, whole or not at all.

    Parameters
    ----------
    call : the call of the study that it belongs to.
    step : what to do.
    kept : vectors that stay when all that reads them is done; others are wanted until then.
    readers : vectors that the step leaves → keys of the steps that read them.
    """
    worker = get_worker()
    plugin = worker.plugins.get(f"{TOPIC}-{call}")
    if plugin is None:
        raise InputError(f"worker {worker.address}: joined, but does not know the study")
    if wrong := check_in(call, plugin.folder, worker):
        raise InputError(f"worker {worker.address}: {wrong}")
    tell = _Tell(worker, call, step.key)
    run = plugin.shop().run

    def wants(vectors: str) -> bool:
        """Tell whether somebody needs vectors: asked anew, for others measure meanwhile."""
        return vectors in kept or not all(map(run.is_done, readers.get(vectors, ())))

    shop = replace(plugin.shop(), wants=wants, advance=tell.share)
    shop.on_vectors = _Waiting(run, readers, tell).heard
    tell("began", worker=worker.address)
    left = all(map(shop.has, filter(wants, step.leaves))) and run.path(step.model).is_dir()
    if run.is_done(step.key) and left:
        return  # the worker that did it died before it could say so
    begin = time.perf_counter()
    result = step.work(shop)
    seconds = time.perf_counter() - begin
    spent = {SPENT: shop.spending.take()}
    if not run.is_done(step.key):
        run.finish(step.key, result.tables, seconds=seconds, **result.notes, **spent)


class _Tell:
    """Tells the process that asked how far a step is."""

    def __init__(self, worker: Worker, call: str, key: str) -> None:
        self._worker, self._call, self._key = worker, call, key
        self._last = 0.0

    def __call__(self, what: str, **said: Any) -> None:
        if self._call in _stopped:
            raise StoppedError("the call was stopped")
        with suppress(OSError):  # a scheduler that is gone is noticed elsewhere
            message = {"call": self._call, "key": self._key, "what": what, **said}
            self._worker.log_event(TOPIC, message)

    def share(self, share: float) -> None:
        """Tell how much of the step is done, not too often."""
        now = time.monotonic()
        if now - self._last >= EVERY or share >= 1 or self._call in _stopped:
            self._last = now
            self("share", share=share)


class _Waiting:
    """Lets a training wait while too many of its snapshots are not measured yet."""

    def __init__(self, run: Run, readers: Mapping[str, Sequence[str]], tell: _Tell) -> None:
        self._run, self._readers, self._tell = run, readers, tell
        self._left: list[str] = []

    def heard(self, vectors: str) -> None:
        """Hear of vectors that are there, and tell of them."""
        self._left.append(vectors)
        self._tell("vectors", vectors=vectors)
        if not self._too_many():
            return
        secede()  # so that what measures them may use this worker meanwhile
        while self._too_many():
            time.sleep(EVERY)
            self._tell("waits")
        rejoin()

    def _too_many(self) -> bool:
        self._left = [
            vectors
            for vectors in self._left
            if not all(map(self._run.is_done, self._readers.get(vectors, ())))
        ]
        return len(self._left) > MOST_UNMEASURED
