"""The bounds hold in exact arithmetic: checked with fractions, which do not round."""

from fractions import Fraction

import numpy as np
import pytest

from tunescope.geometry.hulls.certificate import lower_bound, upper_bound
from tunescope.geometry.hulls.cloud import Cloud


def exact(values):
    return [Fraction(float(value)) for value in values]


def exact_gap(A, B, w):
    """Return min A·w − max B·w and ‖w‖² without rounding."""
    w = exact(w)
    above = min(sum(x * y for x, y in zip(exact(row), w, strict=True)) for row in A)
    below = max(sum(x * y for x, y in zip(exact(row), w, strict=True)) for row in B)
    return above - below, sum(x * x for x in w)


def exact_square_distance(A, B, weights_a, weights_b):
    """Return ‖Aᵀλ/Σλ − Bᵀμ/Σμ‖² without rounding."""
    in_a, in_b = exact(weights_a), exact(weights_b)
    point_a = [sum(x * y for x, y in zip(exact(c), in_a, strict=True)) / sum(in_a) for c in A.T]
    point_b = [sum(x * y for x, y in zip(exact(c), in_b, strict=True)) / sum(in_b) for c in B.T]
    return sum((x - y) ** 2 for x, y in zip(point_a, point_b, strict=True))


def sets(seed, dtype=np.float64):
    """Draw two sets of any distance from each other and from the origin."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 8))
    A = rng.normal(size=(int(rng.integers(1, 6)), d))
    B = rng.normal(size=(int(rng.integers(1, 6)), d)) * 10.0 ** rng.uniform(-3, 1)
    B[:, 0] += 10.0 ** rng.uniform(-12, 1)
    origin = rng.normal(size=d) * 10.0 ** rng.uniform(-2, 8)
    return (A + origin).astype(dtype), (B + origin).astype(dtype), rng


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.slow
def test_a_lower_bound_is_never_above_the_exact_one(dtype):
    sharp = 0
    for seed in range(300):
        A, B, rng = sets(seed, dtype)
        w = A.mean(axis=0, dtype=np.float64) - B.mean(axis=0, dtype=np.float64)
        middle = (A.mean(axis=0, dtype=np.float64) + B.mean(axis=0, dtype=np.float64)) @ w / 2
        gap, square = exact_gap(A, B, w)
        for offset in (middle, 0.0, rng.normal() * 1e9):
            bound = lower_bound(Cloud.of(A), Cloud.of(B), w, offset)
            assert bound >= 0.0
            if bound > 0.0:
                assert gap > 0
                assert Fraction(bound) ** 2 * square <= gap**2
        # It is not so cautious as to be useless: the error is far below that of plain products.
        if gap > 0:
            bound = lower_bound(Cloud.of(A), Cloud.of(B), w, middle)
            sharp += Fraction(bound) ** 2 * square >= gap**2 * (1 - Fraction(1, 10**6))
    assert sharp > 50


@pytest.mark.slow
def test_an_upper_bound_is_never_below_the_exact_distance():
    sharp = 0
    for seed in range(300):
        A, B, rng = sets(seed)
        in_a, in_b = rng.exponential(size=len(A)), rng.exponential(size=len(B))
        in_a, in_b = in_a * 10.0 ** rng.uniform(-3, 3), in_b / in_b.sum()
        found = upper_bound(
            Cloud.of(A),
            Cloud.of(B),
            support_a=np.arange(len(A)),
            weights_a=in_a,
            support_b=np.arange(len(B)),
            weights_b=in_b,
        )
        square = exact_square_distance(A, B, in_a, in_b)
        assert Fraction(found.upper) ** 2 >= square
        sharp += Fraction(found.upper) ** 2 <= square * (1 + Fraction(1, 10**12))
    assert sharp > 290


def test_combinations_that_agree_exactly_meet():
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) + 1000.0
    half = np.array([0.5, 0.5])
    found = upper_bound(
        Cloud.of(square),
        Cloud.of(square),
        support_a=np.array([0, 2]),
        weights_a=half,
        support_b=np.array([1, 3]),
        weights_b=half,
    )
    assert found.meets
    assert found.estimate == 0.0
    assert found.points.tolist() == [[1000.5, 1000.5]] * 2


@pytest.mark.parametrize("w", [np.zeros(2), np.array([np.inf, 1.0])])
def test_a_direction_that_is_none_proves_nothing(w):
    A, B = Cloud.of(np.array([[2.0, 0.0]])), Cloud.of(np.array([[0.0, 0.0]]))
    assert lower_bound(A, B, w, 0.0) == 0.0
