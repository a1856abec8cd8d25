"""What a cell means: missing or not, a text, a list of words, a label.

The same wherever the cell comes from: CSV, TSV, JSON Lines, Parquet, datasets, data frames,
``.npy`` and ``.npz``, and files of one label a line.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from tunescope.errors import InputError

IGNORED: Final = ("-100", "-100.0")
"""The label that PyTorch's losses ignore; tokenised data sets mark words without a label so."""

WITHHELD: Final = ("-1", "-1.0")
"""How data sets of the Hugging Face Hub mark labels that are kept back; with a point where a
program made floats of whole numbers, as pandas does of a column that has gaps."""

SHORT_FLOATS: Final = ("float16", "float32")
"""Types of numbers with fewer digits than Python's."""

_CLASS = re.compile(r"([0-9]+)(\.0)?")


def plain(value: Any) -> Any:
    """Turn arrays into lists, numpy's scalars into Python's, and bytes into text.

    Raises
    ------
    InputError : if bytes are not UTF-8; without a place, which the caller knows.
    """
    if isinstance(value, (str, int, float)) or value is None:
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"byte 0x{value[error.start]:02X} is not utf-8") from error
    if hasattr(value, "tolist"):
        value = shortest(value.tolist(), str(getattr(value, "dtype", "")))
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def shortest(value: Any, kind: str) -> Any:
    """Give numbers of a short type with the digits of its precision, not those of a longer one.

    Parameters
    ----------
    value : a number, or lists of them; anything else stays what it is.
    kind : the type that the numbers had, as numpy names it.

    Examples
    --------
    >>> float(np.float32(0.1)), shortest(float(np.float32(0.1)), "float32")
    (0.10000000149011612, 0.1)
    """
    if kind not in SHORT_FLOATS:
        return value
    if isinstance(value, list):
        return [shortest(item, kind) for item in value]
    if not isinstance(value, float) or not math.isfinite(value) or value.is_integer():
        return value
    return float(str(np.dtype(kind).type(value)))


def is_missing(value: Any) -> bool:
    """Tell if a cell holds nothing: None, NaN, NaT, ``pandas.NA``, ``<NA>`` or nothing visible.

    ``NA``, ``None``, ``null`` and ``nan`` as text are text.
    """
    if isinstance(value, str):
        return is_blank(value) or value.strip() == "<NA>"
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType", "MaskedConstant")


def is_blank(text: str) -> bool:
    """Tell if a text is white space and characters without a shape, such as U+200B, only."""
    return all(c.isspace() or unicodedata.category(c) == "Cf" for c in text)


def check_unicode(text: str) -> None:
    r"""Refuse half of a surrogate pair, which JSON can write as \ud800 and no tokenizer takes.

    Raises
    ------
    InputError : without a place, which the caller knows.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = text[error.start]
        raise InputError(f"{half!r} is half of a surrogate pair; expected Unicode text") from error


def label_text(value: Any) -> str | None:
    """Write a label as text, as it was written; None if it is missing.

    Raises
    ------
    InputError : if it is no label: infinite, a list, an object, or not Unicode.
    """
    if is_missing(value):
        return None
    infinite = isinstance(value, float) and math.isinf(value)
    if infinite or isinstance(value, (dict, list, tuple, set)):
        raise InputError(f"is {value!r:.60}; expected a label")
    try:
        text = str(value).strip()
    except ValueError:  # whole numbers of more than 4,300 digits
        raise InputError("is a number of thousands of digits; expected a label") from None
    if is_blank(text):
        return None
    check_unicode(text)
    return None if text in IGNORED else text


def withholds(labels: Iterable[str]) -> bool:
    """Tell if -1 among these labels means that a label is kept back.

    So it does where every label is -1, or the others are numbers of three or more classes
    (0, 1, 2, …); beside 1, or beside 0 and 1, it can be a class.
    """
    kinds = set(labels)
    if kinds.isdisjoint(WITHHELD):
        return False
    classes = [_CLASS.fullmatch(label) for label in kinds - {*WITHHELD}]
    digits = [found[1] for found in classes if found]
    numbers = len(digits) == len(classes)
    return numbers and (not digits or any(len(one) > 1 or one > "1" for one in digits))


def shown(value: Any) -> str:
    """Show a cell in a message, in at most 60 characters."""
    nothing = isinstance(value, str) and is_blank(value)
    if value is None or nothing or (isinstance(value, float) and math.isnan(value)):
        return "empty"
    return f"{value!r:.60}"
