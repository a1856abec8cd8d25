"""Compare two models on one labelled data set: one fine-tuned elsewhere with its original."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tunescope.encoders import Encoder
from tunescope.encoders.loading import model_bytes
from tunescope.errors import InputError
from tunescope.progress import Progress, Silent
from tunescope.runs import Run
from tunescope.studies.conduct import finish
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.questions.measure import Wanted
from tunescope.studies.steps import Origin, Step
from tunescope.studies.study import make_study
from tunescope.studies.work import Encode, Measure, Workshop
from tunescope.tables.stages import ORIGINAL, TUNED


def compare_models(
    before: str,
    after: str,
    data: str,
    folder: Path,
    *,
    pooling: str | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Run:
    """Measure two models on one task as if the second were a later update of the first.

    Parameters
    ----------
    before, after : names, Hub ids or folders; with as many layers and features as each other.
    data : a task of the catalogue, or a file of labelled texts.
    folder : of the run; in its tables the stage `original` is `before` and `tuned` is `after`.
    pooling : the vector of a text.
    device : where to compute.
    progress : who hears how far it is.

    Raises
    ------
    InputError
        If the two models have different shapes, or anything else is not what it should be.
    """
    study = make_study(
        {
            "models": [after],
            "tasks": [data],
            "tuning": {"snapshots": [0, 1]},
            "encoding": {"pooling": pooling},
            "random_baseline": False,
            "device": device,
            "keep": "none",
        },
        source="the call",
    )
    (task,) = find_tasks(study).values()
    encoders = [Encoder(model, device=device) for model in (before, after)]
    if len({(encoder.n_layers, encoder.n_features) for encoder in encoders}) > 1:
        first, second = (f"{e.n_layers} layers of {e.n_features}" for e in encoders)
        raise InputError(
            f"{before} has {first} features, {after} has {second}; "
            "only models of one shape can be compared layer by layer"
        )
    identity = {
        "before": before,
        "after": after,
        "bytes": [model_bytes(model) for model in (before, after)],
        "data": dict(task.provenance),
        "pooling": pooling,
    }
    settings = {**study.model_dump(mode="json"), "compare": identity}
    with Run.start(folder, settings, identity=identity) as run:
        shop = Workshop(run, study, {task.name: task})
        run.note(data={task.name: dict(task.provenance)})
        steps = list(_steps(before, after, task.name, len(task.splits["train"])))
        finish(shop, steps, [], seeds=[0], progress=progress or Silent())
    return run


def _steps(before: str, after: str, task: str, n_examples: int) -> Iterator[Step]:
    models = {"before": before, "after": after}
    for name, model in models.items():
        yield Step(
            key=f"{name}/encode",
            work=Encode(model, task, name),
            title=f"encoding with {model}",
            cost=n_examples,
            leaves=(name,),
            resources=frozenset({"gpu"}),
        )
    wanted = Wanted(test=True, clusters=True, suspects=True, accuracy=True)
    for update, (name, model) in enumerate(models.items()):
        yield Step(
            key=f"{name}/measure",
            work=Measure(task, name, wanted, "before"),
            title=f"measuring {model}",
            cost=7 * n_examples,
            uses=(name, "before"),
            origin=Origin(after, task, 0, TUNED if update else ORIGINAL, update),
        )
