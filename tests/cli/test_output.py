"""What is printed is what is there: no markup is read from data, and no terminal obeys it."""

import io
import json
import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.cli.output import as_json, show, visible


def test_brackets_in_a_label_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    labels = ["[red]", "[/]", "[link=http://x]y[/link]", ":smile:", "a[b]"]
    show(pd.DataFrame({"label": labels, "[bold]": [1, 2, 3, 4, 5]}), "[title]")
    said = capsys.readouterr().out
    assert all(label in said for label in [*labels, "[bold]", "[title]"])


@given(st.text())
@pytest.mark.slow
def test_no_text_is_obeyed_by_a_terminal(text: str) -> None:
    shown = visible(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    shown.encode("utf-8")
    if text.isprintable():
        assert shown == text


def test_what_a_terminal_would_obey_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show(pd.DataFrame({"label": pd.Series(["\udc80", "\x1b]0;x\x07"], dtype=object)}), "Labels")
    said = capsys.readouterr().out
    assert "\\udc80" in said
    assert "\x1b" not in said


def test_json_can_be_written_anywhere() -> None:
    text = as_json({"label": "\udc80 ü", "nothing": float("nan")})
    io.TextIOWrapper(io.BytesIO(), encoding="utf-8").write(text)
    assert json.loads(text) == {"label": "\udc80 ü", "nothing": None}
    assert "ü" in as_json({"label": "ü"})


def test_json_has_infinity_as_a_text() -> None:
    table = pd.DataFrame({"published": [float("inf"), -float("inf"), float("nan"), 1.5]})
    rows = json.loads(as_json(table), parse_constant=pytest.fail)
    found = [row["published"] for row in rows]
    assert found == ["inf", "-inf", None, 1.5]
    assert [float(value) for value in found[:2]] == [float("inf"), -float("inf")]


def test_json_for_a_stdout_that_holds_less_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"label": "\u65e5 \U0001f600 ü"}
    for encoding in ("ascii", "latin-1", "cp1252", "utf-8"):
        stdout = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stdout)
        text = as_json(said)
        stdout.write(text)
        assert json.loads(text) == said
    assert "\u65e5" in as_json(said)


def test_large_counts_are_whole_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    show(pd.DataFrame({"n": [21180.0, 0.123456, float("nan")]}), "Counts")
    said = capsys.readouterr().out
    assert "21180" in said
    assert "0.1235" in said
    assert "–" in said
