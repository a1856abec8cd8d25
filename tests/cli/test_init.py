"""How a call ends: its exit code and its last words, whatever stopped it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from tunescope import cli
from tunescope.errors import InputError, TunescopeError

pytestmark = pytest.mark.slow

WORK = """
import signal, sys, time
import typer
from tunescope import cli
from tunescope.runs import Run

def work(folder: str, steps: int = 0, deaf: bool = False) -> None:
    with Run.start(folder, {}, identity={}) as run:
        for number in range(steps):
            run.finish(f"step-{number}", {}, seconds=0)
        run.path("steps").mkdir(exist_ok=True)
        run.path("steps", ".part-0-next").mkdir()
        try:
            print("working", flush=True)
            time.sleep(60)
        finally:
            print("ending", flush=True)
            while deaf:
                time.sleep(0.1)

# a shell may have started the tests with Ctrl-C ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.app.command()(work)
cli.main()
"""


def started(*arguments: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, "work", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_call_says_what_is_kept_and_leaves_no_scratch(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = started(str(tmp_path / "run"), "--steps", "2")
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert said == (
        f"tunescope: stopped; kept in {tmp_path / 'run'}: 2 finished steps; "
        "the same command goes on from there\n"
    )
    assert sorted(path.name for path in (tmp_path / "run" / "steps").iterdir()) == [
        "step-0",
        "step-1",
    ]


def test_a_call_stopped_before_its_first_step_leaves_nothing(tmp_path: Path) -> None:
    process = started(str(tmp_path / "run"))
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert said.startswith("tunescope: stopped; nothing is half-written")
    assert not list(tmp_path.iterdir())


def test_a_second_stop_ends_at_once(tmp_path: Path) -> None:
    process = started(str(tmp_path / "run"), "--deaf")
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ending\n"
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = started(str(tmp_path / "run"))
    finally:
        signal.signal(signal.SIGHUP, old)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("x.csv:3: empty"), 2, "tunescope: x.csv:3: empty"),
        (TunescopeError("a.npy: cannot write it"), 1, "tunescope: a.npy: cannot write it"),
        (OSError(28, "No space left on device", "a"), 1, "tunescope: a: No space left on device"),
        (OSError(28, "No space left on device"), 1, "tunescope: No space left on device"),
        (MemoryError(), 1, "tunescope: not enough memory"),
        (KeyboardInterrupt(), 130, "tunescope: stopped; nothing is half-written"),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = typer.Typer()

    @app.command()
    def work() -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == code
    assert capsys.readouterr().err.startswith(said)


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()

    @app.command()
    def work() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", app)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ZeroDivisionError):
        cli.main([])
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_who_reads_only_the_first_line_sees_no_traceback() -> None:
    code = "from tunescope.cli import main; main(['models', '--json'])"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("more", [[], ["--json"], ["--out", "\u65e5/x"]])
def test_a_label_that_the_terminal_cannot_hold_is_escaped(
    tmp_path: Path, encoding: str, more: list[str]
) -> None:
    (tmp_path / "X.txt").write_text("0 1\n0 1\n1 0\n1 2\n")
    (tmp_path / "y.txt").write_text("\u65e5\n\u672c\n\u672c\n\u672c\n", encoding="utf-8")
    (tmp_path / "\u65e5").write_text("")
    code = "from tunescope.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "probe", "X.txt", "y.txt", *more],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "\\u65e5" in done.stdout + done.stderr
    assert done.returncode == (2 if "--out" in more else 0), done.stderr
    if more == ["--json"]:
        assert json.loads(done.stdout)["nearest_pairs"][0]["label_b"] == "\u672c"
