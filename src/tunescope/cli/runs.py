"""Commands that make and show runs: demo, run, compare, inspect, report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunescope.cli.options import data_given, overlaid, with_options
from tunescope.cli.output import Json, Quiet, as_json, bar, show, visible
from tunescope.errors import InputError
from tunescope.studies.inspection import Inspection, trained_on
from tunescope.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from tunescope.runs import Run

Out = Annotated[Path | None, typer.Option("--out", help="Folder of the run.")]
Test = Annotated[
    Path | None,
    typer.Option("--test", help="File of the test split, where the other is the training split."),
]
Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="FILE|NAME|ID|FOLDER",
        help="Labelled texts: a file, a task's name, a Hugging Face data set or its folder.",
    ),
]
CONFUSED = 8
"""Pairs of labels that are printed."""

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


@with_options(Study)
def run(
    study: Annotated[
        Path | None, typer.Argument(help="A study as YAML; options given here win over it.")
    ] = None,
    test: Test = None,
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """Fine-tune models on tasks, measure every snapshot, and write a report.

    A run that was stopped goes on where it was with the same command.
    """
    from tunescope.studies.own_tasks import spelled_out
    from tunescope.studies.study import read_study

    values = read_study(study).model_dump(exclude_unset=True) if study else {}
    values = overlaid(values, given)
    for needed in ("models", "tasks"):
        if needed not in values:
            option = needed.rstrip("s")
            raise InputError(f"no {option} given; name one with --{option}, or give a study.yaml")
    own = data_given(given) | ({} if test is None else {"test": str(test)})
    if own and not given["task"]:
        raise InputError(f"--{next(iter(own))}: is about a --task of the call, and none is given")
    if own:
        values["tasks"] = [spelled_out(task, **own) for task in given["task"]]
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
    _tell(finished.tables, folder, page, finished.record, json=json)


def _tell(
    tables: dict[str, Any], folder: Path, page: Path, record: dict[str, Any], *, json: bool
) -> None:
    from tunescope.tables import confused, overview

    found, wrong = overview(tables), confused(tables)
    notes = [note for of_task in record.get("notes", {}).values() for note in of_task]
    notes += [*record.get("differences", ()), *_without_head(record)]
    said = trained_on(record)
    if json:
        told = {"run": folder, "report": page, "summary": found, "confusions": wrong}
        typer.echo(as_json({**told, "notes": notes, "trained_on": said}))
        return
    two = "tuned" in {stage for table in tables.values() for stage in _stages(table)}
    if not two:
        found, wrong = (_of_one(table) for table in (found, wrong))
    show(found, "In the last layer")
    if len(wrong):
        show(wrong.drop(columns="seed").head(CONFUSED), "Labels taken for others, test examples")
    for note in [*notes, *([said] if said else [])]:
        typer.echo(f"Note: {visible(note)}")
    typer.echo(f"Tables: {folder / 'tables'}\nReport: {page}")


def _without_head(record: dict[str, Any]) -> Iterable[str]:
    """Say why a model's own head was not asked."""
    models = record.get("study", {}).get("models", [])
    for model, why in zip(models, record.get("heads", {}).values(), strict=False):
        if why:
            yield f"no predictions of {model}'s own head: {why}"


def _stages(table: pd.DataFrame) -> Iterable[str]:
    return set(table["stage"]) if "stage" in table else ()


def _of_one(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out of a summary what needs two models."""
    if "quantity" in table:
        table = table[~table["quantity"].str.contains("original")]
    return table.drop(columns="after").rename(columns={"before": "value"})


@with_options(Inspection)
def compare(
    before: Annotated[str, typer.Argument(help="A model: name, Hub id or folder.")],
    after: Annotated[str, typer.Argument(help="The same, fine-tuned; or an adapter's folder.")],
    data: Data,
    test: Test = None,
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """Compare two checkpoints on one labelled data set, for a model fine-tuned elsewhere."""
    folder = out or Path("tunescope-compare")
    _inspect([before, after], data, test, given, folder, quiet=quiet, json=json)


@with_options(Inspection)
def inspect(
    model: Annotated[str, typer.Argument(help="A model: name, Hub id or folder.")],
    data: Data,
    test: Test = None,
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """Look at one checkpoint on one labelled data set: the labels that it confuses, and where."""
    folder = out or Path("tunescope-inspect")
    _inspect([model], data, test, given, folder, quiet=quiet, json=json)


def _inspect(
    models: list[str],
    data: str,
    test: Path | None,
    given: dict[str, Any],
    folder: Path,
    *,
    quiet: bool,
    json: bool,
) -> None:
    from tunescope import reports
    from tunescope.studies.own_tasks import spelled_out
    from tunescope.studies.study import checked

    own = data_given(given)
    task: Any = (
        data
        if test is None and not own
        else spelled_out(data, test=None if test is None else str(test), **own)
    )
    values = overlaid({"models": models, "task": task}, given, Inspection)
    inspection = checked(Inspection, values, source="the call")
    from tunescope.studies.checkpoints import inspect_models

    with bar(quiet=quiet) as progress:
        finished = inspect_models(inspection, folder, progress=progress)
        page = finished.path("report.html")
        if not page.exists():
            progress.say("writing the report")
            reports.write(folder, tables=finished.tables, record=finished.record)
    _tell(finished.tables, folder, page, finished.record, json=json)


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
