from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.probes import (
    LinearProbe,
    NearestNeighbourProbe,
    Protocol,
    Selectivity,
    control_labels,
    selectivity,
)


def task(n_types: int = 60, per_type: int = 12, d: int = 8, noise: float = 0.3, seed: int = 0):
    """Words with vectors of their own; the label is the half-space of the word's vector."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(n_types, d)) * 3
    which = np.tile(np.arange(n_types), per_type)
    X = centres[which] + noise * random.normal(size=(len(which), d))
    y = (centres[which, 0] > 0).astype(int)
    return X, y, which.astype(str)


def halves(*arrays):
    """Every word is in both halves, six times each."""
    middle = len(arrays[0]) // 2
    return tuple(a[:middle] for a in arrays), tuple(a[middle:] for a in arrays)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=50), st.integers(0, 5))
def test_a_word_keeps_its_label(numbers, seed):
    words = np.array([f"w{number}" for number in numbers])
    labels = control_labels(words, np.arange(len(words)) % 3, seed=seed)
    for word in np.unique(words):
        assert len(np.unique(labels[words == word])) == 1


def test_control_labels_are_not_the_task():
    _, y, words = task()
    labels = control_labels(words, y)
    assert 0.3 < np.mean(labels == y) < 0.7
    assert np.any(control_labels(words, y, seed=1) != labels)


def test_frequent_labels_stay_frequent():
    y = np.repeat([0, 1], [9000, 1000])
    labels = control_labels(np.arange(10_000), y)
    assert np.mean(labels == 0) == pytest.approx(0.9, abs=0.02)


def test_a_probe_that_memorises_has_no_selectivity():
    X, y, words = task()
    train, test = halves(X, y, words)
    result = selectivity(NearestNeighbourProbe(), train, test)
    assert result.control_accuracy > 0.97
    assert abs(result.selectivity.value) < 0.03


def test_a_probe_that_cannot_memorise_is_selective():
    X, y, words = task()
    train, test = halves(X, y, words)
    result = selectivity(LinearProbe(Protocol.quick()), train, test)
    assert result.accuracy > 0.97
    assert result.selectivity.lower > 0.1
    assert result.rows["probe"].tolist() == ["linear", "linear (control)"]
    assert result.selectivity.value == pytest.approx(result.accuracy - result.control_accuracy)


def test_a_probe_that_is_trained_already_is_not_trained_again() -> None:
    X, y, words = task()
    train, test = halves(X, y, words)
    whole = selectivity(NearestNeighbourProbe(), train, test)
    correct = NearestNeighbourProbe().fit(*train[:2]).correct(*test[:2])
    given = selectivity(NearestNeighbourProbe(), train, test, correct=correct)
    assert given.selectivity == whole.selectivity
    none = selectivity(NearestNeighbourProbe(), train, test, correct=np.zeros_like(correct))
    assert (none.accuracy, none.control_accuracy) == (0, whole.control_accuracy)


ONES = np.ones((2, 20))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros((1, 1)), "1 examples|20 and 1|1 and 20"),
        (np.zeros((20, 1)), "1 examples|20 and 1|1 and 20"),
        (np.zeros(19), "examples"),
        (np.zeros((1, 1, 20)), "expected shape"),
        (np.zeros((0, 20)), "expected shape"),
        (0.5, "examples"),
        (2 * ONES, "is 2.0"),
        (-ONES, "is -1.0"),
        (np.where(np.arange(20) == 3, np.nan, ONES), r"\[0, 3\] is nan"),
        ([[1, 0], [1]], "expected an array of numbers"),
        (np.full((1, 20), "right"), "expected an array of numbers"),
        (None, ""),
    ],
)
def test_what_was_right_is_of_the_same_examples(wrong, said):
    with pytest.raises(InputError, match=f"real.*({said})"):
        Selectivity.of(wrong, ONES)
    with pytest.raises(InputError, match=f"control.*({said})"):
        Selectivity.of(ONES, wrong)
    if wrong is not None:  # which is for a probe that is not trained yet
        X, y, words = task(n_types=10, per_type=4)
        train, test = (X, y, words), (X[:20], y[:20], words[:20])
        with pytest.raises(InputError, match=r"^correct"):
            selectivity(NearestNeighbourProbe(), train, test, correct=wrong)


def test_restarts_may_be_more_of_one_and_a_single_one_is_a_row():
    found = Selectivity.of(ONES, np.arange(20) < 5)
    assert found.selectivity.value == 0.75
    assert found.rows["restart"].tolist() == [0, 1, 0]


def test_lengths_must_agree():
    with pytest.raises(InputError, match="words and y"):
        control_labels(["a", "b"], [0, 1, 1])
