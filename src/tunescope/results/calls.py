"""Inspect a checkpoint, compare two, run a study: each gives a `Result`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tunescope.arguments import path_of
from tunescope.encoders.catalogue import folder_name
from tunescope.errors import InputError
from tunescope.progress import Progress
from tunescope.results.data import task_of
from tunescope.results.result import Result
from tunescope.runs import Run
from tunescope.studies.inspection import Inspection
from tunescope.studies.options import by_name
from tunescope.studies.reading import checked, make_study, read_study
from tunescope.studies.study import Study
from tunescope.tasks import Task

AnyPath = str | os.PathLike[str]


def inspect(
    model: AnyPath,
    data: Any,
    *,
    out: AnyPath | None = None,
    trained_on: str = "unknown",
    progress: Progress | None = None,
    **options: Any,
) -> Result:
    """Look at one checkpoint on one labelled data set: the labels that it confuses, and where.

    Parameters
    ----------
    model : a name, a Hub id or a folder; a `Path` is always a folder.
    data : a file, a task's name, a Hugging Face data set (loaded, its id, or its folder), a data
        frame, a pair ``(texts, labels)``, or a `Task`, which is divided already. A text may be a
        pair ``(text, text_pair)``.
    out : folder of the run, in which the same call goes on (other data, columns or options are
        refused); by default one that lasts as long as the result.
    trained_on : what of these texts the model was trained on: ``"all"``, the ``"train"`` split,
        ``"none"``, or ``"unknown"``.
    progress : who hears how far it is.
    options : those of the data (`test`, `text`, `text_pair`, `tokens`, `label`, `positions`,
        `split_column`, `rare`, `limit`, `subset`, `revision`, `name`), of reading, of the probes
        and of the geometry, named as on the command line: ``on_long="truncate"``.

    Raises
    ------
    InputError
        For whatever is not what it should be; nothing is left behind then.

    Examples
    --------
    >>> import tunescope as ts
    >>> found = ts.inspect("minilm", "demo-questions", limit=200)  # doctest: +SKIP
    >>> found.confusions()                                         # doctest: +SKIP
    """
    return _inspect([model], data, out, trained_on, progress, options)


def compare(
    before: AnyPath,
    after: AnyPath,
    data: Any,
    *,
    out: AnyPath | None = None,
    trained_on: str = "unknown",
    progress: Progress | None = None,
    **options: Any,
) -> Result:
    """Compare two checkpoints on one labelled data set.

    Parameters
    ----------
    before, after : names, Hub ids or folders; `after` may be the folder of an adapter.
    data, out, trained_on, progress, options : as for `inspect`; `trained_on` is about `after`.

    Raises
    ------
    InputError
        For whatever is not what it should be; nothing is left behind then.

    Examples
    --------
    >>> import tunescope as ts
    >>> found = ts.compare("bert-base-uncased", "./tuned", "my.csv")  # doctest: +SKIP
    >>> found.suspects().head(20)                                     # doctest: +SKIP
    """
    return _inspect([before, after], data, out, trained_on, progress, options)


def run(
    study: Study | Mapping[str, Any] | AnyPath,
    *,
    out: AnyPath | None = None,
    progress: Progress | None = None,
) -> Result:
    """Fine-tune models on tasks and measure every snapshot.

    Parameters
    ----------
    study : a YAML file, its content as a mapping, or a `Study`.
    out : folder of the run, in which the same call goes on; by default ``STUDY-run`` for a file,
        else ``tunescope-run``.
    progress : who hears how far it is.

    Raises
    ------
    InputError
        For whatever is not what it should be.
    """
    from tunescope.studies.conduct import conduct

    folder = Path("tunescope-run")
    if isinstance(study, (str, os.PathLike)):
        folder = Path(f"{Path(study).stem}-run")
        study = read_study(study)
    elif not isinstance(study, Study):
        study = make_study(study)
    return Result(conduct(study, folder if out is None else path_of("out", out), progress=progress))


def open_run(folder: AnyPath) -> Result:
    """Open the folder of a run that was made before.

    Raises
    ------
    InputError
        If it holds no run.
    """
    return Result(Run.open(path_of("folder", folder)))


def _inspect(
    models: list[AnyPath],
    data: Any,
    out: AnyPath | None,
    trained_on: str,
    progress: Progress | None,
    options: dict[str, Any],
) -> Result:
    from tunescope.studies.checkpoints import inspect_models

    spelled, task, rest = task_of(data, options)
    for name in {"model", "task"} & rest.keys():
        raise InputError(
            f"unknown option {name!r}; models and data come first, name= is the task's"
        )
    values = by_name(Inspection, rest) | {
        "models": [_named(model) for model in models],
        "task": spelled,
        "trained_on": trained_on,
    }
    inspection = checked(Inspection, values, source="the call")
    if task is None and not isinstance(data, str | os.PathLike):
        task = task_of(data, options, inspection.split)[1]
    kept = None if out is not None else TemporaryDirectory(prefix="tunescope-")
    folder = path_of("out", out) if out is not None else Path(str(kept and kept.name), "run")
    by_split = not isinstance(data, Task)
    run = inspect_models(inspection, folder, task=task, by_split=by_split, progress=progress)
    return Result(run, kept)


def _named(model: Any) -> str:
    """Give a model's name; a path names a folder, also where a model has that short name."""
    if isinstance(model, str):
        return model
    if isinstance(model, os.PathLike):
        return folder_name(model)
    raise InputError(
        f"model: a {type(model).__name__}; expected a name, a Hub id or a folder: save a loaded "
        "model with its tokenizer to a folder, and name that"
    )
