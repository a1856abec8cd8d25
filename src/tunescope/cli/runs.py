"""Commands that make and show runs: demo, run, compare, inspect, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from tunescope.cli.bars import Bar, bar
from tunescope.cli.options import data_given, overlaid, typed, with_options
from tunescope.cli.output import Json, Quiet, as_json
from tunescope.cli.telling import remember, remembered, summary, tell
from tunescope.errors import InputError, nearest
from tunescope.studies.inspection import Inspection
from tunescope.studies.study import Study

if TYPE_CHECKING:
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
Suspects = Annotated[
    int, typer.Option("--suspects", min=0, help="How many examples to look at again are printed.")
]

DEMO: dict[str, Any] = {
    "models": ["minilm"],
    "tasks": ["demo-questions", "demo-pos"],
    "tuning": {"epochs": 4, "snapshots": 6},
}
"""A study of three to ten minutes on two cores that shows every part of the report."""


GIF = "gif"
"""A format of `report` that is no page."""


def demo(
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Run a whole study offline, in three to ten minutes, and end with a report.

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
    from tunescope.studies.reading import read_study

    values = read_study(study).model_dump(exclude_unset=True) if study else {}
    values = overlaid(values, given)
    for needed in ("models", "tasks"):
        if needed not in values:
            option = needed.rstrip("s")
            raise InputError(f"no {option} given; name one with --{option}, or give a study.yaml")
    own = data_given(given) | ({} if test is None else {"test": str(test)})
    if own and not given["task"]:
        (*_, option) = typed(given).values() if data_given(given) else ["--test"]
        raise InputError(f"{option}: is about a --task of the call, and none is given")
    if own:
        values["tasks"] = [spelled_out(task, **own) for task in given["task"]]
    folder = out or Path(f"{study.stem}-run" if study else "tunescope-run")
    source = str(study or "the call")
    _conduct(values, source, folder, options=typed(given), quiet=quiet, json=json)


def _conduct(
    values: dict[str, Any],
    source: str,
    folder: Path,
    *,
    options: Mapping[tuple[str, ...], str] = MappingProxyType({}),
    quiet: bool,
    json: bool,
) -> None:
    from tunescope.studies.reading import make_study

    study = make_study(values, source=source, options=options)

    def conduct(progress: Bar) -> Run:
        from tunescope.studies.conduct import conduct

        return conduct(study, folder, progress=progress)

    _do(conduct, study, folder, quiet=quiet, json=json)


def _do(
    work: Callable[[Bar], Run],
    settings: Study | Inspection,
    folder: Path,
    *,
    quiet: bool,
    json: bool,
    most: int = 0,
) -> None:
    """Do the work of a command, write its page, and tell what was found; or tell it again."""
    values = settings.model_dump(mode="json")
    page = folder / "report.html"
    told = remembered(folder, values, most)
    if told is None:
        from tunescope import reports

        with bar(quiet=quiet, as_events=json) as progress:
            run = work(progress)
            if not page.exists():
                progress.say("writing the report")
                reports.write(folder, tables=run.tables, record=run.record)
        told = summary(run.tables, run.record, most)
        remember(run, values, most, told)
    tell(told, folder, page, as_text=not json)


@with_options(Inspection)
def compare(
    before: Annotated[str, typer.Argument(help="A model: name, Hub id or folder.")],
    after: Annotated[str, typer.Argument(help="The same, fine-tuned; or an adapter's folder.")],
    data: Data,
    test: Test = None,
    suspects: Suspects = 10,
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """Compare two checkpoints on one labelled data set, for a model fine-tuned elsewhere."""
    folder = out or Path("tunescope-compare")
    _inspect([before, after], data, test, given, folder, suspects=suspects, quiet=quiet, json=json)


@with_options(Inspection)
def inspect(
    model: Annotated[str, typer.Argument(help="A model: name, Hub id or folder.")],
    data: Data,
    test: Test = None,
    suspects: Suspects = 10,
    out: Out = None,
    quiet: Quiet = False,
    json: Json = False,
    **given: Any,
) -> None:
    """Look at one checkpoint on one labelled data set: the labels that it confuses, and where."""
    folder = out or Path("tunescope-inspect")
    _inspect([model], data, test, given, folder, suspects=suspects, quiet=quiet, json=json)


def _inspect(
    models: list[str],
    data: str,
    test: Path | None,
    given: dict[str, Any],
    folder: Path,
    *,
    suspects: int,
    quiet: bool,
    json: bool,
) -> None:
    from tunescope.studies.own_tasks import spelled_out
    from tunescope.studies.reading import checked

    own = data_given(given) | ({} if test is None else {"test": str(test)})
    task: Any = spelled_out(data, **own) if own else data
    values = overlaid({"models": models, "task": task}, given, Inspection)
    options = typed(given, Inspection, task="task")
    inspection = checked(Inspection, values, source="the call", options=options)

    def look(progress: Bar) -> Run:
        from tunescope.studies.checkpoints import inspect_models

        return inspect_models(inspection, folder, progress=progress)

    _do(look, inspection, folder, quiet=quiet, json=json, most=suspects)


def report(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Path of the page; folder of GIFs, or of an export; by default in the run's.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="html (the default), pdf, md, or gif: the examples in motion."
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            help="Instead of a report, atlas: Parquet files for Embedding Atlas; archive: record "
            "and tables without the texts of the data."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write the report again from the stored tables of one run, or of several side by side."""
    from tunescope import reports
    from tunescope.reports.writing import together, write_gifs

    found = finished(folders)
    if form is not None:
        _check_choice("--format", form, (*get_args(reports.Form), GIF))
    if export is not None:
        _check_choice("--export", export, ("atlas", "archive"))
        if form is not None:
            raise InputError("--export and --format: what is exported has its own; give one")
        if len(found) > 1:
            raise InputError(f"--export {export}: name one run")
        (run,) = found.values()
        (_atlas if export == "atlas" else _archive)(run, out, json=json)
        return
    if out is None and len(found) > 1:
        raise InputError("several runs: say with --out where their page shall be")
    (one, *others) = found.values()
    if form == GIF:
        tables = together({name: run.tables for name, run in found.items()})
        gifs = write_gifs(out or one.path("figures"), tables if others else one.tables)
        typer.echo(
            as_json({"files": gifs}) if json else "\n".join(f"Report: {gif}" for gif in gifs)
        )
        return
    written = cast("Any", form or "html")
    if out is not None and others:
        several = {name: (run.tables, run.record) for name, run in found.items()}
        page = reports.write_several(several, out=out, form=written)
    else:
        page = reports.write(
            one.folder, tables=one.tables, record=one.record, out=out, form=written
        )
    typer.echo(as_json({"report": page}) if json else f"Report: {page}")


def _check_choice(option: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise InputError(f"{option} {given!r}: {nearest(given, known)}")


def _archive(run: Run, out: Path | None, *, json: bool) -> None:
    """Write what may be published where the texts may not, in the run's folder or elsewhere."""
    from tunescope.reports import archive

    folder = archive.export(run, out or run.path("archive"))
    typer.echo(as_json({"archive": folder}) if json else f"Archive: {folder}")


def _atlas(run: Run, out: Path | None, *, json: bool) -> None:
    """Write what Embedding Atlas opens, in the run's folder or elsewhere."""
    from tunescope import reports

    files = reports.export_atlas(out or run.path("atlas"), run.tables, reports.kept_vectors(run))
    if json:
        typer.echo(as_json({"files": files}))
        return
    typer.echo("\n".join(f"Atlas: {path}" for path in files))
    typer.echo(f"Open one: embedding-atlas {files[-1]} --text text --x x --y y")


def finished(folders: list[Path]) -> dict[str, Run]:
    """Open runs that have their tables, by the names of their folders."""
    from tunescope.runs import Run

    found = {str(folder): Run.open(folder) for folder in folders}
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise InputError("one run is named twice; name each once")
    for name, one in found.items():
        if not one.tables:
            raise InputError(f"{name}: the run has no tables yet; finish it with tunescope run")
    return found
