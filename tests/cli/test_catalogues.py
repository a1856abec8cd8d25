"""What there is, and where it was looked for."""

from pathlib import Path

import pytest

from tunescope import cli
from tunescope.tasks.corpora.places import VARIABLE, cache_folder


@pytest.mark.slow
def test_the_folders_that_corpora_are_looked_for_in_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for named, folders in {
        str(tmp_path / "mine"): f"{tmp_path / 'mine'}, {cache_folder()}",
        "": f"{cache_folder()}",
    }.items():
        monkeypatch.setenv(VARIABLE, named)
        with pytest.raises(SystemExit):
            cli.main(["data"])
        assert f"\nLooked for in: {folders}\n" in capsys.readouterr().out


def test_json_before_a_command_that_has_its_own_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["data", "--json", "get", "demo-questions"])
    assert ended.value.code == 2
    assert "--json: say it after get" in capsys.readouterr().err
