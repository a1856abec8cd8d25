"""A study ends with the same tables, whoever did its steps and whatever became of them."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from distributed import Client, LocalCluster

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


def conducted(texts: Path, model: Path, folder: Path, **engine: Any) -> Run:
    values = {
        "models": [str(model)],
        "tasks": [str(texts)],
        "seeds": [0, 1],
        "tuning": {"epochs": 2, "snapshots": 3, "batch_size": 8},
        "probing": {"protocol": "none"},
        "keep": "none",
        "device": "cpu",
        "engine": engine,
    }
    return conduct(make_study(values), folder)


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
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as running:
        watcher = Client(running, set_as_default=False)
        pids = {one.worker_address: one.pid for one in running.workers.values()}
        killed: list[str] = []

        def hear(event: tuple[float, dict[str, Any]]) -> None:
            said = event[1]
            if said["what"] == "began" and re.search(f"{kind}$", said["key"]) and not killed:
                killed.append(said["key"])
                os.kill(pids[said["worker"]], signal.SIGKILL)

        watcher.subscribe_topic(TOPIC, hear)
        where = running.scheduler_address
        run = conducted(texts, tiny_bert, tmp_path / "run", cluster=where, threads=1)
        watcher.close()
    assert killed
    assert_same(run.tables, expected)
