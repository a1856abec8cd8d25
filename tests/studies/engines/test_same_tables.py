"""A study ends with the same tables, whoever did its steps and whatever became of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from distributed import Client, LocalCluster

from robustness.workers import Faulty, kill
from tunescope.runs import Run
from tunescope.studies.conduct import conduct
from tunescope.studies.engines.worker import TOPIC
from tunescope.studies.reading import make_study

pytestmark = pytest.mark.slow

WORDS = {"good": "fine lovely bright kind", "bad": "poor awful dull cruel"}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "texts.csv"
    rows = [
        {"text": f"the {word} old {noun} is {other}", "label": label}
        for label, words in WORDS.items()
        for word in words.split()
        for other in words.split()
        for noun in ("house", "book")
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def asked(texts: Path, model: Path, **engine: Any) -> dict[str, Any]:
    return {
        "models": [str(model)],
        "tasks": [str(texts)],
        "seeds": [0, 1],
        "tuning": {"epochs": 2, "snapshots": 3, "batch_size": 8},
        "probing": {"protocol": "none"},
        "keep": "none",
        "device": "cpu",
        "engine": engine,
    }


def conducted(texts: Path, model: Path, folder: Path, **engine: Any) -> Run:
    return conduct(make_study(asked(texts, model, **engine)), folder)


@pytest.fixture(scope="module")
def expected(
    texts: Path, tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, pd.DataFrame]:
    """The tables, as one process makes them."""
    return conducted(texts, tiny_bert, tmp_path_factory.mktemp("one") / "run", threads=1).tables


def assert_same(found: Mapping[str, pd.DataFrame], expected: Mapping[str, pd.DataFrame]) -> None:
    assert found.keys() == expected.keys()
    for name, table in expected.items():
        kept = [column for column in table if "seconds" not in str(column)]
        pd.testing.assert_frame_equal(found[name][kept], table[kept], check_exact=True, obj=name)


def test_two_processes_make_the_tables_of_one(
    texts: Path, tiny_bert: Path, tmp_path: Path, expected: Mapping[str, pd.DataFrame]
) -> None:
    run = conducted(texts, tiny_bert, tmp_path / "run", workers=2, threads=1)
    assert_same(run.tables, expected)
    assert not list(run.path("vectors").rglob("*.npy"))


@pytest.mark.parametrize(
    "kind", ["original/encode", "random/measure", "train", r"update-\d+/measure"]
)
def test_a_worker_killed_in_any_kind_of_step_changes_no_table(
    texts: Path, tiny_bert: Path, tmp_path: Path, expected: Mapping[str, pd.DataFrame], kind: str
) -> None:
    cluster = Faulty(kind, kill)
    with cluster.started(tmp_path / "run") as where:
        run = conducted(texts, tiny_bert, tmp_path / "run", cluster=where, threads=1)
    assert cluster.struck
    assert cluster.twice() == []
    assert_same(run.tables, expected)


def test_a_training_whose_snapshots_are_measured_before_it_ends_is_done_once(
    texts: Path, tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vectors that were measured and removed meanwhile are not missing.

    The model's path is relative, and the workers are in another folder.
    """
    heard: list[tuple[str, str]] = []

    def hear(event: tuple[float, dict[str, Any]]) -> None:
        said = event[1]
        if said["what"] == "vectors":
            heard.append(("left", said["vectors"]))
        elif said["what"] == "began":
            heard.append(("began", said["key"].removesuffix("/measure")))

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as running:
        watcher = Client(running, set_as_default=False)
        watcher.subscribe_topic(TOPIC, hear)
        monkeypatch.chdir(tiny_bert.parent)
        study = asked(texts, Path(tiny_bert.name), cluster=running.scheduler_address, threads=1)
        long = {"epochs": 100, "snapshots": [0, 1, 700], "batch_size": 8}
        run = conduct(make_study({**study, "seeds": [0], "tuning": long}), tmp_path / "run")
        watcher.close()
    early, late = (name for what, name in heard if what == "left" and "seed-0" in name)
    assert heard.index(("began", early)) < heard.index(("left", late))
    assert run.notes(f"{early.rpartition('/')[0]}/train")["updates"] == [0, 1, 700]


HOSTS = {f"tunescope-{os.getpid()}-{name}": f"10.231.77.{i}" for i, name in enumerate("ab", 1)}
"""Two network namespaces, and the address that each has on the link between them."""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def two_hosts() -> Iterator[list[str]]:
    """Join two network namespaces by a virtual link; skip where that may not be done."""
    if shutil.which("ip") is None:
        pytest.skip("there is no `ip` to make network namespaces with")
    ends = [f"ts{os.getpid() % 10**6}{end}" for end in "ab"]
    with ExitStack() as stack:
        try:
            for name in HOSTS:
                ip("netns", "add", name)
                stack.callback(ip, "netns", "delete", name)
            ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
            for (name, address), end in zip(HOSTS.items(), ends, strict=True):
                ip("link", "set", end, "netns", name)
                ip("-n", name, "addr", "add", f"{address}/24", "dev", end)
                for device in ("lo", end):
                    ip("-n", name, "link", "set", device, "up")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"network namespaces may not be made here: {error.stderr.decode()[:100]}")
        yield list(HOSTS)


@contextmanager
def started(host: str, *words: str) -> Iterator[None]:
    """Run a dask command in a namespace, and end it."""
    command = ["ip", "netns", "exec", host, sys.executable, "-m", "dask", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_workers_on_two_hosts_make_the_tables_of_one_process(
    texts: Path, tiny_bert: Path, tmp_path: Path, expected: Mapping[str, pd.DataFrame]
) -> None:
    file, study, out = (tmp_path / name for name in ("scheduler.json", "study.yaml", "run"))
    study.write_text(yaml.safe_dump(asked(texts, tiny_bert, cluster=str(file), threads=1)))
    with two_hosts() as hosts, ExitStack() as stack:
        here = HOSTS[hosts[0]]
        words = ("scheduler", "--scheduler-file", str(file), "--host", here, "--no-dashboard")
        stack.enter_context(started(hosts[0], *words))
        for host in hosts:
            words = ("worker", f"tcp://{here}:8786", "--host", HOSTS[host], "--nthreads", "1")
            stack.enter_context(started(host, *words, "--no-dashboard"))
        code = (
            f"from distributed import Client; c = Client('tcp://{here}:8786', timeout=60)\n"
            "c.wait_for_workers(2, timeout=60)\n"
            "print(sorted(w['host'] for w in c.scheduler_info(n_workers=-1)['workers'].values()))"
        )
        inside = ["ip", "netns", "exec", hosts[0], sys.executable]
        seen = subprocess.run([*inside, "-c", code], check=True, capture_output=True, text=True)
        assert seen.stdout.strip() == str(list(HOSTS.values()))
        words = ("-m", "tunescope", "run", str(study), "--out", str(out), "--quiet")
        ended = subprocess.run([*inside, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert_same(Run.open(out).tables, expected)


def test_the_workers_of_a_slurm_job_make_the_tables_of_one_process(
    texts: Path, tiny_bert: Path, tmp_path: Path, expected: Mapping[str, pd.DataFrame]
) -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/clusters.md").read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    exec(page.split("<!-- slurm -->\n")[1].split("```python\n")[1].split("```")[0], found)
    with found["cluster"] as cluster, ExitStack() as stack:
        script = cluster.job_script()
        asked_for = {line for line in script.splitlines() if line.startswith("#SBATCH")}
        assert {
            "#SBATCH --cpus-per-task=4",
            "#SBATCH --mem=15G",
            "#SBATCH -t 08:00:00",
            "#SBATCH --gres=gpu:1",
        } <= asked_for
        (command,) = (line for line in script.splitlines() if "dask_worker" in line)
        assert "--nthreads 1" in command
        assert "--resources GPU=1" in command
        for number in range(2):
            words = command.replace("dummy-name", f"by-hand-{number}").split()
            worker = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(worker.wait, timeout=60)
            stack.callback(worker.terminate)
        with Client(cluster, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        where = cluster.scheduler_address
        run = conducted(texts, tiny_bert, tmp_path / "run", cluster=where, threads=1)
    assert_same(run.tables, expected)
