"""Do the steps of a study on Dask workers, which leave their results in the run's folder."""

from __future__ import annotations

import logging
import queue
import secrets
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from distributed import Client, Future

from tunescope.encoders import find_model
from tunescope.errors import InputError, TunescopeError
from tunescope.progress import Progress
from tunescope.runs.run import FAILURES
from tunescope.storage import remove, replacing
from tunescope.studies.engines import worker
from tunescope.studies.engines.connect import (
    GPU,
    check_resources,
    connect,
    connected,
    threads_each,
)
from tunescope.studies.steps import Graph, Step
from tunescope.studies.study import Engine
from tunescope.studies.work import Workshop

log = logging.getLogger(__name__)

PATIENCE = 300
"""Seconds in which a scheduler that was lost has to come back."""
TRIES = 3
"""How often a step is begun whose worker hangs or whose scheduler is lost."""
HUNG = 20, 600
"""A step hangs that takes so many times as long as its estimate, and at least so many seconds."""
IDLE = 20
"""Seconds without a step that a worker has begun, after which is looked whether any can."""


def execute(graph: Graph, shop: Workshop, progress: Progress, engine: Engine) -> None:
    """Do every step that is due on the workers that an engine names.

    A step is handed out when everything that it reads is there, so snapshots are measured while
    the training goes on. What it found is written by the worker, whole or not at all; nothing but
    its name and how far it is comes back. A step whose worker dies is begun again on another, a
    training at its last snapshot.

    Raises
    ------
    InputError
        If no scheduler answers, or a worker does not see the run's folder.
    TunescopeError
        If a step failed. The others were done; what went wrong is in the run's folder, and the
        same command tries it again.
    """
    with connected(engine) as client:
        due = graph.due()
        gpu, local = any("gpu" in step.resources for step in due), engine.cluster is None
        check_resources(client, shop.study.device, gpu=gpu, local=local)
        progress.plan(sum(step.cost for step in due))
        _Call(graph, shop, progress, engine, client, due).do()


@dataclass
class _Running:
    """A step that was handed out."""

    step: Step
    future: Future[None]
    tries: int
    began: float | None = None
    """When a worker began it; None while it waits for one."""
    where: str = ""
    share: float = 0.0


@dataclass
class _Call:
    """The steps of one call: those that wait, those that workers have, and those that failed."""

    graph: Graph
    shop: Workshop
    progress: Progress
    engine: Engine
    client: Client
    waiting: list[Step]
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    running: dict[str, _Running] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    failed: dict[str, BaseException] = field(default_factory=dict)
    heard: queue.Queue[Mapping[str, Any]] = field(default_factory=queue.Queue)
    idle_since: float = field(default_factory=time.monotonic)
    rate: float | None = None
    """Cost that a worker does in a second, from the slowest step so far."""

    def do(self) -> None:
        """Hand out steps and hear of them until none is left that can be done."""
        token = self.graph.run.path(f"{worker.TOKEN}{self.name}")
        token.write_text(self.name, encoding="utf-8")
        try:
            self._join()
            self._hand_out()
            while self.running:
                self._hear()
                self._look_after()
                self._hand_out()
        except BaseException:
            self._stop()
            raise
        finally:
            for path in self.graph.run.folder.glob(f"{worker.TOKEN}{self.name}*"):
                remove(path)
        self._tell_failures()

    def _join(self) -> None:
        """Tell the workers of the study, and see that they see its folder."""
        study, run = self.shop.study, self.graph.run
        folder = run.folder.resolve()
        threads = self.engine.threads
        if threads is None and self.engine.cluster is None:
            threads = threads_each(self.engine.workers or 1)
        where = located(study.models)
        plugin = worker.StudyPlugin(self.name, folder, study, self.shop.tasks, threads, where)
        self.client.register_plugin(plugin)
        self.client.subscribe_topic(worker.TOPIC, self._on_event)
        said = self.client.run(worker.check_in, self.name, folder)
        for address, wrong in said.items():
            if wrong:
                raise InputError(f"worker {address}: {wrong}")

    def _on_event(self, event: tuple[float, Mapping[str, Any]]) -> None:
        if event[1].get("call") == self.name:
            self.heard.put(event[1])

    def _hand_out(self) -> None:
        """Give the workers every step of which all is there that it reads."""
        ready = [step for step in self.waiting if self.graph.is_ready(step)]
        if not ready:
            return
        readers = {
            name: [step.key for step in self.graph.steps if name in step.uses]
            for step in ready
            for name in step.leaves
        }
        for step in ready:
            place = self.graph.steps.index(step)
            tries = self.tries[step.key] = self.tries.get(step.key, 0) + 1
            needs_gpu = "gpu" in step.resources and self.shop.study.device.startswith("cuda")
            future = self.client.submit(
                worker.do_step,
                self.name,
                step,
                self.graph.kept,
                {name: readers[name] for name in step.leaves},
                key=f"{step.key}-{self.name}-{tries}",
                # what measures goes first: it makes room on the disk, and trainings wait for it
                priority=len(self.graph.steps) * bool(step.uses) - place,
                resources={GPU: 1} if needs_gpu else None,
                pure=False,
            )
            self.waiting.remove(step)
            self.running[step.key] = _Running(step, future, tries)
            future.add_done_callback(partial(self._on_done, step.key))

    def _on_done(self, key: str, future: Future[None]) -> None:
        self.heard.put({"key": key, "what": "ended", "future": future})

    def _hear(self) -> None:
        """Wait for something to happen, a second at the most, and take note of it."""
        try:
            event = self.heard.get(timeout=1)
        except queue.Empty:
            return
        running = self.running.get(event["key"])
        if running is None:
            return
        match event["what"]:
            case "began":
                running.began, running.where = time.monotonic(), event["worker"]
                self.progress.say(running.step.title)
            case "share":
                self._advance(running, event["share"])
            case "waits":
                running.began = time.monotonic()
            case "ended" if event["future"] is running.future:
                self._ended(running)

    def _advance(self, running: _Running, share: float) -> None:
        share = min(max(share, running.share), 1.0)
        self.progress.advance((share - running.share) * running.step.cost)
        running.share = share

    def _ended(self, running: _Running) -> None:
        """Take note of a step that is done, failed, or lost with its scheduler."""
        key, future = running.step.key, running.future
        del self.running[key]
        if future.status == "finished" and self._is_there(key):
            future.release()
            remove(self._failure(running.step))  # of an earlier call
            self._advance(running, 1.0)
            self.graph.run.heard()
            self.graph.release()
            # not the future's own result: that is lost, and made again, with the worker that has it
            seconds = max(float(self.graph.run.notes(key)["seconds"]), 1e-3)
            rate = running.step.cost / seconds
            self.rate = rate if self.rate is None else min(self.rate, rate)
        elif future.status == "error":
            self._fail(running.step, future.exception(), future.traceback())
        else:
            self._again(running, "its scheduler was lost")

    def _is_there(self, key: str) -> bool:
        """Tell whether a step's results are seen here, too; a network's disk takes its time."""
        for _ in range(60):
            if self.graph.run.is_done(key):
                return True
            time.sleep(0.5)
        return False

    def _fail(self, step: Step, error: BaseException, trace: Any) -> None:
        self.failed[step.key] = error
        if not isinstance(error, InputError):  # that one's message is all there is to say
            told = "".join(traceback.format_exception(type(error), error, trace))
            with replacing(self._failure(step)) as part:
                part.write_text(f"{step.title}\n\n{told}", encoding="utf-8")
        log.warning("%s: failed (%s)", step.title, _first_line(error))

    def _failure(self, step: Step) -> Path:
        return self.graph.run.path(FAILURES, f"{step.key.replace('/', '.')}.txt")

    def _again(self, running: _Running, why: str) -> None:
        if running.tries >= TRIES:
            error = TunescopeError(f"{running.step.key}: {why}, {running.tries} times")
            self._fail(running.step, error, None)
        else:
            log.warning("%s: %s; it is begun again", running.step.title, why)
            self.waiting.append(running.step)
            self.waiting.sort(key=self.graph.steps.index)

    def _look_after(self) -> None:
        """Notice a scheduler that is gone, and steps that hang."""
        if self.client.status != "running":
            self._reconnect()
        now = time.monotonic()
        if all(running.began is None for running in self.running.values()):
            self._look_at_memory(now)
        else:
            self.idle_since = now
        for running in list(self.running.values()):
            limit = self._limit(running.step)
            if running.began is None or limit is None or now - running.began < limit:
                continue
            running.future.cancel()
            del self.running[running.step.key]
            self.client.restart_workers([running.where], raise_for_error=False)
            self._again(running, f"it took more than {limit:.0f} s on {running.where}")

    def _look_at_memory(self, now: float) -> None:
        """Say that no worker can begin anything, where that is so: Dask lets full ones pause."""
        if now - self.idle_since < IDLE:
            return
        self.idle_since = now
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        if workers and all(one["status"] == "paused" for one in workers):
            most = max(one["memory_limit"] for one in workers) / 2**20
            raise TunescopeError(
                f"cluster: every worker has paused, for its memory is full before a step begins "
                f"(limit {most:.0f} MiB); give the workers more"
            )

    def _limit(self, step: Step) -> float | None:
        """Give the seconds after which a step counts as hung."""
        told = self.engine.step_limit
        if told is not None or self.rate is None:
            return told
        times, least = HUNG
        return max(float(least), times * step.cost / self.rate)

    def _reconnect(self) -> None:
        """Wait for a scheduler that was lost, and tell its workers of the study again."""
        self.progress.say("waiting for the scheduler, which was lost")
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if self.client.status == "closed":
                    self.client = connect(self.engine.cluster or "")
                if self.client.status == "running":
                    self.client.wait_for_workers(1, timeout=max(1.0, end - time.monotonic()))
                    self._join()
                    break
            except (OSError, TimeoutError, InputError, ValueError):
                pass
            if time.monotonic() > end:
                raise TunescopeError(
                    f"cluster: the scheduler was lost and did not come back in {PATIENCE} s; "
                    "the same command goes on"
                )
            time.sleep(1)
        for running in list(self.running.values()):
            if running.future.status not in ("finished", "error"):
                del self.running[running.step.key]
                self._again(running, "its scheduler was lost")

    def _stop(self) -> None:
        """Have the workers end what they do for this call."""
        try:
            if self.client.status == "running":
                self.client.run(worker.stop, self.name, on_error="ignore")
                self.client.cancel([running.future for running in self.running.values()])
        except Exception as error:  # noqa: BLE001 - what stopped the call is what matters
            log.debug("stopping the workers failed: %s", error)

    def _tell_failures(self) -> None:
        """Say what failed, if anything did."""
        if not self.failed:
            return
        faults = {k: e for k, e in self.failed.items() if not isinstance(e, InputError)}
        key, error = next(iter((faults or self.failed).items()))
        left = len(self.waiting)
        more = f" and {len(self.failed) - 1} more steps" if len(self.failed) > 1 else ""
        after = f"; {left} steps that need it wait" if left else ""
        whole = f"; told whole in {self.graph.run.path(FAILURES)}" if faults else ""
        kind = TunescopeError if faults else InputError
        raise kind(
            f"{key}{more} failed{after}: {_first_line(error)}{whole}; the same command tries again"
        )


def located(models: Iterable[str]) -> dict[str, str]:
    """Say where the models are that are folders, so that workers find them from any folder."""
    found = {}
    for model in models:
        try:
            source = find_model(model)
        except InputError:  # the step that needs it says so
            continue
        if source.local and not source.short:
            cut = "" if source.n_layers is None else f":{source.n_layers}"
            found[model] = f"{Path(source.location).resolve()}{cut}"
    return found


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
