"""Whether a file of labels has its rows in the order of the vectors: by the columns of both."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from tunescope.errors import InputError
from tunescope.tasks.readers.cells import plain
from tunescope.tasks.readers.table import Table, is_count

INDEX_NAMES: Final = ("index", "id", "idx", "level_0", "unnamed: 0", "row", "row_id")
"""Names of columns that are an index where they count the rows."""


def check_same_order(
    columns: Mapping[str, Sequence[Any]], table: Table, label: str, source: str
) -> list[str]:
    """Refuse labels whose rows are plainly in another order than the vectors.

    A column of both that is called ``id``, ``index`` or the like has to be the same in both, or
    to count the rows in both. Of any other column of both, and of an index without a name, it is
    enough that one does not hold the values of the other in another order.

    Parameters
    ----------
    columns : the columns of the vectors' file, each with a cell a vector.
    table, label : the file of labels, with as many rows, and its column of labels.
    source : the vectors' file.

    Returns
    -------
    list
        The columns of the labels' file that say of each row that it is the vector's.

    Raises
    ------
    InputError : if the order differs; says the first row where it does.
    """
    theirs = {_folded(name): cells for name, cells in columns.items()}
    shared = [
        (name, held)
        for held in (table.columns, table.numbering)
        for name in held
        if name != label and _folded(name) in theirs
    ]
    same = []
    for name, held in shared:
        found = [_value(cell) for cell in held[name]]
        wanted = [_value(cell) for cell in theirs[_folded(name)]]
        if found == wanted or (_is_id(name) and _counts(found) and _counts(wanted)):
            same.append(name)
        elif _is_id(name) or _is_reordered(found, wanted):
            i = next(i for i, value in enumerate(found) if value != wanted[i])
            called = repr(name) if _folded(name) else "the index"
            raise InputError(
                f"{table.where(i)}: {called} is {_shown(found[i])}, and that of the vector in this "
                f"place of {source} is {_shown(wanted[i])}; expected the labels in the order of "
                "the vectors (without the column in one of the files, they are taken to be)"
            )
    return same


def unused_note(table: Table, used: Collection[str]) -> list[str]:
    """Say which columns of a file of labels are not used."""
    names = [name for name in table.columns if name not in used and name not in table.index]
    if not names:
        return []
    shown = ", ".join(map(repr, names))
    unused = f"not used of {table.source}: {shown:.200}"
    return [f"labels belong to the vectors by their order; {unused}"]


def _folded(name: str) -> str:
    """Name an index without a name of its own as one without a name."""
    return "" if name.startswith("__index_level_") else name.strip().casefold()


def _is_id(name: str) -> bool:
    return _folded(name) in INDEX_NAMES or _folded(name).endswith("_id")


def _is_reordered(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    values = set(found)
    return len(values) == len(found) and values == set(wanted)


def _counts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, float) for value in values) and is_count(values)


def _value(cell: Any) -> float | str:
    """Make cells of different kinds of files comparable."""
    text = str(plain(cell)).strip()
    try:
        return float(text) if math.isfinite(float(text)) else text
    except ValueError:
        return text


def _shown(value: float | str) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return f"{int(value)}" if whole else f"{value!r:.60}"
