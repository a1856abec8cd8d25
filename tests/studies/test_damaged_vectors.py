"""Vectors that a run keeps are what was written, or are made again; nothing reads them else."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.studies.conduct import conduct
from tunescope.studies.reading import make_study
from tunescope.studies.study import Study
from tunescope.tuning import finetune

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


@pytest.fixture(scope="module")
def with_model(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    keeping = study.model_copy(update={"keep": "models"})
    return conduct(keeping, tmp_path_factory.mktemp("runs") / "run").folder


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Hears of every fine-tuning."""
    heard: list[object] = []

    def hear(*arguments: Any, **options: Any) -> object:
        heard.append(options)
        return finetune(*arguments, **options)

    monkeypatch.setattr("tunescope.studies.work.finetune", hear)
    return heard


def kept(run: Path) -> dict[str, bytes]:
    """Read the vectors and the weights that a run keeps."""
    weights = {str(p.relative_to(run)): p.read_bytes() for p in run.glob("models/**/*.safetensors")}
    return {**layers(run), **weights}


LOST: dict[str, tuple[Callable[[Path], object], int]] = {
    "vectors": (shutil.rmtree, 0),
    "vectors/*/*/original": (shutil.rmtree, 0),
    "vectors/*/*/seed-0/update-*": (shutil.rmtree, 0),
    "models": (shutil.rmtree, 1),
    "models/*/*/seed-0": (shutil.rmtree, 1),
    "models/*/*/seed-0/model.safetensors": (lambda path: path.write_bytes(b"x" * 50), 1),
    "steps/*/*/seed-0/train": (shutil.rmtree, 0),
}


@pytest.mark.parametrize("place", LOST)
@pytest.mark.slow
def test_what_was_kept_and_is_lost_is_named_and_made_again(
    study: Study,
    with_model: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    trained: list[object],
    place: str,
) -> None:
    """From the tuned model where that is kept, without training again."""
    run = Path(shutil.copytree(with_model, tmp_path / "run"))
    (path,) = run.glob(place)
    spoil, n_trained = LOST[place]
    spoil(path)
    if place.startswith("steps"):
        Run.open(run).note(complete=False)
    conduct(study.model_copy(update={"keep": "models"}), run)
    assert place.startswith("steps") or str(path) in caplog.text
    assert kept(run) == kept(with_model)
    assert len(trained) == n_trained
    tables, expected = Run.open(run).tables, Run.open(with_model).tables
    assert tables.keys() == expected.keys()
    assert all(tables[name].equals(expected[name]) for name in tables)
    caplog.clear()
    conduct(study.model_copy(update={"keep": "models"}), run)
    assert not caplog.text


@pytest.mark.slow
def test_with_kept_models_a_transfer_that_is_asked_for_later_trains_nothing(
    study: Study, tmp_path: Path, trained: list[object]
) -> None:
    (task,) = study.tasks
    own = {"files": {"train": task}} if isinstance(task, str) else task.model_dump(mode="json")
    values = study.model_dump(mode="json") | {"keep": "models"}
    values["tasks"] = [{**own, "name": name} for name in "ab"]
    alone, more = (
        make_study(values),
        make_study({**values, "transfer": [{"tune": "a", "probe": "b"}]}),
    )
    conduct(alone, tmp_path / "run")
    assert len(trained) == 2
    found = conduct(more, tmp_path / "run").tables
    assert len(trained) == 2
    assert {"", "a", "b"} == set(found["minimum_distances"]["tuned_on"])
    under = found["minimum_distances"].query("task == 'b' and tuned_on == 'a'")
    assert len(under)


@pytest.mark.slow
def test_what_another_keep_asks_for_later_is_said_to_be_missing(
    study: Study, with_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = Path(shutil.copytree(with_model, tmp_path / "run"))
    conduct(study.model_copy(update={"keep": "none"}), run)
    conduct(study.model_copy(update={"keep": "ends"}), run)
    assert not caplog.text  # what is there is there
    for keep, missing in (("ends", "original and 1 more"), ("models", "seed-0 and 2 more")):
        caplog.clear()
        run = tmp_path / f"none, then {keep}"
        conduct(study.model_copy(update={"keep": "none"}), run)
        before = kept(run)
        for _ in range(2):
            caplog.clear()
            conduct(study.model_copy(update={"keep": keep}), run)
            (line,) = caplog.messages
            assert f"{missing}: not kept when its step was done" in line
        assert kept(run) == before == {}


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


@pytest.mark.slow
def test_the_tables_are_put_together_again_where_a_step_was_removed(
    study: Study, finished: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    (step,) = run.glob("steps/*/*/original/measure")
    before = {path.name: path.stat().st_mtime_ns for path in (run / "tables").iterdir()}
    shutil.rmtree(step)
    again = conduct(study, run)
    assert again.record["complete"]
    assert {path.name for path in (run / "tables").iterdir()} == set(before)
    for path in (run / "tables").iterdir():
        assert path.stat().st_mtime_ns > before[path.name], path.name


@pytest.mark.slow
def test_what_is_done_again_with_other_versions_says_with_which(
    study: Study, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    monkeypatch.setattr("tunescope.runs.run.versions", lambda: {"torch": "0.0"})
    assert "later_versions" not in conduct(study, run).record
    shutil.rmtree(next((run / "steps").rglob("original")) / "measure")
    again = conduct(study, run)
    assert again.record["complete"]
    assert [one["versions"] for one in again.record["later_versions"]] == [{"torch": "0.0"}]
