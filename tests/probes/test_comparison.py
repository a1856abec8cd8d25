from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, permutation_test

from tunescope.errors import InputError
from tunescope.probes import corrected, paired_comparison


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


def test_sample_of_permutations_agrees_with_scipy():
    random = np.random.default_rng(0)
    before = random.random(120) < 0.7
    after = np.where(random.random(120) < 0.3, random.random(120) < 0.9, before)
    ours = paired_comparison(before, after)
    theirs = permutation_test(
        (after.astype(float), before.astype(float)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        rng=0,
    )
    assert not ours.exact
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=0.02)


def test_false_claims_are_as_rare_as_they_should_be():
    random = np.random.default_rng(2)
    sentence = np.repeat(np.arange(40), 6)
    p_values = []
    for trial in range(200):
        chance = random.random(40)[sentence]
        before, after = (random.random((2, 240)) < chance).astype(float)
        p_values.append(
            paired_comparison(
                before, after, groups=sentence, n_permutations=300, seed=trial
            ).p_value
        )
    assert np.mean(np.array(p_values) <= 0.05) <= 0.09


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
