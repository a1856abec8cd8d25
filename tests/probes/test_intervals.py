from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.probes import accuracy_rows, bootstrap_interval, restart_interval


def test_agrees_with_the_binomial_where_examples_are_independent():
    right = np.arange(400) < 300
    interval = bootstrap_interval(right)
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert interval.lower == pytest.approx(0.75 - half, abs=0.01)
    assert interval.upper == pytest.approx(0.75 + half, abs=0.01)


def test_clusters_widen_the_interval():
    random = np.random.default_rng(0)
    sentence = np.repeat(np.arange(50), 20)
    right = (random.random(50) < 0.7)[sentence]  # all words of a sentence alike
    alone, together = bootstrap_interval(right), bootstrap_interval(right, groups=sentence)
    ratio = (together.upper - together.lower) / (alone.upper - alone.lower)
    assert ratio == pytest.approx(np.sqrt(20), rel=0.15)


def test_covers_as_often_as_it_says():
    random = np.random.default_rng(1)
    covered = 0
    for trial in range(200):
        chance = random.beta(7, 3, size=60)
        groups = np.repeat(np.arange(60), 5)
        right = random.random(300) < chance[groups]
        interval = bootstrap_interval(right, groups=groups, n_resamples=400, seed=trial)
        covered += interval.lower <= 0.7 <= interval.upper
    assert 0.90 <= covered / 200 <= 0.98


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 8))
def test_bounds_hold_the_value(right, n_groups):
    values = np.array(right)
    interval = bootstrap_interval(values, groups=np.arange(len(values)) % n_groups)
    assert 0 <= interval.lower <= interval.value <= interval.upper <= 1


def test_one_restart_says_nothing_about_restarts():
    interval = restart_interval(np.array([0.8]))
    assert (interval.lower, interval.upper) == (0, 1)


def test_rows_are_one_a_restart():
    correct = np.array([[True, True, False], [True, False, False]])
    rows = accuracy_rows("p", correct)
    assert list(rows.columns) == ["probe", "restart", "accuracy", "lower", "upper", "n_examples"]
    assert rows["accuracy"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_no_examples_are_refused():
    with pytest.raises(InputError, match="values"):
        bootstrap_interval(np.array([]))
