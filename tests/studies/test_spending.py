"""Processor time is counted once, for the innermost stage."""

from __future__ import annotations

from itertools import chain, repeat

import pytest

from tunescope.studies.spending import SPENT, Spending, total


def test_a_stage_inside_another_counts_for_itself_only() -> None:
    ticks = iter([0.0, 1.0, 4.0, 5.0, 7.0, 10.0])
    spending = Spending(clock=lambda: next(ticks))
    with spending.on("fine-tuning"):  # from 0 to 10
        with spending.on("encoding"):  # 1 to 4
            pass
        with spending.on("encoding"):  # 5 to 7
            pass
    assert spending.take() == {"fine-tuning": 5.0, "encoding": 5.0}
    assert spending.take() == {}


def test_what_a_stage_spent_before_it_failed_is_counted() -> None:
    ticks = chain([0.0], repeat(2.0))
    spending = Spending(clock=lambda: next(ticks))
    with pytest.raises(RuntimeError), spending.on("clusters"):
        raise RuntimeError
    assert spending.take() == {"clusters": 2.0}
    with spending.on("clusters"):
        pass
    assert spending.take() == {"clusters": 0.0}


def test_steps_of_earlier_versions_have_none() -> None:
    assert total([{"seconds": 3.0}, {SPENT: {"encoding": 1.0}}]) == {"encoding": 1.0}
