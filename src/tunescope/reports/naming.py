"""Labels in text: told from numbers, and kept from turning the words around them."""

from __future__ import annotations

import unicodedata
from typing import Any

TURNING = "\u202a\u202b\u202c\u202d\u202e"
"""Characters that set the direction of what follows them, up to the end of the paragraph."""
ISOLATING = "\u2066\u2067\u2068\u2069"
ISOLATE, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_FROM_THE_RIGHT = ("R", "AL", "AN")
_VISIBLE = {ord(character): f"\\u{ord(character):04x}" for character in TURNING + ISOLATING}
_TURNING = {ord(character): _VISIBLE[ord(character)] for character in TURNING}


def visible(text: Any) -> Any:
    """Show marks that turn text, as on a terminal, in a cell of its own; markup stays markup.

    Examples
    --------
    >>> print(visible("\\u202eevil"))
    \\u202eevil
    """
    return text.translate(_TURNING) if isinstance(text, str) else text


def named(label: Any) -> str:
    """Write a label inside of a sentence.

    One without a letter, which would be read as a number or as punctuation, stands in quotes; what
    is read from the right is isolated, so that it does not move what follows it.

    Examples
    --------
    >>> named("NOUN"), named("2"), named("1e5"), named(",")
    ('NOUN', '“2”', '“1e5”', '“,”')
    """
    text = str(label).translate(_VISIBLE)
    if any(unicodedata.bidirectional(character) in _FROM_THE_RIGHT for character in text):
        return f"{ISOLATE}{text}{END}"
    if not any(character.isalpha() for character in text) or _is_number(text):
        return f"“{text}”"
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
