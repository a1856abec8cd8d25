"""Rows from JSON Lines: an object a line."""

from __future__ import annotations

import json
from typing import Any

from tunescope.errors import InputError, place
from tunescope.tasks.readers.files import AnyPath, read_lines
from tunescope.tasks.readers.table import ABSENT, Table, check_name

_DIGITS = 40
"""Of the longest whole number that is read; no label or position needs as many."""


def read_json_lines(path: AnyPath) -> Table:
    """Read the objects of a file, one a line; blank lines are skipped.

    Raises
    ------
    InputError : if a line is not an object, has a key twice, nests too deeply, or holds a number
        that nothing needs; says file and line.
    """
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            rows.append(_object(line, place(path, number)))
            lines.append(number)
    names = dict.fromkeys(key for row in rows for key in row)
    columns = {name: [row.get(name, ABSENT) for row in rows] for name in names}
    return Table(str(path), columns, lines)


def _object(line: str, where: str) -> dict[str, Any]:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        named = dict(found)
        if len(named) < len(found):
            twice = next(key for i, (key, _) in enumerate(found) if key in dict(found[:i]))
            raise InputError(f"{where}: the key {twice!r} is there twice; expected it once")
        return named

    def whole(digits: str) -> int:
        if len(digits) > _DIGITS:
            raise InputError(f"{where}: a number of {len(digits)} digits; expected a smaller one")
        return int(digits)

    try:
        row = json.loads(line, object_pairs_hook=pairs, parse_int=whole)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} at column {error.colno}"
        raise InputError(f"{where}: {message}; expected an object") from error
    except RecursionError:
        raise InputError(f"{where}: nested too deeply; expected an object of plain cells") from None
    if not isinstance(row, dict):
        found = type(row).__name__
        raise InputError(f'{where}: a {found}; expected an object like {{"a": 1}}')
    for key in row:
        check_name(key, where)
    return row
