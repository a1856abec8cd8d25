"""The options of `run`, `compare` and `inspect`, made from the settings' own fields.

A new field is a new option, of the same name and shape in every command.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tunescope.arguments import whole_number
from tunescope.errors import InputError
from tunescope.studies.inspection import Inspection
from tunescope.studies.options import leaves, option_name
from tunescope.studies.study import OwnTask, Study

SHORT = {"models": "-m", "tasks": "-t"}
REPEATED = ("models", "tasks", "seeds", "transfer", "probing.also", "data.positions")
DATA = "data"
"""Prefix of the keys of a task's own data."""
NOT_TYPED = ("name", "files", "dataset")
"""Of a task spelled out, what the name of its file says."""
ARGUMENTS: Mapping[type[BaseModel], tuple[str, ...]] = {
    Study: (),
    Inspection: ("models", "task"),
}
"""Keys that are no options: they are given otherwise."""
Command = TypeVar("Command", bound=Callable[..., None])
NOTHING = ("null", "none")
"""What stands for no value, where a key may have none and is no name of something in the data."""


@dataclass(frozen=True)
class Option:
    """A key of a study, as an option of the command line."""

    key: str
    """Parts with points between them, as `tuning.epochs`."""
    field: FieldInfo

    @property
    def name(self) -> str:
        """As a name in Python."""
        return option_name(self.key)

    @property
    def repeats(self) -> bool:
        """Whether it may be given again."""
        return self.key in REPEATED

    @property
    def is_flag(self) -> bool:
        """Whether it is switched on and off."""
        return self.field.annotation is bool

    @property
    def typed(self) -> str:
        """As it is typed."""
        return f"--{self.name.replace('_', '-')}"

    def parameter(self) -> inspect.Parameter:
        """Describe it to Typer."""
        kind: Any = bool if self.is_flag else list[str] if self.repeats else str
        names = [self.typed, *([SHORT[self.key]] if self.key in SHORT else [])]
        if self.is_flag:
            names = [f"{names[0]}/--no-{names[0][2:]}"]
        help_text = " ".join((self.field.description or "").split())
        choices = ", ".join([*map(str, _choices(self.field.annotation)), *self._nothing])
        if choices and not self.is_flag:
            help_text = f"{help_text} One of: {choices}."
        annotation = Annotated[kind | None, typer.Option(*names, help=help_text.strip())]
        keyword = inspect.Parameter.KEYWORD_ONLY
        return inspect.Parameter(self.name, keyword, default=None, annotation=annotation)

    @property
    def _nothing(self) -> list[str]:
        """What stands for an empty list of choices."""
        return [NOTHING[-1]] if self.repeats and any(_choices(self.field.annotation)) else []

    def value(self, given: Any) -> Any:
        """Turn what was typed into what the study's key takes; it checks the rest itself."""
        if self.key == "tuning.snapshots":
            return [part.strip() for part in given.split(",")] if "," in given else _number(given)
        if self.key == "transfer":
            return [_pair(pair) for pair in given]
        if self._nothing and list(given) == self._nothing:
            return []
        kinds = get_args(self.field.annotation)
        if given in NOTHING and type(None) in kinds and not self._is_name(kinds):
            return None
        return given

    def _is_name(self, kinds: tuple[Any, ...]) -> bool:
        """Whether it takes any text, as the name of a column does: that may be "none", too."""
        return self.key.startswith(f"{DATA}.") and str in kinds


def options(settings: type[BaseModel] = Study) -> list[Option]:
    """List an option for every key of settings; a task that they take is no option."""
    found = leaves(settings)
    return [Option(key, field) for key, field in found if key not in ARGUMENTS[settings]]


def data_options() -> list[Option]:
    """List an option for what can be said of a file or a data set."""
    found = (Option(key, field) for key, field in leaves(OwnTask, f"{DATA}."))
    return [option for option in found if option.name not in NOT_TYPED]


def with_options(settings: type[BaseModel]) -> Callable[[Command], Command]:
    """Give a command the options of its settings and of data, as keyword arguments."""

    def give(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)
        named = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        made = [one.parameter() for one in (*data_options(), *options(settings))]
        arguments = [p for p in named if p.default is inspect.Parameter.empty or p is named[0]]
        parameters = [*arguments, *made, *(p for p in named if p not in arguments)]
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
        command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return give


def overlaid(
    values: Mapping[str, Any], given: Mapping[str, Any], settings: type[BaseModel] = Study
) -> dict[str, Any]:
    """Lay the options that were given over the values of settings.

    Parameters
    ----------
    values : nested, as from a study's file.
    given : option → what was typed; None where it was not.
    settings : what they are of.
    """
    merged: dict[str, Any] = {k: dict(v) if isinstance(v, dict) else v for k, v in values.items()}
    for option, typed in _typed(options(settings), given):
        part, _, key = option.key.rpartition(".")
        place = merged.setdefault(part, {}) if part else merged
        place[key] = option.value(typed)
    return merged


def data_given(given: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was typed of the data, as values of an `OwnTask`."""
    typed = _typed(data_options(), given)
    return {option.key.rpartition(".")[2]: option.value(value) for option, value in typed}


def typed(
    given: Mapping[str, Any], settings: type[BaseModel] = Study, *, task: str = "tasks"
) -> dict[tuple[str, ...], str]:
    """Give the options that were typed, by the keys of settings that they are.

    Parameters
    ----------
    given : option → what was typed; None where it was not.
    settings : what they are of.
    task : the key of which the data's options are.
    """
    found = {tuple(one.key.split(".")): one.typed for one, _ in _typed(options(settings), given)}
    of_data = _typed(data_options(), given)
    return found | {(task, one.key.rpartition(".")[2]): one.typed for one, _ in of_data}


def _typed(known: list[Option], given: Mapping[str, Any]) -> Iterator[tuple[Option, Any]]:
    for option in known:
        typed = given.get(option.name)
        if typed is not None and typed != []:
            yield option, typed


def _choices(annotation: Any) -> Iterator[Any]:
    """List the values of a literal, alone or in a union or list."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for inner in get_args(annotation):
            yield from _choices(inner)


def _number(text: str) -> int | str:
    number = whole_number(text)
    return text if number is None else number


def _pair(text: str) -> dict[str, str]:
    tune, between, probe = text.partition(":")
    if not (tune and between and probe):
        raise InputError(f"--transfer {text!r}: expected TUNE:PROBE, two tasks of the study")
    return {"tune": tune, "probe": probe}
