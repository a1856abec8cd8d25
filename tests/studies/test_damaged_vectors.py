"""Vectors that a run keeps are what was written, or are made again; nothing reads them else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.studies.conduct import conduct
from tunescope.studies.reading import make_study
from tunescope.studies.study import Study

WORDS = {"animal": ("dog", "cat", "bird"), "deed": ("sees", "hears", "likes")}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Study:
    path = tmp_path_factory.mktemp("data") / "texts.csv"
    rows = [
        f"{article} {adjective} {word},{label}\n"
        for label, words in WORDS.items()
        for word in words
        for article in ("the", "a")
        for adjective in ("old", "small", "grey")
    ]
    path.write_text("text,label\n" + "".join(rows))
    values = {
        "models": [str(tiny_bert)],
        "tasks": [str(path)],
        "tuning": {"epochs": 1, "snapshots": 2, "batch_size": 8},
        "probing": {"protocol": "none", "also": [], "rank_suspects": False},
        "geometry": {"clusters": "none"},
        "random_baseline": False,
        "keep": "all",
    }
    return make_study(values)


@pytest.fixture(scope="module")
def finished(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return conduct(study, tmp_path_factory.mktemp("runs") / "run").folder


def layers(run: Path) -> dict[str, bytes]:
    files = sorted((run / "vectors").rglob("layer-*.npy"))
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


DAMAGE: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-8]),
    "flipped": lambda path: path.write_bytes(path.read_bytes()[:-2] + b"\x41\x41"),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("update", ["original", "update-"])
@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.slow
def test_damaged_vectors_are_named_and_made_again(
    study: Study,
    finished: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    how: str,
    update: str,
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    path = next(path for path in (run / "vectors").rglob("layer-02.npy") if update in str(path))
    DAMAGE[how](path)
    conduct(study, run)
    assert str(path) in caplog.text
    assert layers(run) == layers(finished)
    spread = [Run.open(folder).tables["spread"] for folder in (run, finished)]
    assert spread[0].equals(spread[1])


@pytest.mark.slow
def test_a_damaged_original_is_not_what_a_later_seed_is_compared_with(
    study: Study, finished: Path, tmp_path: Path
) -> None:
    grown = study.model_copy(update={"seeds": [0, 1]})
    whole = conduct(grown, Path(shutil.copytree(finished, tmp_path / "whole")))
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    path = next(path for path in (run / "vectors").rglob("layer-02.npy") if "original" in str(path))
    np.save(path, np.ones_like(np.load(path)))
    found = conduct(grown, run)
    assert found.tables["similarity"].equals(whole.tables["similarity"])


def test_a_file_that_came_to_the_vectors_is_refused(
    study: Study, finished: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    foreign = next((run / "vectors").rglob("layer-02.npy")).with_name("layer-99.npy")
    foreign.write_bytes(b"x")
    with pytest.raises(InputError, match=r"layer-99\.npy: is not of this folder; take it out"):
        conduct(study, run)
