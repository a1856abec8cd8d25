"""Identical vectors are found whatever their type, sign of zero or order in memory."""

from __future__ import annotations

import numpy as np
import pytest

from tunescope.geometry.clusters.contradictions import contradictions, identical_vectors


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_equal_rows_have_equal_numbers(dtype):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(300, 4)).astype(dtype)
    numbers = identical_vectors(X)
    equal = (X[:, None, :] == X[None, :, :]).all(axis=2)
    assert np.array_equal(numbers[:, None] == numbers[None, :], equal)


def test_numbers_count_first_appearances():
    assert identical_vectors(np.array([[5.0], [3.0], [5.0], [4.0]])).tolist() == [0, 1, 0, 2]


def test_the_order_in_memory_does_not_matter():
    X = np.random.default_rng(1).integers(0, 2, size=(50, 3)).astype(float)
    assert np.array_equal(identical_vectors(np.asfortranarray(X)), identical_vectors(X))
    assert np.array_equal(identical_vectors(X[::-1])[::-1] == 0, (X[-1] == X).all(axis=1))


def test_minus_zero_is_zero():
    assert identical_vectors(np.array([[0.0, 1.0], [-0.0, 1.0]])).tolist() == [0, 0]


def test_more_rows_than_a_block():
    X = np.arange(10_000)[:, None] % 5000
    assert np.array_equal(identical_vectors(X), X[:, 0])


def test_only_vectors_with_two_labels_contradict():
    X = np.array([[0.0], [0.0], [1.0], [1.0], [2.0], [1.0]])
    found = contradictions(X, np.array(list("aababb")))
    assert [group.tolist() for group in found] == [[2, 3, 5]]


def test_no_examples_no_contradictions():
    assert contradictions(np.empty((0, 2)), np.empty(0)) == ()
