"""A sample keeps whole texts and every label, and grows by adding to it."""

from __future__ import annotations

import numpy as np
from tiny_models import word_task

from tunescope.watching.sampling import FEWEST, n_texts, sample_rows, sampled


def test_a_sample_is_of_whole_texts_and_has_some_of_every_label() -> None:
    task = word_task(sizes=(60, 30))
    rows = sample_rows(task, ["train", "test"], 18)
    small = sampled(task, rows)
    for name, some in rows.items():
        whole = task[name]
        texts = np.unique(whole.text_index[some])
        assert np.array_equal(some, np.flatnonzero(np.isin(whole.text_index, texts)))
        for label in np.unique(whole.labels):
            there = int((whole.labels == label).sum())
            assert (small[name].labels == label).sum() >= min(FEWEST, there)
    assert n_texts(small, ["train", "test"]) < n_texts(task, ["train", "test"])


def test_a_smaller_sample_is_part_of_a_larger_one() -> None:
    task = word_task(sizes=(60, 30))
    small, large = (set(sample_rows(task, ["train"], n)["train"].tolist()) for n in (20, 40))
    assert small < large


def test_a_limit_beyond_all_texts_takes_all() -> None:
    task = word_task()
    assert len(sample_rows(task, ["train"], 1000)["train"]) == len(task["train"])
