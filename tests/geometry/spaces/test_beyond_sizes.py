"""What two distance vectors share once what sizes give is taken out."""

from itertools import combinations

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import (
    by_label_sizes,
    permuted_labels,
    principal_variances,
    separations,
    separations_by_sizes,
    similarity_beyond_sizes,
    size_corrected_similarity,
)

PAIRS = list(combinations("abcdefgh", 2))


def vectors(seed: int, n: int = 5) -> np.ndarray:
    return np.exp(0.3 * np.random.default_rng(seed).normal(size=(n, len(PAIRS))))


def test_what_both_owe_to_sizes_is_no_agreement() -> None:
    sizes, one, other, *_ = vectors(0)
    by_sizes = sizes**6, sizes**5
    distances = one * by_sizes[0], other * by_sizes[1]
    assert np.corrcoef(*distances)[0, 1] > 0.7
    found = similarity_beyond_sizes(PAIRS, distances, by_sizes)
    assert found.value is not None and abs(found.value) < 0.45
    assert found.p_value is not None and found.p_value > 0.02


def test_a_common_structure_is_found_whatever_the_sizes() -> None:
    sizes, other, own, *noise = vectors(1)
    distances = sizes * own * noise[0] ** 0.2, other * own * noise[1] ** 0.2
    found = similarity_beyond_sizes(PAIRS, distances, (sizes, other))
    assert found.value is not None and found.value > 0.85
    assert found.p_value is not None and found.p_value < 0.01
    assert found.lower is not None and found.lower > 0.5


def test_scale_and_order_of_pairs_do_not_matter() -> None:
    sizes, one, other, *_ = vectors(2)
    order = np.random.default_rng(0).permutation(len(PAIRS))
    first = similarity_beyond_sizes(PAIRS, (one, other), (sizes, sizes))
    again = similarity_beyond_sizes(
        [PAIRS[i] for i in order], (7 * one[order], other[order]), (sizes[order], 3 * sizes[order])
    )
    assert again.value == pytest.approx(first.value)


def test_pairs_that_meet_are_counted_and_those_that_sizes_let_meet_are_left_out() -> None:
    sizes, one, other, *_ = vectors(3)
    one[:2], sizes[2:5] = 0.0, 0.0
    found = similarity_beyond_sizes(PAIRS, (one, other), (sizes, sizes))
    assert (found.n_met, found.n_pairs) == (2, len(PAIRS) - 5)
    other[0] = np.nan  # met in one space, open in the other
    assert similarity_beyond_sizes(PAIRS, (one, other), (sizes, sizes)).n_met == 2
    sizes[5] = 0.2 * np.median(sizes[sizes > 0])  # nearly met
    assert similarity_beyond_sizes(PAIRS, (one, other), (sizes, sizes)).n_pairs == len(PAIRS) - 6
    sizes[5:] = 0.0
    assert (
        "expected at least" in similarity_beyond_sizes(PAIRS, (one, other), (sizes, sizes)).reason
    )


def test_sizes_that_nobody_measured_are_the_reason() -> None:
    sizes, one, other, *_ = vectors(3)
    found = similarity_beyond_sizes(PAIRS, (one, other), (sizes, np.full(len(PAIRS), np.nan)))
    assert (found.value, found.n_pairs) == (None, 0)
    assert found.reason == "what label sizes alone give was not measured in a space"


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="expected shape"):
        similarity_beyond_sizes(PAIRS, np.ones((2, 3)), np.ones((2, 3)))


def test_sizes_are_predicted_as_permuted_labels_have_them() -> None:
    """In an anisotropic space, far from a standard normal one."""
    random = np.random.default_rng(5)
    y = np.repeat(np.arange(7), [3, 6, 12, 20, 40, 60, 90])
    X = random.normal(size=(len(y), 96)) * np.geomspace(1, 0.05, 96) + 2
    predicted = by_label_sizes(separations(X, y, rtol=1e-2), X)
    measured = [
        separations(X, shuffled, rtol=1e-2).distance
        for shuffled in permuted_labels(y, None, 6, random)
    ]
    mean = np.exp(np.mean(np.log(measured), axis=0))
    assert np.corrcoef(np.log(predicted), np.log(mean))[0, 1] > 0.97
    assert (np.abs(predicted - mean) < 0.25 * mean + 0.03).all()


def test_sizes_are_predicted_only_of_the_vectors_that_were_measured() -> None:
    X, y = np.random.default_rng(0).normal(size=(12, 4)), np.repeat([0, 1, 2], 4)
    measured = separations(X, y)
    for other, message in ((X[::-1], "of other vectors than X"), (X[:8], "of 12 vectors; .* 8")):
        with pytest.raises(InputError, match=f"^measured: {message}"):
            by_label_sizes(measured, other)
    halved = by_label_sizes(measured, X.astype(np.float16))
    np.testing.assert_allclose(halved, by_label_sizes(measured, X), rtol=0.05, atol=0.02)


def test_the_shape_of_the_space_is_that_of_its_covariance() -> None:
    X = np.random.default_rng(0).normal(size=(60, 9)) @ np.random.default_rng(1).normal(size=(9, 9))
    expected = np.linalg.eigvalsh(np.cov(X.T, bias=True))
    assert principal_variances(X + 5) == pytest.approx(expected)
    few = principal_variances(X[:4])
    assert few[-3:] == pytest.approx(np.linalg.eigvalsh(np.cov(X[:4].T, bias=True))[-3:])
    turned = separations_by_sizes([[3, 9]], principal_variances(2 * X[:, ::-1]))
    assert turned == pytest.approx(2 * separations_by_sizes([[3, 9]], expected))


@pytest.mark.slow
def test_the_prediction_needs_no_draws_of_labels() -> None:
    random = np.random.default_rng(0)
    y = np.repeat(np.arange(8), [4, 5, 6, 8, 10, 14, 20, 30])
    centres = random.normal(size=(8, 60)) * random.uniform(0.3, 1.5, (8, 1))
    X1, X2 = (random.normal(size=(len(y), 60)) + centres[y] for _ in range(2))
    found = size_corrected_similarity(X1, y, X2, y, sizes="covariance")
    drawn = size_corrected_similarity(X1, y, X2, y, sizes="permuted", n_permutations=8)
    assert found.value == pytest.approx(drawn.value, abs=0.15)
    with pytest.raises(InputError, match="'permuted' or 'covariance'"):
        size_corrected_similarity(X1, y, X2, y, sizes="guessed")  # type: ignore[arg-type]


def test_permuted_texts_keep_their_labels_in_order() -> None:
    y, texts = np.array(["a", "b", "c", "c"]), np.array([0, 0, 1, 1])
    drawn = {"".join(labels) for labels in permuted_labels(y, texts, 9, np.random.default_rng(0))}
    assert drawn == {"abcc", "ccab"}
