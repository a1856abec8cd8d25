"""The paper's files replace those of an earlier call, and nobody else's."""

from pathlib import Path

import pytest

from tunescope import cli
from tunescope.errors import InputError
from tunescope.paper.writing import CONTENTS, refuse_foreign, write


@pytest.mark.slow
def test_a_folder_that_an_earlier_call_wrote_is_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        refuse_foreign(tmp_path / "paper")
        made = write(tmp_path / "paper", tables={}, record={})
    assert set(made) == set((tmp_path / "paper").iterdir())
    (tmp_path / "empty").mkdir()
    refuse_foreign(tmp_path / "empty")


@pytest.mark.parametrize("name", ["index.html", "thesis.txt", CONTENTS, "paper.tex"])
def test_a_folder_with_a_strangers_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="exists already; name a new or empty folder"):
        refuse_foreign(tmp_path)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("mine", "mine: exists already; name a new or empty folder"),
        ("mine/index.html", "mine/index.html: is a file; expected a folder"),
        ("mine/index.html/x", "mine/index.html: is a file; expected a folder"),
        ("link", "link: is a link to nothing; expected a folder"),
    ],
)
def test_the_command_says_so_before_it_reads_a_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    out: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    Path("mine/index.html").write_text("mine")
    Path("link").symlink_to("nowhere")
    with pytest.raises(SystemExit) as ended:
        cli.main(["paper", "run", "--out", out])
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"tunescope: {message}\n"
    assert Path("mine/index.html").read_text() == "mine"
