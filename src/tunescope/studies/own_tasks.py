"""Find the tasks that a study names: of the catalogue, a file, or files spelled out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunescope.errors import InputError, nearest
from tunescope.studies.study import OwnTask, Study
from tunescope.tasks import Task, load_task, task_names

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
TREEBANKS = (".conllu",)


def find_tasks(study: Study) -> dict[str, Task]:
    """Load every task of a study.

    Raises
    ------
    InputError
        For an unknown name, a file that cannot be read, or two tasks of one name.
    """
    found: dict[str, Task] = {}
    for wanted in study.tasks:
        task = _find(wanted, study)
        if task.name in found:
            raise InputError(f"two tasks are called {task.name!r}; give each its own name")
        found[task.name] = task
    return found


def _find(wanted: str | OwnTask, study: Study) -> Task:
    fraction, seed = study.split.test_fraction, study.split.seed
    if isinstance(wanted, str):
        if wanted in task_names():
            return load_task(wanted, test_fraction=fraction, seed=seed)
        path = Path(wanted)
        if path.suffix not in (*TABLES, *TREEBANKS):
            raise InputError(
                f"no task is called {wanted!r}; {nearest(wanted, task_names())}; or a file of "
                f"labelled texts, {', '.join((*TABLES, *TREEBANKS))}"
            )
        wanted = OwnTask(name=path.stem, files={"train": path})
    endings = {path.suffix for path in wanted.files.values()}
    options: dict[str, Any] = {"name": wanted.name, "test_fraction": fraction, "seed": seed}
    paths = dict(wanted.files) if len(wanted.files) > 1 else next(iter(wanted.files.values()))
    if endings <= set(TABLES):
        columns: dict[str, Any] = wanted.model_dump(exclude={"name", "files"}, exclude_none=True)
        task = Task.from_csv(paths, **columns, **options)
    elif endings <= set(TREEBANKS):
        task = Task.from_conllu(paths, column=wanted.label or "upos", **options)
    else:
        raise InputError(
            f"task {wanted.name!r}: cannot read {', '.join(sorted(endings))}; expected one of "
            f"{', '.join((*TABLES, *TREEBANKS))}, the same kind for all splits"
        )
    _refuse_single_examples(task)
    return task


def _refuse_single_examples(task: Task) -> None:
    """Refuse a label with one example in all: in somebody's own file that is a slip of the pen."""
    places: dict[int, list[str]] = {}
    for split in task.splits.values():
        for index, label in enumerate(split.labels):
            places.setdefault(int(label), []).append(split.place(index))
    for label, where in places.items():
        if len(where) == 1:
            raise InputError(
                f"{where[0]}: label {task.label_names[label]!r} has this one example; a label "
                "needs at least two to be trained and tested: correct it, or leave it out"
            )
