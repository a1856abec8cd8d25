"""Inspect one or two checkpoints on one labelled data set: nothing is tuned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tunescope.devices import choose_device
from tunescope.encoders.loading import model_bytes
from tunescope.errors import InputError
from tunescope.progress import Progress, Silent
from tunescope.runs import Run
from tunescope.studies.conduct import finish
from tunescope.studies.inspection import UNSEEN, Inspection
from tunescope.studies.own_tasks import find_task
from tunescope.studies.questions.measure import PROBE_COST, Wanted
from tunescope.studies.steps import Origin, Step
from tunescope.studies.work import Encode, Measure, Workshop
from tunescope.tables.stages import ORIGINAL, TUNED
from tunescope.tasks import Task


def inspect_models(
    inspection: Inspection,
    folder: Path,
    *,
    task: Task | None = None,
    progress: Progress | None = None,
) -> Run:
    """Measure one or two models on one task; two, as if the second were a later update.

    Parameters
    ----------
    inspection : what to find out.
    folder : of the run. In its tables the stage `original` is the first model, `tuned` the second.
    task : the task, where it was loaded before.
    progress : who hears how far it is.

    Raises
    ------
    InputError
        If the models have different shapes, or anything else is not what it should be.
    """
    choose_device(inspection.device)
    bytes_of = [model_bytes(model) for model in inspection.models]
    task = find_task(inspection.task, inspection.split) if task is None else task
    if inspection.trained_on == "train" and task.divided:
        raise InputError(
            "trained_on='train': the training split was drawn here, so the model cannot have been "
            "trained on it alone; name the file of the test split, or the column of splits"
        )
    record = inspection.record(task)
    data = dict(task.provenance) or {"content": _checksum(task)}
    identity = {key: value for key, value in record.items() if key != "device"}
    identity |= {"data": {task.name: data}, "bytes": bytes_of}
    said = UNSEEN[inspection.trained_on].format(model=inspection.models[-1])
    with Run.start(folder, record, identity=identity) as run:
        shop = Workshop(run, inspection, {task.name: task})
        run.note(data={task.name: data}, trained_on={"answer": inspection.trained_on, "said": said})
        _check_shapes(shop, inspection)
        finish(shop, list(_steps(inspection, task)), [], seeds=[0], progress=progress or Silent())
    return run


def _check_shapes(shop: Workshop, inspection: Inspection) -> None:
    """Load the models once to see that they can be compared; the first is still held then."""
    if "shapes" in shop.run.record:
        return
    found: list[tuple[int, int]] = []
    for model in reversed(inspection.models):
        encoder = shop.encoder(model)
        found.insert(0, (encoder.n_layers, encoder.n_features))
    if len(set(found)) > 1:
        (before, after), (one, two) = (
            inspection.models,
            (f"{layers} layers of {width}" for layers, width in found),
        )
        raise InputError(
            f"{before} has {one} features, {after} has {two}; "
            "only models of one shape can be compared layer by layer"
        )
    shop.run.note(shapes=found)


@dataclass(frozen=True)
class _Checkpoint:
    """One of the models, and how its rows are named."""

    name: str
    """Folder of its steps and vectors."""
    model: str
    stage: str
    update: int


def _checkpoints(inspection: Inspection) -> list[_Checkpoint]:
    if len(inspection.models) == 1:
        return [_Checkpoint("model", inspection.models[0], ORIGINAL, 0)]
    before, after = inspection.models
    return [_Checkpoint("before", before, ORIGINAL, 0), _Checkpoint("after", after, TUNED, 1)]


def _steps(inspection: Inspection, task: Task) -> Iterator[Step]:
    """List the steps: encoding each model, then measuring each."""
    n_examples = len(task.splits["train"])
    checkpoints = _checkpoints(inspection)
    first, last = checkpoints[0], checkpoints[-1]
    for one in checkpoints:
        yield Step(
            key=f"{one.name}/encode",
            work=Encode(one.model, task.name, one.name),
            title=f"encoding with {one.model}",
            cost=n_examples,
            leaves=(one.name,),
            resources=frozenset({"gpu"}),
        )
    wanted = Wanted(
        test=True,
        clusters=inspection.geometry.clusters != "none",
        suspects=True,
        accuracy=True,
        predictions=True,
    )
    trained = inspection.trained_on in ("all", "train")
    for one in checkpoints:
        yield Step(
            key=f"{one.name}/measure",
            work=Measure(task.name, one.name, wanted, first.name if first is not last else None),
            title=f"measuring {one.model}",
            cost=(7 + PROBE_COST) * n_examples,
            uses=(one.name,) if one is first else (one.name, first.name),
            origin=Origin(
                *(last.model, task.name, 0, one.stage, one.update),
                tuned_on=task.name if trained and one is last else "",
            ),
        )


def _checksum(task: Task) -> str:
    """Name the content of a task that was made in memory."""
    digest = hashlib.sha256(repr((task.kind, task.label_names)).encode())
    for name, split in task.splits.items():
        digest.update(repr((name, list(split.texts))).encode("utf-8", "surrogatepass"))
        for column in (split.text_index, split.positions, split.labels):
            digest.update(column.tobytes())
    return f"sha256:{digest.hexdigest()}"
