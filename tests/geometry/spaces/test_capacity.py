"""Cover's count, against direct counting and known values."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from tunescope.errors import InputError
from tunescope.geometry.spaces.capacity import expected_separable_pairs, separable_probability


@given(n=st.integers(1, 300), d=st.integers(1, 200))
def test_equals_covers_sum_in_exact_arithmetic(n: int, d: int) -> None:
    exact = Fraction(2 * sum(comb(n - 1, k) for k in range(d + 1)), 2**n)
    assert separable_probability(n, d) == pytest.approx(float(min(exact, 1)), rel=1e-9)


def test_half_at_twice_the_free_parameters() -> None:
    for d in (1, 10, 768, 4096):
        assert separable_probability(2 * (d + 1), d) == 0.5


def test_large_counts_neither_overflow_nor_vanish_wrongly() -> None:
    assert separable_probability(10**7, 768) == 0.0
    assert separable_probability(769, 768) == 1.0


def test_predicts_how_often_random_labels_are_linear() -> None:
    random = np.random.default_rng(0)
    n, d, draws = 12, 5, 300
    hits = 0
    for _ in range(draws):
        X, y = random.normal(size=(n, d)), random.integers(0, 2, n)
        signed = np.where(y == 1, -1.0, 1.0)[:, None] * np.column_stack([X, np.ones(n)])
        plane = linprog(np.zeros(d + 1), A_ub=signed, b_ub=-np.ones(n), bounds=(None, None))
        hits += plane.status == 0
    assert abs(hits / draws - separable_probability(n, d)) < 0.08


def test_pairs_add_up_and_bad_counts_are_refused() -> None:
    assert expected_separable_pairs([1, 1, 1, 1], 3) == 6
    with pytest.raises(InputError, match="at least 1"):
        separable_probability(0, 3)
