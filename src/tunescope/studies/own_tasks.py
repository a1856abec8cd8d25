"""Find the tasks that a study names: of the catalogue, a file, or files spelled out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunescope.errors import InputError, nearest
from tunescope.studies.study import OwnTask, Study
from tunescope.tasks import Task, load_task, task_names
from tunescope.tasks.readers.files import stem
from tunescope.tasks.readers.tables import READERS

TABLES = tuple(READERS)
TREEBANKS = (".conllu",)


def find_tasks(study: Study) -> dict[str, Task]:
    """Load every task of a study.

    Raises
    ------
    InputError
        For an unknown name, a file that cannot be read, a task without a split to train on, or
        two tasks of one name.
    """
    found: dict[str, Task] = {}
    for wanted in study.tasks:
        task = _find(wanted, study)
        if task.name in found:
            raise InputError(f"two tasks are called {task.name!r}; give each its own name")
        if "train" not in task.splits:
            names = ", ".join(map(repr, task.splits))
            raise InputError(f"task {task.name!r} has no split 'train'; its splits are {names}")
        found[task.name] = task
    return found


def _find(wanted: str | OwnTask, study: Study) -> Task:
    fraction, seed = study.split.test_fraction, study.split.seed
    if isinstance(wanted, str):
        if wanted in task_names():
            return load_task(wanted, test_fraction=fraction, seed=seed)
        if Path(wanted).suffix.lower() not in (*TABLES, *TREEBANKS):
            raise InputError(
                f"no task is called {wanted!r}; {nearest(wanted, task_names())}; or a file of "
                f"labelled texts, {', '.join((*TABLES, *TREEBANKS))}"
            )
        wanted = OwnTask(name=stem(wanted), files={"train": Path(wanted)})
    endings = {path.suffix.lower() for path in wanted.files.values()}
    options: dict[str, Any] = {
        "name": wanted.name,
        "rare": wanted.rare,
        "test_fraction": fraction,
        "seed": seed,
    }
    paths = dict(wanted.files) if len(wanted.files) > 1 else next(iter(wanted.files.values()))
    if endings <= set(TABLES):
        columns: dict[str, Any] = wanted.model_dump(
            include={"text", "tokens", "label", "positions", "split"}, exclude_none=True
        )
        return Task.from_csv(paths, **columns, **options)
    if endings <= set(TREEBANKS):
        return Task.from_conllu(paths, column=wanted.label or "upos", **options)
    raise InputError(
        f"task {wanted.name!r}: cannot read {', '.join(sorted(endings))}; expected one of "
        f"{', '.join((*TABLES, *TREEBANKS))}, the same kind for all splits"
    )
