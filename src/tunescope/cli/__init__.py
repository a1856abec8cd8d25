"""The command line: thin, one function a command.

Exit codes: 0 done; 1 it failed; 2 the input or the call is wrong; 130 stopped by Ctrl-C, 143 by
the system.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Annotated, Any, NoReturn

import typer

from tunescope import __version__
from tunescope.cli import catalogues, paper, reproduce, runs, vectors, verify
from tunescope.cli.output import visible
from tunescope.errors import InputError, TunescopeError
from tunescope.extras import explained
from tunescope.storage import reason

STOPPED, TERMINATED = 130, 143
"""Exit codes that shells give to what Ctrl-C and SIGTERM ended."""

app = typer.Typer(
    name="tunescope",
    help="See what fine-tuning did to a model's representations.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(runs.demo)
app.command()(runs.run)
app.command()(runs.compare)
app.command()(runs.inspect)
app.command()(reproduce.reproduce)
app.command()(paper.paper)
app.command()(runs.report)
app.command()(vectors.probe)
app.command()(verify.verify)
app.command()(catalogues.models)
app.add_typer(catalogues.data)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tunescope {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and end.")
    ] = False,
) -> None:
    """See what fine-tuning did to a model's representations."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a label that it cannot hold is no bug
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    with _stopped_in_order() as stops:
        try:
            code = app(arguments, prog_name="tunescope", standalone_mode=False)
            if code == STOPPED and not stops:
                stops.append(KeyboardInterrupt())
            if not stops:
                sys.exit(code if isinstance(code, int) else 0)
        except Exception as error:  # noqa: BLE001 - a bug is raised again
            if not stops:
                _end_with(error, sys.argv[1:] if arguments is None else arguments)
        except (KeyboardInterrupt, typer.Abort) as error:
            stops.append(error)
    # a stopped call may come back here in any way: typer and others have the exception before
    kept = [note for stop in stops for note in getattr(stop, "__notes__", ())]
    said = kept[0] if kept else "nothing is half-written, and the same command does it again"
    _end(f"tunescope: stopped; {said}", TERMINATED if "SIGTERM" in stops[0].args else STOPPED)


def _end_with(error: Exception, arguments: list[str]) -> NoReturn:
    """End with what an error says; a bug is raised again."""
    if isinstance(error, ImportError):
        error = explained(error, "this command") or error
    if isinstance(error, TunescopeError):
        code = 2 if isinstance(error, InputError) else 1
        _end(f"tunescope: {error}{_notes(error)}", code)
    if isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        _end(f"tunescope: {where}{reason(error)}{_notes(error)}", 1)
    if isinstance(error, MemoryError):
        _end(f"tunescope: not enough memory{_notes(error)}", 1)
    if not hasattr(error, "format_message"):  # a mistake in the call has one, a bug has not
        raise error
    _end(_usage(error, arguments), 2)


@contextmanager
def _stopped_in_order() -> Iterator[list[BaseException]]:
    """Take SIGTERM and a closed terminal as Ctrl-C; the second of them ends the process at once.

    A signal that the process was started to ignore stays ignored.

    Yields
    ------
    list
        Gets the exception that is raised at the first signal.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP") if current_thread() is main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    old = {number: signal.getsignal(number) for number in numbers}
    old = {number: handler for number, handler in old.items() if handler != signal.SIG_IGN}
    stops: list[BaseException] = []

    def stop(number: int, _frame: object) -> None:
        for one in old:
            signal.signal(one, signal.SIG_DFL)
        stops.append(KeyboardInterrupt(signal.Signals(number).name))
        raise stops[0]

    for number in old:
        signal.signal(number, stop)
    try:
        yield stops
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _notes(error: BaseException) -> str:
    """What an error says besides, such as what is kept."""
    return "".join(f"\n{note}" for note in getattr(error, "__notes__", ())[:1])


def _usage(error: Any, arguments: list[str]) -> str:
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    context = getattr(error, "ctx", None)
    command = context.command_path if context else _command(arguments)
    return f"{command}: {error.format_message()}\nTry '{command} --help'."


def _command(arguments: list[str]) -> str:
    """Name the command of a call, where a mistake in its options does not know it."""
    group: Any = typer.main.get_command(app)
    words = [group.name]
    for word in arguments:
        group = getattr(group, "commands", {}).get(word)
        if group is None:
            break
        words.append(word)
    return " ".join(words)


def _end(message: str, code: int) -> NoReturn:
    lines = (visible(line) for line in message.split("\n"))
    print("\n".join(lines), file=sys.stderr)  # noqa: T201 - the one place that speaks for a failed call
    sys.exit(code)
