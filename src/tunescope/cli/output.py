"""What the commands print: progress on stderr, results on stdout, as text or JSON."""

from __future__ import annotations

import json
import math
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Protocol

import pandas as pd
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as Remaining
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of characters that are no picture."""

WIDTH_OF_A_FILE = 160
"""Columns of a table that is not shown on a terminal, which has a width of its own."""


REST = 0.05
"""Share of a command that comes after its steps: the page and its figures."""
EVERY = 30.0
"""Seconds after which a line is printed where nothing is shown on a terminal."""


class Bar(Protocol):
    """How far a command is, for a person."""

    def plan(self, total: float) -> None:
        """Set how much there is to do."""

    def advance(self, amount: float) -> None:
        """Move on."""

    def say(self, doing: str) -> None:
        """Show what is being done: a step."""

    def follow(self, doing: str) -> None:
        """Show how far a step is, which changes often."""


class Moving:
    """A progress bar on a terminal, with an estimate of the rest."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def plan(self, total: float) -> None:
        """Set how much there is to do; the bar is not full before the page is written."""
        self._progress.update(self._task, total=total / (1 - REST))

    def advance(self, amount: float) -> None:
        """Move on."""
        self._progress.advance(self._task, amount)

    def say(self, doing: str) -> None:
        """Show what is being done."""
        self._progress.update(self._task, description=doing)

    follow = say


class Lines:
    """Lines for a file: one a step, and one every half a minute, with an estimate of the rest.

    Parameters
    ----------
    write : takes a line.
    clock : gives seconds.
    """

    def __init__(
        self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._begin = self._last = clock()
        self._total, self._done, self._doing = 0.0, 0.0, "starting"

    def plan(self, total: float) -> None:
        """Set how much there is to do."""
        self._total = total / (1 - REST)

    def advance(self, amount: float) -> None:
        """Move on."""
        self._done += amount
        self.follow(self._doing)

    def say(self, doing: str) -> None:
        """Print what is being done."""
        self._doing = doing
        self._print()

    def follow(self, doing: str) -> None:
        """Print it if nothing was printed for half a minute."""
        self._doing = doing
        if self._clock() - self._last >= EVERY:
            self._print()

    def _print(self) -> None:
        self._last = self._clock()
        elapsed = self._last - self._begin
        known = self._total > 0 and self._done > 0
        left = elapsed * (self._total - self._done) / self._done if known else 0.0
        share = f"{self._done / self._total:.0%}, " if known else ""
        rest = f", about {_clock_time(left)} left" if known else ""
        self._write(f"[{share}{_clock_time(elapsed)}{rest}] {visible(self._doing)}")


def _clock_time(seconds: float) -> str:
    """Write seconds as a clock does.

    Examples
    --------
    >>> _clock_time(75), _clock_time(3700)
    ('1:15', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Quiet:
    def plan(self, total: float) -> None: ...

    def advance(self, amount: float) -> None: ...

    def say(self, doing: str) -> None: ...

    def follow(self, doing: str) -> None: ...


@contextmanager
def bar(*, quiet: bool) -> Iterator[Bar]:
    """Show on stderr how far it is, for as long as the body runs: a bar, or lines in a file."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield _Quiet() if quiet else Lines(lambda line: typer.echo(line, err=True))
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        Remaining(),
    )
    with Progress(*columns, console=console, transient=True) as shown:
        yield Moving(shown)


def as_json(value: Any) -> str:
    """Write a result as JSON; what is missing is null, never NaN."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    if any("\ud800" <= character <= "\udfff" for character in text):
        # of a file's name that is no UTF-8; only escaped can that be written
        text = json.dumps(plain(value), indent=2, allow_nan=False)
    return text


def plain(value: Any) -> Any:
    """Make plain values of tables, arrays and paths; what is missing is None."""
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
