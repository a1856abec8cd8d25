"""What decides a run's results, and in what two of them differ."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

SHOWN = 3
"""Differences between two studies that a refusal names."""

DIGITS = 16
"""Digits of a checksum that a refusal shows."""


def differences(old: Any, new: Any) -> str:
    """Name the first settings in which two studies differ; nothing where they do not."""
    found = _differences(old, new)
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def without_growth(
    old: Mapping[str, Any], new: Mapping[str, Any], may_grow: Collection[str]
) -> dict[str, Any]:
    """Leave out of a study's identity what came to it since the folder was begun."""
    kept = dict(new)
    for key in may_grow:
        was, now = old.get(key), new.get(key)
        if isinstance(was, list) and isinstance(now, list) and all(one in now for one in was):
            kept[key] = was
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            kept[key] = {name: value for name, value in now.items() if name in was}
    return kept


def _differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Name the settings in which two studies differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = dict.fromkeys([*old, *new])
        return [
            line
            for key in keys
            for line in _differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
        ]
    if old == new:
        return []
    if _is_checksum(old) and _is_checksum(new):
        return [f"{path} has the checksum {old[:DIGITS]} there and {new[:DIGITS]} here"]
    return [f"{path} is {old!r} there and {new!r} here"]


def _is_checksum(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", value) is not None
