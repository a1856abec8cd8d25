"""The report from the command line: what is written where, and refused before it is drawn."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic_runs import Size, synthetic_run

from tunescope import cli
from tunescope.reports import writing
from tunescope.runs import Run

Call = Callable[..., tuple[int, str, str]]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two runs: `one` with a plane of one task, `two` with planes of two; and other things."""
    folder = tmp_path_factory.mktemp("runs")
    small = Size(updates=(0, 9), layers=(0, 1), examples=12)
    for name, tasks in {"one": ("a b",), "two": ("a b", "a-b")}.items():
        found = synthetic_run({task: list("xyz") for task in tasks}, ("minilm",), size=small)
        with Run.start(folder / name, {}, identity={}) as run:
            run.write_tables(found.tables)
            run.note(complete=True)
    (folder / "afile").write_text("mine")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("nowhere")
    (folder / "other").symlink_to("one")
    return folder


@pytest.fixture
def runs(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in their folder."""
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def made(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return made


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("one --out folder", "folder: is a folder; name the page, as folder/report.html"),
        ("one two --out folder --format md", "is a folder; name the page, as folder/report.md"),
        ("one --out afile/x.html", "afile: is a file; expected a folder"),
        ("one --out afile/more/x.md --format md", "afile: is a file; expected a folder"),
        ("one --out link/x.html", "link: is a link to nothing; expected a folder"),
        ("one --out m.pdf", "m.pdf: ends in .pdf, and what is written is html"),
        ("one --out m.MD", "m.MD: ends in .MD, and what is written is html"),
        ("one --out m.html --format md", "m.html: ends in .html, and what is written is md"),
        ("one --out m.html --format pdf", "m.html: ends in .html, and what is written is pdf"),
        ("one --out m.pdf --format pdf", "printing needs one of"),
        ("one --out m.gif --format gif", "m.gif: GIFs are a file for each task and model"),
        ("one --out afile --format gif", "afile: is a file; expected a folder"),
        ("one --out afile --export atlas", "afile: is a file; expected a folder"),
        ("one --out afile --export archive", "afile: is a file; expected a folder"),
        ("one two --export archive", "--export archive: name one run"),
        ("one --export atlas --format pdf", "--export and --format"),
        ("one --export atlas --format html", "--export and --format"),
        ("one --format jpg", "--format 'jpg': known: gif, html, md, pdf"),
        ("one two", "say with --out where"),
        ("one ./folder/../one --out x.html", "one run is named twice"),
        ("one other --out x.html", "one run is named twice"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_drawn(
    runs: Path, call: Call, monkeypatch: pytest.MonkeyPatch, arguments: str, message: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    for drawing in ("_views", "_space", "write_csv"):
        monkeypatch.setattr(writing, drawing, lambda *_all: pytest.fail("it draws"))
    before = files(runs)
    code, out, err = call("report", *arguments.split())
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert files(runs) == before


def test_every_gif_is_named(runs: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def gif(_space: object, path: Path, *, title: str) -> Path:
        assert title
        path.parent.mkdir(exist_ok=True)
        path.write_text(title)
        return path

    monkeypatch.setattr(writing, "gif", gif)
    code, out, _ = call("report", "two", "--format", "gif")
    told = [Path(line.removeprefix("Report: ")) for line in out.splitlines()]
    assert code == 0
    assert len(told) == 2
    assert sorted(told) == sorted(Path("two").rglob("*.gif"))
    code, out, _ = call("report", "one", "two", "--format", "gif", "--json", "--out", "v1.0")
    assert code == 0
    told = [Path(name) for name in json.loads(out)["files"]]
    assert len(told) == 3
    assert sorted(told) == sorted(Path("v1.0").rglob("*.gif"))


def test_a_page_is_printed_beside_a_strangers_page(
    runs: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def browse(command: list[str], **_options: object) -> None:
        (part,) = (word.partition("=")[2] for word in command if "--print-to-pdf=" in word)
        page = Path(command[-1].removeprefix("file://"))
        assert page.read_text() == "the page"
        Path(part).write_text("printed")

    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "run", browse)
    monkeypatch.setattr(writing, "_views", lambda *_all: [])
    monkeypatch.setattr(writing, "render", lambda *_all: "the page")
    mine = runs / "mine"
    mine.mkdir()
    for name in ("notes.html", "page.html", "report.html"):
        (mine / name).write_text("mine")
    code, out, _ = call("report", "one", "--format", "pdf", "--out", "mine/notes.pdf")
    assert (code, out.split()) == (0, ["Report:", "mine/notes.pdf"])
    assert (mine / "notes.pdf").read_text() == "printed"
    left = {path.name for path in mine.iterdir()} - {"csv", "figures"}
    assert left == {"notes.html", "page.html", "report.html", "notes.pdf"}
    assert all(path.read_text() == "mine" for path in mine.glob("*.html"))
