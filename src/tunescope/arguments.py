"""Refuse arguments of the wrong type or out of range, by their names."""

from __future__ import annotations

import os
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

from tunescope.errors import InputError


def check_texts(**named: Any) -> None:
    """Refuse arguments that are neither None nor a text that can be written as UTF-8."""
    for name, value in named.items():
        if value is None:
            continue
        if not isinstance(value, str):
            raise InputError(f"{name}={value!r:.60}; expected a text, not {type(value).__name__}")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InputError(f"{name}={value!a:.60}; expected Unicode text") from None


def whole_number(text: str) -> int | None:
    """Read a whole number of up to nine of the digits 0 to 9; give None for any other text.

    `int` alone takes digits of other scripts, and refuses superscripts that `str.isdigit` lets
    through and numbers of thousands of digits.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def check_whole(name: str, value: Any, low: int) -> int:
    """Refuse what is not a whole number of at least ``low``; give it as an ``int``."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low:
        raise InputError(f"{name}={value!r:.60}; expected a whole number of at least {low}")
    return int(value)


def check_fraction(name: str, value: Any) -> float:
    """Refuse what is not a number of at least 0 and less than 1."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= float(value) < 1:
        raise InputError(f"{name} is {value!r:.60}; expected at least 0 and less than 1")
    return float(value)


def check_flag(name: str, value: Any) -> bool:
    """Refuse what is neither True nor False."""
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"{name}={value!r:.60}; expected True or False")
    return bool(value)


def check_least(name: str, value: Any, least: float) -> float:
    """Refuse what is not a number of at least ``least``; infinity is one, NaN is not."""
    if not isinstance(value, Real) or isinstance(value, bool) or not float(value) >= least:
        raise InputError(f"{name}={value!r:.60}; expected a number of at least {least:g}")
    return float(value)


def path_of(name: str, value: Any) -> Path:
    """Refuse what names no folder or file."""
    path = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if isinstance(path, str) and path and "\0" not in path:
        return Path(path)
    raise InputError(f"{name}={value!r:.60}; expected a path, as a text or a pathlib.Path")


def as_tuple(name: str, values: Any) -> tuple[Any, ...]:
    """Refuse what holds no values one after the other, as a text does not; give a tuple of them."""
    try:
        if not isinstance(values, (str, bytes)):
            return tuple(values)
    except TypeError:
        pass
    raise InputError(f"{name}={values!r:.60}; expected a list of texts")


def whole_numbers(name: str, values: Any) -> tuple[int, ...]:
    """Refuse what is no list of whole numbers, of which there may be negative ones."""
    try:
        numbers = tuple(values)
    except TypeError:
        numbers = (None,)
    if any(not isinstance(n, Integral) or isinstance(n, bool) for n in numbers):
        raise InputError(f"{name}={values!r:.60}; expected a list of whole numbers, as [1, -1]")
    return tuple(map(int, numbers))


def check_choice(name: str, value: Any, *known: str) -> None:
    """Refuse a value that is not one of those known."""
    if not isinstance(value, str) or value not in known:
        raise InputError(f"{name}={value!r:.60}; known: {', '.join(map(repr, known))}")
