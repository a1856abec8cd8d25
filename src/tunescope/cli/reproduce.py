"""The command that does the paper's experiments again: reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tunescope.arguments import whole_number
from tunescope.cli.bars import bar
from tunescope.cli.output import Json, Quiet, as_json, show
from tunescope.errors import InputError
from tunescope.storage import check_folder

if TYPE_CHECKING:
    from tunescope.paper.cost import Plan


def reproduce(
    models: Annotated[
        str | None, typer.Option(help="Separated by commas; default: the paper's five.")
    ] = None,
    tasks: Annotated[
        str | None, typer.Option(help="Separated by commas; default: the paper's five.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Of fine-tuning, separated by commas.")] = "0",
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="A first look: 3 epochs, 5 snapshots, the quick probe, no random weights.",
        ),
    ] = False,
    protocol: Annotated[
        str | None,
        typer.Option(help="Probe: zhou2022-halving (the default), zhou2022, quick, none."),
    ] = None,
    keep: Annotated[
        str,
        typer.Option(help="Snapshots whose vectors stay on disk: none, ends, all, models."),
    ] = "none",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    workers: Annotated[
        int | None, typer.Option(help="Processes of this machine that share the steps.")
    ] = None,
    gpus_per_worker: Annotated[
        int, typer.Option(help="GPUs that each of them has for itself.")
    ] = 0,
    cluster: Annotated[
        str | None, typer.Option(help="A running Dask scheduler: its address, or its file.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would be done, and how long it takes.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")] = Path(
        "tunescope-reproduction"
    ),
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Do the paper's experiments: its tables and figures beside ours, and what holds.

    The same command goes on where it was stopped. Ends with report.html and, in paper/,
    tables, figures, findings, and a LaTeX document of them.
    """
    from tunescope import reports
    from tunescope.paper import cost, findings, reproduction
    from tunescope.paper.writing import write
    from tunescope.studies.conduct import conduct
    from tunescope.studies.engines import check_engine
    from tunescope.studies.own_tasks import find_tasks

    check_folder(out)
    study = reproduction.reproduction(
        models=_names(models, "--models") or reproduction.MODELS,
        tasks=_names(tasks, "--tasks") or reproduction.TASKS,
        seeds=_seeds(seeds),
        quick=quick,
        protocol=protocol,
        keep=keep,
        device=device,
        engine={"workers": workers, "cluster": cluster, "gpus_per_worker": gpus_per_worker},
    )
    check_engine(study.engine)
    found_tasks = find_tasks(study)
    planned = cost.plan(study, found_tasks)
    if not json or plan:
        _say(planned, out, json=json)
    if plan:
        return
    with bar(quiet=quiet, as_events=json) as progress:
        run = conduct(study, out, tasks=found_tasks, progress=progress)
        progress.say("writing the report")
        page = run.path("report.html")
        if not page.exists():
            reports.write(out, tables=run.tables, record=run.record)
        files = write(out / "paper", tables=run.tables, record=run.record)
    found = findings(run.tables, run.record)
    if json:
        result = {"run": out, "report": page, "paper": out / "paper", "findings": found}
        typer.echo(as_json(result))
        return
    show(found[["section", "finding", "verdict"]], "The paper's findings here")
    typer.echo(f"Report: {page}\nPaper:  {out / 'paper' / 'index.html'} ({len(files)} files)")


def _names(text: str | None, option: str) -> list[str]:
    if text is None:
        return []
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise InputError(f"{option} {text!r}: expected names separated by commas")
    return names


def _seeds(text: str) -> list[int]:
    seeds = [whole_number(part) for part in _names(text, "--seeds")]
    found = [seed for seed in seeds if seed is not None]
    if len(found) < len(seeds):
        raise InputError(
            f"--seeds {text!r:.60}: expected whole numbers separated by commas, as 0,1,2"
        )
    return found


def _say(planned: Plan, out: Path, *, json: bool) -> None:
    from tunescope.runs import RECORD

    if json:
        typer.echo(as_json({**vars(planned), "jobs": planned.jobs}))
        return
    lines = [
        f"{planned.jobs:,} jobs: {_of(planned.tunings, 'fine-tuning')} "
        f"({_of(planned.models, 'model')}, {_of(planned.tasks, 'task')}), "
        f"{_of(planned.snapshots, 'snapshot')} to measure, {_of(planned.transfers, 'transfer')}.",
        f"Roughly {_duration(planned.seconds)} here, within a factor of three; disk for vectors "
        f"{_bytes(planned.bytes_at_once)} while it runs, {_bytes(planned.bytes_kept)} afterwards.",
    ]
    if (out / RECORD).exists():
        lines.append(f"That is all of it; what is done in {out} already is not done again.")
    if planned.unknown:
        names = ", ".join(planned.unknown)
        lines.append(f"Not known before the download, counted as bert-base: {names}.")
    typer.echo("\n".join(lines), err=True)


def _of(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _duration(seconds: float) -> str:
    """Say a time with one unit.

    Examples
    --------
    >>> _duration(90), _duration(5400), _duration(300000)
    ('2 minutes', '1.5 hours', '3.5 days')
    """
    if seconds < 3600:
        return _of(max(1, round(seconds / 60)), "minute")
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86400:.1f} days"


def _bytes(number: float) -> str:
    """Say a size with one unit.

    Examples
    --------
    >>> _bytes(0), _bytes(3.2e9)
    ('0 MB', '3.2 GB')
    """
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
