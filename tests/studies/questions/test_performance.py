"""Every probe of a run has its rows, and what cannot be computed says why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunescope.probes import Protocol
from tunescope.studies.questions.performance import Examples, accuracy_tables, word_types
from tunescope.tasks import Split

pytestmark = pytest.mark.slow

SMALL = Protocol.quick(hidden=((8,), (16,)), weights=(1e-3,), restarts=2, max_epochs=200)


def examples(n: int, seed: int, *, words: bool = True) -> Examples:
    """Two labels that follow from the word and are seen in the vectors; texts of five."""
    random = np.random.default_rng(seed)
    which = random.integers(0, 12, n)
    labels = np.where(which % 2 == 0, "even", "odd")
    vectors = random.normal(size=(n, 6)) + 4.0 * (labels == "odd")[:, None]
    types = np.array([f"w{number}" for number in which]) if words else None
    return Examples(vectors.astype(np.float32), labels, np.arange(n) // 5, types)


@pytest.fixture(scope="module")
def found() -> dict[str, pd.DataFrame]:
    return accuracy_tables(examples(200, 0), examples(80, 1), protocol=SMALL)


def test_every_probe_has_its_rows(found: dict[str, pd.DataFrame]) -> None:
    rows = found["accuracy"]
    assert rows.groupby("probe").size().to_dict() == {
        "classifier": 2,
        "classifier (control)": 2,
        "linear": 1,
        "majority": 1,
        "nearest neighbour": 1,
        "word majority": 1,
    }
    assert (rows["lower"] <= rows["accuracy"]).all()
    assert (rows["accuracy"] <= rows["upper"]).all()
    best = rows.groupby("probe")["accuracy"].mean()
    assert best["word majority"] == 1  # the label follows from the word
    assert best["classifier"] > best["majority"] + 0.2
    settings = rows.set_index("probe")["setting"]
    assert set(settings["classifier (control)"]) == set(settings["classifier"])


def test_selectivity_is_the_difference_of_two_rows(found: dict[str, pd.DataFrame]) -> None:
    (row,) = found["selectivity"].to_dict("records")
    mean = found["accuracy"].groupby("probe")["accuracy"].mean()
    assert row["accuracy"] == pytest.approx(mean["classifier"])
    assert row["control_accuracy"] == pytest.approx(mean["classifier (control)"])
    assert row["selectivity"] == pytest.approx(row["accuracy"] - row["control_accuracy"])
    assert row["lower"] <= row["selectivity"] <= row["upper"]
    assert row["reason"] == ""


def test_what_is_right_about_each_example_averages_to_the_accuracy(
    found: dict[str, pd.DataFrame],
) -> None:
    mean = found["accuracy"].groupby("probe")["accuracy"].mean()
    right = found["correct"].set_index("probe")["right"]
    assert set(right.index) == {"classifier", "linear", "nearest neighbour"}
    for probe, shares in right.items():
        assert len(shares) == 80
        assert np.mean(shares) == pytest.approx(mean[probe], abs=1e-6)


def test_the_setting_is_sent_before_the_labels(found: dict[str, pd.DataFrame]) -> None:
    (row,) = found["description_length"].to_dict("records")
    assert row["uniform"] == 200  # one bit a label
    assert 20 < row["codelength"] < 100
    assert row["compression"] == pytest.approx(200 / row["codelength"])


def test_only_what_is_asked_for_is_measured() -> None:
    tables = accuracy_tables(examples(60, 0), examples(40, 1), protocol=SMALL, also=())
    assert set(tables) == {"accuracy", "correct"}
    assert set(tables["accuracy"]["probe"]) == {"classifier", "majority"}


def test_whole_texts_have_no_words_to_control() -> None:
    train, test = examples(60, 0, words=False), examples(40, 1, words=False)
    tables = accuracy_tables(train, test, protocol=SMALL)
    assert "selectivity" not in tables
    assert not {"classifier (control)", "word majority"} & set(tables["accuracy"]["probe"])


def test_too_few_examples_to_send_are_said() -> None:
    tables = accuracy_tables(examples(30, 0), examples(40, 1), protocol=SMALL)
    (row,) = tables["description_length"].to_dict("records")
    assert np.isnan(row["codelength"])
    assert "at least 40" in row["reason"]


def test_one_word_alone_has_no_control() -> None:
    train, test = examples(60, 0), examples(40, 1)
    train, test = (
        Examples(part.vectors, part.labels, part.groups, np.full(len(part), "word"))
        for part in (train, test)
    )
    tables = accuracy_tables(train, test, protocol=SMALL)
    (row,) = tables["selectivity"].to_dict("records")
    assert np.isnan(row["selectivity"])
    assert "drew one label" in row["reason"]


def test_word_types_are_in_lower_case_and_of_pairs_the_second() -> None:
    texts = [["The", "Dog", "barks"]]
    words = Split("train", texts, [0, 0], [[0], [1]], [0, 1], ("a",), [0, 0], [1, 2])
    pairs = Split("train", texts, [0, 0], [[2, 1], [1, 0]], [0, 1], ("a",), [0, 0], [1, 2])
    whole = Split("train", texts, [0], np.zeros((1, 0), int), [0], ("a",), [0], [1])
    assert word_types(words).tolist() == ["the", "dog"]
    assert word_types(pairs).tolist() == ["dog", "the"]
    assert word_types(whole) is None
