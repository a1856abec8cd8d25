"""Numbers are written with the digits that their bounds allow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.reports import numbers


@given(st.floats(1e-3, 1e6), st.integers(1, 6))
@pytest.mark.slow
def test_significant_digits_are_near_the_value(value: float, digits: int) -> None:
    shown = float(numbers.significant(value, digits).replace(",", ""))
    assert math.isclose(shown, value, rel_tol=10.0 ** (1 - digits))


@given(st.floats(-1, 1))
def test_a_similarity_below_one_is_never_shown_as_one(value: float) -> None:
    shown = numbers.similarity(value)
    if abs(value) < 1 - 1e-9:
        assert shown not in {"1", "−1", "1.00", "1.000"}


def test_wide_bounds_are_written_out_and_tight_ones_are_not() -> None:
    assert numbers.certified(2.0, 1.999999, 2.000001) == "2.00"
    assert numbers.certified(2.0, 1.5, 2.5) == "2.00 (1.50–2.50)"
    assert numbers.certified(float("nan"), 1.5, 2.5) == "1.50–2.50"


def test_what_is_missing_is_never_a_number() -> None:
    for missing in (None, math.nan, math.inf):
        assert numbers.percent(missing) == numbers.ABSENT
        assert numbers.significant(missing) == numbers.ABSENT
        assert numbers.similarity(missing) == numbers.ABSENT
        assert numbers.count(missing) == numbers.ABSENT


def test_zero_stays_zero() -> None:
    assert numbers.significant(0.0) == "0"
    assert numbers.certified(0.0, 0.0, 0.0) == "0"
