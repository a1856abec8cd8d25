from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tunescope.errors import InputError
from tunescope.probes import (
    accuracy_rows,
    difference_interval,
    restart_interval,
    share_interval,
)


def test_independent_examples_have_the_interval_of_wilson() -> None:
    right = np.arange(4000) < 3000
    found = share_interval(right)
    wilson = stats.binomtest(3000, 4000).proportion_ci(method="wilson")
    assert found.lower == pytest.approx(wilson.low, abs=1e-4)
    assert found.upper == pytest.approx(wilson.high, abs=1e-4)


def test_clusters_widen_the_interval() -> None:
    random = np.random.default_rng(0)
    sentence = np.repeat(np.arange(50), 20)
    right = (random.random(50) < 0.7)[sentence]  # all words of a sentence alike
    alone, together = share_interval(right), share_interval(right, groups=sentence)
    ratio = (together.upper - together.lower) / (alone.upper - alone.lower)
    assert ratio == pytest.approx(np.sqrt(20), rel=0.15)
    # as much as fifty sentences that are one word each
    once = share_interval(right[::20])
    assert (together.lower, together.upper) == pytest.approx((once.lower, once.upper))


@pytest.mark.parametrize(("accuracy", "n_groups"), [(0.7, 60), (0.9, 10), (0.97, 20)])
@pytest.mark.slow
def test_covers_as_often_as_it_says(accuracy: float, n_groups: int) -> None:
    random = np.random.default_rng(1)
    covered = 0
    groups = np.repeat(np.arange(n_groups), 5)
    for _ in range(300):
        chance = random.beta(9 * accuracy, 9 * (1 - accuracy), size=n_groups)
        right = random.random(len(groups)) < chance[groups]
        interval = share_interval(right, groups=groups)
        covered += interval.lower <= accuracy <= interval.upper
    assert covered / 300 >= 0.91


@pytest.mark.parametrize(("gained", "n_groups"), [(0.03, 10), (0.2, 10), (0.05, 50)])
@pytest.mark.slow
def test_a_difference_is_covered_as_often_as_it_says(gained: float, n_groups: int) -> None:
    random = np.random.default_rng(2)
    covered = 0
    groups = np.repeat(np.arange(n_groups), 6)
    for _ in range(300):
        chance = random.dirichlet(9 * np.array([gained, 0.02, 0.98 - gained]), n_groups)[groups]
        drawn = random.random(len(groups))
        moved = np.select([drawn < chance[:, 0], drawn < chance[:, :2].sum(axis=1)], [1, -1], 0)
        interval = difference_interval(moved, groups=groups)
        covered += interval.lower <= gained - 0.02 <= interval.upper
    assert covered / 300 >= 0.91


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.integers(1, 8))
def test_bounds_hold_the_value(thirds: list[int], n_groups: int) -> None:
    values = np.array(thirds) / 3
    groups = np.arange(len(values)) % n_groups
    share = share_interval(np.abs(values), groups=groups)
    assert 0 <= share.lower <= share.value <= share.upper <= 1
    moved, back = (difference_interval(sign * values, groups=groups) for sign in (1, -1))
    assert -1 <= moved.lower <= moved.value <= moved.upper <= 1
    assert (back.lower, back.upper) == pytest.approx((-moved.upper, -moved.lower))


def test_certainty_is_not_claimed_where_all_are_right_or_none_differ() -> None:
    groups = np.arange(60) // 3
    assert 0.8 < share_interval(np.ones(60), groups=groups).lower < 1
    none = difference_interval(np.zeros(60), groups=groups)
    assert -0.2 < none.lower < 0 < none.upper < 0.2


@pytest.mark.parametrize("value", [0.0, 0.4, 2 / 3, 1.0])
def test_groups_that_are_all_alike_count_as_one_example_each(value: float) -> None:
    """Nothing shows that the words of a sentence are not all right, or all wrong, together."""
    groups = np.repeat(np.arange(12), [1, 2, 3, 30] * 3)
    for interval in (share_interval, difference_interval):
        for sign in (1, -1) if interval is difference_interval else (1,):
            words = interval(np.full(len(groups), sign * value), groups=groups)
            sentences = interval(np.full(12, sign * value))
            assert (words.lower, words.upper) == pytest.approx((sentences.lower, sentences.upper))


@pytest.mark.parametrize(("accuracy", "n_groups"), [(0.9, 10), (0.95, 20), (0.97, 10)])
def test_covers_words_that_are_right_a_sentence_at_a_time(accuracy: float, n_groups: int) -> None:
    """Summed over all numbers of sentences that can be right."""
    groups = np.repeat(np.arange(n_groups), 20)
    covered = 0.0
    for right in range(n_groups + 1):
        found = share_interval((groups < right).astype(float), groups=groups)
        if found.lower <= accuracy <= found.upper:
            covered += stats.binom.pmf(right, n_groups, accuracy)
    assert covered >= 0.91


def test_few_groups_say_so() -> None:
    right = np.tile([1, 1, 0], 20)
    few, enough = (share_interval(right, groups=np.arange(60) % n) for n in (9, 10))
    assert few.reason.startswith("9 groups of examples: fewer than the 10")
    assert (enough.reason, enough.n_groups) == ("", 10)
    one = share_interval(right, groups=np.zeros(60))
    assert (one.lower, one.upper) == (0, 1)
    both = difference_interval(right, groups=np.zeros(60))
    assert (both.lower, both.upper) == (-1, 1)


def test_one_restart_says_nothing_about_restarts():
    interval = restart_interval(np.array([0.8]))
    assert (interval.lower, interval.upper) == (0, 1)


def test_rows_are_one_a_restart():
    correct = np.array([[True, True, False], [True, False, False]])
    rows = accuracy_rows("p", correct)
    named = ["probe", "restart", "accuracy", "lower", "upper", "n_examples", "n_groups"]
    assert list(rows.columns) == named
    assert rows["n_groups"].tolist() == [3, 3]
    assert rows["accuracy"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_no_examples_are_refused():
    with pytest.raises(InputError, match="values"):
        share_interval(np.array([]))


@pytest.mark.parametrize("values", [[0.5, np.nan], [-0.2, 0.1], [2.0], ["right", "wrong"], None])
def test_what_is_no_share_is_refused(values: object) -> None:
    with pytest.raises(InputError, match="values"):
        share_interval(values)
