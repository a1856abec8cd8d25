"""Conduct a study: every model, task and seed, from text to tables, going on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunescope.devices import choose_device
from tunescope.encoders.loading import model_bytes
from tunescope.errors import InputError, nearest
from tunescope.progress import Progress, Silent
from tunescope.runs import Run
from tunescope.studies.assemble import assemble
from tunescope.studies.engines import check_engine, execute
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.plan import study_steps
from tunescope.studies.questions.measure import describe_probe
from tunescope.studies.revisions import pin
from tunescope.studies.spending import SPENT, total
from tunescope.studies.steps import Graph, Step
from tunescope.studies.study import Engine, Study
from tunescope.studies.work import Workshop
from tunescope.tasks import Task, task_names
from tunescope.tasks.content import made_of, sizes_of

MAY_GROW = ("models", "tasks", "seeds", "transfer", "data", "bytes")
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
    progress : who hears how far it is.

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
    check_engine(study.engine)
    if study.engine.cluster is None:
        choose_device(study.device, training=True)
    bytes_of = {model: model_bytes(model) for model in study.models}
    own = set(tasks or ()) - set(task_names())  # handed in, and nowhere spelled out
    tasks = find_tasks(study) if tasks is None else tasks
    _check_transfers(study, list(tasks))
    data = {
        name: made_of(task) if name in own else dict(task.provenance)
        for name, task in tasks.items()
    }
    identity = {**study.identity, "data": data, "bytes": bytes_of}
    settings = study.model_dump(mode="json")
    with Run.start(folder, settings, identity=identity, may_grow=MAY_GROW) as run:
        pin(run, study.models, allow_pickle=study.allow_pickle)
        shop = Workshop(run, study, tasks)
        steps, kept = study_steps(study, shop)
        progress = progress or Silent()
        finish(shop, steps, kept, seeds=study.seeds, progress=progress, engine=study.engine)
    return run


def finish(
    shop: Workshop,
    steps: Sequence[Step],
    kept: Sequence[str],
    *,
    seeds: Sequence[int],
    progress: Progress,
    engine: Engine,
) -> None:
    """Do the steps of a study that are due, and put its tables together.

    Parameters
    ----------
    shop : the run's folder, which this process holds, the study and its tasks.
    steps : all of them.
    kept : vectors that stay.
    seeds : under which the rows stand that depend on none.
    progress : who hears how far it is.
    engine : who does the steps.
    """
    run, tasks = shop.run, shop.tasks
    run.note(
        notes={name: list(task.notes) for name, task in tasks.items()},
        tasks={name: sizes_of(task) for name, task in tasks.items()},
        probe=describe_probe(shop.study),
    )
    graph = Graph(run, steps, kept)
    graph.set_aside_damage()
    if graph.due():
        run.note_versions()
    if run.record.get("complete") and not all(run.is_done(step.key) for step in graph.steps):
        run.note(complete=False)  # a step was removed: what it finds now belongs into the tables
    shop.wants = lambda vectors: vectors in graph.needed() | graph.kept
    execute(graph, shop, progress, engine)
    if not run.record.get("complete"):
        progress.say("putting the tables together")
        run.write_tables(assemble(graph.found(), seeds, tasks))
        run.path("report.html").unlink(missing_ok=True)  # that of fewer models, tasks or seeds
        spent = total(run.notes(step.key) for step in graph.steps)
        timed = {"timings": graph.timings(), SPENT: spent}
        run.note(complete=True, models=_models(graph), **timed)


def _models(graph: Graph) -> dict[str, Any]:
    """Describe the models, as the steps that loaded them did."""
    described: dict[str, Any] = {}
    for step in graph.steps:
        name, model = getattr(step.work, "model", None), graph.run.notes(step.key).get("model")
        if name is not None and model is not None:
            described.setdefault(name, model)
    return described


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
