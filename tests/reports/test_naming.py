"""Labels in sentences are told from numbers, and move nothing around them."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from tunescope.reports.naming import END, ISOLATE, TURNING, named, visible

ARABIC, HEBREW = "سؤال", "שאלה"


@pytest.mark.parametrize("label", ["2", "-1", "3.5", "1e5", "nan", "١٢", ",", "``", "50 %", ""])
def test_what_could_be_read_as_a_number_is_marked(label: str) -> None:
    assert named(label) in {f"“{label}”", f"{ISOLATE}{label}{END}"}


@pytest.mark.parametrize("label", ["NOUN", "p.Function", "no", "größe", "問", "B-2"])
def test_other_labels_stand_as_they_are(label: str) -> None:
    assert named(label) == label


@pytest.mark.parametrize("label", [ARABIC, HEBREW, f"abc {ARABIC}"])
def test_what_is_read_from_the_right_is_isolated(label: str) -> None:
    assert named(label) == f"{ISOLATE}{label}{END}"


def test_a_label_does_not_end_its_isolation() -> None:
    assert named(f"{END}{ARABIC}") == f"{ISOLATE}\\u2069{ARABIC}{END}"


@pytest.mark.parametrize("mark", TURNING)
def test_marks_that_turn_text_are_shown(mark: str) -> None:
    shown = f"\\u{ord(mark):04x}evil"
    assert visible(f"{mark}evil") == named(f"{mark}evil") == shown
    assert visible(Markup(f"<i>{mark}evil</i>")) == Markup(f"<i>{shown}</i>")
