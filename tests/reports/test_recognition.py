"""The table of labels says how well each is recognised, before, after, and by the head."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tunescope.reports.panels import Panel, panels
from tunescope.reports.recognition import recognition
from tunescope.reports.sections import sections

ORIGINAL, TUNED = (0, "original"), (1, "tuned")


def row(stage: tuple[int, str], source: str, label: str, f1: float) -> dict[str, Any]:
    update, name = stage
    return {
        **{"model": "m", "task": "t", "seed": 0, "layer": 3, "split": "test"},
        **{"update": update, "stage": name, "source": source, "label": label, "f1": f1},
        **{"n_given": 8, "n_predicted": 9, "n_right": 5, "precision": 5 / 9, "recall": 5 / 8},
    }


def panel(*rows: dict[str, Any]) -> Panel:
    (found,) = panels({"label_scores": pd.DataFrame(rows)})
    return found


@pytest.mark.slow
def test_labels_stand_with_the_worst_first_beside_before_and_the_head() -> None:
    found = recognition(
        panel(
            row(ORIGINAL, "probe", "a", 0.4),
            row(TUNED, "probe", "a", 0.9),
            row(TUNED, "probe", "b", 0.7),
            row(TUNED, "head", "a", 0.95),
        )
    )
    assert found is not None
    assert found.head[-3:] == ["F1", "F1 before", "F1 of its own head"]
    assert [list(cells) for cells in found.rows] == [
        ["b", "8", "55.6 %", "62.5 %", "70.0 %", "–", "–"],
        ["a", "8", "55.6 %", "62.5 %", "90.0 %", "40.0 %", "95.0 %"],
    ]


@pytest.mark.slow
def test_a_head_alone_is_shown_and_nothing_is_no_table() -> None:
    found = recognition(panel(row(ORIGINAL, "head", "a", 0.4)))
    assert found is not None
    assert "own head" in found.caption
    assert found.head == ["label", "examples", "precision", "recall", "F1"]
    empty = pd.DataFrame([{"model": "m", "task": "t", "update": 0, "probe": "p", "accuracy": 0.5}])
    (other,) = panels({"accuracy": empty})
    assert recognition(other) is None


@pytest.mark.slow
def test_it_stands_in_the_section_on_accuracy() -> None:
    accuracy = {"model": "m", "task": "t", "update": 0, "probe": "p", "accuracy": 0.5}
    tables = {
        "accuracy": pd.DataFrame([{**accuracy, "layer": 3, "split": "test"}]),
        "label_scores": pd.DataFrame([row(ORIGINAL, "probe", "a", 0.4)]),
    }
    (found,) = panels(tables)
    (section, *_) = sections(found)
    assert "Label by label" in [part.fold for part in section.parts if part.table]
