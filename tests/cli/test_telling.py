"""The same call on the same bytes is told again at once; anything else is looked at anew."""

import json
import os
from pathlib import Path

import pytest
from questions import questions

from tunescope.cli import main
from tunescope.cli.telling import call_key, remembered

pytestmark = pytest.mark.slow


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--quiet"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_a_finished_inspection_is_told_again_and_a_changed_one_is_not(
    tmp_path: Path,
    bert_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    questions(tmp_path / "q.csv")
    wanted = ("inspect", str(bert_folder), "--data", "q.csv", "--protocol", "none")
    first = call(capsys, *wanted)
    assert "Examples to look at again" in first
    told = json.loads(call(capsys, *wanted, "--json"))
    assert len(told["suspects"]) == 10
    assert told["summary"][0]["task"] == "q"
    with monkeypatch.context() as patch:
        patch.setattr("tunescope.studies.checkpoints.inspect_models", None)
        assert call(capsys, *wanted) == first
    values = json.loads((tmp_path / "tunescope-inspect" / "record.json").read_text())["study"]
    folder = tmp_path / "tunescope-inspect"
    known = remembered(folder, values, 10)
    assert known is None or known["summary"] == told["summary"]
    key = call_key(values, folder, 10)
    assert key
    for changed in (tmp_path / "q.csv", bert_folder / "config.json", *folder.glob("tables/s*")):
        os.utime(changed, ns=(1, 1))
        assert call_key(values, folder, 10) != key
        key = call_key(values, folder, 10)
    assert call_key(values, folder, 3) != key
    assert call_key({**values, "models": ["owner/on-the-hub"]}, folder, 10) == ""
