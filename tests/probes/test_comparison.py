from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import false_discovery_control, permutation_test

from tunescope.errors import InputError
from tunescope.probes import comparison, corrected, paired_comparison


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=9))
def test_p_value_is_the_share_of_all_exchanges(pairs):
    before, after = np.array(pairs, dtype=float).T
    d = after - before
    totals = [abs(np.dot(signs, d)) for signs in product((-1, 1), repeat=len(d))]
    expected = np.mean(np.array(totals) >= abs(d.sum()) - 1e-9)
    result = paired_comparison(before, after)
    assert result.exact
    assert result.p_value == pytest.approx(expected)


def shares(n: int, n_restarts: int | None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two probes' shares of restarts that are right; with None any numbers at all."""
    random = np.random.default_rng(seed)
    if n_restarts is None:
        before = random.random(n)
        return before, np.clip(before + 0.4 * random.normal(size=n) + 0.02, 0, 1)
    before = random.integers(0, n_restarts + 1, n)
    after = np.clip(before + random.integers(-1, 2, n), 0, n_restarts)
    return before / n_restarts, after / n_restarts


@pytest.mark.parametrize("n_restarts", [1, 3, 5, None])
@pytest.mark.slow
def test_it_agrees_with_the_permutations_of_scipy(n_restarts: int | None) -> None:
    before, after = shares(120, n_restarts)
    ours = paired_comparison(before, after)
    theirs = permutation_test(
        (after, before),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        rng=0,
    )
    assert ours.exact == (n_restarts is not None)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=0.02)


@pytest.mark.parametrize("n_restarts", [1, 5, None])
@pytest.mark.parametrize("n", [12, 14])
@pytest.mark.slow
def test_groups_of_shares_are_counted_like_all_exchanges(n: int, n_restarts: int | None) -> None:
    before, after = shares(3 * n, n_restarts, seed=n)
    groups = np.arange(3 * n) % n
    sums = np.bincount(groups, weights=after - before)
    totals = [abs(np.dot(signs, sums)) for signs in product((-1, 1), repeat=n)]
    expected = np.mean(np.array(totals) >= abs(sums.sum()) - 1e-9)
    found = paired_comparison(before.astype(np.float32), after.astype(np.float32), groups=groups)
    assert found.exact
    assert found.p_value == pytest.approx(expected)


@pytest.mark.parametrize("n", [400, 3000])
def test_a_p_value_has_no_floor(n: int) -> None:
    assert paired_comparison(np.zeros(n), np.ones(n)).p_value == pytest.approx(2.0 ** (1 - n))
    before, after = np.zeros(200), np.r_[np.ones(130), np.zeros(70)]
    swapped = np.r_[np.ones(20), np.zeros(180)]
    found = paired_comparison(np.where(swapped, 1, before), np.where(swapped, 0, after))
    expected = 2 * stats.binom.sf(109, 130, 0.5)  # 110 of the 130 that differ got better
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_draws_find_small_tails_and_do_not_understate_them() -> None:
    random = np.random.default_rng(1)
    sizes = random.random(60)
    for shift in (10.0, 14.0, 18.0):
        sums = np.sort(sizes)
        signs = np.where(np.cumsum(sums[::-1]) < (sums.sum() + shift) / 2, 1, -1)[::-1]
        observed = abs(float((signs * sums).sum()))
        # on a fine grid the same sums can be counted
        whole = np.rint(sums * 4000).astype(int)
        exact = comparison._counted(np.where(signs > 0, whole, -whole))
        drawn = comparison._drawn(sums, observed - 1e-9, 10_000, 0)
        assert exact < 0.1
        assert 1 - 0.02 < drawn / exact < 1.15


def test_many_comparisons_can_still_be_told_apart() -> None:
    p_value = paired_comparison(np.zeros(40), np.ones(40)).p_value
    assert corrected([p_value] * 100_000).max() < 0.05


def test_false_claims_are_as_rare_as_they_should_be():
    random = np.random.default_rng(2)
    sentence = np.repeat(np.arange(40), 6)
    p_values = []
    for _ in range(200):
        chance = random.random(40)[sentence]
        before, after = (random.random((2, 240)) < chance).astype(float)
        p_values.append(paired_comparison(before, after, groups=sentence).p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.09


@pytest.mark.parametrize("size", [5e-5, 5e-7, 5e-10])
def test_differences_that_are_small_are_still_differences(size: float) -> None:
    before = np.full(200, 0.5)
    assert paired_comparison(before, before + size).p_value == pytest.approx(2.0**-199)


@pytest.mark.parametrize("scale", [1, 10, 1e-3, 1e-6])
@pytest.mark.parametrize("n", [12, 200])
def test_the_p_value_does_not_depend_on_the_scale_of_the_differences(n: int, scale: float) -> None:
    random = np.random.default_rng(0)
    missing = random.uniform(0.01, 0.02, n)
    fewer = missing - random.normal(0.0005, 0.003, n)
    expected = paired_comparison(1 - missing, 1 - fewer)
    found = paired_comparison(1 - missing * scale, 1 - fewer * scale)
    assert 0 < expected.p_value < 1
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-3)


def test_a_few_small_differences_beside_whole_ones_are_no_zeros() -> None:
    before = np.zeros(16)
    after = np.r_[np.ones(6), np.full(10, 1e-5)]
    assert not paired_comparison(np.tile(before, 2), np.tile(after, 2)).exact
    assert paired_comparison(before, np.r_[np.ones(6), np.zeros(10)]).p_value == 2 / 2**6


@pytest.mark.parametrize("n_restarts", [3, 5, 7, 10])
def test_shares_that_were_averaged_in_single_precision_are_counted(n_restarts: int) -> None:
    before, after = shares(300, n_restarts)
    single = before.astype(np.float32), after.astype(np.float32)
    expected = paired_comparison(before, after)
    for found in (
        paired_comparison(*single),
        paired_comparison(*(x.astype(float) for x in single)),
    ):
        assert found.exact
        assert found.p_value == expected.p_value


def test_restarts_are_averaged():
    before = np.array([[0, 1, 0], [1, 1, 0]])
    after = np.array([[1, 1, 1]])
    assert paired_comparison(before, after).difference == pytest.approx(1 - 0.5)


def test_direction_and_size():
    before, after = np.zeros(300), np.r_[np.ones(60), np.zeros(240)]
    result = paired_comparison(before, after)
    assert result.difference == pytest.approx(0.2)
    assert 0 < result.lower < 0.2 < result.upper
    assert result.p_value < 0.001
    assert paired_comparison(after, before).difference == pytest.approx(-0.2)


def test_different_examples_are_refused():
    with pytest.raises(InputError, match="3 and 4 examples"):
        paired_comparison(np.ones(3), np.ones(4))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_bh_is_scipys(p_values):
    np.testing.assert_allclose(
        corrected(p_values, "bh"), false_discovery_control(p_values), atol=1e-12
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_bh_and_bonferroni(p_values):
    holm = corrected(p_values)
    bonferroni = np.minimum(1, np.array(p_values) * len(p_values))
    assert np.all(corrected(p_values, "bh") <= holm + 1e-12)
    assert np.all(holm <= bonferroni + 1e-12)


def test_missing_p_values_stay_missing_and_do_not_count():
    result = corrected([0.02, np.nan, 0.03])
    assert np.isnan(result[1])
    assert result[[0, 2]].tolist() == [0.04, 0.04]


def test_unknown_correction_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'holm'"):
        corrected([0.5], "holms")  # type: ignore[arg-type]
