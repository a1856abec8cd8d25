"""Settings checked before anything runs: from a mapping, or from a YAML file with its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tunescope.errors import InputError, nearest, place
from tunescope.studies.study import OwnTask, Study, Transfer

_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")

Model = TypeVar("Model", bound=BaseModel)


def make_study(
    values: Mapping[str, Any],
    *,
    source: str = "the study",
    options: Mapping[tuple[str, ...], str] = MappingProxyType({}),
) -> Study:
    """Check a study's settings; see `checked`."""
    return checked(Study, values, source=source, options=options)


def checked(
    model: type[Model],
    values: Mapping[str, Any],
    *,
    source: str,
    options: Mapping[tuple[str, ...], str] = MappingProxyType({}),
) -> Model:
    """Check settings.

    Parameters
    ----------
    model : what they are of.
    values : nested mapping with its keys.
    source : what to call it in messages.
    options : what was typed for some of them on the command line, by the keys from the outermost.

    Raises
    ------
    InputError
        For an unknown key, with the nearest known one, or a value that does not fit.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        where, message = _first_mistake(error, model, values)
        keys = tuple(part for part in where if isinstance(part, str))
        above = [keys[:n] for n in range(len(keys), 0, -1)]
        option = next((options[one] for one in above if one in options), None)
        if option is not None:
            message = message.removeprefix(".".join(map(str, where)))
        raise InputError(f"{option or f'{source}: '}{message}") from None


def read_study(path: str | PathLike[str]) -> Study:
    """Read a study from a YAML file.

    Raises
    ------
    InputError
        If the file is missing, is no YAML, or does not describe a study; with the line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{path}: cannot read the study: {reason}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(f"{place(path, line)}: not YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"the character #x{error.character:04x} is not allowed"
        raise InputError(f"{place(path, line)}: not YAML: {what}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(
            f"{path}: not YAML that can be read: {' '.join(what.split())[:200]}"
        ) from None
    if twice := _given_twice(root):
        key, line = twice
        raise InputError(f"{place(path, line)}: the key {key!r} is given twice; give it once")
    if odd := _odd_number(root):
        raise InputError(
            f"{place(path, odd.start_mark.line + 1)}: YAML reads {odd.value} as "
            f"{yaml.safe_load(odd.value)}; write that, or quotes around a text"
        )
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected keys such as 'models:' and 'tasks:'")
    try:
        return Study.model_validate(values)
    except ValidationError as error:
        where, message = _first_mistake(error, Study, values)
        raise InputError(f"{place(path, _line_of(root, where))}: {message}") from None


def _first_mistake(
    error: ValidationError, model: type[BaseModel], values: Any
) -> tuple[tuple[Any, ...], str]:
    """Give the place and the wording of the first mistake, unknown keys before others."""
    mistakes = sorted(error.errors(), key=_how_far)
    found = mistakes[0]
    where = _typed(found["loc"], values, missing=found["type"] == "missing")
    name = ".".join(str(part) for part in where)
    if found["type"] == "extra_forbidden":
        return (
            where,
            f"unknown key {name!r}; {nearest(str(where[-1]), _keys_at(model, where[:-1]))}",
        )
    if found["type"] == "missing":
        return where[:-1], f"the key {name!r} is missing"
    said = found["msg"].removeprefix("Value error, ")
    message = said[0].lower() + said[1:]
    value = "" if isinstance(found["input"], dict) else f", found {found['input']!r}"
    return where, f"{name}: {message}{value}"


def _how_far(mistake: Mapping[str, Any]) -> tuple[bool, int, bool]:
    """Order mistakes: of the types that a value may have, the one that fits furthest is meant."""
    kind = mistake["type"]
    return kind != "extra_forbidden", -len(mistake["loc"]), kind == "string_type"


def _typed(place: Sequence[Any], values: Any, *, missing: bool) -> tuple[Any, ...]:
    """Leave out of a mistake's place what is not in the values.

    Where a value may be one of several types, the place has the type's name, too, and where one
    stands for a list of one, its number.

    Parameters
    ----------
    place : keys and numbers, from the outermost.
    values : what was checked.
    missing : whether the last part of the place is a key that should be there.
    """
    *outer, last = place
    where: list[Any] = []
    for part in [*outer, *([] if missing else [last])]:
        if isinstance(values, (list, tuple)):
            is_there = isinstance(part, int) and part < len(values)
        else:
            is_there = isinstance(values, Mapping) and part in values
        if is_there:
            values = values[part]
            where.append(part)
    return (*where, last) if missing else tuple(where)


def _keys_at(model: type[BaseModel], where: tuple[Any, ...]) -> list[str]:
    for part in where:
        if part in ("task", "tasks", "transfer"):
            model = Transfer if part == "transfer" else OwnTask
        elif part in model.model_fields:
            annotation = model.model_fields[part].annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                model = annotation
    return list(model.model_fields)


def _nodes(root: Any) -> Iterator[yaml.Node]:
    """Give each node of a YAML document once, also where anchors make it a graph."""
    seen, waiting = set[int](), [root]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, yaml.Node) or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.CollectionNode):
            for value in reversed(node.value):
                waiting += reversed(value) if isinstance(value, tuple) else [value]


def _odd_number(root: Any) -> yaml.ScalarNode | None:
    """Find a whole number that YAML 1.1 reads in another base: 010 is 8, and 1:30 is 90."""
    numbers = (node for node in _nodes(root) if isinstance(node, yaml.ScalarNode))
    return next(
        (n for n in numbers if n.tag.endswith(":int") and not _DECIMAL.fullmatch(n.value)), None
    )


def _given_twice(root: Any) -> tuple[str, int] | None:
    """Find a key that a mapping of a YAML document has twice, of which the last one would win."""
    for node in _nodes(root):
        if not isinstance(node, yaml.MappingNode):
            continue
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                return key.value, key.start_mark.line + 1
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
    return None


def _line_of(root: Any, where: tuple[Any, ...]) -> int | None:
    """Find the line of a key in a YAML document."""
    line = None
    node = root
    for part in where:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
