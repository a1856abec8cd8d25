"""Conduct a study: every model, task and seed, from text to tables, going on where it stopped."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tunescope.devices import choose_device
from tunescope.encoders import find_model
from tunescope.errors import InputError, nearest
from tunescope.progress import Progress, Silent
from tunescope.runs import Run
from tunescope.studies.assemble import assemble
from tunescope.studies.cell import Cell
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.questions.measure import describe_probe
from tunescope.studies.study import Study
from tunescope.tasks import Task

MAY_GROW = ("models", "tasks", "seeds", "transfer", "data")
"""What a study in the same folder may have more of than when the folder was begun."""


def conduct(
    study: Study,
    folder: Path,
    *,
    tasks: dict[str, Task] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Do what a study asks for and is not done yet.

    Parameters
    ----------
    study : what to find out.
    folder : the run folder; a new one, or one in which this study was begun, perhaps with fewer
        models, tasks or seeds.
    tasks : the study's tasks, where they were loaded before.
    progress : who wants to know how far it is.

    Returns
    -------
    Run
        With its tables written.

    Raises
    ------
    InputError
        If a model, a task or the folder is not what it should be. A folder that was made for
        this call and has nothing in it yet is removed again.
    """
    progress = progress or Silent()
    choose_device(study.device)
    for model in study.models:
        find_model(model)
    tasks = find_tasks(study) if tasks is None else tasks
    _check_transfers(study, list(tasks))
    made = not Path(folder).exists()
    identity = {**study.identity, "data": {name: dict(t.provenance) for name, t in tasks.items()}}
    settings = study.model_dump(mode="json")
    with Run.start(folder, settings, identity=identity, may_grow=MAY_GROW) as run:
        run.note(
            notes={name: list(task.notes) for name, task in tasks.items()},
            tasks={name: _sizes(task) for name, task in tasks.items()},
            probe=describe_probe(study),
        )
        cells = [
            Cell(run, study, model, task, progress, _probed(study, task, tasks))
            for model in study.models
            for task in tasks.values()
        ]
        try:
            progress.plan(sum(cell.cost() for cell in cells))
            for cell in cells:
                cell.conduct()
        except InputError:
            if made and not run.path("steps").exists():
                shutil.rmtree(run.folder)
            raise
        if not run.record.get("complete"):
            progress.say("putting the tables together")
            steps = (step for cell in cells for step in cell.steps())
            run.write_tables(assemble(steps, study.seeds))
            run.path("report.html").unlink(missing_ok=True)  # that of fewer models, tasks or seeds
            run.note(complete=True, timings=[time for cell in cells for time in cell.timings()])
    return run


def _check_transfers(study: Study, names: list[str]) -> None:
    for number, pair in enumerate(study.transfer):
        for key, name in (("tune", pair.tune), ("probe", pair.probe)):
            if name not in names:
                raise InputError(
                    f"transfer.{number}.{key}: {name!r} is no task of this study; "
                    f"{nearest(name, names)}"
                )
        if pair.tune == pair.probe:
            raise InputError(
                f"transfer.{number}: both tasks are {pair.tune!r}; what fine-tuning does to its "
                "own task is measured anyway"
            )


def _probed(study: Study, task: Task, tasks: dict[str, Task]) -> tuple[Task, ...]:
    """Find the tasks that are looked at under the model tuned on this one."""
    names = dict.fromkeys(pair.probe for pair in study.transfer if pair.tune == task.name)
    return tuple(tasks[name] for name in names)


def _sizes(task: Task) -> dict[str, Any]:
    splits = {name: len(split) for name, split in task.splits.items()}
    return {"kind": task.kind, "labels": len(task.label_names), "examples": splits}
