"""The table of the moving picture: one plane for all updates, from what each snapshot left."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunescope.encoders import Representation
from tunescope.geometry import shared_plane
from tunescope.studies.assemble import assemble
from tunescope.studies.questions.plane import (
    EXAMPLES,
    FLOOR,
    MOST,
    SKETCHES,
    TESTED,
    example_table,
    sample,
    sketch_table,
)
from tunescope.studies.steps import Origin
from tunescope.tasks import Task

NAMES = ("a", "b", "rare")


def representations(
    n_train: int, n_test: int, shift: float = 0.0, d: int = 12
) -> dict[str, Representation]:
    random = np.random.default_rng(n_train)
    found = {}
    for split, n in (("train", n_train), ("test", n_test)):
        labels = np.where(np.arange(n) < FLOOR, 2, np.arange(n) % 2)
        centres = np.random.default_rng(1).normal(size=(3, d)) * (1 + shift)
        vectors = centres[labels] + 0.1 * random.normal(size=(n, d))
        found[split] = Representation.from_arrays({1: vectors}, labels, NAMES, split=split)
    return found


def test_a_small_task_is_shown_whole() -> None:
    drawn = sample(representations(40, 10))
    assert drawn["train"].tolist() == list(range(40))
    assert drawn["test"].tolist() == list(range(10))


def test_of_a_large_task_some_are_shown_but_a_few_of_every_label() -> None:
    of = representations(6000, 900)
    drawn = sample(of)
    assert {name: len(rows) for name, rows in drawn.items()} == {
        "train": MOST - TESTED,
        "test": TESTED,
    }
    assert (of["train"].labels[drawn["train"]] == "rare").sum() == FLOOR
    assert drawn["train"].tolist() == sorted(set(drawn["train"]))
    again = sample(representations(6000, 900, shift=1.0))
    assert all((again[name] == drawn[name]).all() for name in drawn)


def test_a_small_training_split_leaves_room_for_more_of_the_test_split() -> None:
    drawn = sample(representations(300, 5000))
    assert {name: len(rows) for name, rows in drawn.items()} == {"train": 300, "test": MOST - 300}


@pytest.fixture(scope="module")
def task() -> Task:
    texts = pd.DataFrame({"text": [f"text {i}" for i in range(50)], "label": list("ab") * 25})
    return Task.from_dataset({"train": texts[:40], "test": texts[40:]}, name="t")


def assembled(task: Task) -> dict[str, pd.DataFrame]:
    steps = []
    for update, (stage, shift) in enumerate((("original", 0.0), ("between", 0.5), ("tuned", 1.0))):
        of = representations(40, 10, shift)
        drawn = sample(of)
        tables = {SKETCHES: sketch_table(of, 1, drawn).assign(layer=1)}
        if stage != "between":
            tables[EXAMPLES] = example_table(of, task, drawn)
        seed = None if stage == "original" else 0
        steps.append((Origin("m", "t", seed, stage, update), tables))
    return assemble(steps, [0])


def test_the_table_holds_every_update_in_one_plane(task: Task) -> None:
    tables = assembled(task)
    plane, examples = tables["plane"].sort_values("update"), tables["plane_examples"]
    assert plane["update"].tolist() == [0, 1, 2]
    assert plane["stage"].tolist() == ["original", "between", "tuned"]
    stacked = [
        np.concatenate([of[split].layer(1) for split in ("train", "test")])
        for of in (representations(40, 10, shift) for shift in (0.0, 0.5, 1.0))
    ]
    exact = shared_plane(stacked)
    assert plane["explained"].iloc[0] == pytest.approx(exact.explained.sum(), abs=2e-3)
    for row, vectors in zip(plane.itertuples(), stacked, strict=True):
        wanted = exact.project(vectors)
        found = np.stack([row.x, row.y], axis=1)
        assert np.abs(found - wanted).max() < 2e-3 * np.abs(wanted).max()
        assert len(row.nearest_label) == len(examples) == 50
    assert examples["number"].sort_values().tolist() == list(range(50))
    first = examples[(examples["split"] == "test") & (examples["example"] == 0)].iloc[0]
    assert (first["number"], first["text"]) == (40, "text 40")


def test_the_nearest_label_is_that_of_the_nearest_mean() -> None:
    of = representations(40, 10)
    row = sketch_table(of, 1, sample(of)).iloc[0]
    given = np.concatenate([of["train"].labels, of["test"].labels])
    assert (np.array(row["nearest_label"]) == given).mean() > 0.95
