"""The chance of disjoint hulls, against exact counts, Cover's average and random draws."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tunescope.errors import InputError
from tunescope.geometry import expected_separable_pairs, meet, separable_probability
from tunescope.geometry.spaces.capacity import _CERTAIN, _support_probabilities

sizes = st.integers(1, 60)


@settings(deadline=None)
@given(a=sizes, b=sizes)
@pytest.mark.slow
def test_on_a_line_all_of_one_set_come_first(a: int, b: int) -> None:
    assert separable_probability(a, b, 1) == pytest.approx(2 / comb(a + b, a), abs=1e-5)


@pytest.mark.parametrize(("n", "d"), [(6, 2), (10, 3), (20, 7), (40, 12), (90, 44), (200, 90)])
@pytest.mark.slow
def test_the_average_over_labels_drawn_by_coin_is_covers_count(n: int, d: int) -> None:
    average = sum(
        comb(n, k) / 2**n * separable_probability(k, n - k, d) if 0 < k < n else 2.0**-n
        for k in range(n + 1)
    )
    cover = sum(comb(n - 1, k) for k in range(d + 1)) / 2 ** (n - 1)
    assert average == pytest.approx(cover, abs=1e-5)


@pytest.mark.parametrize(
    ("a", "b", "d"), [(2, 40, 10), (2, 40, 6), (15, 15, 13), (3, 27, 13), (1, 12, 4), (4, 400, 30)]
)
@pytest.mark.slow
def test_as_many_random_sets_are_disjoint(a: int, b: int, d: int) -> None:
    random = np.random.default_rng(a + b + d)
    draws = 400
    apart = sum(
        meet(random.normal(size=(a, d)), random.normal(size=(b, d))).separable for _ in range(draws)
    )
    expected = separable_probability(a, b, d)
    error = np.sqrt(expected * (1 - expected) / draws)
    assert abs(apart / draws - expected) < 4 * error + 0.001


@pytest.mark.slow
def test_as_many_random_sets_have_a_plane_between_them() -> None:
    random = np.random.default_rng(0)
    a, b, d, draws = 4, 12, 5, 300
    side = np.repeat([-1.0, 1.0], [a, b])[:, None]
    found = 0
    for _ in range(draws):
        signed = side * np.column_stack([random.normal(size=(a + b, d)), np.ones(a + b)])
        plane = linprog(np.zeros(d + 1), A_ub=signed, b_ub=-np.ones(a + b), bounds=(None, None))
        found += plane.status == 0
    assert abs(found / draws - separable_probability(a, b, d)) < 0.1


def test_the_map_of_the_points_changes_nothing() -> None:
    """Disjoint stays disjoint under any invertible map, so the covariance does not matter."""
    random = np.random.default_rng(1)
    scales = np.geomspace(1, 50, 6)
    draws = 300
    apart = sum(
        meet(random.normal(size=(3, 6)) * scales, random.normal(size=(20, 6)) * scales).separable
        for _ in range(draws)
    )
    assert abs(apart / draws - separable_probability(3, 20, 6)) < 0.12


@settings(deadline=None)
@given(a=sizes, b=sizes, d=st.integers(1, 40))
@pytest.mark.slow
def test_it_is_symmetric_and_grows_with_the_dimensions(a: int, b: int, d: int) -> None:
    chance = separable_probability(a, b, d)
    assert chance == separable_probability(b, a, d)
    assert chance <= separable_probability(a, b, d + 1) + 1e-5
    assert chance + 1e-5 >= separable_probability(a, b + 1, d)


@pytest.mark.parametrize(("a", "b"), [(1, 40), (2, 800), (30, 30), (40, 3000), (700, 900)])
@pytest.mark.slow
def test_beyond_where_it_is_taken_as_certain_nothing_is_left(a: int, b: int) -> None:
    first, probabilities = _support_probabilities(a, b)
    counts = first + np.arange(len(probabilities))
    chances = [separable_probability(a, b, d) for d in range(1, a + b)]
    computed = [
        1 - 2 * probabilities[(counts >= d + 2) & ((counts - d) % 2 == 0)].sum()
        for d in range(1, a + b)
    ]
    assert _CERTAIN[1] > 0
    np.testing.assert_allclose(chances, computed, atol=1e-5)


def test_large_counts_neither_overflow_nor_vanish_wrongly() -> None:
    assert separable_probability(10**7, 10**6, 768) == 0.0
    assert separable_probability(1, 768, 768) == 1.0
    assert separable_probability(769, 769, 768) == pytest.approx(0.5, abs=0.02)


def test_pairs_add_up_and_bad_counts_are_refused() -> None:
    assert expected_separable_pairs([1, 1, 1, 1], 3) == 6
    counts = [3, 9, 9, 30]
    pairs = [(3, 9), (3, 9), (3, 30), (9, 9), (9, 30), (9, 30)]
    total = sum(separable_probability(a, b, 8) for a, b in pairs)
    assert expected_separable_pairs(counts, 8) == pytest.approx(total)
    with pytest.raises(InputError, match="at least 1"):
        separable_probability(0, 3, 3)
