"""Compare two models on one labelled data set: one fine-tuned elsewhere with its original."""

from __future__ import annotations

import time
from pathlib import Path

from tunescope.encoders import Encoder
from tunescope.errors import InputError
from tunescope.progress import Progress, Silent
from tunescope.runs import Run
from tunescope.studies.assemble import assemble
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.questions.measure import (
    SPLITS,
    Measurement,
    Wanted,
    describe,
    describe_probe,
)
from tunescope.studies.study import make_study


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
    folder : of the run; in its tables update 0 is `before` and update 1 is `after`.
    pooling : the vector of a text.
    device : where to compute.
    progress : who wants to know how far it is.

    Raises
    ------
    InputError
        If the two models have different shapes, or anything else is not what it should be.
    """
    progress = progress or Silent()
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
    encoders = {0: Encoder(before, device=device), 1: Encoder(after, device=device)}
    shapes = {(encoder.n_layers, encoder.n_features) for encoder in encoders.values()}
    if len(shapes) > 1:
        first, second = (f"{e.n_layers} layers of {e.n_features}" for e in encoders.values())
        raise InputError(
            f"{before} has {first} features, {after} has {second}; "
            "only models of one shape can be compared layer by layer"
        )
    identity = {"before": before, "after": after, "data": dict(task.provenance), "pooling": pooling}
    described = {
        name: describe(encoder)
        for name, encoder in zip((before, after), encoders.values(), strict=True)
    }
    with Run.start(
        folder, {**study.model_dump(mode="json"), "compare": identity}, identity=identity
    ) as run:
        run.note(
            models=described,
            data={task.name: dict(task.provenance)},
            probe=describe_probe(study),
        )
        splits = [split for split in SPLITS if split in task.splits]
        n_layers = encoders[0].n_layers + 1
        progress.plan(2 * n_layers * len(task.splits["train"]))
        representations = {}
        for update, encoder in encoders.items():
            progress.say(f"encoding with {(before, after)[update]}")
            representations[update] = encoder.encode(
                task, splits=splits, pooling=study.encoding.pooling
            )
        measurement = Measurement(study, task, progress)
        for update, found in representations.items():
            if run.is_done(f"update-{update}"):
                continue
            begin = time.perf_counter()
            progress.say(f"measuring {(before, after)[update]}")
            tables = measurement.tables(
                found,
                Wanted(test=True, clusters=True, accuracy=True),
                original=representations[0],
                weights="pretrained",
                update=update,
            )
            run.finish(f"update-{update}", tables, seconds=time.perf_counter() - begin)
        steps = [(after, task.name, 0, run.step(f"update-{update}")) for update in encoders]
        run.write_tables(assemble(steps, [0]))
        run.note(complete=True)
    return run
