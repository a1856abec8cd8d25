"""What two spaces share beyond the sizes of their labels."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tunescope.geometry import (
    CorrectedSimilarity,
    Separations,
    separations,
    size_corrected_similarity,
    spatial_similarity,
)
from tunescope.geometry.spaces import size_corrected

SIZES = [5, 6, 8, 10, 14, 20, 30]


def space(seed: int, centres: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    y = np.repeat(np.arange(len(SIZES)), SIZES)
    X = np.random.default_rng(seed).normal(size=(len(y), 60))
    return (X if centres is None else X + centres[y]), y


def centres(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(size=(len(SIZES), 60)) * random.uniform(0.3, 1.5, (len(SIZES), 1))


def compare(first: int | None, second: int | None, seed: int = 0) -> CorrectedSimilarity:
    X1, y = space(seed, None if first is None else centres(first))
    X2, _ = space(seed + 100, None if second is None else centres(second))
    return size_corrected_similarity(X1, y, X2, y, n_permutations=6, seed=seed)


@pytest.mark.slow
def test_noise_agrees_with_noise_by_sizes_alone() -> None:
    plain, corrected = [], []
    for seed in range(4):
        (X1, y), (X2, _) = space(seed, None), space(seed + 100, None)
        plain.append(spatial_similarity(separations(X1, y), separations(X2, y)).value)
        corrected.append(compare(None, None, seed).value)
    assert min(plain) > 0.7  # type: ignore[type-var]
    assert abs(np.mean(corrected)) < 0.4  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_shared_structure_is_found_and_a_structure_of_ones_own_is_not() -> None:
    shared = compare(1, 1)
    assert shared.value is not None and shared.p_value is not None
    assert shared.value > 0.5 and shared.p_value < 0.05
    assert shared.null_upper is not None and shared.null_upper < shared.value
    own = [compare(1 + k, 11 + k, k).p_value for k in range(3)]
    assert max(own) > 0.1  # type: ignore[type-var]


def test_open_separations_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = space(0, centres(2))

    def with_one_open(*arguments: Any, **options: Any) -> Separations:
        found = separations(*arguments, **options)
        first = replace(found.results[0], lower=0.5 * found.results[0].upper)
        return replace(found, results=[first, *found.results[1:]])

    whole = size_corrected_similarity(X, y, X, y, sizes="covariance", n_exchanges=2)
    monkeypatch.setattr(size_corrected, "separations", with_one_open)
    found = size_corrected_similarity(X, y, X, y, sizes="covariance", n_exchanges=2)
    assert found.n_pairs == whole.n_pairs - 1


@pytest.mark.slow
def test_rotation_scale_and_offset_change_little_and_the_seed_decides_the_rest() -> None:
    X, y = space(0, centres(2))
    X2, _ = space(5, centres(2))
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(60, 60)))[0]
    first = size_corrected_similarity(X, y, X2, y, n_permutations=3, rtol=1e-6)
    again = size_corrected_similarity(X, y, X2, y, n_permutations=3, rtol=1e-6)
    moved = size_corrected_similarity(7 * X @ turn + 3, y, X2, y, n_permutations=3, rtol=1e-6)
    assert first == again
    assert moved.value == pytest.approx(first.value, abs=1e-4)


def test_pairs_that_meet_are_counted_and_left_out() -> None:
    X, y = space(0, centres(3))
    X = X.copy()
    X[y == 1, :] = X[y == 6][:6]  # inside the other label's hull
    found = size_corrected_similarity(X, y, X, y, n_permutations=2)
    assert found.n_met >= 1
    assert found.n_pairs <= 21 - found.n_met
    assert spatial_similarity(separations(X, y), separations(X, y)).n_met == found.n_met


def test_too_few_labels_have_no_value_but_a_reason() -> None:
    X, y = space(0, None)
    few = y < 3
    found = size_corrected_similarity(X[few], y[few], X[few], y[few], n_permutations=2)
    assert found.value is None and "expected at least" in found.reason


def test_texts_are_permuted_as_a_whole() -> None:
    """With one text, there is nothing to permute: sizes explain all of the separations."""
    X, y = space(0, centres(4))
    one = np.zeros(len(y))
    found = size_corrected_similarity(X, y, X, y, groups1=one, groups2=one, n_permutations=2)
    assert found.value is None and "sizes alone" in found.reason
