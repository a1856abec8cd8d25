"""Faults of a cluster in the middle of a study: nothing is lost, and no other step done twice."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robustness.calls import PATIENCE
from robustness.kills import copied_without_run
from robustness.material import RUN, differences, scratch, tables
from robustness.pieces import WHOLE, Piece

OTHER = "others.csv"
"""A copy of the texts, so that a second task is there to transfer to."""
STUDY = (
    *("run", "--model", "bert", "--task", "texts.csv", "--task", OTHER),
    *("--transfer", "texts:others", "--epochs", "2"),
    *("--snapshots", "2", "--batch-size", "8", "--protocol", "none", "--quiet", "--out", RUN),
)
INSPECTION = ("inspect", "bert", "--data", "texts.csv", "--quiet", "--out", RUN)


async def exhaust() -> None:
    """Take memory, in the worker that this is called in, until it is killed for it."""
    held = []
    while True:
        held.append(bytearray(os.urandom(2**20)) * 64)
        await asyncio.sleep(0.02)


@dataclass
class Faulty:
    """A scheduler with workers of this machine, and what befalls it when a step begins.

    Parameters
    ----------
    at : pattern of the key of the step that the fault waits for.
    fault : is done once, in a thread of its own, with this and the address of the step's worker.
    workers, memory : how many there are at first, and the bound of each.
    """

    at: str
    fault: Callable[[Faulty, str], None]
    workers: int = 2
    memory: str = "4GiB"
    begun: Counter[str] = field(default_factory=Counter)
    """Key of a step → how often a worker began it."""
    struck: str = ""
    """Key of the step in which the fault came."""
    lost: set[str] = field(default_factory=set)
    """Steps that the fault may have taken, which may be begun again."""
    _thread: threading.Thread | None = None

    @contextmanager
    def started(self, folder: Path) -> Iterator[str]:
        """Give the address of the scheduler; a run is in the folder, or will be."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._folder = folder
        self.start()
        try:
            yield f"tcp://127.0.0.1:{self._port}"
        finally:
            if self._thread is not None:
                self._thread.join()
            self.stop()

    def start(self) -> None:
        """Start the scheduler and its workers, and listen to them."""
        from distributed import Client, LocalCluster

        from tunescope.studies.engines.worker import TOPIC

        self.running = LocalCluster(
            n_workers=self.workers,
            threads_per_worker=1,
            memory_limit=self.memory,
            scheduler_port=self._port,
            dashboard_address=":0",
            silence_logs=50,
        )
        self.client = Client(self.running, set_as_default=False)
        self.client.subscribe_topic(TOPIC, self._hear)

    def stop(self) -> None:
        """Stop all of it."""
        self.client.close()
        self.running.close()

    def twice(self) -> list[str]:
        """Name the steps that were begun again without need."""
        return sorted(key for key, times in self.begun.items() if times > 1 + (key in self.lost))

    def unfinished(self) -> set[str]:
        """Name the steps that a worker has begun and not ended."""
        from tunescope.runs import Run

        run = Run.open(self._folder)
        return {key for key in list(self.begun) if not run.is_done(key)}

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        said = event[1]
        if said["what"] != "began":
            return
        key = said["key"]
        self.begun[key] += 1
        if re.search(f"{self.at}$", key) and not self.struck:
            self.struck = key
            self._thread = threading.Thread(target=self.fault, args=(self, said["worker"]))
            self._thread.start()


def kill(cluster: Faulty, worker: str) -> None:
    """Kill a worker."""
    cluster.lost = {cluster.struck}
    pids = {one.worker_address: one.pid for one in cluster.running.workers.values()}
    os.kill(pids[worker], signal.SIGKILL)


def fill(cluster: Faulty, worker: str) -> None:
    """Have a worker run out of memory."""
    cluster.lost = {cluster.struck}
    cluster.client.run(exhaust, workers=[worker], wait=False)


def restart(cluster: Faulty, _: str) -> None:
    """Stop the scheduler, and start another at its address."""
    before = cluster.unfinished()
    cluster.stop()
    cluster.lost = before | cluster.unfinished()
    cluster.start()


def join(cluster: Faulty, _: str) -> None:
    """Start one worker more."""
    cluster.running.scale(cluster.workers + 1)


@dataclass(frozen=True)
class Case:
    """A study, and what befalls the cluster that does it."""

    name: str
    at: str
    fault: Callable[[Faulty, str], None]
    study: Sequence[str] = STUDY
    workers: int = 2
    memory: str = "4GiB"

    def cluster(self) -> Faulty:
        """Make the cluster that it befalls."""
        return Faulty(self.at, self.fault, self.workers, self.memory)


KINDS = {
    "original/encode": STUDY,
    "original/measure": STUDY,
    "random/encode": STUDY,
    "random/measure": STUDY,
    "train": STUDY,
    r"update-\d+/measure": STUDY,
    r"transfer-[^/]+/measure": STUDY,
    r"(?<!original)(?<!random)/encode": INSPECTION,
    "/head": INSPECTION,
    r"(?<!original)(?<!random)/measure": INSPECTION,
}
"""Pattern of the key of a kind of step → a study that has it."""


def cases() -> list[Case]:
    """List what is tried: a worker killed in each kind of step, and each other fault."""
    killed = [Case(f"killed in {at}", at, kill, study) for at, study in KINDS.items()]
    return [
        *killed,
        Case("out of memory in train", "train", fill, memory="1500MiB"),
        Case("scheduler anew in train", "train", restart),
        Case("scheduler anew in a measurement", "original/measure", restart),
        Case("a late worker", "original/encode", join, workers=1),
    ]


def try_workers(
    material: Path, folder: Path, n_cases: int, seed: int, piece: Piece = WHOLE
) -> list[str]:
    """Do studies on clusters that something befalls; list what is wrong.

    They are done in a process of their own, for a process that has spoken to a cluster has threads,
    and what is tried elsewhere are forks.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(_try, material, folder, n_cases, seed, piece).result()


def _try(material: Path, folder: Path, n_cases: int, seed: int, piece: Piece) -> list[str]:
    drawn = [cases()[k] for k in piece.of(len(cases()), n_cases, seed)]
    expected = {
        study: tables(_done(material, folder / f"one-process-{number}", study))
        for number, study in enumerate({case.study for case in drawn})
    }
    wrong = []
    for number, case in enumerate(drawn):
        place = _place(material, folder / f"case-{number}")
        cluster = case.cluster()
        with cluster.started(place / RUN) as address:
            ended = _called([*case.study, "--cluster", address], place)
        if ended.returncode:
            wrong.append(f"{case.name}: ended with {ended.returncode}, {ended.stderr[-600:]!r}")
        elif not cluster.struck:
            wrong.append(f"{case.name}: no step was one of {case.at}")
        elif different := differences(tables(place), expected[case.study]):
            wrong.append(f"{case.name}: other tables, {different}")
        elif left := scratch(place / RUN):
            wrong.append(f"{case.name}: left {left}")
        elif twice := cluster.twice():
            wrong.append(f"{case.name}, in {cluster.struck}: also begun again: {twice}")
    return wrong


def _place(material: Path, folder: Path) -> Path:
    copied_without_run(material, folder)
    shutil.copy(folder / "texts.csv", folder / OTHER)
    return folder


def _done(material: Path, folder: Path, study: Sequence[str]) -> Path:
    """Do a study in one process."""
    ended = _called(study, _place(material, folder))
    if ended.returncode:
        raise RuntimeError(f"without a cluster: {ended.stderr[-600:]}")
    return folder


def _called(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tunescope", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE.FIRST,
    )
