"""Wrong types and values in Python: the package's exception, with the argument's name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tunescope as ts
from tunescope.arguments import whole_number, whole_numbers
from tunescope.encoders import Representations
from tunescope.errors import InputError
from tunescope.tasks import Split, Task, load_task
from tunescope.tasks.builtin import SENTENCES

FRAME = pd.DataFrame({"text": list("abcd"), "label": list("xyxy")})
TWICE = pd.DataFrame([["a", "b", "x"]], columns=["text", "text", "label"])


def split(**changes: Any) -> Split:
    values: dict[str, Any] = {
        "name": "train",
        "texts": ["a"],
        "text_index": [0],
        "positions": [[]],
        "labels": [0],
        "files": ("a.csv",),
        "file_index": [0],
        "lines": [1],
    }
    return Split(**(values | changes))


def task(**changes: Any) -> Task:
    values: dict[str, Any] = {
        "name": "t",
        "kind": "text",
        "label_names": ("x",),
        "splits": {"train": split()},
    }
    return Task(**(values | changes))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Task.from_csv(None), "None is a NoneType; expected the path"),
        (lambda: Task.from_csv(3), "3 is a int; expected the path"),
        (lambda: Task.from_csv(["a.csv"]), "is a list; expected the path"),
        (lambda: Task.from_csv(b"a.csv"), "is a bytes; expected the path"),
        (lambda: Task.from_csv("a\0.csv"), "holds a NUL character"),
        (lambda: Task.from_csv("a" * 5000 + ".csv"), "cannot be read: File name too long"),
        (lambda: Task.from_csv(""), "unknown kind of file ''"),
        (lambda: Task.from_csv({"train": None}), "None is a NoneType; expected the path"),
        (lambda: Task.from_csv({1: "a.csv"}), "1 names a split"),
        (lambda: Task.from_csv({"": "a.csv"}), "'' names a split"),
        (lambda: Task.from_csv({"train": []}), "split 'train' has no files"),
        (lambda: Task.from_csv("a.csv", text=3), "text=3; expected a text, not int"),
        (lambda: Task.from_csv("a.csv", label=["x"]), "label=.*expected a text, not list"),
        (lambda: Task.from_csv("a.csv", split=1), "split=1; expected a text"),
        (lambda: Task.from_csv("a.csv", name=b"x"), "name=b'x'; expected a text"),
        (lambda: Task.from_csv("a.csv", name="\ud800"), "expected Unicode text"),
        (lambda: Task.from_conllu(SENTENCES, column=None), "column=None; "),
        (lambda: Task.from_conllu(SENTENCES, column=3), "column=3; expected a text"),
        (lambda: Task.from_conllu(SENTENCES, kind="text"), "kind=.text."),
        (lambda: Task.from_conllu(SENTENCES, kind=3), "kind=3"),
        (lambda: Task.from_dataset(None), "split 'train' is a NoneType; expected a datasets"),
        (lambda: Task.from_dataset(TWICE), "split 'train': two columns are called 'text'"),
        (lambda: Task.from_dataset({1: FRAME}), "1 names a split"),
        (lambda: Task.from_dataset(FRAME, splits="train"), "splits='train'; expected a list"),
        (lambda: Task.from_dataset(FRAME, splits=[3]), "no split 3"),
        (lambda: Task.from_dataset(FRAME, seed=-1), "seed=-1; expected a whole number of at"),
        (lambda: Task.from_dataset(FRAME, seed="a"), "seed='a'; expected a whole number"),
        (lambda: Task.from_dataset(FRAME, seed=1.5), "seed=1.5; expected a whole number"),
        (lambda: Task.from_dataset(FRAME, seed=None), "seed=None; expected a whole number"),
        (lambda: Task.from_dataset(FRAME, seed=True), "seed=True; expected a whole number"),
        (lambda: Task.from_dataset(FRAME, test_fraction="a"), "test_fraction is 'a'; expected at"),
        (lambda: Task.from_dataset(FRAME, test_fraction=None), "test_fraction is None"),
        (lambda: Task.from_dataset(FRAME, test_fraction=float("inf")), "test_fraction is inf"),
        (lambda: Task.from_dataset(FRAME, test_fraction=2), "test_fraction is 2"),
        (lambda: Task.from_dataset(FRAME, stratified="yes"), "stratified='yes'; expected True"),
        (lambda: Task.from_dataset(FRAME, rare="maybe"), "rare='maybe'; known: 'keep', 'drop'"),
        (lambda: Task.from_dataset(FRAME, rare=None), "rare=None; known"),
        (lambda: load_task(None), "no task is called None"),
        (lambda: load_task(3), "no task is called 3"),
        (lambda: load_task(["pos"]), "no task is called"),
        (lambda: load_task("demo-pos", seed="a"), "seed='a'"),
        (lambda: load_task("demo-pos", test_fraction=1), "test_fraction is 1"),
        (lambda: load_task("pos", data=3), "3 is a int; expected the path"),
        (lambda: task(splits=[split()]), "splits is a list; expected a mapping"),
        (lambda: task(splits={"train": "x"}), "is a str; expected a Split"),
        (lambda: task(label_names="x"), "label_names='x'; expected a list"),
        (lambda: task(label_names=(1,)), "label 1; expected a text"),
        (lambda: task(label_names=("\udc80",)), "expected Unicode text"),
        (lambda: task(name=None), "name=None; expected a text"),
        (lambda: task(kind=3), "kind=3; expected a text"),
        (lambda: task()[3], "no split 3"),
        (lambda: split(texts="a"), "texts is a str; expected a list"),
        (lambda: split(texts=None), "texts is a NoneType; expected a list"),
        (lambda: split(texts=[3]), "text 0 is 3; expected a string, a list of words, or a pair"),
        (
            lambda: split(texts=[["a", 3]]),
            "text 0 is .*; expected a string, a list of words, or a pair",
        ),
        (lambda: split(labels=["x"]), "labels has type .*; expected integers"),
        (lambda: split(labels=[0.5]), "labels has type float64; expected integers"),
        (lambda: split(text_index=[[0], [1, 2]]), "text_index .*expected integers"),
        (lambda: split(text_index=[1]), r"text_index\[0\] is 1, but there are 1 texts"),
        (lambda: split(lines=[-1]), "lines must be at least 1"),
        (lambda: split(positions=[[0]]), "a.csv:1: words and pairs need texts"),
        (lambda: split(name=3), "name=3; expected a text"),
        (lambda: split(labels=np.array([[0]])), "labels has shape"),
        (lambda: ts.open_run(5), "folder=5; expected a path"),
        (lambda: ts.run({"models": ["minilm"], "tasks": ["demo-pos"]}, out=5), "out=5; expected"),
        (lambda: Representations.load(b"vectors"), "folder=b'vectors'; expected a path"),
        (lambda: ts.GeometryCallback(task(), folder=5), "folder=5; expected a path"),
        (lambda: ts.SnapshotCallback(task(), folder=""), "folder=''; expected a path"),
        (lambda: ts.watch(None, None, task(), every=1, folder=None), "folder=None; expected a"),
    ],
)
@pytest.mark.slow
def test_a_wrong_argument_is_refused_by_its_name(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        call()
    assert len(str(refused.value).splitlines()) == 1


def test_everything_public_shows_itself_on_a_line() -> None:
    shown = repr(Task.from_dataset(FRAME, name="pets", test_fraction=0.25))
    assert shown == "<Task 'pets': text, 2 labels, 3 train, 1 test>"
    assert repr(split()) == "<Split 'train': 1 examples in 1 texts>"


def test_a_task_is_named_after_its_file_whatever_that_is_called(tmp_path: Path) -> None:
    for name in ("my reviews (1)", "ünï", "a\nb", "日本語", "x" * 200, "con", "..."):
        path = tmp_path / f"{name}.csv"
        FRAME.to_csv(path, index=False)
        assert Task.from_csv(path).name == name


def test_a_whole_number_is_plain_digits_and_few() -> None:
    assert [whole_number(text) for text in ("0", "007", "999999999")] == [0, 7, 999999999]
    others = ("", "-1", "+1", " 1", "1_0", "²", "٣", "1.0", "x", "9" * 10, "9" * 5000)
    assert {whole_number(text) for text in others} == {None}


@pytest.mark.parametrize("wrong", [-1, 1.5, [1.5], [True], ["1"], "12", np.array(3), [[1]]])
def test_whole_numbers_come_in_a_list(wrong: Any) -> None:
    for right in ([1, -1], range(3), {2}, np.array([0, 4]), (number for number in (1, 2)), ()):
        assert all(type(number) is int for number in whole_numbers("layers", right))
    with pytest.raises(InputError, match=r"^layers=.*; expected a list of whole numbers"):
        whole_numbers("layers", wrong)
