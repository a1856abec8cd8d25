"""The command line: thin, one function a command.

Exit codes: 0 done; 1 it failed; 2 the input or the call is wrong; 130 interrupted.
"""

from __future__ import annotations

import logging
import sys
from typing import Annotated, Any

import typer

from tunescope import __version__
from tunescope.cli import catalogues, paper, reproduce, runs, vectors, verify
from tunescope.errors import InputError, TunescopeError

app = typer.Typer(
    name="tunescope",
    help="See what fine-tuning did to a model's representations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(runs.demo)
app.command()(runs.run)
app.command()(runs.compare)
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
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        code = app(arguments, prog_name="tunescope", standalone_mode=False)
    except InputError as error:
        _end(f"tunescope: {error}", 2)
    except TunescopeError as error:
        _end(f"tunescope: {error}", 1)
    except (KeyboardInterrupt, typer.Abort):
        _end("tunescope: stopped; the same command goes on from here", 130)
    except Exception as error:
        if not hasattr(error, "format_message"):  # a mistake in the call has one, a bug has not
            raise
        _end(_usage(error), 2)
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: Any) -> str:
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "tunescope"
    return f"{command}: {error.format_message()}\nTry '{command} --help'."


def _end(message: str, code: int) -> None:
    print(message, file=sys.stderr)  # noqa: T201 - the one place that speaks for a failed call
    sys.exit(code)
