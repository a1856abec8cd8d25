"""A training that goes on does so in its own folder, and takes nothing from another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.tuning.folder import SUPERSEDED
from tunescope.watching.folder import (
    TRAINING,
    Begun,
    Opened,
    looks_in,
    open_folder,
    step_key,
)
from tunescope.watching.losses import LOSSES, Losses

IDENTITY = {"model": "bert", "seed": 0}


def opened(base: Path, begun: Begun, identity: Any = None) -> Opened:
    found = open_folder(base, {}, identity or IDENTITY, begun)
    found.run.__exit__(None)
    return found


def kept(base: Path, name: str, *updates: int, **identity: Any) -> Run:
    """Keep a training whose weights at an update are its name and the update."""
    run = opened(base, Begun(0), IDENTITY | identity).run
    for update in updates:
        run.finish(step_key(update), {}, seconds=0.0, weights=f"{name}{update}")
    return run


def test_a_training_goes_on_where_its_weights_were_looked_at(tmp_path: Path) -> None:
    base = tmp_path / "g"
    first, second = kept(base, "a", 0, 4, 8), kept(base, "b", 0, 4, 8, 12)
    found = opened(base, Begun(4, "a4"))
    assert found.run.folder == first.folder == base
    assert not found.remark
    assert looks_in(first) == [0, 4]
    assert looks_in(second) == [0, 4, 8, 12]
    assert opened(base, Begun(8, "b8")).run.folder == second.folder


def test_looks_that_are_done_again_are_set_aside_with_the_losses(tmp_path: Path) -> None:
    run = kept(tmp_path / "g", "a", 0, 4, 8)
    losses = pd.DataFrame({"update": range(1, 9), "loss": 1.0})
    run.finish(LOSSES, {"training": losses}, seconds=0.0)
    for _ in range(2):
        opened(tmp_path / "g", Begun(4, "a4"))
        run.finish(step_key(8), {}, seconds=0.0, weights="other8")
    aside = [path.relative_to(run.folder).as_posix() for path in run.folder.glob("superseded/*/*")]
    assert sorted(aside) == [
        f"{SUPERSEDED}/{number}/{name}" for number in (1, 2) for name in (LOSSES, step_key(8))
    ]
    heard = Losses(run)
    heard.resume(4)
    assert run.step(LOSSES)["training"]["update"].tolist() == [1, 2, 3, 4]
    heard.resume(0)
    assert not run.is_done(LOSSES)


@pytest.mark.parametrize("weights", ["c4", ""])
def test_a_training_of_no_folder_begins_one_and_takes_nothing(weights: str, tmp_path: Path) -> None:
    base = tmp_path / "g"
    runs = [kept(base, "a", 0, 4, 8), kept(base, "b", 0, 4), kept(base, "c", 0, 4, seed=1)]
    found = opened(base, Begun(4, weights))
    assert found.run.folder == tmp_path / "g-4"
    assert "the looks before update 4 are not gone on with" in found.remark
    assert "seed is 1 there and 0 here" in found.remark
    assert ("of another training, by its weights" in found.remark) == bool(weights)
    assert ("name the folder itself" in found.remark) == (not weights)
    assert [looks_in(run) for run in runs] == [[0, 4, 8], [0, 4], [0, 4]]


def test_where_nothing_decides_the_named_folder_is_gone_on_with_and_that_is_said(
    tmp_path: Path,
) -> None:
    run = kept(tmp_path / "g", "a", 0, 4, 8)
    found = opened(tmp_path / "g", Begun(5, "a5"))
    assert found.run.folder == run.folder
    assert "nothing tells whether" in found.remark
    assert (run.folder / SUPERSEDED / "1" / step_key(8)).is_dir()


def test_a_checkpoint_says_which_training_it_is_of(tmp_path: Path) -> None:
    base = tmp_path / "g"
    first, second = kept(base, "a", 0, 4, 8), kept(base, "b", 0, 4, 8)
    names = [run.record[TRAINING] for run in (first, second)]
    assert opened(base, Begun(5, "", (names[0],))).run.folder == first.folder
    assert opened(base, Begun(5, "", tuple(names))).run.folder == second.folder
    assert opened(base, Begun(5, "", tuple(names[::-1]))).run.folder == first.folder
    found = opened(base, Begun(4, "a4", ()))  # it was not watched up to there
    assert found.run.folder == tmp_path / "g-3"
    assert "of another training, by its checkpoint" in found.remark


def test_of_equal_trainings_one_goes_on_that_has_no_more(tmp_path: Path) -> None:
    base = tmp_path / "g"
    kept(base, "a", 0, 4, 8)
    broken = kept(base, "a", 0, 4)
    assert opened(base, Begun(4, "a4")).run.folder == broken.folder


def test_a_folder_in_use_or_damaged_is_said_and_left_alone(tmp_path: Path) -> None:
    run = kept(tmp_path / "used", "a", 0, 4, 8)
    with Run.start(run.folder, {}, identity=IDENTITY):
        found = opened(tmp_path / "used", Begun(4, "a4"))
    assert found.run.folder == tmp_path / "used-2"
    assert "another process is working in this folder" in found.remark
    assert looks_in(run) == [0, 4, 8]
    damaged = kept(tmp_path / "damaged", "a", 0, 4, 8)
    damaged.path("record.json").write_text("{")
    found = opened(tmp_path / "damaged", Begun(4, "a4"))
    assert found.run.folder == tmp_path / "damaged-2"
    assert "record.json: damaged" in found.remark


@pytest.mark.parametrize("place", ["file", "file/g"])
def test_a_folder_that_is_a_file_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file; expected a folder"):
        open_folder(tmp_path / place, {}, IDENTITY, Begun(0))


def test_the_folder_that_one_is_in_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here" / "other").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert opened(Path(), Begun(0)).run.folder == tmp_path / "here-2"
