"""Comparisons of representations: known values, invariances, identities."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import ortho_group

from tunescope.errors import InputError
from tunescope.geometry.spaces.measures import (
    linear_cka,
    neighbour_overlap,
    procrustes_distance,
    rsa,
)

MEASURES: dict[str, Callable[..., float]] = {
    "cka": linear_cka,
    "cka_unbiased": lambda X, Y: linear_cka(X, Y, unbiased=True),
    "rsa": rsa,
    "procrustes": procrustes_distance,
    "neighbours": lambda X, Y: neighbour_overlap(X, Y, k=5),
}


def pair(n: int = 40, d: int = 6, e: int = 6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(n + d + e)
    X = random.normal(size=(n, d))
    return X, X[:, : min(d, e)] @ random.normal(size=(min(d, e), e)) + random.normal(size=(n, e))


@pytest.mark.parametrize("name", MEASURES)
def test_a_space_is_most_similar_to_itself(name: str) -> None:
    X, _ = pair()
    assert MEASURES[name](X, X) == pytest.approx(0 if name == "procrustes" else 1, abs=1e-7)


@pytest.mark.parametrize("name", MEASURES)
def test_rotation_translation_and_scale_are_not_seen(name: str) -> None:
    X, Y = pair()
    turned = 7.5 * Y @ ortho_group.rvs(6, random_state=0) + 100
    assert MEASURES[name](X, turned) == pytest.approx(MEASURES[name](X, Y), abs=1e-7)


@pytest.mark.parametrize("name", MEASURES)
def test_symmetric_and_blind_to_the_order_of_examples(name: str) -> None:
    X, Y = pair(e=4)
    order = np.random.default_rng(0).permutation(len(X))
    assert MEASURES[name](X, Y) == pytest.approx(MEASURES[name](Y, X), abs=1e-9)
    assert MEASURES[name](X[order], Y[order]) == pytest.approx(MEASURES[name](X, Y), abs=1e-9)


def test_cka_of_single_columns_is_the_squared_correlation() -> None:
    X, Y = pair(d=1, e=1)
    assert linear_cka(X, Y) == pytest.approx(np.corrcoef(X[:, 0], Y[:, 0])[0, 1] ** 2)


def test_unbiased_cka_equals_the_kernel_formula() -> None:
    X, Y = pair(n=15)
    n = len(X)

    def hsic(A: np.ndarray, B: np.ndarray) -> float:
        K, L = A @ A.T, B @ B.T
        np.fill_diagonal(K, 0)
        np.fill_diagonal(L, 0)
        one = np.ones(n)
        return (
            np.trace(K @ L)
            + (one @ K @ one) * (one @ L @ one) / ((n - 1) * (n - 2))
            - 2 * (one @ K @ L @ one) / (n - 2)
        ) / (n * (n - 3))

    expected = hsic(X, Y) / np.sqrt(hsic(X, X) * hsic(Y, Y))
    assert linear_cka(X, Y, unbiased=True) == pytest.approx(expected)


def test_independent_data_fool_the_biased_cka_only() -> None:
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(50, 1000)), random.normal(size=(50, 1000))
    assert linear_cka(X, Y) > 0.9
    assert abs(linear_cka(X, Y, unbiased=True)) < 0.05


def test_procrustes_obeys_the_triangle_inequality() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        X, Y, Z = (random.normal(size=(8, 3)) for _ in range(3))
        assert procrustes_distance(X, Z) <= (
            procrustes_distance(X, Y) + procrustes_distance(Y, Z) + 1e-12
        )


@pytest.mark.slow
def test_neighbours_of_independent_sets_overlap_by_chance() -> None:
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(1500, 20)), random.normal(size=(1500, 20))
    assert neighbour_overlap(X, Y, k=30) == pytest.approx(30 / 1499, abs=0.006)


@pytest.mark.parametrize("name", ["cka", "cka_unbiased", "rsa", "procrustes"])
def test_a_constant_side_is_refused_not_nan(name: str) -> None:
    X, _ = pair()
    with pytest.raises(InputError, match="not defined"):
        MEASURES[name](X, np.ones((len(X), 3)))


@pytest.mark.parametrize("name", ["cka", "cka_unbiased", "rsa", "procrustes"])
@pytest.mark.parametrize("n", [10, 1000])
@pytest.mark.parametrize("value", [0.1, -1 / 3, 1e-30, 1e30, np.array([1e9, 0.1, 0.0])])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_constant_side_is_constant_whatever_its_numbers(
    name: str, n: int, value: float, kind: type
) -> None:
    """Means of 0.1 are not 0.1, nor is what is left 0."""
    X, _ = pair(n)
    Y = (np.zeros((n, 3)) + value).astype(kind)
    for side in (Y, Y * np.where(np.arange(n) == 3, 1 + np.finfo(np.float64).eps, 1)[:, None]):
        for sides in ((X, side), (side, X)):
            with pytest.raises(InputError, match="not defined"):
                MEASURES[name](*sides)


@pytest.mark.parametrize("name", ["cka", "cka_unbiased", "rsa", "procrustes"])
@pytest.mark.parametrize("size", [1e-30, 1e-3, 1e9])
def test_a_side_that_varies_by_little_is_not_constant(name: str, size: float) -> None:
    """One column varies in the last digits that count, beside one that is large and does not."""
    X, Y = pair()
    still = np.column_stack([size * Y, np.full(len(Y), 1e3 * size)])
    assert MEASURES[name](X, still) == pytest.approx(MEASURES[name](X, Y), abs=1e-6)


@pytest.mark.parametrize("moved", [0.0, 0.1, 1 / 3])
def test_points_that_are_all_equally_far_have_no_rsa(moved: float) -> None:
    X, _ = pair(n=12)
    for scale in (1.0, 0.1, 1e-9):
        with pytest.raises(InputError, match="all distances of one side are equal"):
            rsa(X, scale * np.eye(12) + moved)


def test_bad_input_is_named() -> None:
    X, Y = pair()
    with pytest.raises(InputError, match="same examples"):
        linear_cka(X, Y[1:])
    with pytest.raises(InputError, match="NaN"):
        linear_cka(X, np.where(Y > 0, Y, np.nan))
    with pytest.raises(InputError, match="k=40"):
        neighbour_overlap(X, Y, k=40)


def tied() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    counts = random.integers(0, 4, size=(200, 5)).astype(float)
    return {"counts": counts, "binary": (random.random((150, 64)) < 0.1).astype(np.float32)}


@pytest.mark.parametrize("name", tied())
@pytest.mark.parametrize(
    "moved",
    [
        lambda X: X + 1,
        lambda X: X + 0.1,
        lambda X: 3 * X,
        lambda X: -X,
        lambda X: X[:, ::-1],
        lambda X: X / 7 - 100,
    ],
)
def test_neighbours_that_are_equally_far_are_so_wherever_the_space_is_put(
    name: str, moved: Callable[[np.ndarray], np.ndarray]
) -> None:
    X = tied()[name]
    assert neighbour_overlap(X, moved(X), k=10) == pytest.approx(1.0)


def test_neighbours_do_not_depend_on_the_order_of_tied_examples() -> None:
    X = tied()["counts"]
    Y = X + np.random.default_rng(1).normal(size=X.shape)
    order = np.random.default_rng(2).permutation(len(X))
    assert neighbour_overlap(X[order], Y[order]) == pytest.approx(neighbour_overlap(X, Y))


def test_where_all_are_equally_far_the_overlap_is_that_of_chance() -> None:
    X = np.eye(12)
    Y = np.random.default_rng(3).normal(size=(12, 3))
    assert neighbour_overlap(X, Y, k=4) == pytest.approx(4 / 11)
