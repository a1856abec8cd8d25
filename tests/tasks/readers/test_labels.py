"""What is a label and what is missing: the same in every kind of file."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Features, Sequence, Value

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.readers.vectors import read_labelled

Write = Callable[[str, str | bytes], Path]


def task_of(labels: Any, **options: Any) -> Task:
    texts = [f"text {i}" for i in range(len(labels))]
    frame = pd.DataFrame({"text": texts, "label": labels})
    return Task.from_dataset(frame, test_fraction=0, **options)


def names(task: Task, split: str = "train") -> list[str]:
    return [task.label_names[i] for i in task[split].labels]


@pytest.mark.parametrize(
    "labels",
    [
        pd.array(["x", "y", pd.NA, "x"], dtype="string"),
        pd.array([1, 2, None, 1], dtype="Int64"),
        pd.array([True, False, None, False], dtype="boolean"),
        pd.array(["x", "y", None, "x"], dtype="category"),
        pd.to_datetime(["2020-01-01", "2021-01-01", None, "2020-01-01"]),
        np.array([1.0, 2.0, np.nan, 1.0]),
        ["x", "y", None, "x"],
        ["x", "y", float("nan"), "x"],
        ["x", "y", pd.NaT, "x"],
        ["x", "y", "", "x"],
        ["x", "y", " \u3000", "x"],
        ["x", "y", "<NA>", "x"],
        ["x", "y", -100, "x"],
        [1, 2, -100, 1],
        ["1", "2", "-100", "1"],
        [0, 1, -1, 2],
        ["0", "1", "-1", "2"],
    ],
)
def test_a_missing_label_is_refused_by_row(labels: Any) -> None:
    with pytest.raises(InputError, match=r"^train:3: 'label' is .*(expected a label|withheld)"):
        task_of(labels)


def test_missing_labels_are_counted() -> None:
    with pytest.raises(InputError, match=r"train:2: 'label' is empty \(and 2 more rows\)"):
        task_of(["x", None, "y", None, ""])


def test_a_split_whose_labels_are_withheld_is_refused() -> None:
    with pytest.raises(InputError, match=r"labels are withheld; .*splits="):
        task_of([-1, -1, -1])


@pytest.mark.parametrize("labels", [["-1", "1"], [-1, 0, 1], [-2, -1, 0, 1, 2], ["-1", "x"]])
def test_minus_one_can_be_a_label_and_is_said(labels: list[Any]) -> None:
    task = task_of(labels)
    assert names(task) == [str(label) for label in labels]
    assert any("-1 is read as a label" in note for note in task.notes)


@pytest.mark.parametrize("label", ["NA", "None", "nan", "NULL", "n/a"])
def test_words_for_nothing_are_labels_and_said(label: str) -> None:
    task = task_of(["x", label, "x"])
    assert names(task)[1] == label
    assert any("may stand for no label" in note and label in note for note in task.notes)


def test_labels_that_look_alike_are_different_and_said() -> None:
    task = task_of(["01", "1", "1.0", "dog", "Dog", "d\u200bog", "cat", "\uff43at"])
    assert len(task.label_names) == 8
    (note,) = [note for note in task.notes if "look alike" in note]
    for label in ("'01' and '1' and '1.0'", "'Dog' and 'dog'", "'cat'"):
        assert label in note


def test_numbers_beyond_exact_floats_are_read_exactly_and_said(write: Write) -> None:
    path = write(
        "a.jsonl",
        '{"text": "a", "label": 9007199254740993}\n{"text": "b", "label": 9007199254740992}\n',
    )
    task = Task.from_csv(path, test_fraction=0)
    assert names(task) == ["9007199254740993", "9007199254740992"]
    assert any("beyond 2^53" in note for note in task.notes)


TOKENS = [["a", "b", "c"], ["d", "e"]]


@pytest.mark.parametrize("nothing", [-100, None])
def test_words_without_a_label_are_left_out_and_counted(nothing: int | None) -> None:
    tags = [[nothing, 0, 1], [1, nothing]]
    data = Dataset.from_dict({"tokens": TOKENS, "labels": tags})
    named = Dataset.from_dict(
        {"tokens": TOKENS, "labels": tags},
        features=Features(
            {"tokens": Sequence(Value("string")), "labels": Sequence(ClassLabel(names=["N", "V"]))}
        ),
    )
    for dataset, first, second in ((data, "0", "1"), (named, "N", "V")):
        task = Task.from_dataset(dataset, test_fraction=0)
        assert Counter(names(task)) == {first: 1, second: 2}
        assert left_out(2) in task.notes


def left_out(n: int) -> str:
    return f"{n} words have no label (_, null, -100 or a withheld -1) and are no examples"


@pytest.mark.parametrize("tags", [[[0, -1, 2], [1, -1]], [["0", "-1", "2"], ["1", "-1"]]])
@pytest.mark.parametrize("ending", ["jsonl", "parquet", "csv", "frame"])
def test_a_withheld_word_in_a_list_is_left_out_and_counted(
    tmp_path: Path, tags: list[Any], ending: str
) -> None:
    frame = pd.DataFrame({"tokens": TOKENS, "labels": tags})
    path = tmp_path / f"a.{ending}"
    if ending == "frame":
        task = Task.from_dataset(frame, test_fraction=0)
    else:
        if ending == "jsonl":
            frame.to_json(path, orient="records", lines=True)
        elif ending == "parquet":
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False)
        task = Task.from_csv(path, test_fraction=0)
    assert names(task) == ["0", "2", "1"]
    assert left_out(2) in task.notes


def test_minus_one_in_a_list_can_be_a_label_and_is_said() -> None:
    data = Dataset.from_dict({"tokens": TOKENS, "labels": [[0, -1, 1], [1, 0]]})
    task = Task.from_dataset(data, test_fraction=0)
    assert names(task) == ["0", "-1", "1", "1", "0"]
    assert "'labels': -1 is read as a label, not as a missing one" in task.notes


def splits_of(**labels: list[Any]) -> dict[str, pd.DataFrame]:
    words = isinstance(next(iter(labels.values()))[0], list)
    return {
        split: pd.DataFrame(
            {
                "tokens" if words else "text": [
                    [f"w{j}" for j in range(len(own))] if words else f"{split} {i}"
                    for i, own in enumerate(of_split)
                ],
                "label": of_split,
            }
        )
        for split, of_split in labels.items()
    }


@pytest.mark.parametrize("others", [[0, 1, 2, 0], ["0", "1", "2", "0"]])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "frame"])
def test_what_minus_one_means_is_one_for_all_files_of_a_task(
    tmp_path: Path, others: list[Any], ending: str
) -> None:
    kind = type(others[0])
    frames = splits_of(train=others, test=[kind(label) for label in (0, 1, -1, -1)])
    files = {split: tmp_path / f"{split}.{ending}" for split in frames}
    for split, path in files.items():
        if ending == "csv":
            frames[split].to_csv(path, index=False)
        elif ending == "jsonl":
            frames[split].to_json(path, orient="records", lines=True)
        elif ending == "parquet":
            frames[split].to_parquet(path)
    with pytest.raises(
        InputError, match=r"test.*:\d: 'label' is -1 \(and 1 more rows\), which means"
    ):
        Task.from_dataset(frames) if ending == "frame" else Task.from_csv(files)


def test_minus_one_stays_a_label_where_it_is_one_in_all_files() -> None:
    task = Task.from_dataset(splits_of(train=[-1, 0, 1], test=[0, 1, -1]))
    assert task.label_names == ("-1", "0", "1")
    task = Task.from_dataset(splits_of(train=["neg", "pos"], test=["pos", "-1"]))
    assert names(task, "test") == ["pos", "-1"]


def test_a_split_of_withheld_labels_is_refused_whatever_the_others_are() -> None:
    for train in ([0, 1], ["neg", "pos"]):
        with pytest.raises(InputError, match=r"test:1: 'label' is '?-1"):
            Task.from_dataset(splits_of(train=train, test=[-1, -1]))


def test_a_withheld_word_is_left_out_by_the_labels_of_all_files() -> None:
    task = Task.from_dataset(splits_of(train=[[0, 1, 2], [0, 1]], test=[[0, -1], [-1, 1]]))
    assert task.label_names == ("0", "1", "2")
    assert names(task, "test") == ["0", "1"]
    assert f"test: {left_out(2)}" in task.notes


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_a_number_is_written_with_the_digits_of_its_own_type(tmp_path: Path, kind: str) -> None:
    numbers = np.array([0.1, 0.25, 3.0, 2050.0, -0.7], dtype=kind)
    frame = pd.DataFrame({"text": [f"text {i}" for i in range(5)], "label": numbers})
    vectors = np.arange(10.0).reshape(5, 2) ** 2
    np.save(tmp_path / "v.npy", vectors)
    np.save(tmp_path / "l.npy", numbers)
    np.savez(tmp_path / "v.npz", X=vectors, y=numbers)
    pq.write_table(pa.table(dict(frame)), tmp_path / "a.parquet")
    objects = pd.DataFrame({"text": frame["text"], "label": pd.Series(list(numbers), dtype=object)})
    dataset = Dataset(pa.table(dict(frame)))
    found = [
        names(Task.from_dataset(frame, test_fraction=0)),
        names(Task.from_dataset(objects, test_fraction=0)),
        names(Task.from_dataset(dataset, test_fraction=0)),
        names(Task.from_csv(tmp_path / "a.parquet", test_fraction=0)),
        read_labelled(tmp_path / "v.npz").labels.tolist(),
        *(
            read_labelled(tmp_path / "v.npy", tmp_path / name).labels.tolist()
            for name in ("l.npy", "a.parquet")
        ),
    ]
    for labels in found:
        assert labels == ["0.1", "0.25", "3.0", "2050.0", "-0.7"]


def test_numbers_in_lists_are_written_with_the_digits_of_their_own_type(tmp_path: Path) -> None:
    values = pa.array([[0.1, 0.2, None], [0.2, 0.1]], pa.list_(pa.float32()))
    pq.write_table(pa.table({"tokens": TOKENS, "labels": values}), tmp_path / "a.parquet")
    task = Task.from_csv(tmp_path / "a.parquet", test_fraction=0)
    assert names(task) == ["0.1", "0.2", "0.2", "0.1"]


def test_class_numbers_out_of_range_are_refused() -> None:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})
    data = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=features)
    assert names(Task.from_dataset(data, test_fraction=0)) == ["bad", "good"]
    odd = Dataset.from_dict({"text": ["a", "b"], "label": [0, -1]}, features=features)
    with pytest.raises(InputError, match="train:2: 'label' is -1, which means"):
        Task.from_dataset(odd, test_fraction=0)


def test_class_names_in_parquet_are_read(tmp_path: Path) -> None:
    texts = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})
    Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=texts).to_parquet(
        str(tmp_path / "a.parquet")
    )
    words = Features(
        {"tokens": Sequence(Value("string")), "ner_tags": Sequence(ClassLabel(names=["N", "V"]))}
    )
    Dataset.from_dict(
        {"tokens": TOKENS, "ner_tags": [[0, 1, 0], [1, -100]]}, features=words
    ).to_parquet(str(tmp_path / "b.parquet"))
    assert names(Task.from_csv(tmp_path / "a.parquet", test_fraction=0)) == ["bad", "good"]
    assert names(Task.from_csv(tmp_path / "b.parquet", test_fraction=0)) == ["N", "V", "N", "V"]


def test_bytes_are_text(tmp_path: Path) -> None:
    table = pa.table(
        {"text": pa.array(["caf\u00e9".encode(), b"b"], pa.binary()), "label": [b"x", b"y"]}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    task = Task.from_csv(tmp_path / "a.parquet", test_fraction=0)
    assert task["train"].texts == ["caf\u00e9", "b"]
    assert names(task) == ["x", "y"]
    pq.write_table(pa.table({"text": ["a"], "label": [b"\xff"]}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"b.parquet:1: 'label': byte 0xFF is not utf-8"):
        Task.from_csv(tmp_path / "b.parquet")


@pytest.mark.parametrize("cell", ["\"['a', 'dog']\"", '"[""a"", ""dog""]"'], ids=["Python", "JSON"])
def test_lists_that_were_turned_into_text_are_lists_and_said(write: Write, cell: str) -> None:
    path = write("a.csv", f"tokens,tags\n{cell},\"['D', 'N']\"\n")
    task = Task.from_csv(path, test_fraction=0)
    assert task["train"].texts == [["a", "dog"]]
    assert names(task) == ["D", "N"]
    assert sum("lists that were turned into text" in note for note in task.notes) == 2


@pytest.mark.parametrize("cell", ["['a' 'dog']", "[a dog]", "['a', ]x]", "[" * 3000 + "]"])
def test_what_looks_like_lists_but_is_none_is_refused(write: Write, cell: str) -> None:
    with pytest.raises(InputError, match=r"a.csv:2: 'tokens' is .*expected words between spaces"):
        Task.from_csv(write("a.csv", f'tokens,label\n"{cell}",x\n'))


def test_texts_that_look_like_lists_are_texts_and_said(write: Write) -> None:
    path = write("a.csv", "text,label\n\"['a', 'dog']\",x\n\"['b']\",y\n")
    task = Task.from_csv(path, test_fraction=0)
    assert task["train"].texts == ["['a', 'dog']", "['b']"]
    assert any("tokens='text' reads its words" in note for note in task.notes)


def test_labels_with_brackets_are_labels(write: Write) -> None:
    path = write("a.csv", "text,label\na,[x]\nb,[y]\n")
    assert names(Task.from_csv(path, test_fraction=0)) == ["[x]", "[y]"]


def test_labels_with_a_part_for_each_word_are_said(write: Write) -> None:
    path = write("a.csv", "tokens,tags\na dog,D N\nit barks,P V\n")
    task = Task.from_csv(path, test_fraction=0)
    assert task.kind == "text"
    assert any("as many parts as its text has words" in note for note in task.notes)


@pytest.mark.parametrize("labels", [["0.0", "1.0", "2.0", "-1.0"], [0.0, 1.0, 2.0, -1.0]])
def test_a_sentinel_stays_one_where_whole_numbers_became_floats(labels: list[Any]) -> None:
    with pytest.raises(InputError, match="'label' is -1, which means that labels are withheld"):
        task_of(labels)
    with pytest.raises(InputError, match=r"4: 'label' is '?-100\.0'?, which marks a missing label"):
        task_of([*labels[:3], type(labels[0])("-100.0")])


@pytest.mark.parametrize("nothing", ["\u200b", "\ufeff", " \u2060 ", "\u00ad"])
def test_a_label_of_which_nothing_is_seen_is_missing(nothing: str) -> None:
    with pytest.raises(InputError, match="train:2: 'label' is empty"):
        task_of(["x", nothing, "y"])


def test_numbers_and_the_same_as_texts_are_one_label_and_said() -> None:
    task = task_of([1, "1", "x", "x"])
    assert names(task) == ["1", "1", "x", "x"]
    assert "'label': some labels are numbers, others the same as text; they are one: '1'" in (
        task.notes
    )


def test_labels_that_are_lists_in_text_are_said(write: Write) -> None:
    path = write("a.csv", "text,label\na,['x']\nb,['y']\n")
    assert "every label of 'label' is a list that was turned into text, and read as one label" in (
        Task.from_csv(path, test_fraction=0).notes
    )


def test_quotes_around_labels_are_said(write: Write) -> None:
    path = write("a.csv", 'text, label\n"a", "x"\n"b", "y"\n')
    task = Task.from_csv(path, test_fraction=0)
    assert task.label_names == ('"x"', '"y"')
    assert "quotes around labels are read as part of them: '\"x\"', '\"y\"'" in task.notes
