"""No two steps of a study share a folder, and none leaves the run's, whatever things are called."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunescope.studies.plan import Cell
from tunescope.studies.study import Study
from tunescope.tasks import Split, Task

SCRIPTS = "aAbZ09._-/\\ :@~%\n\t模型甲éÉßſİıЖжاבกㄱ😀\u202e\u200b\u0301"
NAMES = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
    ),
    st.text(alphabet=SCRIPTS, min_size=1, max_size=10),
    st.sampled_from([".", "..", "/", "./bert", "../bert", "bert/", "Bert", "bert", "con", "a/b"]),
)
SPLIT = Split(
    "train",
    ["a", "b"],
    np.array([0, 1]),
    np.empty((2, 0), int),
    np.array([0, 1]),
    ("f",),
    np.array([0, 0]),
    np.array([0, 0]),
)
FEW = settings(max_examples=50, deadline=None)


def cell(model: str, task: str) -> Cell:
    tasks = {name: Task(name, "text", ("x", "y"), {"train": SPLIT}) for name in (task, "other")}
    study = Study(
        models=[model],
        tasks=[*tasks],
        seeds=[0, 1],
        tuning={"epochs": 1},
        transfer=[{"tune": task, "probe": "other"}] if task != "other" else [],
    )
    return Cell(study, model, tasks[task], (0, 3, 7), tasks)


def folders(one: Cell) -> list[str]:
    steps = one.steps()
    return [step.key for step in steps] + [name for step in steps for name in step.leaves]


@FEW
@given(NAMES, NAMES, NAMES, NAMES)
@pytest.mark.slow
def test_different_models_and_tasks_have_different_folders(
    model: str, task: str, other_model: str, other_task: str
) -> None:
    first, second = cell(model, task), cell(other_model, other_task)
    shared = {name.casefold() for name in folders(first)} & {
        name.casefold() for name in folders(second)
    }
    assert bool(shared) == ((model, task) == (other_model, other_task))


@FEW
@given(NAMES, NAMES)
@pytest.mark.slow
def test_no_two_steps_share_a_folder_and_none_leaves_the_run(model: str, task: str) -> None:
    one = cell(model, task)
    keys = [step.key.casefold() for step in one.steps()]
    assert len(set(keys)) == len(keys)
    for name in folders(one):
        for path in (PurePosixPath(name), PureWindowsPath(name)):
            assert not path.is_absolute()
            assert not path.drive
            assert not {"", ".", ".."} & set(path.parts)
            assert len(path.parts) == len(name.split("/"))
