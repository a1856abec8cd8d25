"""Neighbours, near-duplicates and contradictions are what a look at every pair finds."""

import numpy as np
import pytest

from tunescope.evidence import contradicting, nearest_neighbours
from tunescope.evidence.neighbours import NEAR


def drawn(n: int, n_features: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(n)
    X = random.normal(size=(n, n_features)).round(1)
    X[n // 2] = X[0]
    return X, random.integers(0, 3, n), random.integers(0, n // 2, n)


def in_order(X: np.ndarray, groups: np.ndarray, row: int) -> list[int]:
    """Sort all examples of other groups by their distance from one."""
    others = [i for i in range(len(X)) if groups[i] != groups[row]]
    return sorted(others, key=lambda i: (round(float(np.linalg.norm(X[i] - X[row])), 9), i))


@pytest.mark.parametrize("n", [12, 40])
def test_neighbours_are_the_nearest_of_other_groups(n: int) -> None:
    X, _, groups = drawn(n)
    found = nearest_neighbours(X, groups=groups, k=4)
    for row in range(n):
        expected = in_order(X, groups, row)
        apart = [np.linalg.norm(X[i] - X[row]) for i in expected[:4]]
        assert found.distances[row] == pytest.approx(apart)
        assert not {groups[row]} & set(groups[found.examples[row]])


def tied(name: str) -> np.ndarray:
    """Vectors of which many are equally far from each other, to the last bit."""
    random = np.random.default_rng(0)
    one_apart = np.zeros((60, 2))
    one_apart[0] = [1, 0]
    return {
        "one apart": one_apart,
        "counts": random.integers(0, 3, (200, 4)).astype(float),
        "counts far from zero": random.integers(0, 3, (200, 4)) + 1e6,
        "binary": (random.random((150, 64)) < 0.1).astype(np.float32),
        "corners": np.eye(40),
        "all equal": np.full((70, 300), 0.1),
        "equal in places": np.repeat(random.normal(size=(9, 130)).astype(np.float32), 23, axis=0),
    }[name]


@pytest.mark.parametrize("k", [1, 5, 12])
@pytest.mark.parametrize("own", [True, False], ids=["alone", "in texts"])
@pytest.mark.parametrize(
    "name",
    [
        "one apart",
        "counts",
        "counts far from zero",
        "binary",
        "corners",
        "all equal",
        "equal in places",
    ],
)
def test_equally_near_ones_are_in_the_order_of_their_index(name: str, own: bool, k: int) -> None:
    X = tied(name)
    groups = np.arange(len(X)) if own else np.arange(len(X)) // 3
    found = nearest_neighbours(X, groups=groups, k=k).examples
    for row in range(len(X)):
        assert found[row].tolist() == in_order(X, groups, row)[:k]


def test_a_single_example_has_no_neighbours() -> None:
    assert nearest_neighbours(np.ones((1, 2))).examples.shape == (1, 0)


def test_agreement_is_the_share_of_neighbours_with_its_label() -> None:
    X, codes, groups = drawn(40)
    found = nearest_neighbours(X, groups=groups, k=4)
    shares = [np.mean([codes[i] == codes[row] for i in found.examples[row]]) for row in range(40)]
    assert found.agreement(codes) == pytest.approx(shares)


def test_where_all_are_of_one_group_there_are_no_neighbours() -> None:
    found = nearest_neighbours(np.eye(3), groups=np.zeros(3), k=2)
    assert (found.examples == -1).all()
    assert np.isnan(found.agreement(np.array([0, 0, 1]))).all()
    assert found.near_duplicates(np.array([0, 0, 1])).tolist() == [0, 0, 0]


def test_near_duplicates_count_only_with_another_label() -> None:
    line = np.arange(6.0)[:, None]
    X = np.concatenate([line, line[:2] + NEAR / 4])
    found = nearest_neighbours(X, k=3).near_duplicates(np.array([0, 0, 0, 1, 1, 1, 1, 0]))
    assert found.tolist() == [1, 0, 0, 0, 0, 0, 1, 0]


def test_far_from_zero_neighbours_are_the_same() -> None:
    X, _, _ = drawn(40)
    near, far = (nearest_neighbours(X + shift, k=3) for shift in (0.0, 1e6))
    assert far.distances == pytest.approx(near.distances, abs=1e-8)


def test_contradictions_are_counted_pair_by_pair() -> None:
    random = np.random.default_rng(0)
    X, codes = random.integers(0, 2, (30, 3)), random.integers(0, 3, 30)
    counts = [
        sum((X[i] == X[j]).all() and codes[i] != codes[j] for j in range(30)) for i in range(30)
    ]
    assert contradicting(X, codes).tolist() == counts
