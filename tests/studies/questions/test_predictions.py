"""Scores and confusions count what the predictions say, and every example can be found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from tiny_models import text_task, word_task

from tunescope.studies.questions.predictions import PROBE, example_table, prediction_tables
from tunescope.tables import conform


def tables_of(n: int, seed: int, *, unknown: bool = False) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(seed)
    labels = np.array(["a", "b", "c", "never"])
    probabilities = random.dirichlet(np.ones(4), n)
    own = labels[random.integers(0, 3, n)]
    if unknown:
        own[0] = "not in training"
    return prediction_tables(PROBE, np.arange(n) + 7, own, labels, probabilities)


@settings(max_examples=25, deadline=None)
@given(st.integers(6, 60), st.integers(0, 99))
@pytest.mark.slow
def test_scores_are_those_of_scikit_learn(n: int, seed: int) -> None:
    tables = tables_of(n, seed)
    rows, scores = tables["predictions"], tables["label_scores"].set_index("label")
    names = list(scores.index)
    expected = precision_recall_fscore_support(
        rows["given"], rows["predicted"], labels=names, zero_division=np.nan
    )
    for column, values in zip(("precision", "recall"), expected, strict=False):
        np.testing.assert_allclose(scores[column], values)
    np.testing.assert_allclose(scores["f1"], np.nan_to_num(expected[2]))


@settings(max_examples=25, deadline=None)
@given(st.integers(6, 60), st.integers(0, 99))
@pytest.mark.slow
def test_confusions_are_the_matrix_and_name_their_examples(n: int, seed: int) -> None:
    tables = tables_of(n, seed)
    rows, found = tables["predictions"], tables["confusions"]
    names = sorted({*rows["given"], *rows["predicted"]})
    wide = found.pivot_table(index="given", columns="predicted", values="n_examples", fill_value=0)
    wide = wide.reindex(index=names, columns=names, fill_value=0)
    matrix = confusion_matrix(rows["given"], rows["predicted"], labels=names)
    np.testing.assert_array_equal(wide.to_numpy(), matrix)
    assert sorted(i for part in found["examples"] for i in part) == rows["example"].tolist()
    by_example = rows.set_index("example")
    for row in found.to_dict("records"):
        part = by_example.loc[row["examples"]]
        assert (part["given"] == row["given"]).all() and (
            part["predicted"] == row["predicted"]
        ).all()
        assert part["confidence"].is_monotonic_decreasing
    assert found.groupby("given")["share"].sum().to_numpy() == pytest.approx(1)


def test_a_label_that_was_not_in_training_has_no_confidence() -> None:
    rows = tables_of(20, 0, unknown=True)["predictions"]
    assert rows["given_confidence"].isna().tolist() == [True] + [False] * 19
    assert (rows["given_confidence"].iloc[1:] <= rows["confidence"].iloc[1:]).all()


def test_the_tables_are_those_of_the_schema() -> None:
    origin = {"model": "m", "task": "t", "tuned_on": "", "seed": 0, "stage": "original"}
    origin |= {"update": 0, "layer": 2, "split": "test"}
    conform({name: table.assign(**origin) for name, table in tables_of(30, 1).items()})


def test_examples_are_those_of_the_tasks_as_a_person_reads_them() -> None:
    tasks = {"words": word_task((3, 2)), "texts": text_task(4)}
    found = example_table(tasks, ("train", "test"))
    conform({"examples": found})
    for name, task in tasks.items():
        for split in task.splits.values():
            rows = found[(found["task"] == name) & (found["split"] == split.name)]
            assert rows["example"].tolist() == list(range(len(split)))
            assert rows["text"].tolist() == [split.text(i) for i in range(len(split))]
            assert rows["label"].tolist() == [task.label_names[i] for i in split.labels]
