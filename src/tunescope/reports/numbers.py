"""Numbers as a reader may trust them: no more digits than the bounds allow."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

ABSENT = "–"
"""Shown where a number is missing; the reason stands beside it."""


def known(value: Any) -> bool:
    """Tell whether a cell of a table holds a finite number.

    Examples
    --------
    >>> known(0.5), known(None), known(float("nan"))
    (True, False, False)
    """
    try:
        return value is not None and math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def count(value: Any) -> str:
    """Write a whole number with thousands separated.

    Examples
    --------
    >>> count(21176)
    '21,176'
    """
    return f"{round(float(value)):,}" if known(value) else ABSENT


def counts(values: Iterable[Any]) -> str:
    """Write whole numbers by their least and their most.

    Examples
    --------
    >>> counts([3, 3]), counts([40, 17, None]), counts([])
    ('3', '17 to 40', '–')
    """
    found = [float(value) for value in values if known(value)]
    ends = [count(end(found)) for end in (min, max)] if found else [ABSENT]
    return " to ".join(dict.fromkeys(ends))


def counted(value: Any, noun: str, plural: str | None = None) -> str:
    """Write a whole number with its noun.

    Examples
    --------
    >>> counted(1, "label"), counted(2, "label")
    ('1 label', '2 labels')
    """
    return f"{count(value)} {noun if value == 1 else plural or noun + 's'}"


def percent(value: Any) -> str:
    """Write a share as a percentage with one decimal.

    Examples
    --------
    >>> percent(0.93147)
    '93.1 %'
    """
    return f"{100 * float(value):.1f} %" if known(value) else ABSENT


def percent_interval(lower: Any, upper: Any) -> str:
    """Write an interval of shares.

    Examples
    --------
    >>> percent_interval(0.925, 0.9371)
    '92.5–93.7 %'
    """
    if not (known(lower) and known(upper)):
        return ABSENT
    return f"{100 * float(lower):.1f}–{100 * float(upper):.1f} %"


def significant(value: Any, digits: int = 3) -> str:
    """Write a number with so many significant digits, without an exponent where one can.

    Examples
    --------
    >>> significant(0.0553962), significant(12.3456), significant(1234.5), significant(0)
    ('0.0554', '12.3', '1,234', '0')
    >>> significant(0.0000123)
    '1.23e-05'
    """
    if not known(value):
        return ABSENT
    number = float(value)
    if number == 0:
        return "0"
    exponent = int(f"{number:.{digits - 1}e}".split("e")[1])  # of the rounded one: 9.999 is 10.0
    if exponent < -4:
        return f"{number:.{digits - 1}e}"
    return f"{number:,.{max(0, digits - 1 - exponent)}f}"


def signed(value: Any, digits: int = 3) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> signed(0.5), signed(-0.25)
    ('+0.500', '−0.250')
    """
    text = significant(value, digits)
    if not known(value) or float(value) == 0:
        return text
    return text.replace("-", "−", 1) if float(value) < 0 else f"+{text}"


def certified(value: Any, lower: Any, upper: Any, digits: int = 3) -> str:
    """Write a distance as its certified bounds allow.

    Where both bounds round to the same digits, the digits are certain and stand alone;
    otherwise the bounds are written out.

    Examples
    --------
    >>> certified(0.0554, 0.0553999, 0.0554001)
    '0.0554'
    >>> certified(0.0554, 0.051, 0.058)
    '0.0554 (0.0510–0.0580)'
    """
    text = significant(value, digits)
    if not (known(lower) and known(upper)):
        return text
    low, high = significant(lower, digits), significant(upper, digits)
    if not known(value):  # open: only its bounds are
        return f"{low}–{high}"
    return text if low == high else f"{text} ({low}–{high})"


def at_most(value: Any) -> str:
    """Write a bound with one significant digit, rounded up.

    Examples
    --------
    >>> at_most(1.4e-7), at_most(1e-7), at_most(0.0096), at_most(0)
    ('2e-07', '1e-07', '0.01', '0')
    """
    if not known(value):
        return ABSENT
    number = float(value)
    nearest = f"{number:.1g}"
    # a bound that was computed is off in its last digits: 2.0000000001 is at most 2
    if number <= float(nearest) * (1 + 1e-6):
        return nearest
    return f"{float(nearest) + 10.0 ** math.floor(math.log10(number)):.1g}"


def expected(number: Any, of: Any) -> str:
    """Write an expected count of so many, which is no whole number unless it is all.

    Examples
    --------
    >>> expected(90.71, 136), expected(135.999, 136), expected(0.03, 1)
    ('90.7 of 136', '136 of 136', 'under 0.1 of 1')
    """
    if not (known(number) and known(of)):
        return ABSENT
    whole = float(number) > float(of) - 0.05
    some = "under 0.1" if float(number) < 0.05 else f"{float(number):,.1f}"
    return f"{count(of) if whole else some} of {count(of)}"


def similarity(value: Any, lower: Any = None, upper: Any = None) -> str:
    """Write a correlation with its interval where there is one.

    Two decimals, three near 1; a value below 1 is never rounded up to 1.

    Examples
    --------
    >>> similarity(0.8765, 0.81, 0.92)
    '0.88 (0.81 to 0.92)'
    >>> similarity(0.9971), similarity(0.99999), similarity(1.0)
    ('0.997', '>0.999', '1')
    """
    if not known(value):
        return ABSENT
    text = _correlation(float(value))
    if known(lower) and known(upper) and lower != upper:
        text += f" ({_correlation(float(lower))} to {_correlation(float(upper))})"
    return text


def duration(seconds: Any) -> str:
    """Write how long something took.

    Examples
    --------
    >>> duration(12.34), duration(185), duration(7260)
    ('12.3 s', '3 min 5 s', '2 h 1 min')
    """
    if not known(seconds):
        return ABSENT
    value = float(seconds)
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _correlation(value: float) -> str:
    if abs(value) >= 1 - 1e-12:
        return f"{round(value)}".replace("-", "−")
    if abs(value) >= 0.9995:
        return ">0.999" if value > 0 else "<−0.999"
    return f"{value:.{3 if abs(value) >= 0.985 else 2}f}".replace("-", "−")
