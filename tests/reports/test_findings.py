"""Findings say what the tables say, and no more."""

from __future__ import annotations

import pandas as pd
import pytest

from tunescope.reports.figures.minimum_distances import emphasised, growth
from tunescope.reports.findings import findings, overview
from tunescope.reports.panels import Panel, panels


def one(**tables: pd.DataFrame) -> Panel:
    """The only panel of these tables."""
    (panel,) = panels(tables)
    return panel


def say(panel: Panel, topic: str) -> str:
    return next(finding.text for finding in findings(panel) if finding.topic == topic)


def accuracies(before: float, after: float, half: float = 0.01) -> pd.DataFrame:
    table = pd.DataFrame({"update": [0, 9], "accuracy": [before, after]})
    return table.assign(
        probe="classifier",
        lower=table["accuracy"] - half,
        upper=table["accuracy"] + half,
        n_examples=500,
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.5, 0.9, "rose from 50.0 %"),
        (0.9, 0.5, "fell from 90.0 %"),
        (0.9, 0.905, "the intervals overlap"),
    ],
)
def test_accuracy_is_judged_by_its_intervals(before: float, after: float, words: str) -> None:
    assert words in say(one(accuracy=accuracies(before, after)), "Accuracy")


def test_the_original_is_counted_once_however_many_seeds_hold_it() -> None:
    table = pd.concat([accuracies(0.5, 0.9).assign(seed=seed) for seed in range(3)])
    from tunescope.reports.figures.accuracy import summary

    starts = summary(one(accuracy=table)).set_index("stage")["n_restarts"]
    assert starts["before"] == 1


def linearity(before: int, after: int, capacity: float = 3.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "update": [0, 9],
            "layer": [2, 2],
            "n_labels": [3, 3],
            "n_clusters": [before, after],
            "n_pairs": [3, 3],
            "n_features": [8, 8],
            "capacity_pairs": [capacity, capacity],
        }
    )


def test_clusters_before_and_after() -> None:
    assert "from 7 to 3 (3 labels)" in say(one(linearity=linearity(7, 3)), "Clusters")
    assert "linear before and after" in say(one(linearity=linearity(3, 3)), "Clusters")


@pytest.mark.parametrize(
    ("capacity", "words"),
    [(3.0, "says little about the model"), (2.0, "may be owed"), (0.1, "does not explain")],
)
def test_linearity_is_weighed_against_the_dimension(capacity: float, words: str) -> None:
    panel = one(linearity=linearity(3, 3, capacity))
    assert words in say(panel, "Is it the model, or the dimension?")


def test_growth_is_the_difference_of_the_ends_in_the_last_layer(small_run) -> None:
    (panel,) = panels(small_run.tables)
    table = small_run.tables["minimum_distances"]
    table = table[(table["split"] == "train") & (table["layer"] == table["layer"].max())]
    for row in growth(panel).itertuples():
        mine = table[table["label"] == row.label].groupby("update")["minimum_distance"].mean()
        assert row.before == pytest.approx(mine.iloc[0])
        assert row.after == pytest.approx(mine.iloc[-1])
    assert growth(panel)["change"].is_monotonic_decreasing


def test_six_labels_are_emphasised_most_and_least_grown(run) -> None:
    for panel in panels(run.tables):
        labels = list(growth(panel)["label"])
        assert emphasised(panel) == labels[:3] + labels[-3:]


def test_the_pair_that_moved_furthest_apart() -> None:
    table = pd.DataFrame(
        {
            "update": [0, 0, 9, 9],
            "layer": 1,
            "label_a": ["a", "a", "a", "a"],
            "label_b": ["b", "c", "b", "c"],
            "separation": [1.0, 2.0, 4.0, 1.5],
        }
    )
    text = say(one(separations=table), "Furthest apart")
    assert "a and b moved furthest apart: their separation went from 1.00 to 4.00" in text
    assert "1 pair came closer, most of all a and c (2.00 to 1.50)" in text


def test_random_weights_are_not_mistaken_for_the_original() -> None:
    table = pd.concat([accuracies(0.5, 0.9), accuracies(0.1, 0.1).head(1).assign(weights="random")])
    text = say(one(accuracy=table), "Accuracy")
    assert "from 50.0 %" in text
    assert "With random weights it is 10.0 %" in text


def test_overview_leaves_out_what_is_not_there() -> None:
    assert set(overview(one(linearity=linearity(7, 3)))) == {
        "task",
        "model",
        "run",
        "clusters_before",
        "clusters_after",
        "labels",
    }
