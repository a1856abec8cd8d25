"""The package's exceptions, and how a place in a file is named."""

from __future__ import annotations

from difflib import get_close_matches
from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


LONGEST, MANY = 60, 30
"""Characters of a name, and names, that a message shows."""


class TunescopeError(Exception):
    """Base of every exception that this package raises on purpose.

    The command line prints its message in one line and exits with 1. A line break in it, as the
    representation of an array has, becomes a blank.
    """

    def __init__(self, message: object = "", *more: object) -> None:
        super().__init__(" ".join(map(str.strip, str(message).splitlines())), *more)


class InputError(TunescopeError, ValueError):
    """The input or the call is wrong; the message says where and what would be right.

    The command line exits with 2 and leaves nothing half-written.
    """


class InputTypeError(InputError, TypeError):
    """A value is of a type that cannot be used; also a `TypeError`, as scikit-learn has it."""


class DamagedError(InputError):
    """A stored file is not what was written: emptied, cut, changed, or missing."""


def place(path: str | PathLike[str], line: int | None = None) -> str:
    """Name a place in a file the way compilers do.

    Parameters
    ----------
    path : path of the file.
    line : 1-based line number, if the place is a line.

    Examples
    --------
    >>> place("trec.label", 66)
    'trec.label:66'
    """
    return f"{path}" if line is None else f"{path}:{line}"


def reason(error: Exception) -> str:
    """Say what another library's exception says in one line.

    Examples
    --------
    >>> reason(ValueError("wrong field 'size':\\n    it is -1\\nand so on"))
    "ValueError: wrong field 'size': it is -1"
    """
    kind = type(error).__name__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else ""
    for line in lines[1:]:
        if not said.endswith(":"):
            break
        said = f"{said} {line}"
    return f"{kind}: {said}" if said else kind


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name a wrong one may have meant, then list them, if they are not too many.

    Examples
    --------
    >>> nearest("trec50", ["pos", "trec-50"])
    "did you mean 'trec-50'? known: pos, trec-50"
    """
    names = sorted(known)
    close = get_close_matches(name[:LONGEST], [one for one in names if len(one) <= LONGEST], n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    told = ", ".join(one if len(one) <= LONGEST else f"{one[:LONGEST]}…" for one in names[:MANY])
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"{hint}known: {told}{more}"
