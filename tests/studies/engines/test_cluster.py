"""Steps on Dask workers: all of them, once, whatever becomes of the workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dask
import pandas as pd
import pytest
from distributed import Client, LocalCluster, Nanny

from tunescope.errors import InputError, TunescopeError
from tunescope.progress import Silent
from tunescope.runs import Run
from tunescope.studies.engines import check_engine, cluster, execute
from tunescope.studies.engines.connect import check_resources, local_workers
from tunescope.studies.steps import Graph, Result, Step
from tunescope.studies.study import Engine, Study
from tunescope.studies.work import Workshop

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Task:
    """A step that does something odd the first time, or always, and then finds its own name."""

    name: str
    odd: str = ""
    leaves: tuple[str, ...] = ()

    def __call__(self, shop: Workshop) -> Result:
        first = not self._mark(shop, "tried").exists()
        self._mark(shop, f"begun-{time.time_ns()}").touch()
        self._mark(shop, "tried").touch()
        if self.odd == "always fails" or (first and self.odd == "fails"):
            raise ZeroDivisionError("it never works")
        if self.odd == "is wrong":
            raise InputError("q.csv:3: no label")
        if first and self.odd == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if first and self.odd == "hangs":
            time.sleep(600)
        if first and self.odd == "takes all memory":
            held = []
            while True:
                held.append(bytearray(os.urandom(2**20)) * 64)
                time.sleep(0.05)
        for vectors in self.leaves:
            shop.run.path("vectors", vectors).mkdir(parents=True, exist_ok=True)
            shop.on_vectors(vectors)
            time.sleep(0.2)
        trimmed = "MALLOC_TRIM_THRESHOLD_" in os.environ
        found = {"name": [self.name], "pid": [os.getpid()], "trimmed": [trimmed]}
        return Result({"names": pd.DataFrame(found)})

    def _mark(self, shop: Workshop, what: str) -> Path:
        folder = shop.run.path("marks", self.name)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / what


def step(
    name: str, odd: str = "", *, leaves: tuple[str, ...] = (), uses: tuple[str, ...] = ()
) -> Step:
    return Step(name, Task(name, odd, leaves), name, 1.0, uses=uses, leaves=leaves)


@contextmanager
def made(
    folder: Path, *steps: Step, **engine: Any
) -> Iterator[tuple[Graph, Callable[[Graph], None]]]:
    """Give a run of some steps, and what does them by an engine."""
    study = Study(models=["m"], tasks=["t"])
    leaves = [name for one in steps for name in one.leaves]
    with Run.start(folder, {}, identity={}) as run:
        shop = Workshop(run, study, {})
        done = partial(execute, shop=shop, progress=Silent(), engine=Engine(**engine))
        yield Graph(run, steps, leaves), done


def times_begun(run: Run, name: str) -> int:
    return len(list(run.path("marks", name).glob("begun-*")))


@pytest.fixture(scope="module")
def two() -> Iterator[LocalCluster]:
    """A scheduler with two workers that is none of ours."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        memory_limit="2GiB",
        silence_logs=50,
    ) as running:
        yield running


def test_every_step_is_done_once_and_what_reads_vectors_after_they_are_there(
    tmp_path: Path,
) -> None:
    steps = [
        step("train", leaves=("a", "b", "c")),
        *(step(f"measure-{name}", uses=(name,)) for name in "abc"),
        step("alone"),
    ]
    with made(tmp_path / "run", *steps, workers=2) as (graph, done):
        done(graph)
        assert graph.is_done
        names = [graph.run.step(one.key)["names"] for one in steps]
        assert [table["name"].item() for table in names] == [one.key for one in steps]
        assert all(times_begun(graph.run, one.key) == 1 for one in steps)
        assert os.getpid() not in {table["pid"].item() for table in names}
        assert not any(table["trimmed"].item() for table in names)
        assert not list(graph.run.folder.glob(".part-*"))


@pytest.mark.parametrize("odd", ["dies", "takes all memory"])
def test_a_step_whose_worker_dies_is_done_again_and_no_other(
    tmp_path: Path, two: LocalCluster, odd: str
) -> None:
    steps = [step("first"), step("odd", odd), step("last")]
    with made(tmp_path / "run", *steps, cluster=two.scheduler_address) as (graph, done):
        done(graph)
        assert graph.is_done
        assert [times_begun(graph.run, one.key) for one in steps] == [1, 2, 1]


def test_a_step_that_hangs_is_begun_again(tmp_path: Path, two: LocalCluster) -> None:
    engine = {"cluster": two.scheduler_address, "step_limit": 3}
    with made(tmp_path / "run", step("odd", "hangs"), **engine) as (graph, done):
        done(graph)
        assert graph.is_done
        assert times_begun(graph.run, "odd") == 2


def test_a_step_that_always_fails_is_told_once_and_the_others_end(
    tmp_path: Path, two: LocalCluster
) -> None:
    steps = [
        step("odd", "always fails", leaves=("a",)),
        step("needs-odd", uses=("a",)),
        step("other"),
    ]
    with made(tmp_path / "run", *steps, cluster=two.scheduler_address) as (graph, done):
        with pytest.raises(TunescopeError, match="odd failed; 1 steps that need it wait: it never"):
            done(graph)
        assert [graph.run.is_done(one.key) for one in steps] == [False, False, True]
        assert times_begun(graph.run, "odd") == 1
        told = graph.run.path("failures", "odd.txt").read_text(encoding="utf-8")
        assert "ZeroDivisionError: it never works" in told


def test_what_a_failure_is_told_in_stays_until_its_step_is_done(
    tmp_path: Path, two: LocalCluster
) -> None:
    engine = {"cluster": two.scheduler_address}
    told = tmp_path / "run" / "failures" / "odd.txt"
    with (
        pytest.raises(TunescopeError, match="told whole in") as raised,
        made(tmp_path / "run", step("odd", "fails"), **engine) as (graph, done),
    ):
        done(graph)
    assert not isinstance(raised.value, InputError)
    assert "ZeroDivisionError: it never works" in told.read_text(encoding="utf-8")
    assert any("what is told of the failure" in note for note in raised.value.__notes__)
    with made(tmp_path / "run", step("odd", "fails"), **engine) as (graph, done):
        done(graph)
    assert not told.exists()


def test_a_wrong_input_on_a_worker_leaves_nothing_and_names_no_file(
    tmp_path: Path, two: LocalCluster
) -> None:
    engine = {"cluster": two.scheduler_address}
    with (
        pytest.raises(InputError, match=r"q\.csv:3: no label; the same command"),
        made(tmp_path / "run", step("odd", "is wrong"), **engine) as (graph, done),
    ):
        done(graph)
    assert not (tmp_path / "run").exists()
    steps = [step("odd", "is wrong"), step("other", "always fails")]
    with (
        pytest.raises(TunescopeError, match="other and 1 more steps failed: it never") as raised,
        made(tmp_path / "run", *steps, **engine) as (graph, done),
    ):
        done(graph)
    assert not isinstance(raised.value, InputError)


def test_a_training_waits_where_too_many_of_its_snapshots_are_not_measured(
    tmp_path: Path, two: LocalCluster
) -> None:
    names = tuple("abcdefgh")
    steps = [
        step("train", leaves=names),
        *(step(f"measure-{name}", uses=(name,)) for name in names),
    ]
    with made(tmp_path / "run", *steps, cluster=two.scheduler_address) as (graph, done):
        done(graph)
        assert graph.is_done


def test_a_worker_that_joins_late_helps(tmp_path: Path) -> None:
    steps = [step(f"step-{number}", leaves=(f"v{number}",)) for number in range(12)]
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as one,
        made(tmp_path / "run", *steps, cluster=one.scheduler_address) as (graph, done),
    ):
        threading.Timer(1.0, one.scale, [2]).start()
        done(graph)
        assert graph.is_done


def test_a_scheduler_that_is_started_anew_is_waited_for(tmp_path: Path) -> None:
    steps = [step(f"step-{number}", leaves=(f"v{number}",)) for number in range(6)]
    ports = 38786
    where = f"tcp://127.0.0.1:{ports}"

    def start() -> LocalCluster:
        return LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs=50,
            scheduler_port=ports,
        )

    old = start()
    with made(tmp_path / "run", *steps, cluster=where) as (graph, done):
        new: list[LocalCluster] = []

        def restart() -> None:
            while not graph.run.is_done("step-1"):
                time.sleep(0.05)
            old.close()
            new.append(start())

        thread = threading.Thread(target=restart)
        thread.start()
        try:
            done(graph)
        finally:
            thread.join()
            for one in new:
                one.close()
        assert graph.is_done


def test_a_worker_that_does_not_see_the_folder_is_named(
    tmp_path: Path, two: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster.worker, "TOKEN", "no-such-folder/")
    with made(tmp_path / "run", step("one"), cluster=two.scheduler_address) as (graph, done):
        (graph.run.folder / "no-such-folder").mkdir()
        broken = Client(two, set_as_default=False)
        with pytest.raises(InputError, match=r"worker tcp://.*cannot use .*folder must be one"):
            done(graph)
        broken.close()


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ({"workers": 2, "cluster": "tcp://a:1"}, "both workers and cluster"),
        ({"gpus_per_worker": 1}, "gpus_per_worker needs workers"),
        ({"memory": "8GiB"}, "memory needs workers"),
        ({"memory": "8GiB", "threads": 2, "cluster": "tcp://x:1"}, "memory needs workers"),
        ({"step_limit": 1, "threads": 2}, "step_limit needs workers or a cluster"),
    ],
)
def test_engines_that_contradict_themselves_are_refused(
    engine: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_engine(Engine(**engine))


@pytest.mark.parametrize("where", ["nowhere", "tcp://127.0.0.1:9"])
def test_a_scheduler_that_is_not_there_is_named(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tunescope.studies.engines.connect.CONNECT", 1)
    with (
        made(tmp_path / "run", step("one"), cluster=where) as (graph, done),
        pytest.raises(InputError, match=f"cluster='{where}': "),
    ):
        done(graph)


def test_each_process_gets_gpus_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    spec = local_workers(Engine(workers=2, gpus_per_worker=2))
    seen = [one["options"]["env"]["CUDA_VISIBLE_DEVICES"] for one in spec.values()]
    assert seen == ["4,5", "6,7"]
    assert all(one["cls"] is Nanny for one in spec.values())
    assert [one["options"]["resources"] for one in spec.values()] == [{"GPU": 2}] * 2
    with pytest.raises(InputError, match="3 workers with 2 GPUs each need 6; this machine shows 4"):
        local_workers(Engine(workers=3, gpus_per_worker=2))


def test_workers_that_are_full_before_a_step_begins_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "IDLE", 2)
    with (
        dask.config.set({"distributed.worker.memory.terminate": False}),
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            dashboard_address=":0",
            memory_limit="60MiB",
            silence_logs=50,
        ) as full,
        made(tmp_path / "run", step("one"), cluster=full.scheduler_address) as (graph, done),
        pytest.raises(TunescopeError, match=r"every worker has paused.*limit 60 MiB"),
    ):
        done(graph)


def test_the_commands_of_the_manual_make_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[3]
    manual = (root / "docs" / "how-to" / "clusters.md").read_text(encoding="utf-8")
    lines = [line for line in manual.splitlines() if line.startswith("dask ")]
    assert len(lines) == 2
    (tmp_path / "shared").mkdir()
    monkeypatch.chdir(tmp_path)
    options = {"scheduler": ["--no-dashboard", "--port", "0"], "worker": ["--no-dashboard"]}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *line.split()[1:], *options[line.split()[1]]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root, root / "src")))},
        )
        for line in lines
    ]
    try:
        while not Path("shared/scheduler.json").exists():
            time.sleep(0.1)
        with Client(scheduler_file="shared/scheduler.json", set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        steps = [step(f"step-{number}") for number in range(4)]
        with made(tmp_path / "run", *steps, cluster="shared/scheduler.json") as (graph, done):
            done(graph)
            assert graph.is_done
    finally:
        for process in started[::-1]:
            process.terminate()
            process.wait(timeout=30)


@pytest.mark.parametrize(
    ("device", "local", "warned"),
    [("auto", True, True), ("cpu", True, False), ("auto", False, False)],
)
def test_gpus_that_no_worker_has_are_told_of(
    device: str,
    local: bool,
    warned: bool,
    two: LocalCluster,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with Client(two, set_as_default=False) as client:
        check_resources(client, device, gpu=True, local=local)
    said = "the workers compute on the CPU, though this machine shows 2 GPU(s)"
    assert (said in caplog.text) == warned
