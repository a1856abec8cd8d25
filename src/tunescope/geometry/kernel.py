"""Compiled functions whose compiled form is kept on disk only as long as it is theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

_MARK = b"@kernel("


def _digest() -> bytes:
    """Digest the sources of all compiled functions here."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        source = path.read_bytes()
        if _MARK in source:
            digest.update(source)
    return digest.digest()


DIGEST = _digest()


def _stamp(dispatcher: Any) -> bool:
    """Let all sources count for what numba keeps of a function on disk; say whether they do.

    The only use of numba's private attributes.
    """
    store: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if not hasattr(store, "_source_stamp"):
        return False
    store._source_stamp = (store._source_stamp, DIGEST)
    return True


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function with numba, without the interpreter's lock, and keep what was compiled.

    numba compiles the functions that are called into the one that calls them, but on disk it
    only notices when the file of the caller changes. After an upgrade or an edit it would go on
    with old code, or crash. So here all the sources count. A numba that cannot be told so keeps
    nothing on disk: each process compiles anew.

    Parameters
    ----------
    **options : of `numba.njit`.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        kept = njit(cache=True, nogil=True, error_model="numpy", **options)(function)
        if _stamp(kept):
            return kept
        return njit(nogil=True, error_model="numpy", **options)(function)

    return compiled
