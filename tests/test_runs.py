"""The run folder: whole or absent, never two studies, never two writers."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.runs import Run

STUDY = {"models": ["m"], "tuning": {"epochs": 2}}


def start(folder: Path, study: dict[str, object] = STUDY) -> Run:
    return Run.start(folder, study, identity=study)


def test_a_finished_step_is_found_again_with_its_tables(tmp_path: Path) -> None:
    table = pd.DataFrame({"label": ["a", "b"], "separation": [0.1, 0.2]})
    with start(tmp_path / "run") as run:
        assert not run.is_done("m/pos")
        run.finish("m/pos", {"separations": table}, seconds=1.0)
    with start(tmp_path / "run") as again:
        assert again.is_done("m/pos")
        pd.testing.assert_frame_equal(again.step("m/pos")["separations"], table)


def test_a_step_that_failed_half_way_is_not_done(tmp_path: Path) -> None:
    with start(tmp_path / "run") as run:
        with pytest.raises(AttributeError):
            run.finish("s", {"good": pd.DataFrame(), "bad": None}, seconds=0)  # type: ignore[dict-item]
        assert not run.is_done("s")
        assert not list(run.folder.glob("steps/*"))


def test_a_run_of_an_earlier_layout_is_refused(tmp_path: Path) -> None:
    start(tmp_path / "run").__exit__()
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    del record["layout"]
    (tmp_path / "run" / "record.json").write_text(json.dumps(record))
    for opening in (start, Run.open):
        with pytest.raises(InputError, match="an earlier version"):
            opening(tmp_path / "run")


@pytest.mark.parametrize("key", ["", ".", "..", "../out", "a//b", "a/../../b"])
def test_no_step_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    with start(tmp_path / "run") as run, pytest.raises(ValueError, match="leads out"):
        run.finish(key, {}, seconds=0)


def test_another_study_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    start(tmp_path / "run").__exit__()
    with pytest.raises(InputError, match=r"tuning.epochs is 2 there and 3 here"):
        start(tmp_path / "run", {"models": ["m"], "tuning": {"epochs": 3}})


GROWN = {"seeds": [0, 1], "data": {"pos": "abc", "dep": "def"}, "tuning": {"epochs": 2}}


def test_a_study_may_grow_in_its_folder(tmp_path: Path) -> None:
    small = {"seeds": [1], "data": {"pos": "abc"}, "tuning": {"epochs": 2}}
    with Run.start(tmp_path / "run", small, identity=small) as run:
        run.note(complete=True)
    with Run.start(tmp_path / "run", small, identity=small, may_grow=("seeds", "data")) as same:
        assert same.record["complete"]
    with Run.start(tmp_path / "run", GROWN, identity=GROWN, may_grow=("seeds", "data")) as grown:
        assert not grown.record["complete"]
        assert grown.record["identity"] == grown.record["study"] == GROWN


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seeds": [1, 2]}, r"seeds is \[0, 1\] there and \[1, 2\] here"),
        ({"data": {"pos": "xyz", "dep": "def"}}, "data.pos is 'abc' there and 'xyz' here"),
        ({"data": {"pos": "abc"}}, "data.dep is 'def' there and None here"),
        ({"tuning": {"epochs": 2, "warmup": 0.1}}, "tuning.warmup is None there and 0.1 here"),
    ],
)
def test_what_is_not_growth_is_another_study(
    tmp_path: Path, changed: dict[str, object], named: str
) -> None:
    with Run.start(tmp_path / "run", GROWN, identity=GROWN) as run:
        run.note(complete=True)
    other = {**GROWN, **changed}
    with pytest.raises(InputError, match=named):
        Run.start(tmp_path / "run", other, identity=other, may_grow=("seeds", "data"))
    assert run.record["complete"]
    assert run.record["identity"] == GROWN


def test_other_versions_are_noted_where_something_is_left_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(tmp_path / "run").__exit__()
    start(tmp_path / "run").__exit__()
    assert "later_versions" not in Run.open(tmp_path / "run").record
    monkeypatch.setattr("tunescope.runs.versions", lambda: {"torch": "0.0"})
    for _ in range(2):
        start(tmp_path / "run").__exit__()
    (later,) = Run.open(tmp_path / "run").record["later_versions"]
    assert later["versions"] == {"torch": "0.0"}
    with start(tmp_path / "run") as run:
        run.note(complete=True)
    monkeypatch.setattr("tunescope.runs.versions", lambda: {"torch": "1.0"})
    start(tmp_path / "run").__exit__()
    assert len(run.record["later_versions"]) == 1


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match="not empty"):
        start(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_processes_cannot_work_in_one_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from tunescope.runs import Run\n"
        "try: Run.start(sys.argv[1], {}, identity={})\n"
        "except Exception as error: print(error)"
    )
    with Run.start(tmp_path / "run", {}, identity={}):
        result = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "run")],
            check=False,
            capture_output=True,
            text=True,
        )
    assert "another process is working" in result.stdout


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    with start(tmp_path / "run") as run:
        left = run.path("steps", ".part-123-step")
        left.mkdir(parents=True)
        (left / "half.parquet").write_bytes(b"PAR1")
    with start(tmp_path / "run"):
        assert not left.exists()


def test_the_record_says_what_made_it(tmp_path: Path) -> None:
    with start(tmp_path / "run") as run:
        run.note(data={"a.conllu": "abc"})
        run.note(data={"b.conllu": "def"})
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["study"] == STUDY
    assert record["data"] == {"a.conllu": "abc", "b.conllu": "def"}
    assert {"tunescope", "numpy", "torch"} <= record["versions"].keys()


def test_opening_what_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no run"):
        Run.open(tmp_path)
