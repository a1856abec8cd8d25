"""What a probe expects of examples that it has not seen."""

import numpy as np
import pytest

from tunescope.evidence import Confidence, out_of_fold


def two_labels(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    codes = np.arange(n) % 2
    return np.random.default_rng(seed).normal(size=(n, 3)) + 4 * codes[:, None], codes


def test_a_flipped_label_is_not_believed() -> None:
    X, codes = two_labels(60)
    codes[[4, 9]] = 1 - codes[[4, 9]]
    confidence = Confidence.of(out_of_fold(X, codes), codes)
    assert set(np.argsort(confidence.given)[:2]) == {4, 9}
    assert confidence.suggested[[4, 9]].tolist() == [0, 1]


def test_no_example_is_predicted_by_itself() -> None:
    """Labels that say nothing about vectors of their own are guessed no better than by chance."""
    random = np.random.default_rng(0)
    X, codes = random.normal(size=(200, 400)), random.integers(0, 2, 200)
    right = out_of_fold(X, codes).argmax(axis=1) == codes
    assert 0.35 < right.mean() < 0.65


def test_a_group_is_not_predicted_by_its_own() -> None:
    """Each group has a place of its own and a label drawn for it: other groups say nothing."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 5)
    codes = random.integers(0, 2, 40)[groups]
    X = np.eye(40)[groups] + 0.01 * random.normal(size=(200, 40))
    assert (out_of_fold(X, codes).argmax(axis=1) == codes).mean() > 0.9
    held = out_of_fold(X, codes, groups=groups).argmax(axis=1) == codes
    assert held.mean() < 0.75


def test_unit_and_place_of_the_vectors_have_no_effect() -> None:
    X, codes = two_labels(60)
    assert out_of_fold(1e3 * X + 5, codes) == pytest.approx(out_of_fold(X, codes), abs=1e-3)


def test_probabilities_add_up_and_rare_labels_are_there() -> None:
    X, codes = two_labels(30)
    codes[7] = 2
    found = out_of_fold(X, codes)
    assert found.sum(axis=1) == pytest.approx(1)
    assert found[7, 2] == 0  # the other folds do not have it


@pytest.mark.parametrize("groups", [None, np.zeros(4)])
def test_a_few_examples_are_no_mistake(groups: np.ndarray | None) -> None:
    found = out_of_fold(np.eye(4), np.array([0, 0, 0, 1]), groups=groups)
    assert found.sum(axis=1) == pytest.approx(1)


def test_of_all_other_labels_the_most_probable_is_suggested() -> None:
    confidence = Confidence.of(np.array([[0.2, 0.3, 0.5], [0.6, 0.1, 0.3]]), np.array([2, 0]))
    assert confidence.suggested.tolist() == [1, 2]
    assert confidence.excess == pytest.approx([-0.2, -0.3])
