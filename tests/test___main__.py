"""``python -m tunescope`` is the command line."""

import runpy
import sys

import pytest

import tunescope


def test_it_is_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tunescope", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tunescope", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"tunescope {tunescope.__version__}\n"
