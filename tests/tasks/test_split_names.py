"""Splits by any of their names, and what becomes the test split."""

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.tasks import Task

FRAME = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]})


def names(*splits: str) -> tuple[list[str], tuple[str, ...]]:
    task = Task.from_dataset(dict.fromkeys(splits, FRAME))
    return list(task.splits), task.notes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("train", "test"), ["train", "test"]),
        (("Train", "Test"), ["train", "test"]),
        (("training", "testing"), ["train", "test"]),
        (("TRAIN", "validation", "TEST"), ["train", "dev", "test"]),
        (("train", "validation"), ["train", "test"]),
        (("train", "dev"), ["train", "test"]),
        (("train", "val"), ["train", "test"]),
        (("train", "eval"), ["train", "test"]),
        (("train", "eval", "dev"), ["train", "test", "dev"]),
        (("train", "dev", "test"), ["train", "dev", "test"]),
        (("train", "held-out"), ["train", "test"]),
        (("train", "fold 2"), ["train", "test"]),
        (("train", "fold 2", "fold 3"), ["train", "fold 2", "fold 3"]),
        (("test", "validation"), ["test", "dev"]),
    ],
)
def test_usual_names_are_known(given: tuple[str, ...], expected: list[str]) -> None:
    found, notes = names(*given)
    assert found == expected
    for name, usual in zip(given, expected, strict=True):
        assert (f"split {name!r} is taken as {usual!r}" in notes) == (name != usual)


@pytest.mark.parametrize(
    "held_out", [("matched", "mismatched"), ("validation_matched", "validation_mismatched", "x")]
)
@pytest.mark.parametrize("by_column", [False, True])
def test_several_splits_of_unusual_names_are_said_not_to_be_used(
    held_out: tuple[str, ...], by_column: bool
) -> None:
    parts = ("train", *held_out)
    frames = {part: FRAME.assign(part=part) for part in parts}
    if by_column:
        task = Task.from_dataset(pd.concat(frames.values()), split="part")
    else:
        task = Task.from_dataset(frames)
    assert list(task.splits) == list(parts)
    (said,) = [note for note in task.notes if "no split is taken as 'test'" in note]
    assert f"{', '.join(map(repr, held_out))} are not used; call one of them test" in said


@pytest.mark.parametrize("parts", [("train", "a"), ("train", "a", "b", "test"), ("train", "dev")])
def test_where_there_is_a_test_split_nothing_is_said_to_be_unused(parts: tuple[str, ...]) -> None:
    assert not any("not used" in note for note in names(*parts)[1])


def test_two_files_for_one_split_are_refused() -> None:
    with pytest.raises(InputError, match=r"'Test' and 'test' are both the test split"):
        names("train", "Test", "test")
    with pytest.raises(InputError, match=r"'val' and 'validation' are both the dev split"):
        names("train", "val", "validation", "test")
    with pytest.raises(InputError, match=r"'val' and 'dev' are both the dev split"):
        names("train", "val", "dev")
    with pytest.raises(InputError, match=r"'holdout' and 'held-out' are both the eval split"):
        names("train", "holdout", "held-out", "dev")


def test_rows_of_one_file_may_name_their_split_in_several_ways(write) -> None:
    path = write("a.csv", "text,label,part\na,x,Train\nb,y,train\nc,x,Test\nd,y,TEST\n")
    task = Task.from_csv(path, split="part")
    assert (len(task["train"]), len(task["test"])) == (2, 2)


@pytest.mark.parametrize(
    ("one", "other"), [("Dev", "dev"), ("val", "validation"), ("holdout", "held-out")]
)
def test_a_held_out_split_that_is_written_in_two_ways_becomes_the_test_split_whole(
    write, one: str, other: str
) -> None:
    path = write("a.csv", f"text,label,part\na,x,train\nb,y,{one}\nc,x,{other}\nd,y,train\n")
    task = Task.from_csv(path, split="part")
    assert {name: len(split) for name, split in task.splits.items()} == {"train": 2, "test": 2}
    for name in (one, other):
        assert f"split {name!r} is taken as 'test'" in task.notes


def test_a_split_can_be_asked_for_by_a_usual_name() -> None:
    task = Task.from_dataset({"train": FRAME, "validation": FRAME, "test": FRAME})
    assert task["validation"] is task["dev"]
    with pytest.raises(InputError, match="no split 'fold'; known: dev, test, train"):
        task["fold"]
