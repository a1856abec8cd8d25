"""Lists that were turned into text, as happens where a table of lists is written as CSV."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from tunescope.errors import InputError
from tunescope.tasks.readers.table import Table

_TOUCHING = re.compile(r"""['"]\s+['"]""")
"""Between two words without a comma, as numpy writes them; Python would glue them together."""


def lists_in_text(
    cells: Sequence[Any], table: Table | None = None, column: str = ""
) -> list[list[Any]]:
    """Read lists that were turned into text; empty if any cell is something else.

    Parameters
    ----------
    cells : of one column.
    table, column : if given, what looks like a list in every row but is none is refused by its
        place, and the table's notes say that lists were read.
    """
    if not all(_looks_like_one(cell) for cell in cells):
        return []
    lists = [_list(cell) for cell in cells]
    if table is None:
        return [found for found in lists if found is not None]
    for i, found in enumerate(lists):
        if found is None:
            raise InputError(
                f"{table.where(i)}: {column!r} is {cells[i]!r:.60}; expected words between spaces, "
                "or a list with commas, such as ['a', 'b']"
            )
    table.notes.append(f"{column!r} holds lists that were turned into text; they are read as lists")
    return [found for found in lists if found is not None]


def _looks_like_one(cell: Any) -> bool:
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return len(text) > 1 and text[0] == "[" and text[-1] == "]"


def _list(cell: str) -> list[Any] | None:
    """Read one list, as JSON or as Python writes it; None if it is neither."""
    if _TOUCHING.search(cell):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list):
            return found
    return None
