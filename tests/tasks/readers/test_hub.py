import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value

from tunescope.errors import InputError
from tunescope.tasks import Task

TAGGED = Dataset.from_dict(
    {"id": ["0", "1"], "tokens": [["A", "dog"], ["It", "barks"]], "pos_tags": [[1, 0], [0, 2]]},
    features=Features(
        {
            "id": Value("string"),
            "tokens": Sequence(Value("string")),
            "pos_tags": Sequence(ClassLabel(names=["N", "DET", "V"])),
        }
    ),
)
RATED = Dataset.from_dict(
    {"sentence": ["good", "bad", "fine"], "label": [1, 0, 1]},
    features=Features({"sentence": Value("string"), "label": ClassLabel(names=["neg", "pos"])}),
)


def names(task, split="train"):
    return [task.label_names[i] for i in task[split].labels]


def test_tags_get_their_names():
    task = Task.from_dataset(TAGGED, label="pos_tags", test_fraction=0)
    assert task.kind == "word"
    assert names(task) == ["DET", "N", "N", "V"]
    assert task["train"].texts == [["A", "dog"], ["It", "barks"]]
    assert task["train"].ids.tolist() == ["train:1#0", "train:1#1", "train:2#0", "train:2#1"]


def test_texts_get_their_labels_names():
    task = Task.from_dataset(DatasetDict(train=RATED, test=RATED), name="rated")
    assert (task.name, task.kind, task.label_names) == ("rated", "text", ("neg", "pos"))
    assert names(task, "test") == ["pos", "neg", "pos"]


def test_a_format_set_by_the_user_changes_nothing():
    plain, formatted = (
        Task.from_dataset(data, label="pos_tags", test_fraction=0)
        for data in (TAGGED, TAGGED.with_format("numpy"))
    )
    assert plain["train"].texts == formatted["train"].texts
    assert plain.provenance == formatted.provenance


def test_data_with_other_names_of_classes_are_other_data():
    features = RATED.features.copy()
    features["label"] = ClassLabel(names=["pos", "neg"])
    turned = Dataset.from_dict(RATED.to_dict(), features=features)
    original, corrected = Task.from_dataset(RATED), Task.from_dataset(turned)
    assert original.provenance != corrected.provenance
    assert original.provenance == Task.from_dataset(RATED).provenance
    tags = TAGGED.features.copy()
    tags["pos_tags"] = Sequence(ClassLabel(names=["V", "DET", "N"]))
    turned = Dataset.from_dict(TAGGED.to_dict(), features=tags)
    found = [Task.from_dataset(data, test_fraction=0).provenance for data in (TAGGED, turned)]
    assert found[0] != found[1]


def test_plain_labels_are_taken_as_they_are():
    data = Dataset.from_dict({"text": ["a", "b"], "label": [7, 3]})
    assert names(Task.from_dataset(data, test_fraction=0)) == ["7", "3"]


def test_a_data_frame_is_a_dataset_too():
    frame = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]})
    assert names(Task.from_dataset({"train": frame, "test": frame})) == ["x", "y"]


def test_a_single_split_is_divided_by_text():
    data = Dataset.from_dict({"text": [f"text {i}" for i in range(10)], "label": [0, 1] * 5})
    task = Task.from_dataset(DatasetDict(train=data))
    assert (len(task["train"]), len(task["test"])) == (8, 2)


def test_withheld_labels_are_refused_and_their_split_can_be_left_out():
    hidden = Dataset.from_dict({"sentence": ["what"], "label": [-1]}, features=RATED.features)
    data = DatasetDict(train=RATED, validation=RATED, test=hidden)
    with pytest.raises(InputError, match=r"test:1: 'label' is -1, .*splits=\[...\]"):
        Task.from_dataset(data)
    task = Task.from_dataset(data, splits=["train", "validation"])
    assert sorted(task.splits) == ["test", "train"]
    assert "split 'validation' is taken as 'test'" in task.notes


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (RATED, {"text": "sentense"}, "no column 'sentense'; did you mean 'sentence'"),
        (DatasetDict(train=RATED), {"splits": ["tran"]}, "no split 'tran'; did you mean 'train'"),
        ({}, {}, "no splits"),
        ([1, 2], {}, "is a list; expected a datasets.Dataset"),
        (RATED.select([]), {}, "train: no rows"),
        (Dataset.from_dict({"text": ["a", ""], "label": [0, 1]}), {}, "train:2: 'text' is empty"),
        (Dataset.from_dict({"text": ["a", None], "label": [0, 1]}), {}, "train:2: 'text' is empty"),
        (Dataset.from_dict({"text": ["a"], "label": [None]}), {}, "train:1: 'label' is empty"),
    ],
)
def test_what_does_not_fit_is_refused(data, options, message):
    with pytest.raises(InputError, match=message):
        Task.from_dataset(data, **options)


def test_a_data_frame_of_another_library_is_refused_by_its_name():
    class DataFrame:
        """As that of polars: columns and to_dict, and no iloc."""

        __module__ = "polars.dataframe.frame"
        columns = ("text", "label")

        def to_dict(self):
            return {"text": ["a"], "label": ["x"]}

        def to_pandas(self):
            return pd.DataFrame(self.to_dict())

    with pytest.raises(InputError, match=r"is a polars.DataFrame; expected .*to_pandas\(\) gives"):
        Task.from_dataset({"train": DataFrame()})
    assert Task.from_dataset(DataFrame().to_pandas(), test_fraction=0).label_names == ("x",)


def test_a_stream_is_refused():
    with pytest.raises(InputError, match="split 'train' is a stream"):
        Task.from_dataset(RATED.to_iterable_dataset())


def test_proportions_can_be_kept():
    data = Dataset.from_dict({"text": [f"{i}" for i in range(50)], "label": [0] * 40 + [1] * 10})
    task = Task.from_dataset(data, stratified=True)
    assert sorted(task["test"].labels.tolist()) == [0] * 8 + [1] * 2
