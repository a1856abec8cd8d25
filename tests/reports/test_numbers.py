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


@given(st.floats(1e-3, 1e3), st.floats(0, 0.02), st.floats(0, 0.02))
def test_digits_that_stand_alone_are_those_of_both_bounds(
    value: float, below: float, above: float
) -> None:
    lower, upper = value * (1 - below), value * (1 + above)
    alone = "(" not in numbers.certified(value, lower, upper)
    assert alone == (numbers.significant(lower) == numbers.significant(upper))


def test_a_bound_next_to_a_power_of_ten_has_the_same_digits() -> None:
    assert numbers.certified(9.95, 9.95, 9.9995) == "9.95 (9.95–10.0)"
    assert numbers.certified(1.0, 1 - 1e-9, 1 + 1e-9) == "1.00"


@given(st.floats(1e-12, 0.9))
def test_a_bound_is_never_rounded_down(value: float) -> None:
    shown = float(numbers.at_most(value))
    assert value * (1 - 1e-5) <= shown <= 2 * value * (1 + 1e-9)


def test_what_is_missing_is_never_a_number() -> None:
    for missing in (None, math.nan, math.inf):
        assert numbers.percent(missing) == numbers.ABSENT
        assert numbers.significant(missing) == numbers.ABSENT
        assert numbers.similarity(missing) == numbers.ABSENT
        assert numbers.count(missing) == numbers.ABSENT


def test_zero_stays_zero() -> None:
    assert numbers.significant(0.0) == "0"
    assert numbers.certified(0.0, 0.0, 0.0) == "0"
