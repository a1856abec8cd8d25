"""A stratified sample of a task's examples."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.draft import Example, SplitDraft, Text
from tunescope.tasks.sample import sample


def frame(n: int) -> pd.DataFrame:
    labels = ["a"] * (n // 2) + ["b"] * (n // 4) + ["c"] * (n // 4)
    return pd.DataFrame({"text": [f"text {i}" for i in range(n)], "label": labels})


def test_labels_keep_their_proportions() -> None:
    task = Task.from_dataset(frame(400), limit=40, test_fraction=0)
    counts = Counter(task.label_names[i] for i in task["train"].labels)
    assert counts == {"a": 20, "b": 10, "c": 10}
    assert any("a stratified sample of 40 of 400 examples (seed 0" in n for n in task.notes)


def test_splits_keep_their_proportions() -> None:
    task = Task.from_dataset({"train": frame(400), "test": frame(100)}, limit=50)
    assert (len(task["train"]), len(task["test"])) == (40, 10)


def test_the_sample_depends_on_the_seed_alone() -> None:
    first, again, other = (
        Task.from_dataset(frame(400), limit=40, seed=seed, test_fraction=0)["train"].ids.tolist()
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_a_limit_above_the_examples_takes_all() -> None:
    task = Task.from_dataset(frame(40), limit=1000, test_fraction=0)
    assert len(task["train"]) == 40
    assert "limit 1000: all 40 examples are taken" in task.notes


@pytest.mark.parametrize("limit", [0, -1, 1.5, "10", True])
def test_a_wrong_limit_is_refused(limit: object) -> None:
    with pytest.raises(InputError, match=r"limit=.*expected a whole number of at least 1"):
        Task.from_dataset(frame(40), limit=limit)  # type: ignore[arg-type]


@given(
    st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6), min_size=1, max_size=40),
    st.integers(1, 100),
    st.integers(0, 5),
)
@pytest.mark.slow
def test_texts_are_whole_and_the_limit_is_kept(
    sentences: list[list[str]], limit: int, seed: int
) -> None:
    texts = [
        Text([*"".join(labels), str(i)], tuple(Example(x, i, (j,)) for j, x in enumerate(labels)))
        for i, labels in enumerate(sentences)
    ]
    (taken,), _ = sample([SplitDraft("train", ("a",), texts)], limit, seed)
    assert taken.texts
    assert all(text in texts for text in taken.texts)
    total = sum(len(text.examples) for text in taken.texts)
    assert total <= limit or len(taken.texts) == 1
    room = limit - total
    left = [len(text.examples) for text in texts if text not in taken.texts]
    assert all(size > room for size in left)
