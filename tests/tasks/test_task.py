from pathlib import Path

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.tasks import Split, Task


def words(name="train"):
    return Split(
        name=name,
        texts=[["A", "dog", "barks"], ["It", "rains"]],
        text_index=[0, 0, 1],
        positions=[[1], [2], [1]],
        labels=[0, 1, 1],
        files=("a.conllu",),
        file_index=[0, 0, 0],
        lines=[2, 3, 7],
    )


def test_a_task_gives_its_splits():
    task = Task("dogs", "word", ("NOUN", "VERB"), {"train": words()})
    assert task["train"] is task.splits["train"]
    with pytest.raises(InputError, match="no split 'trian'; did you mean 'train'"):
        task["trian"]


@pytest.mark.parametrize(
    ("kind", "names", "changes", "message"),
    [
        ("words", ("NOUN", "VERB"), {}, "kind 'words'; expected one of pair, text, word"),
        ("word", ("NOUN", "NOUN"), {}, "label 'NOUN' is named twice"),
        ("word", ("NOUN",), {}, "a.conllu:3: label 1; expected 0 to 0"),
        ("pair", ("NOUN", "VERB"), {}, "1 positions an example; kind 'pair' needs 2"),
        ("word", ("NOUN", "VERB"), {"name": "test"}, "calls itself 'test'"),
    ],
)
def test_a_task_that_does_not_fit_together_is_refused(kind, names, changes, message):
    with pytest.raises(InputError, match=message):
        Task("dogs", kind, names, {"train": words(**changes)})


def test_a_split_without_examples_is_refused():
    empty = words().subset([])
    with pytest.raises(InputError, match=r"split 'train' has no examples \(from a.conllu\)"):
        Task("dogs", "word", ("NOUN", "VERB"), {"train": empty})
    with pytest.raises(InputError, match="no splits"):
        Task("dogs", "word", ("NOUN", "VERB"), {})


PAIRS = (
    "premise,hypothesis,label\nA dog barks,It is loud,yes\nA cat,A dog,no\nA dog barks,A cat,no\n"
)


def test_pairs_of_texts_are_read_shown_and_kept_together(tmp_path: Path) -> None:
    path = tmp_path / "nli.csv"
    path.write_text(PAIRS)
    task = Task.from_csv(path, test_fraction=0)
    train = task["train"]
    assert train.is_paired
    assert train.texts[0] == ("A dog barks", "It is loud")
    assert train.text(2) == "A dog barks ‖ A cat"
    assert "column 'premise' is taken for the first texts of pairs" in task.notes
    assert train.subset([1]).texts == [("A cat", "A dog")]


def test_the_same_pair_with_two_labels_contradicts_and_the_same_first_text_does_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "nli.csv"
    path.write_text(PAIRS + "A cat,A dog,yes\n")
    notes = " ".join(Task.from_csv(path, test_fraction=0).notes)
    assert "'A cat ‖ A dog' is no" in notes
    assert "A dog barks ‖" not in notes


def test_pairs_in_one_split_and_none_in_the_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PAIRS)
    (tmp_path / "b.csv").write_text("text,label\nA dog,yes\n")
    with pytest.raises(InputError, match="split 'train' are pairs, and those of 'test' are not"):
        Task.from_csv({"train": tmp_path / "a.csv", "test": tmp_path / "b.csv"})


def test_a_pair_with_an_empty_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("premise,hypothesis,label\nA dog,,yes\nA cat,A dog,no\n")
    with pytest.raises(InputError, match=r"a.csv:2: 'hypothesis' is .*expected a text"):
        Task.from_csv(tmp_path / "a.csv")


ROWS = [(f"text {i}", "xy"[i % 2]) for i in range(10)]
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


@pytest.mark.parametrize(
    ("name", "usual"), [("test", "test"), ("Validation", "dev"), ("eval", "eval"), ("all", "all")]
)
def test_a_single_split_that_is_not_called_train_stays_whole(
    tmp_path: Path, name: str, usual: str
) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    frame = pd.DataFrame(ROWS, columns=["text", "label"])
    frame.assign(part=name).to_csv(tmp_path / "b.csv", index=False)
    for task in (
        Task.from_csv({name: tmp_path / "a.csv"}),
        Task.from_csv(tmp_path / "b.csv", split="part"),
        Task.from_dataset({"train": frame, name: frame}, splits=[name]),
    ):
        assert {part: len(split) for part, split in task.splits.items()} == {usual: 10}
        assert not task.divided
        assert any(
            note.startswith(f"not divided: its only split is {usual!r}") for note in task.notes
        )


def test_a_task_whose_test_fraction_is_0_was_not_divided(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    task = Task.from_csv(tmp_path / "a.csv", test_fraction=0)
    assert (list(task.splits), task.divided) == (["train"], False)


def test_train_alone_and_a_file_without_a_split_are_divided(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    for paths in (
        tmp_path / "a.csv",
        {"train": tmp_path / "a.csv"},
        {"Training": tmp_path / "a.csv"},
    ):
        task = Task.from_csv(paths)
        assert (len(task["train"]), len(task["test"]), task.divided) == (8, 2, True)
