"""Commands that make and show runs: demo, run, compare, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunescope.cli.options import overlaid, with_options
from tunescope.cli.output import Json, Quiet, as_json, bar, show
from tunescope.errors import InputError

if TYPE_CHECKING:
    from tunescope.runs import Run

Out = Annotated[Path | None, typer.Option("--out", help="Folder of the run.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]

DEMO: dict[str, Any] = {
    "models": ["minilm"],
    "tasks": ["demo-questions", "demo-pos"],
    "tuning": {"epochs": 4, "snapshots": 6},
}
"""A study of a few minutes on two cores that shows every part of the report."""


def demo(
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Run a whole study offline in a few minutes and end with a report.

    Fine-tunes MiniLM on the built-in questions and sentences. Needs the extra `demo`.
    """
    _conduct(DEMO, "the demo", out or Path("tunescope-demo"), quiet=quiet, json=json)


@with_options
def run(
    study: Annotated[
        Path | None, typer.Argument(help="A study as YAML; options given here win over it.")
    ] = None,
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """Fine-tune models on tasks, measure every snapshot, and write a report.

    A run that was stopped goes on where it was with the same command.
    """
    from tunescope.studies.study import read_study

    values = read_study(study).model_dump(exclude_unset=True) if study else {}
    values = overlaid(values, given)
    for needed in ("models", "tasks"):
        if needed not in values:
            option = needed.rstrip("s")
            raise InputError(f"no {option} given; name one with --{option}, or give a study.yaml")
    folder = out or Path(f"{study.stem}-run" if study else "tunescope-run")
    _conduct(values, str(study or "the call"), folder, quiet=quiet, json=json)


def _conduct(values: dict[str, Any], source: str, folder: Path, *, quiet: bool, json: bool) -> None:
    from tunescope import reports
    from tunescope.studies.conduct import conduct
    from tunescope.studies.study import make_study

    study = make_study(values, source=source)
    with bar(quiet=quiet) as progress:
        finished = conduct(study, folder, progress=progress)
        page = finished.path("report.html")
        if not page.exists():
            progress.say("writing the report")
            reports.write(folder, tables=finished.tables, record=finished.record)
    _tell(finished.tables, folder, page, json=json)


def _tell(tables: dict[str, Any], folder: Path, page: Path, *, json: bool) -> None:
    from tunescope.tables import overview

    found = overview(tables)
    if json:
        typer.echo(as_json({"run": folder, "report": page, "summary": found}))
        return
    show(found, "Before and after fine-tuning, last layer")
    typer.echo(f"Tables: {folder / 'tables'}\nReport: {page}")


def compare(
    before: Annotated[str, typer.Argument(help="A model: name, Hub id or folder.")],
    after: Annotated[str, typer.Argument(help="The same architecture, fine-tuned.")],
    data: Annotated[str, typer.Option(help="Task: a name, or a file of labelled texts.")],
    pooling: Annotated[str | None, typer.Option(help="Vector of a text: cls, mean, last.")] = None,
    device: Device = None,
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Compare two models on one labelled data set, for a model that was fine-tuned elsewhere."""
    from tunescope import reports
    from tunescope.studies.compare import compare_models

    folder = out or Path("tunescope-compare")
    with bar(quiet=quiet) as progress:
        finished = compare_models(
            before,
            after,
            data,
            folder,
            pooling=pooling,
            device=device or "auto",
            progress=progress,
        )
        page = reports.write(folder, tables=finished.tables, record=finished.record)
    _tell(finished.tables, folder, page, json=json)


def report(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; by default the run's folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the report again from the stored tables of one run, or of several side by side."""
    from tunescope import reports

    found = finished(folders)
    if len(found) == 1:
        (one,) = found.values()
        page = reports.write(one.folder, tables=one.tables, record=one.record, out=out)
    elif out is None:
        raise InputError("several runs: say with --out where their page shall be")
    else:
        several = {name: (one.tables, one.record) for name, one in found.items()}
        page = reports.write_several(several, out=out)
    typer.echo(as_json({"report": page}) if json else f"Report: {page}")


def finished(folders: list[Path]) -> dict[str, Run]:
    """Open runs that have their tables, by the names of their folders."""
    from tunescope.runs import Run

    found = {str(folder): Run.open(folder) for folder in folders}
    if len(found) < len(folders):
        raise InputError("one run is named twice; name each once")
    for name, one in found.items():
        if not one.tables:
            raise InputError(f"{name}: the run has no tables yet; finish it with tunescope run")
    return found
