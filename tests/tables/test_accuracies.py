"""Accuracies are means over restarts, of each tuning by itself."""

import pytest
from frames import tables

from tunescope.tables import accuracies
from tunescope.tables.accuracies import accuracy_changes, classifier_accuracies

ROWS: list[dict[str, object]] = [
    {"model": "m", "task": "pos", "seed": 0, "update": update, "stage": stage, "layer": layer}
    | {"tuned_on": tuned_on, "split": "test", "probe": probe, "restart": restart, "n_examples": 9}
    | {"accuracy": 0.5 + 0.1 * restart, "lower": 0.4, "upper": 0.9}
    for update, stage, tuned_on in ((0, "original", ""), (9, "tuned", "pos"), (9, "tuned", "dep"))
    for layer in (1, 2)
    for probe in ("classifier", "linear")
    for restart in (0, 1)
]


def test_restarts_are_averaged_and_nothing_else() -> None:
    found = accuracies(tables(accuracy=ROWS))
    assert len(found) == 3 * 2 * 2
    assert found["accuracy"].to_numpy() == pytest.approx(0.55)
    assert found["spread"].to_numpy() == pytest.approx(0.1 / 2**0.5)
    assert (found["n_restarts"] == 2).all()


def test_the_main_number_is_the_classifier_s_in_the_last_layer_after_its_own_tuning() -> None:
    found = classifier_accuracies(tables(accuracy=ROWS))
    assert found["tuned_on"].tolist() == ["", "pos"]
    assert set(found["layer"]) == {2}
    assert set(found["probe"]) == {"classifier"}


def test_without_tables_there_is_no_row_and_every_column() -> None:
    assert list(accuracies({})) == list(accuracies(tables(accuracy=ROWS)))
    assert accuracy_changes({}).empty
