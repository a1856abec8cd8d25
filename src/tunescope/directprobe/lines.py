"""Lines of text files, each with its number, as the authors' code sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tunescope.errors import InputError, place
from tunescope.storage import replacing

WHOLE = re.compile("[0-9]{1,9}")
SHOWN = 60
"""Characters of a line that a message shows."""


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give each line without its end and surrounding white space, with its 1-based number.

    Lines end where Python's text files end them. A form feed or Unicode's other line separators
    are part of a line, as they may occur in an example's text.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8, or holds no line.
    """
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.strip()
    except UnicodeDecodeError as error:
        raise InputError(f"{place(path, number + 1)}: not UTF-8: {error.reason}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror or error}") from None
    if not number:
        raise InputError(f"{path}: empty; expected at least one line")


def whole_number(text: str, path: Path, line: int, what: str) -> int:
    """Read a whole number of at least 0 and at most nine digits, more than any file has lines.

    Raises
    ------
    InputError
        If it is none; `what` says in the message what the number is of.
    """
    if not WHOLE.fullmatch(text):
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        raise InputError(f"{place(path, line)}: {shown!r}; expected {what}")
    return int(text)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file whole, one line each."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
