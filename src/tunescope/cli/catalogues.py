"""Commands that say what there is: models, data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from tunescope.cli.bars import Bar, bar
from tunescope.cli.output import Json, Quiet, as_json, show
from tunescope.errors import InputError

data = typer.Typer(
    name="data",
    help="What tasks there are, where their data come from, and what is here already.",
    rich_markup_mode=None,
)


def models(json: Json = False) -> None:
    """List the models with a short name. Any Hub id or folder can be used as well."""
    from tunescope.encoders import catalogue

    table = pd.DataFrame(
        [
            {
                "name": entry.name,
                "layers": entry.n_layers,
                "heads": entry.n_heads,
                "features": entry.n_features,
                "parameters": entry.n_parameters,
                "source": entry.hub_id or f"package {entry.package}",
                "revision": (entry.revision or "newest")[:8] if entry.hub_id else "",
                "here": entry.here,
            }
            for entry in catalogue()
        ]
    )
    typer.echo(as_json(table)) if json else show(table, "Models")


def _follow(progress: Bar) -> Callable[[str, int, int], None]:
    def follow(file: str, done: int, total: int) -> None:
        of_all = f" of {total / 1e6:.1f}" if total else ""
        progress.follow(f"downloading {file}: {done / 1e6:.1f}{of_all} MB")

    return follow


@data.callback(invoke_without_command=True)
def listing(context: typer.Context, json: Json = False) -> None:
    """List the tasks, where their data come from, and whether they are here."""
    if context.invoked_subcommand:
        if json:
            raise InputError(f"--json: say it after {context.invoked_subcommand}, if it takes it")
        return
    from tunescope.tasks.corpora.download import status
    from tunescope.tasks.corpora.places import cache_folder, data_folder

    rows = [asdict(row) for row in status()]
    if json:
        typer.echo(as_json(rows))
        return
    columns = ["task", "kind", "description", "source", "licence", "here"]
    show(pd.DataFrame(rows)[columns], "Tasks")
    places = dict.fromkeys(map(str, (data_folder(), cache_folder())))
    typer.echo(f"Looked for in: {', '.join(places)}")
    typer.echo("Get one that is not here with: tunescope data get NAME")


@data.command("get")
def get_data(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Tasks or corpora.")],
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to keep it; by default TUNESCOPE_DATA or the user's cache."),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Download the data of tasks from where they are published, and check every byte."""
    from tunescope.tasks.corpora.download import get

    paths = []
    with bar(quiet=quiet, as_events=json) as progress:
        for name in names:
            paths += get(name, folder, progress=_follow(progress))
    if json:
        typer.echo(as_json({"files": paths}))
    else:
        typer.echo("\n".join(str(path) for path in paths) or "nothing to download: built in")
