"""How far a command is, on stderr: a bar, lines in a file, or events for a program."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as Remaining

from tunescope.cli.output import visible

REST = 0.05
"""Share of a command that comes after its steps: the page and its figures."""
TELLING = 0.05
"""Share that has to be done before the rest is estimated from it."""
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
        self._begin = self._last = self._planned = clock()
        self._total, self._done, self._doing = 0.0, 0.0, "starting"

    def plan(self, total: float) -> None:
        """Set how much there is to do; what came before is not counted when the rest is told."""
        self._total = total / (1 - REST)
        self._planned = self._clock()

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
        share = self._done / self._total if known else None
        told = share is not None and share >= TELLING
        working = self._last - self._planned
        left = working * (self._total - self._done) / self._done if told else None
        self._write(self._line(elapsed, share, left))

    def _line(self, elapsed: float, share: float | None, left: float | None) -> str:
        done = "" if share is None else f"{share:.0%}, "
        rest = "" if left is None else f", about {_clock_time(left)} left"
        return f"[{done}{_clock_time(elapsed)}{rest}] {visible(self._doing)}"


class Events(Lines):
    """The same for a program: each line is a JSON object.

    ``doing``, ``seconds`` since the beginning, ``share`` that is done and ``seconds_left``, the
    last two null as long as nothing is known.
    """

    def _line(self, elapsed: float, share: float | None, left: float | None) -> str:
        return json.dumps(
            {
                "doing": self._doing,
                "seconds": round(elapsed, 3),
                "share": None if share is None else round(share, 4),
                "seconds_left": None if left is None else round(left, 1),
            }
        )


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
def bar(*, quiet: bool, as_events: bool = False) -> Iterator[Bar]:
    """Show on stderr how far it is, for as long as the body runs: a bar, or lines in a file.

    Parameters
    ----------
    quiet : show nothing.
    as_events : write lines that a program reads, wherever stderr leads.
    """
    console = Console(stderr=True)
    if quiet:
        yield _Quiet()
        return
    if as_events or not console.is_terminal:
        lines = Events if as_events else Lines
        yield lines(lambda line: typer.echo(line, err=True))
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
