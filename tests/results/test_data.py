"""Lists, arrays and series in memory are texts and labels, whatever library made them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tunescope.errors import InputError
from tunescope.results.data import task_of
from tunescope.studies.study import Split
from tunescope.tasks import Task

TEXTS = [f"text {i}" for i in range(10)]
LABELS = [i % 3 for i in range(10)]
BACKWARDS = pd.RangeIndex(10, 0, -1)


def made(data: Any) -> Task:
    task = task_of(data, {}, Split())[1]
    assert task is not None
    return task


@pytest.mark.parametrize("texts", [TEXTS, tuple(TEXTS), np.array(TEXTS), pd.Series(TEXTS)])
@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        np.array(LABELS),
        np.array(LABELS, dtype="int8"),
        np.array(list(map(str, LABELS))),
        np.array(LABELS, dtype=object),
        pd.Series(LABELS, index=BACKWARDS),
        pd.Index(LABELS),
        pd.Categorical(LABELS),
        torch.tensor(LABELS),
    ],
    ids=lambda labels: type(labels).__name__,
)
def test_texts_and_labels_may_be_any_list_or_array(texts: Any, labels: Any) -> None:
    found = {}
    for split in made((texts, labels)).splits.values():
        found |= dict(zip(split.texts, split.labels.tolist(), strict=True))
    assert found == dict(zip(TEXTS, LABELS, strict=True))


@pytest.mark.parametrize("option", ["test_fraction", "split_seed"])
def test_how_a_task_is_divided_is_not_said_beside_it(option: str) -> None:
    with pytest.raises(InputError, match=f"{option}: a Task is divided already"):
        task_of(made((TEXTS, LABELS)), {option: 0})


@pytest.mark.parametrize("wrap", [np.array, pd.Series, pd.Index])
def test_numbers_of_an_array_keep_their_type(wrap: Any) -> None:
    labels = np.array([0.1, 0.2] * 5, dtype="float32")
    assert made((TEXTS, wrap(labels))).label_names == ("0.1", "0.2")


@pytest.mark.parametrize("labels", [np.zeros((10, 1)), np.array(1), torch.zeros(10, 2)])
def test_an_array_of_another_shape_is_refused_by_it(labels: Any) -> None:
    with pytest.raises(InputError, match=r"a tuple of an array of shape \(.*of one dimension"):
        made((TEXTS, labels))
    with pytest.raises(InputError, match="data: 10 texts and 9 labels"):
        made((TEXTS, np.array(LABELS[:9])))
