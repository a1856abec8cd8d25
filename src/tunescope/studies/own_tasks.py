"""Find the tasks that a study names: of the catalogue, a file, or spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tunescope.errors import InputError, nearest
from tunescope.studies.study import OwnTask, Split, Study
from tunescope.tasks import Task, load_task, task_names
from tunescope.tasks.readers.columns import Wanted
from tunescope.tasks.readers.files import stem
from tunescope.tasks.readers.hub import read_dataset
from tunescope.tasks.readers.named import load_named
from tunescope.tasks.readers.tables import READERS

TABLES = tuple(READERS)
TREEBANKS = (".conllu",)
FILES = (*TABLES, *TREEBANKS)
COLUMNS = ("text", "text_pair", "tokens", "label", "positions")
_SAVED = ("dataset_dict.json", "dataset_info.json")
"""What `save_to_disk` writes into the folder of a data set."""
_ID = re.compile(r"[\w.-]+/[\w.-]+")
"""An id on the Hub; those without an owner could be anything."""


def find_tasks(study: Study) -> dict[str, Task]:
    """Load every task of a study.

    Raises
    ------
    InputError
        For an unknown name, data that cannot be read, a task without a split to train on, or
        two tasks of one name.
    """
    found: dict[str, Task] = {}
    for wanted in study.tasks:
        task = find_task(wanted, study.split)
        if task.name in found:
            raise InputError(f"two tasks are called {task.name!r}; give each its own name")
        found[task.name] = task
    return found


def find_task(wanted: str | OwnTask, split: Split) -> Task:
    """Load a task by its name or from where its data are.

    Parameters
    ----------
    wanted : a name of the catalogue, a file, an id or a folder, as `spelled_out`; or all of it.
    split : how a test split is drawn, where there is none.

    Raises
    ------
    InputError
        For an unknown name, data that cannot be read, or a task without a split to train on.
    """
    if isinstance(wanted, str):
        wanted = OwnTask.model_validate(spelled_out(wanted))
    task = _load(wanted, split)
    check_train(task)
    return task


def check_train(task: Task) -> None:
    """Check that a task has examples to learn from.

    Raises
    ------
    InputError
        If it has no training split, or one with a single label.
    """
    if "train" not in task.splits:
        names = ", ".join(map(repr, task.splits))
        raise InputError(
            f"task {task.name!r} has no split 'train'; its splits are {names}; models and probes "
            "are trained on 'train': call one of them so"
        )
    train = task.splits["train"]
    if (train.labels == train.labels[0]).all():
        label = task.label_names[train.labels[0]]
        raise InputError(
            f"{', '.join(train.files)}: all {len(train)} training examples have the label "
            f"{label!r}; expected at least two labels"
        )


def spelled_out(data: str, *, test: str | None = None, **options: Any) -> dict[str, Any]:
    """Spell out what a name or a path means, as the values of an `OwnTask`.

    Parameters
    ----------
    data : a task of the catalogue; a file of labelled texts; a folder that a Hugging Face data set
        was saved to; or, where none of these is there, the id of one on the Hub (``owner/name``).
    test : the file of the test split, where `data` is the file of the training split.
    options : further values.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if not data.strip():
        raise InputError(
            "the name of the data is empty; expected a file, a folder or a task's name"
        )
    path = Path(data)
    is_known = data in task_names()
    if not is_known and path.suffix.lower() in FILES and not path.is_dir():
        files = {"train": path} | ({} if test is None else {"test": Path(test)})
        return {"name": stem(path), "files": files, **options}
    if test is not None:
        raise InputError(f"test {test!r}: {data!r} is no file, and has its own splits")
    if is_known:
        if any((path / file).is_file() for file in _SAVED):
            raise InputError(
                f"{data!r} is the name of a task, and a folder here that holds a data set; write "
                f"{'./' + data!r} for the folder, or rename it to have the task of that name"
            )
        return {"name": data, **options}
    if path.is_dir() or (_ID.fullmatch(data) and not path.exists()):
        return {"name": stem(path.resolve()) or "data", "dataset": data, **options}
    raise InputError(
        f"no task is called {data!r}; {nearest(data, task_names())}; or a file of labelled texts, "
        f"{', '.join(FILES)}; or a Hugging Face data set, as owner/name or its folder"
    )


def _load(wanted: OwnTask, split: Split) -> Task:
    options: dict[str, Any] = {"test_fraction": split.test_fraction, "seed": split.seed}
    options["limit"] = wanted.limit
    if not wanted.files and wanted.dataset is None:
        _refuse(wanted, ("split", "rare", *COLUMNS), "a task with a name has its own columns")
        return load_task(wanted.name, **options)
    columns: dict[str, Any] = wanted.model_dump(include={*COLUMNS}, exclude_none=True)
    if wanted.dataset is not None:
        return _load_dataset(wanted, wanted.dataset, Wanted(**columns), options)
    options |= {"name": wanted.name, "rare": wanted.rare}
    endings = {path.suffix.lower() for path in wanted.files.values()}
    if endings <= set(TABLES):
        return Task.from_csv(wanted.files, **columns, split=wanted.split, **options)
    if endings <= set(TREEBANKS):
        fixed = ("text", "text_pair", "tokens", "positions", "split")
        _refuse(wanted, fixed, "CoNLL-U has fixed columns")
        return Task.from_conllu(wanted.files, column=wanted.label or "upos", **options)
    raise InputError(
        f"task {wanted.name!r}: cannot read {', '.join(sorted(endings))}; expected one of "
        f"{', '.join(FILES)}, the same kind for all splits"
    )


def _load_dataset(
    wanted: OwnTask, dataset: str, columns: Wanted, options: Mapping[str, Any]
) -> Task:
    found, revision = load_named(dataset, subset=wanted.subset, revision=wanted.revision)
    draft = read_dataset(found, columns, split=wanted.split, name=wanted.name, skip_withheld=True)
    if revision:
        draft.provenance = {**draft.provenance, dataset: f"revision {revision}"}
    return Task.from_draft(draft, rare=wanted.rare, **options)


def _refuse(wanted: OwnTask, keys: Iterable[str], why: str) -> None:
    """Refuse settings that would do nothing."""
    default = OwnTask(name=wanted.name)
    given = [key for key in keys if getattr(wanted, key) != getattr(default, key)]
    if given:
        raise InputError(f"task {wanted.name!r}: {', '.join(given)} cannot be chosen: {why}")
