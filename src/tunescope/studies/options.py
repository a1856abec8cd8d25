"""The keys of settings by the names that options and keywords have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tunescope.errors import InputError, nearest

NAMES = {
    "models": "model",
    "tasks": "task",
    "seeds": "seed",
    "probing.layers": "probe_layers",
    "split.seed": "split_seed",
    "data.split": "split_column",
}
"""Options that are not called as the last part of their key."""


def option_name(key: str) -> str:
    """Name a key on the command line and as a keyword: by its last part, or as `NAMES` says."""
    return NAMES.get(key, key.rpartition(".")[2])


def leaves(settings: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """List the keys of settings, parts with points between them, as `tuning.epochs`."""
    for name, field in settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def by_name(settings: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Nest values that are given by the names of options.

    Raises
    ------
    InputError
        For an unknown name, with the nearest known one.

    Examples
    --------
    >>> from tunescope.studies.study import Study
    >>> by_name(Study, {"epochs": 2, "on_long": "drop"})
    {'tuning': {'epochs': 2}, 'encoding': {'on_long': 'drop'}}
    """
    keys = {option_name(key): key for key, _ in leaves(settings)}
    nested: dict[str, Any] = {}
    for name, value in given.items():
        if name not in keys:
            raise InputError(f"unknown option {name!r}; {nearest(name, keys)}")
        part, _, key = keys[name].rpartition(".")
        place = nested.setdefault(part, {}) if part else nested
        place[key] = value
    return nested
