"""A start changes what it costs, and nothing that is proven."""

from dataclasses import replace

import numpy as np
import pytest

from tunescope.geometry import separations
from tunescope.geometry.hulls.pairs import Separations


def snapshots(seed: int, moved: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw six labels in ten dimensions, some of whose hulls meet, and let the points move."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 6, size=300)
    X = random.normal(size=(300, 10)) + 4.0 * random.normal(size=(6, 10))[y]
    X[y == 5] = X[y == 5] * 0.1 + X[y == 0].mean(axis=0)
    return X, X + moved * random.normal(size=X.shape), y


def assert_proven(found: Separations, X: np.ndarray, y: np.ndarray) -> None:
    for (a, b), result in zip(found.pairs, found.results, strict=True):
        of_a, of_b = X[y == found.labels[a]], X[y == found.labels[b]]
        assert result.verify(of_a, of_b), result.verify(of_a, of_b).reason


@pytest.mark.parametrize("moved", [0.0, 1e-6, 1e-2, 0.3, 3.0])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.slow
def test_what_is_found_from_a_start_is_what_is_found_from_nothing(seed, moved):
    before, X, y = snapshots(seed, moved)
    cold = separations(X, y)
    warm = separations(X, y, start=separations(before, y))
    assert warm.status.tolist() == cold.status.tolist()
    assert {"separable", "overlapping"} <= set(cold.status)
    np.testing.assert_allclose(warm.distance, cold.distance, rtol=1e-6)
    apart = warm.status == "separable"
    assert ((warm.upper - warm.lower)[apart] <= 1e-6 * warm.upper[apart]).all()
    assert_proven(warm, X, y)


def test_any_start_will_do():
    _, X, y = snapshots(9, 0.0)
    good = separations(X, y)
    random = np.random.default_rng(0)
    wrong = [
        replace(r, support_a=np.array([0]), weights_a=np.ones(1), normal=random.normal(size=10))
        for r in good.results
    ]
    warm = separations(X, y, start=replace(good, results=wrong))
    np.testing.assert_allclose(warm.distance, good.distance, rtol=1e-6)
    assert_proven(warm, X, y)


def test_a_start_of_some_pairs_serves_those():
    before, X, y = snapshots(2, 0.01)
    some = separations(before, y, pairs=np.array([[0, 1], [3, 4]]))
    warm = separations(X, y, start=some)
    np.testing.assert_allclose(warm.distance, separations(X, y).distance, rtol=1e-6)


def test_the_number_of_threads_and_the_memory_change_nothing():
    before, X, y = snapshots(3, 0.05)
    start = separations(before, y)
    one = separations(X, y, start=start, n_jobs=1)
    several = separations(X, y, start=start, n_jobs=3)
    assert one.lower.tolist() == several.lower.tolist()
    tight = separations(X, y, start=start, memory=120_000)
    np.testing.assert_allclose(one.distance, tight.distance, rtol=1e-6)


def test_progress_counts_every_pair_once():
    before, X, y = snapshots(4, 0.05)
    seen: list[tuple[int, int]] = []
    start = separations(before, y)
    separations(X, y, start=start, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 15) for k in range(1, 16)]
