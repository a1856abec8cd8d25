"""What the commands print: results on stdout, as text or JSON."""

from __future__ import annotations

import json
import math
import sys
import unicodedata
from typing import Annotated, Any

import pandas as pd
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print results as JSON, progress as events.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of characters that are no picture."""

WIDTH_OF_A_FILE = 160
"""Columns of a table that is not shown on a terminal, which has a width of its own."""


def as_json(value: Any) -> str:
    """Write a result as JSON for stdout; what is missing is null, never NaN, infinity a text."""
    value = plain(value)
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        # what stdout cannot hold, and a file's name that is no UTF-8, can be written escaped
        text = json.dumps(value, indent=2, allow_nan=False)
    return text


def plain(value: Any) -> Any:
    """Make plain values of tables, arrays and paths, as JSON can hold them.

    What is missing is None. JSON has no infinite numbers: they are the texts ``inf`` and ``-inf``,
    which every language reads as a number, and which are not taken for missing ones.

    Examples
    --------
    >>> plain({"published": float("inf"), "lower": 0.5, "upper": float("nan")})
    {'published': 'inf', 'lower': 0.5, 'upper': None}
    """
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict("records")]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def show(table: pd.DataFrame, title: str) -> None:
    """Print a table for a person."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    shown = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for column in table.columns:
        numeric = pd.api.types.is_numeric_dtype(table[column])
        shown.add_column(
            Text(visible(str(column))), justify="right" if numeric else "left", overflow="fold"
        )
    for row in table.itertuples(index=False):
        shown.add_row(*(_cell(value) for value in row))
    console.print(shown)


def _cell(value: Any) -> Text:
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
    ):
        return Text("–")
    if isinstance(value, float):
        return Text(f"{value:.0f}" if value.is_integer() else f"{value:.4g}")
    return Text(visible(str(value)))


def visible(text: str) -> str:
    """Show what a terminal would obey: control characters, marks of direction, lone surrogates.

    Examples
    --------
    >>> print(visible("a\\x1b[31mb größe"))
    a\\x1b[31mb größe
    """
    return "".join(
        character
        if unicodedata.category(character) not in OBEYED
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
