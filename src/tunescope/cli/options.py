"""The options of `tunescope run`, made from the study's own fields: a new field is a new option."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tunescope.errors import InputError
from tunescope.studies.study import Study

NAMES = {
    "models": "model",
    "tasks": "task",
    "seeds": "seed",
    "probing.layers": "probe_layers",
    "split.seed": "split_seed",
}
"""Options that are not called as the last part of their key."""
SHORT = {"models": "-m", "tasks": "-t"}
NOTHING = ("null", "none")
"""What stands for no value, where a key may have none."""


@dataclass(frozen=True)
class Option:
    """A key of a study, as an option of the command line."""

    key: str
    """Parts with points between them, as `tuning.epochs`."""
    field: FieldInfo

    @property
    def name(self) -> str:
        """As a name in Python."""
        return NAMES.get(self.key, self.key.rpartition(".")[2])

    @property
    def repeats(self) -> bool:
        """Whether it may be given again."""
        return self.key in ("models", "tasks", "seeds", "transfer", "probing.also")

    @property
    def is_flag(self) -> bool:
        """Whether it is switched on and off."""
        return self.field.annotation is bool

    def parameter(self) -> inspect.Parameter:
        """Describe it to Typer."""
        kind: Any = bool if self.is_flag else list[str] if self.repeats else str
        names = [
            f"--{self.name.replace('_', '-')}",
            *([SHORT[self.key]] if self.key in SHORT else []),
        ]
        if self.is_flag:
            names = [f"{names[0]}/--no-{names[0][2:]}"]
        help_text = " ".join((self.field.description or "").split())
        choices = ", ".join(map(str, _choices(self.field.annotation)))
        if choices and not self.is_flag:
            help_text = f"{help_text} One of: {choices}."
        annotation = Annotated[kind | None, typer.Option(*names, help=help_text.strip())]
        keyword = inspect.Parameter.KEYWORD_ONLY
        return inspect.Parameter(self.name, keyword, default=None, annotation=annotation)

    def value(self, given: Any) -> Any:
        """Turn what was typed into what the study's key takes; it checks the rest itself."""
        if self.key == "tuning.snapshots":
            return [part.strip() for part in given.split(",")] if "," in given else _number(given)
        if self.key == "transfer":
            return [_pair(pair) for pair in given]
        if given in NOTHING and type(None) in get_args(self.field.annotation):
            return None
        return given


def options() -> list[Option]:
    """List an option for every key of a study."""
    return list(_options(Study, ""))


def _options(model: type[BaseModel], prefix: str) -> Iterator[Option]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _options(inner, f"{prefix}{name}.")
        else:
            yield Option(f"{prefix}{name}", field)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a study, which it receives as keyword arguments."""
    own = inspect.signature(command, eval_str=True)
    before = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    parameters = [before[0], *(option.parameter() for option in options()), *before[1:]]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def overlaid(values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the options that were given over a study's values.

    Parameters
    ----------
    values : nested, as from a study's file.
    given : option → what was typed; None where it was not.
    """
    merged: dict[str, Any] = {k: dict(v) if isinstance(v, dict) else v for k, v in values.items()}
    for option in options():
        typed = given.get(option.name)
        if typed is None or typed == []:
            continue
        part, _, key = option.key.rpartition(".")
        place = merged.setdefault(part, {}) if part else merged
        place[key] = option.value(typed)
    return merged


def _choices(annotation: Any) -> Iterator[Any]:
    """List the values of a literal, alone or in a union or list."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for inner in get_args(annotation):
            yield from _choices(inner)


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _pair(text: str) -> dict[str, str]:
    tune, between, probe = text.partition(":")
    if not (tune and between and probe):
        raise InputError(f"--transfer {text!r}: expected TUNE:PROBE, two tasks of the study")
    return {"tune": tune, "probe": probe}
