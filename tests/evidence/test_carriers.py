"""The weight that an example carries is added up over the pairs of its label."""

import numpy as np
import pytest

from tunescope.evidence import carried
from tunescope.geometry import separations


def test_weights_are_those_of_each_pair_s_nearest_points() -> None:
    random = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 15)
    X = random.normal(size=(45, 4)) + 6 * np.eye(4)[y]
    found = separations(X, y)
    expected = np.zeros(45)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        one = separations(X[(y == a) | (y == b)], y[(y == a) | (y == b)]).results[0]
        expected[np.flatnonzero(y == a)[one.support_a]] += one.weights_a / 2
        expected[np.flatnonzero(y == b)[one.support_b]] += one.weights_b / 2
    assert carried(found) == pytest.approx(expected, abs=1e-4)


def test_each_label_carries_as_much_as_it_has_pairs() -> None:
    y = np.repeat([0, 1, 2], 15)
    X = np.random.default_rng(1).normal(size=(45, 4)) + 6 * np.eye(4)[y]
    weights = carried(separations(X, y))
    assert [weights[y == label].sum() for label in range(3)] == pytest.approx([1, 1, 1])


def test_a_pair_that_was_not_measured_counts_for_nothing() -> None:
    X, y = np.arange(6.0)[:, None], np.repeat([0, 1, 2], 2)
    weights = carried(separations(X, y, pairs=np.array([[0, 1]])))
    assert weights.tolist() == [0, 1, 1, 0, 0, 0]
