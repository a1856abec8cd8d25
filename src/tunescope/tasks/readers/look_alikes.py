"""Labels that look like others, or like none: said, since a reader of results cannot see it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_SHOWN = 8
"""Labels or groups of them that a remark lists."""

_PERHAPS_MISSING = ("na", "n/a", "nan", "none", "null", "nil", "missing", "?", "-")
"""Labels, in small letters, that other programs write for a missing one."""


def odd_labels(names: Sequence[str]) -> list[str]:
    """Say which labels differ in what is hardly seen, or may stand for none."""
    notes = []
    alike: dict[str | float, list[str]] = {}
    for name in names:
        alike.setdefault(_folded(name), []).append(name)
    groups = [" and ".join(map(repr, group)) for group in alike.values() if len(group) > 1]
    if groups:
        notes.append(f"labels that look alike are different labels: {listed(groups)}")
    quoted = [repr(name) for name in names if len(name) > 1 and name[0] == name[-1] in "\"'"]
    if quoted:
        notes.append(f"quotes around labels are read as part of them: {listed(quoted)}")
    perhaps = [repr(name) for name in names if name.casefold() in _PERHAPS_MISSING]
    if perhaps:
        notes.append(f"read as written, though it may stand for no label: {listed(perhaps)}")
    return notes


def _folded(label: str) -> str | float:
    """Make the same of labels that differ in case, space, invisible characters or as numbers."""
    if label.isascii() and not label.isalpha():
        try:
            return float(label.replace("_", "x"))
        except ValueError:
            pass
    seen = (c for c in unicodedata.normalize("NFKC", label) if unicodedata.category(c) != "Cf")
    return " ".join("".join(seen).casefold().split())


def listed(what: Sequence[str]) -> str:
    """Show the first few of many."""
    more = f" and {len(what) - _SHOWN} more" if len(what) > _SHOWN else ""
    return f"{', '.join(what[:_SHOWN])}{more}"
