"""Labels with a single example: kept by default, dropped or refused by choice, and said."""

from pathlib import Path

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.tasks import Task

FRAME = pd.DataFrame({"text": list("abcde"), "label": list("xxyyz")})


def test_they_are_kept_and_said() -> None:
    task = Task.from_dataset(FRAME, test_fraction=0)
    assert task.label_names == ("x", "y", "z")
    assert "labels with a single example, kept: 'z' (train:5)" in task.notes


def test_they_can_be_dropped() -> None:
    task = Task.from_dataset(FRAME, test_fraction=0, rare="drop")
    assert task.label_names == ("x", "y")
    assert "labels with a single example, left out: 'z' (train:5)" in task.notes


def test_they_can_be_refused() -> None:
    with pytest.raises(InputError, match=r"train:5: label 'z' has this one example; .*rare='keep'"):
        Task.from_dataset(FRAME, rare="error")


def test_examples_count_over_all_splits() -> None:
    twice = {"train": FRAME, "test": FRAME}
    assert Task.from_dataset(twice, rare="error").label_names == ("x", "y", "z")


def test_if_nothing_is_left_it_is_said() -> None:
    with pytest.raises(InputError, match="every label has a single example"):
        Task.from_dataset(FRAME.drop_duplicates("label"), rare="drop")


@pytest.mark.data
@pytest.mark.slow
def test_the_papers_own_treebank_is_read_as_a_task_of_ones_own(corpora: Path) -> None:
    path = corpora / "ud-english-pud-2.7" / "en_pud-ud-test.conllu"
    kept = Task.from_conllu(path, column="deprel")
    dropped = Task.from_conllu(path, column="deprel", rare="drop")
    assert (len(kept.label_names), len(dropped.label_names)) == (46, 41)
    assert any("labels with a single example, kept: " in note for note in kept.notes)
