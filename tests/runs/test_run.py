"""The run folder: whole or absent, never two studies, never two writers."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tunescope.errors import DamagedError, InputError, TunescopeError
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
    del record["layout"], record["sha256"]
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
    monkeypatch.setattr("tunescope.runs.run.versions", lambda: {"torch": "0.0"})
    for _ in range(2):
        start(tmp_path / "run").__exit__()
    (later,) = Run.open(tmp_path / "run").record["later_versions"]
    assert later["versions"] == {"torch": "0.0"}
    with start(tmp_path / "run") as run:
        run.note(complete=True)
    monkeypatch.setattr("tunescope.runs.run.versions", lambda: {"torch": "1.0"})
    start(tmp_path / "run").__exit__()
    assert len(run.record["later_versions"]) == 1


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match="not empty"):
        start(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.slow
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


@pytest.mark.parametrize("left", [".lock", ".part-0123abcd-record.json", "Thumbs.db"])
def test_a_folder_in_which_nothing_was_begun_is_as_good_as_empty(tmp_path: Path, left: str) -> None:
    """A process was killed while it wrote its first record, or a file manager was there."""
    (tmp_path / left).write_text("{")
    with pytest.raises(KeyboardInterrupt), start(tmp_path):
        raise KeyboardInterrupt
    assert {path.name for path in tmp_path.iterdir()} == {left} - {
        ".lock",
        ".part-0123abcd-record.json",
    }
    (tmp_path / left).write_text("{")
    with start(tmp_path) as run:
        run.finish("one", {}, seconds=0)
    assert not list(tmp_path.rglob(".part-*"))
    assert Run.open(tmp_path).is_done("one")


@pytest.mark.parametrize("other", [STUDY, {"models": ["another"]}])
def test_a_run_that_another_process_began_meanwhile_is_not_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, object]
) -> None:
    hold = Run._hold

    def after_another(run: Run) -> None:
        monkeypatch.setattr(Run, "_hold", hold)
        with start(tmp_path / "run", other) as first:
            first.finish("one", {}, seconds=0)
            first.note(complete=True)
        hold(run)

    monkeypatch.setattr(Run, "_hold", after_another)
    if other != STUDY:
        with pytest.raises(InputError, match="holds another study"):
            start(tmp_path / "run")
    else:
        start(tmp_path / "run").__exit__()
    assert Run.open(tmp_path / "run").record["complete"]
    assert Run.open(tmp_path / "run").record["study"] == other
    start(tmp_path / "run", other).__exit__()  # it is not locked


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


TABLE = pd.DataFrame({"label": ["a", "b"], "separation": [0.1, 0.2]})


def whole(folder: Path) -> Run:
    """A run with two finished steps and a table."""
    with start(folder) as run:
        for key in ("m/pos/one", "m/pos/two"):
            run.finish(key, {"separations": TABLE}, seconds=1.0, updates=[0, 1])
        run.write_tables({"separations": TABLE, "training": TABLE})
        run.note(complete=True)
    return run


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


SPOILED: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "flipped": flipped,
    "missing": lambda path: path.unlink(),
    "another's": TABLE[:1].to_parquet,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
@pytest.mark.parametrize("file", ["separations.parquet", "done.json"])
@pytest.mark.slow
def test_a_damaged_step_is_named_and_not_done(
    tmp_path: Path,
    spoil: Callable[[Path], object],
    file: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = whole(tmp_path / "run").path("steps", "m", "pos", "two", file)
    spoil(path)
    if file != "done.json" or path.is_file():
        with pytest.raises(InputError, match="damaged"):
            Run.open(tmp_path / "run").step("m/pos/two")
    with caplog.at_level(logging.WARNING), start(tmp_path / "run") as run:
        assert run.is_done("m/pos/one")
        assert not run.is_done("m/pos/two")
        if path.is_file() or file != "done.json":
            assert str(path) in caplog.text
            assert not run.record["complete"]
        run.finish("m/pos/two", {"separations": TABLE}, seconds=1.0)
        pd.testing.assert_frame_equal(run.step("m/pos/two")["separations"], TABLE)


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
@pytest.mark.slow
def test_a_damaged_table_is_named_and_put_together_again(
    tmp_path: Path, spoil: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    path = whole(tmp_path / "run").path("tables", "training.parquet")
    spoil(path)
    with pytest.raises(DamagedError, match=r"tables/training.parquet: damaged \(.*again"):
        _ = Run.open(tmp_path / "run").tables
    with caplog.at_level(logging.WARNING), start(tmp_path / "run") as run:
        assert str(path) in caplog.text
        assert not run.record["complete"]


@pytest.mark.parametrize("place", ["steps/m/pos/one", "tables"])
def test_a_foreign_file_is_named_and_left_where_it_is(tmp_path: Path, place: str) -> None:
    path = whole(tmp_path / "run").path(place, "mine.parquet")
    TABLE.to_parquet(path)
    before = path.read_bytes()
    (path.parent / ".DS_Store").write_text("x")
    with pytest.raises(InputError, match=r"mine.parquet: is not of this run; take it out"):
        start(tmp_path / "run")
    with pytest.raises(InputError, match=r"mine.parquet: is not of this run"):
        _ = Run.open(tmp_path / "run").tables if place == "tables" else run_step(tmp_path)
    assert path.read_bytes() == before


def run_step(folder: Path) -> object:
    return Run.open(folder / "run").step("m/pos/one")


@pytest.mark.parametrize("place", ["notes.txt", "steps/x.txt", "steps/m/x.txt", "vectors/x.bin"])
def test_a_foreign_file_among_none_of_the_runs_is_left_alone(tmp_path: Path, place: str) -> None:
    run = whole(tmp_path / "run")
    run.path(place).parent.mkdir(exist_ok=True)
    run.path(place).write_text("mine")
    with start(tmp_path / "run") as again:
        assert again.is_done("m/pos/one")
        again.write_tables({"separations": TABLE})
    assert run.path(place).read_text() == "mine"


def test_tables_of_a_run_without_checksums_are_read_or_named(tmp_path: Path) -> None:
    run = whole(tmp_path / "run")
    record = run.record
    del record["files"]
    run.path("record.json").write_text(json.dumps(record))
    assert sorted(Run.open(tmp_path / "run").tables) == ["separations", "training"]
    run.path("tables", "training.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedError, match=r"training.parquet: damaged"):
        _ = Run.open(tmp_path / "run").tables


@pytest.mark.parametrize("text", ["", "{", "[]", '{"layout": 2}', "\0", "[" * 100_000])
def test_a_damaged_record_is_one_line(tmp_path: Path, text: str) -> None:
    whole(tmp_path / "run")
    (tmp_path / "run" / "record.json").write_text(text)
    with pytest.raises(InputError, match=r"^[^\n]*$"):
        start(tmp_path / "run")


def test_a_changed_setting_in_the_record_is_found(tmp_path: Path) -> None:
    path = whole(tmp_path / "run").path("record.json")
    path.write_text(path.read_text().replace('"epochs": 2', '"epochs": 3'))
    with pytest.raises(DamagedError, match="its content is not what its checksum is of"):
        start(tmp_path / "run")


def test_tables_that_are_no_more_are_taken_away(tmp_path: Path) -> None:
    whole(tmp_path / "run")
    with start(tmp_path / "run") as run:
        run.write_tables({"separations": TABLE})
    assert [path.name for path in (tmp_path / "run" / "tables").iterdir()] == [
        "separations.parquet"
    ]


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    run = whole(tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    run.path("steps", "out").symlink_to(tmp_path / "elsewhere")
    run.path("steps", "in").symlink_to(run.path("tables"))
    with pytest.raises(InputError, match=r"steps/out: a link that leads out"):
        start(tmp_path / "run")


@pytest.mark.parametrize("folder", ["file/run", "x" * 300, "link", "/proc/tunescope-run"])
def test_a_folder_that_cannot_be_is_refused_in_a_line(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(TunescopeError, match=r"^[^\n]*$"):
        start(tmp_path / folder)
    with pytest.raises(TunescopeError, match=r"^[^\n]*$"):
        Run.open(tmp_path / folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


@pytest.mark.parametrize("error", [InputError("wrong"), KeyboardInterrupt(), OSError(28, "full")])
def test_a_call_that_fails_before_any_step_leaves_its_folder_as_it_was(
    tmp_path: Path, error: BaseException
) -> None:
    with pytest.raises(type(error)), start(tmp_path / "a" / "run"):
        raise error
    assert not list(tmp_path.iterdir())
    (tmp_path / "empty").mkdir()
    with pytest.raises(type(error)), start(tmp_path / "empty"):
        raise error
    assert not list((tmp_path / "empty").iterdir())


def test_a_study_that_grew_and_failed_has_not_grown(tmp_path: Path) -> None:
    small: dict[str, object] = {"seeds": [1]}
    with Run.start(tmp_path / "run", small, identity=small) as run:
        run.finish("one", {}, seconds=0)
        run.note(complete=True)
    before = run.record
    more: dict[str, object] = {"seeds": [1, 2]}
    with (
        pytest.raises(InputError),
        Run.start(tmp_path / "run", more, identity=more, may_grow=("seeds",)),
    ):
        raise InputError("no such model")
    assert run.record == before


def test_what_was_finished_is_kept_and_told(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt) as stopped, start(tmp_path / "run") as run:
        run.finish("one", {}, seconds=0)
        (run.folder / "steps" / ".part-0-two").mkdir()
        raise KeyboardInterrupt
    (note,) = stopped.value.__notes__
    assert note.startswith(f"kept in {tmp_path / 'run'}: 1 finished step; the same command")
    assert [path.name for path in run.path("steps").iterdir()] == ["one"]


def test_vectors_are_kept_from_a_stop_but_not_from_a_mistake(tmp_path: Path) -> None:
    for error, kept in ((KeyboardInterrupt(), True), (InputError("wrong"), False)):
        with pytest.raises(type(error)), start(tmp_path / "run") as run:
            run.path("vectors").mkdir(exist_ok=True)
            run.path("vectors", "layer.npy").write_bytes(b"x")
            raise error
        assert run.path("vectors", "layer.npy").exists() == kept
        if kept:
            run.path("record.json").unlink()
            run.path("vectors", "layer.npy").unlink()
            run.path("vectors").rmdir()


@pytest.mark.slow
class Stopped(pd.DataFrame):
    """A table at which a process is interrupted."""

    def to_parquet(self, *_arguments: object, **_options: object) -> None:  # type: ignore[override]
        raise KeyboardInterrupt


@pytest.mark.parametrize("before", [(), ("old",)], ids=["first", "again"])
@pytest.mark.parametrize("twice", [False, True])
def test_tables_whose_writing_was_stopped_are_written_by_the_same_command(
    tmp_path: Path, before: tuple[str, ...], twice: bool
) -> None:
    table = pd.DataFrame({"a": [1]})
    if before:
        with start(tmp_path / "run") as run:
            run.write_tables(dict.fromkeys(before, table))
            run.note(complete=True)
    with start(tmp_path / "run") as run:
        run.finish("step", {"a": table}, seconds=1)
    for _ in range(1 + twice):
        with pytest.raises(KeyboardInterrupt), start(tmp_path / "run") as run:
            run.note(complete=False)
            run.write_tables({"a": table, "b": Stopped({"a": [1]})})
        assert Run.open(tmp_path / "run").tables == {}
    with start(tmp_path / "run") as run:
        assert not run.record.get("complete")
        run.write_tables({"b": table})
        run.note(complete=True)
    found = Run.open(tmp_path / "run")
    assert list(found.tables) == ["b"]
    assert [path.name for path in (tmp_path / "run" / "tables").iterdir()] == ["b.parquet"]
    assert "writing" not in found.record


def test_a_foreign_file_among_tables_half_written_is_named(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1]})
    with pytest.raises(KeyboardInterrupt), start(tmp_path / "run") as run:
        run.finish("step", {"a": table}, seconds=1)
        run.write_tables({"a": table, "b": Stopped({"a": [1]})})
    (tmp_path / "run" / "tables" / "mine.parquet").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"mine.parquet: is not of this run"):
        start(tmp_path / "run")
    assert (tmp_path / "run" / "tables" / "mine.parquet").read_bytes() == b"mine"


def test_the_lock_of_a_killed_process_is_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time; from tunescope.runs import Run\n"
        "run = Run.start(sys.argv[1], {}, identity={})\n"
        "print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(InputError, match="another process"):
            Run.start(tmp_path / "run", {}, identity={})
        process.kill()
    assert (tmp_path / "run" / ".lock").exists()
    Run.start(tmp_path / "run", {}, identity={}).__exit__()


def test_a_model_whose_weights_changed_is_refused_with_the_two_checksums(tmp_path: Path) -> None:
    old, new = {"models": {"m": "a" * 64}}, {"models": {"m": "b" * 64}}
    Run.start(tmp_path / "run", old, identity=old).__exit__()
    with pytest.raises(
        InputError, match=f"models.m has the checksum {'a' * 16} there and {'b' * 16} here"
    ):
        Run.start(tmp_path / "run", new, identity=new, may_grow=("models",))
