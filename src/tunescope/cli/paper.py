"""The command that sets runs beside the paper: paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tunescope.cli.output import Json, as_json, show
from tunescope.cli.runs import finished
from tunescope.errors import InputError


def paper(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; by default RUN/paper.")
    ] = None,
    json: Json = False,
) -> None:
    """Set runs beside the paper: its tables, figures and findings from what they stored.

    Several runs, of different models, tasks or seeds, are taken as one.
    """
    from tunescope.paper import findings, join
    from tunescope.paper.writing import refuse_foreign, write

    if out is not None:
        refuse_foreign(out)
    runs = finished(folders)
    if out is None and len(folders) > 1:
        raise InputError("several runs: say with --out where their paper shall be")
    tables, record = join({name: (run.tables, run.record) for name, run in runs.items()})
    folder = folders[0] / "paper" if out is None else out
    files = write(folder, tables=tables, record=record)
    found = findings(tables, record)
    if json:
        typer.echo(as_json({"paper": folder, "findings": found}))
        return
    several = ["protocol"] if found["protocol"].any() else []
    show(found[["section", "finding", *several, "verdict"]], "The paper's findings here")
    typer.echo(f"Paper: {folder / 'index.html'} ({len(files)} files)")
