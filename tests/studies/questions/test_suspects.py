"""Suspects of one representation, and the labels' distances without them."""

import numpy as np
import pandas as pd
import pytest

from tunescope.geometry import separations
from tunescope.studies.questions.suspects import (
    Course,
    HeldOut,
    distances_without,
    suspect_tables,
)
from tunescope.tables import conform
from tunescope.tables.stages import with_origin


def drawn() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    codes = np.arange(200) % 3
    X = random.normal(size=(200, 20)) + 4 * np.eye(20)[codes]
    labels = np.array(["a", "b", "c"])[codes]
    labels[[6, 12]] = "b"
    return X, labels


@pytest.fixture(scope="module")
def found() -> dict[str, pd.DataFrame]:
    return suspect_tables(*drawn(), lambda row: (f"text {row}", f"file:{row + 1}", 2 * row))


def test_the_first_are_those_that_were_spoilt(found: dict[str, pd.DataFrame]) -> None:
    first = found["suspects"].head(2)
    assert set(first["text"]) == {"text 6", "text 12"}
    assert set(first["place"]) == {"file:7", "file:13"}
    assert set(first["example"]) == {12, 24}


def test_each_suspect_has_its_neighbours(found: dict[str, pd.DataFrame]) -> None:
    near = found["suspect_neighbours"]
    assert near.groupby("example").size().eq(3).all()
    assert (
        near["distance"].groupby(near["example"]).apply(lambda d: d.is_monotonic_increasing).all()
    )
    of_first = near[near["example"] == 12]
    assert (of_first["label"] == "a").all()
    assert (of_first["text"] == [f"text {n // 2}" for n in of_first["neighbour"]]).all()


def test_the_tables_are_those_of_the_schema(found: dict[str, pd.DataFrame]) -> None:
    origin = {"model": "m", "task": "t", "seed": 0, "stage": "original", "update": 0}
    where = {"layer": 6, "split": "train"}
    named = {
        name: with_origin(table.assign(**where), **origin, last=None, tuned_on="")
        for name, table in found.items()
    }
    assert conform(named).keys() == found.keys()


def test_distances_without_some_are_those_of_the_others() -> None:
    X, labels = drawn()
    aside = np.array([6, 12])
    table = distances_without(X, labels, aside, separations(X, labels))
    rest = np.delete(np.arange(200), aside)
    again = separations(X[rest], labels[rest])
    assert table["minimum_without"].tolist() == again.minimum()["minimum_distance"].tolist()
    assert table["n_set_aside"].tolist() == [0, 2, 0]
    means = again.matrix().sum().to_numpy() / 2
    assert table["mean_without"].to_numpy() == pytest.approx(means)
    assert (table["minimum_without"] >= table["minimum_distance"]).all()


def test_means_are_over_the_labels_that_are_left() -> None:
    X, labels = drawn()
    X, labels = np.vstack([X, np.full(20, 50.0)]), np.append(labels, "d")
    table = distances_without(X, labels, np.array([200]), separations(X, labels))
    assert table["label"].tolist() == ["a", "b", "c"]
    assert table["mean_without"].to_numpy() == pytest.approx(table["mean_separation"].to_numpy())


def test_one_label_alone_has_no_suspects() -> None:
    X, _ = drawn()
    assert suspect_tables(X, np.full(200, "a"), lambda row: ("", "", row)) == {}


def test_the_course_of_a_fine_tuning_counts_from_its_held_out_tables() -> None:
    X, labels = drawn()
    late = HeldOut.of(X, labels, None)
    early = HeldOut(np.roll(late.probabilities, 1, axis=1), late.codes)
    followed = Course(20, {10: early.table()}).learned(late)
    assert followed is not None
    assert set(followed["learned"].dropna()) == {20.0}
    assert followed["learned"].isna()[[6, 12]].all()
    means = (early.table()["confidence"][0] + late.table()["confidence"][0]) / 2
    assert followed["mean_confidence"].to_numpy() == pytest.approx(means, abs=1e-6)
    course = Course(20, {10: early.table()})
    tables = suspect_tables(X, labels, lambda row: ("", "", row), held_out=late, course=course)
    ranked = tables["suspects"].sort_values("example")
    assert ranked["mean_confidence"].to_numpy() == pytest.approx(means, abs=1e-6)


def test_without_earlier_snapshots_there_is_no_course() -> None:
    X, labels = drawn()
    assert Course(0, {}).learned(HeldOut.of(X, labels, None)) is None
