"""CSV that a spreadsheet opens as it is meant: no text of the data is taken for a formula."""

from __future__ import annotations

import csv
from typing import Any, Final

import pandas as pd

BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that spreadsheets compute, instead of showing it."""


def as_csv(table: pd.DataFrame) -> str:
    r"""Write a table as CSV; texts that a spreadsheet would compute get an apostrophe in front.

    Numbers stay as they are, and so does every other text; the stored tables have the texts
    themselves.

    Examples
    --------
    >>> as_csv(pd.DataFrame({"label": ["=1+1", "a"], "n": [-1, 2]}))
    "label,n\n'=1+1,-1\na,2\n"
    """
    shown = table.copy()
    for name, column in table.items():
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            shown[name] = column.astype(object).map(_plain)
    # a lone carriage return ends a line for many readers, and is not quoted of itself
    returns = any("\r" in cell for cell in shown.to_numpy().ravel() if isinstance(cell, str))
    return shown.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL)


def _plain(cell: Any) -> Any:
    computed = isinstance(cell, str) and cell.lstrip(" ").startswith(BEGINS)
    return f"'{cell}" if computed else cell
