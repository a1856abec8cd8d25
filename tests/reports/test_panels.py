"""A model that stands alone is not called the one before another."""

from __future__ import annotations

import pandas as pd
import pytest

from tunescope.reports import statements, tables
from tunescope.reports.figures import FIGURES, Figure
from tunescope.reports.panels import Panel, panels

WHERE = {"model": "m", "task": "t", "seed": 0, "layer": 2}


def panel(*stages: str) -> Panel:
    accuracy = [
        {
            "update": u,
            "stage": stage,
            "split": "test",
            "probe": probe,
            "accuracy": 0.5,
            "restart": 0,
        }
        for u, stage in enumerate(stages)
        for probe in ("classifier", "linear")
    ]
    linearity = [
        {
            **{"update": u, "stage": stage, "split": "train", "n_labels": 2},
            **{"layer": layer, "n_clusters": 5 - layer, "n_examples": 9},
        }
        for u, stage in enumerate(stages)
        for layer in (0, 1, 2)
    ]
    alike = [
        {
            **{"update": u, "stage": stage, "split": "train", "comparison": "train_test"},
            **{"measure": "spatial_pearson", "similarity": 0.5, "n_pairs": 3},
        }
        for u, stage in enumerate(stages)
    ]
    rows = {"accuracy": accuracy, "linearity": linearity, "similarity": alike}
    made = {name: pd.DataFrame([{**WHERE, **row} for row in some]) for name, some in rows.items()}
    (found,) = panels(made)
    return found


def words(found: Panel) -> str:
    """Everything that tables and figures call the stages."""
    parts = [statements.controls(found)]
    for table in (tables.accuracies(found), tables.cluster_counts(found)):
        assert table is not None
        parts += [*table.head, *(str(cell) for row in table.rows for cell in row)]
    for name in ("accuracy", "clusters", "train_test"):
        figure = FIGURES[name](found)
        assert isinstance(figure, Figure)
        parts += [*figure.rows["stage"], figure.description, str(figure.spec)]
    return " ".join(parts)


@pytest.mark.slow
def test_a_model_alone_is_not_called_before() -> None:
    said = words(panel("original"))
    assert "this model" in said
    assert "before" not in said
    assert "after" not in said


@pytest.mark.parametrize("word", ["before", "after"])
@pytest.mark.slow
def test_of_two_models_there_is_a_before_and_an_after(word: str) -> None:
    said = words(panel("original", "tuned"))
    assert word in said
    assert "this model" not in said.replace("'this model'", "")
