"""The data map: how sure of each training example the model was, and how that changed."""

from __future__ import annotations

import pandas as pd
import pytest

from tunescope.reports.figures import Absent, Figure, data_map
from tunescope.reports.panels import Panel, panels
from tunescope.reports.sections import sections

WHERE = {"model": "m", "task": "t", "tuned_on": "t", "seed": 0}
COURSES = {0: (0.1, 0.9, 0.9), 1: (0.9, 0.8, 0.2), 2: (0.9, 0.2, 0.8)}
"""Confidence in each example's label at updates 0, 5 and 9."""


def watched() -> Panel:
    rows = [
        {
            **WHERE,
            **{"update": update, "stage": stage, "split": "train", "example": example},
            **{"label": "a", "confidence": course[k], "correct": course[k] > 0.5},
        }
        for example, course in COURSES.items()
        for k, (update, stage) in enumerate([(0, "original"), (5, "between"), (9, "tuned")])
    ]
    (found,) = panels({"dynamics": pd.DataFrame(rows)})
    return found


def suspects() -> Panel:
    row = {
        **WHERE,
        **{"update": 9, "stage": "tuned", "layer": 2, "split": "train", "example": 4, "rank": 1},
        **{"text": "a text", "given": "a", "suggested": "b", "score": 1.0, "margin": 0.1},
        **{"mean_confidence": 0.25, "variability": 0.125, "forgotten": 1.0},
    }
    (found,) = panels({"suspects": pd.DataFrame([row])})
    return found


@pytest.mark.slow
def test_the_head_that_was_watched_says_how_examples_were_learned() -> None:
    figure = data_map.figure(watched())
    assert isinstance(figure, Figure)
    rows = figure.rows
    assert rows["mean_confidence"].tolist() == pytest.approx([0.9, 0.5, 0.5])
    assert rows["variability"].tolist() == pytest.approx([0.0, 0.3, 0.3])
    assert rows["kind"].tolist() == ["learned and kept", "not learned", "learned and kept"]
    assert "the model’s own head" in figure.caption


@pytest.mark.slow
def test_else_the_probe_of_the_suspects_does() -> None:
    figure = data_map.figure(suspects())
    assert isinstance(figure, Figure)
    assert figure.rows["kind"].tolist() == ["not learned"]
    assert figure.rows["text"].tolist() == ["a text"]
    assert "1 most suspect" in figure.caption
    parts = [part for section in sections(suspects()) for part in section.parts]
    assert "data_map" in [part.figure for part in parts]


@pytest.mark.slow
def test_without_snapshots_it_says_why_it_is_absent(small_run) -> None:
    (found,) = panels(small_run.tables)
    assert isinstance(data_map.figure(found), Absent)
    assert "data_map" not in [part.figure for one in sections(found) for part in one.parts]
