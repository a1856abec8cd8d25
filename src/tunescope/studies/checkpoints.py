"""Inspect one or two checkpoints on one labelled data set: nothing is tuned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunescope.devices import choose_device
from tunescope.encoders.loading import model_bytes
from tunescope.errors import InputError
from tunescope.progress import Progress, Silent
from tunescope.runs import RECORD, Run
from tunescope.studies import estimate
from tunescope.studies.conduct import finish
from tunescope.studies.engines import check_engine
from tunescope.studies.inspection import UNSEEN, Inspection
from tunescope.studies.own_tasks import check_train, find_task
from tunescope.studies.questions.wanted import Wanted
from tunescope.studies.revisions import pin
from tunescope.studies.steps import Origin, Step
from tunescope.studies.work import Encode, Measure, Predict, Workshop
from tunescope.tables.stages import ORIGINAL, TUNED
from tunescope.tasks import Task
from tunescope.tasks.content import made_of


def inspect_models(
    inspection: Inspection,
    folder: Path,
    *,
    task: Task | None = None,
    by_split: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Measure one or two models on one task; two, as if the second were a later update.

    Parameters
    ----------
    inspection : what to find out.
    folder : of the run. In its tables the stage `original` is the first model, `tuned` the second.
    task : the task, where it was loaded before.
    by_split : whether such a task was divided as `inspection` says, if it was.
    progress : who hears how far it is.

    Models of different depth are compared where they are as deep, and the last layer with the last;
    `layer` numbers what is compared, and the record says which layers these are.

    Raises
    ------
    InputError
        If anything is not what it should be.
    """
    check_engine(inspection.engine)
    if inspection.engine.cluster is None:
        choose_device(inspection.device)
    bytes_of = [model_bytes(model) for model in inspection.models]
    handed_in = task is not None
    task = find_task(inspection.task, inspection.split) if task is None else task
    check_train(task)
    divided = task.divided and (by_split or not handed_in)
    if inspection.trained_on == "train" and divided:
        raise InputError(
            "trained_on='train': the training split was drawn here, so the model cannot have been "
            "trained on it alone; name the file of the test split, or the column of splits"
        )
    record = inspection.record(divided=divided)
    data = made_of(task) if handed_in else dict(task.provenance)
    identity = {
        key: value for key, value in record.items() if key not in ("device", "allow_pickle")
    }
    identity |= {"data": {task.name: data}, "bytes": bytes_of}
    if handed_in and not divided:
        identity = {**_begun_with(folder), **identity}
    said = UNSEEN[inspection.trained_on].format(model=inspection.models[-1])
    with Run.start(folder, record, identity=identity) as run:
        pin(run, inspection.models, allow_pickle=inspection.allow_pickle)
        shop = Workshop(run, inspection, {task.name: task})
        run.note(data={task.name: data}, trained_on={"answer": inspection.trained_on, "said": said})
        shapes = _shapes(shop, inspection)
        checkpoints = _checkpoints(inspection, shapes)
        steps = list(_steps(inspection, task, checkpoints))
        progress = progress or Silent()
        finish(shop, steps, [], seeds=[0], progress=progress, engine=inspection.engine)
        if "heads" not in run.record:
            heads = {one.name: run.notes(f"{one.name}/head")["head"] for one in checkpoints}
            run.note(heads=heads, differences=_differences(inspection.models, shapes))
    return run


def _begun_with(folder: Path) -> dict[str, Any]:
    """Give the split that a run may have noted of a task that it did not divide.

    Earlier runs did; they go on, since the content of the data says how those are divided.
    """
    run = Run(folder)
    if not (run.folder / RECORD).is_file():
        return {}
    noted = run.record.get("identity", {})
    return {"split": noted["split"]} if "split" in noted else {}


def _shapes(shop: Workshop, inspection: Inspection) -> list[tuple[int, int]]:
    """Give the layers and features of each model, which is loaded for it once."""
    known = shop.run.record.get("shapes")
    if known is None:
        found = []
        for model in reversed(inspection.models):  # the first is still held then
            encoder = shop.encoder(model)
            found.append((encoder.n_layers, encoder.n_features))
        known = found[::-1]
        shop.run.note(shapes=known)
    return [(int(n_layers), int(n_features)) for n_layers, n_features in known]


def matched_layers(depths: Sequence[int]) -> list[tuple[int, ...]]:
    """Give the layers of each model that are compared: those at the same share of its depth.

    Parameters
    ----------
    depths : blocks of each model.

    Examples
    --------
    >>> matched_layers([2, 5])
    [(0, 1, 2), (0, 2, 5)]
    """
    least = min(depths)
    return [tuple(round(i * depth / least) for i in range(least + 1)) for depth in depths]


def _differences(models: Sequence[str], shapes: Sequence[tuple[int, int]]) -> list[str]:
    """Say what is not compared of models of different shapes, and why."""
    notes = []
    if len({n_layers for n_layers, _ in shapes}) > 1:
        layers = matched_layers([n_layers for n_layers, _ in shapes])
        said = "; ".join(
            f"{', '.join(map(str, own))} of {model}"
            for model, own in zip(models, layers, strict=True)
        )
        notes.append(f"models of different depth: layers are matched by their share of it, {said}")
    if len({n_features for _, n_features in shapes}) > 1:
        widths = " and ".join(str(n_features) for _, n_features in shapes)
        notes.append(
            f"models of different width ({widths} features): there are no movements of centroids "
            "and no common plane, and distances of one are not on the scale of the other"
        )
    return notes


@dataclass(frozen=True)
class _Checkpoint:
    """One of the models, and how its rows are named."""

    name: str
    """Folder of its steps and vectors."""
    model: str
    stage: str
    update: int
    layers: tuple[int, ...]
    """Those that are measured; in the tables they are numbered from 0."""


def _checkpoints(inspection: Inspection, shapes: Sequence[tuple[int, int]]) -> list[_Checkpoint]:
    layers = matched_layers([n_layers for n_layers, _ in shapes])
    if len(inspection.models) == 1:
        return [_Checkpoint("model", inspection.models[0], ORIGINAL, 0, layers[0])]
    before, after = inspection.models
    return [
        _Checkpoint("before", before, ORIGINAL, 0, layers[0]),
        _Checkpoint("after", after, TUNED, 1, layers[1]),
    ]


def _steps(
    inspection: Inspection, task: Task, checkpoints: Sequence[_Checkpoint]
) -> Iterator[Step]:
    """List the steps: encoding each model and asking its head, then measuring each."""
    first, last = checkpoints[0], checkpoints[-1]
    for one in checkpoints:
        once = estimate.encoding(one.model, task, inspection.device)
        yield Step(
            key=f"{one.name}/encode",
            work=Encode(one.model, task.name, one.name, layers=one.layers),
            title=f"encoding with {one.model}",
            cost=once,
            leaves=(one.name,),
            resources=frozenset({"gpu"}),
        )
        yield Step(
            key=f"{one.name}/head",
            work=Predict(one.model, task.name, len(one.layers) - 1),
            title=f"asking the head of {one.model}",
            cost=once,
            origin=_origin(inspection, task, one),
            resources=frozenset({"gpu"}),
        )
    wanted = Wanted(
        test=True,
        clusters=inspection.geometry.clusters != "none",
        suspects=True,
        accuracy=True,
        predictions=True,
    )
    matched = {one.name: one.layers for one in checkpoints}
    original = first.name if first is not last else None
    for one in checkpoints:
        yield Step(
            key=f"{one.name}/measure",
            work=Measure(task.name, one.name, wanted, original, matched, head=f"{one.name}/head"),
            after=(f"{one.name}/head",),
            title=f"measuring {one.model}",
            cost=estimate.measuring(
                one.model, task, wanted, inspection.probing, n_layers=len(one.layers)
            ),
            uses=tuple(matched),
            origin=_origin(inspection, task, one),
        )


def _origin(inspection: Inspection, task: Task, one: _Checkpoint) -> Origin:
    """Name where rows are from; the model that they stand under is the last."""
    trained = inspection.trained_on in ("all", "train") and one.model == inspection.models[-1]
    return Origin(
        *(inspection.models[-1], task.name, 0, one.stage, one.update),
        tuned_on=task.name if trained and one.stage != ORIGINAL else "",
    )
