"""Looking takes no more than its share, as a clock of our own says."""

from __future__ import annotations

import itertools

import pytest

from tunescope.watching.budget import Budget, examples_that_fit


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("cost", [0.5, 2.0])
@pytest.mark.parametrize("known", [True, False])
def test_the_share_is_kept_whatever_a_look_costs(share: float, cost: float, known: bool) -> None:
    clock = Clock()
    budget = Budget(share, clock)

    def look(*, first: bool = False) -> None:
        clock.now += cost
        budget.add(cost, first=first)

    look(first=True)
    looks = 0
    n_updates = 2000
    for update in range(1, n_updates):
        clock.now += 0.1
        if budget.allows(update / n_updates if known else None):
            looks += 1
            look()
    clock.now += 0.1
    look()
    clock.now += cost
    budget.spent += cost  # the tables are put together
    affordable = share * 200 / cost
    if known:
        assert budget.used <= share or looks == 0
        assert looks >= affordable - 4
    else:  # the last look comes when nobody expected it
        assert budget.spent - 2 * cost <= share * budget.training
        assert looks >= affordable - 4


def test_looks_are_spread_over_the_training() -> None:
    clock = Clock()
    budget = Budget(0.05, clock)
    budget.add(1.0, first=True)
    clock.now += 1.0
    taken = []
    for update in range(1, 1000):
        clock.now += 0.4
        if budget.allows(update / 1000):
            taken.append(update)
            clock.now += 1.0
            budget.add(1.0)
    gaps = [b - a for a, b in itertools.pairwise(taken)]
    assert len(taken) > 10
    assert max(gaps) <= 2 * min(gaps)


def test_without_a_share_every_look_fits() -> None:
    assert Budget(None).allows(0.1)


def test_a_sample_is_as_large_as_its_looks_may_cost() -> None:
    fit = examples_that_fit(0.05, 20, seconds=2.0, texts=50, reading=1.0, ahead=6000)
    # the training takes 3 × 6000 × 1/50 = 360 s, so 18 s for 6 looks, at 1/25 s a text
    assert fit == 75
