import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from tunescope.encoders import Policy, Representation, Representations
from tunescope.errors import InputError


def test_streamed_to_disk_is_what_memory_holds(tiny, bert, tmp_path):
    task = tiny.word_task()
    memory = bert.encode(task)
    disk = bert.encode(task, folder=tmp_path / "vectors")
    for name in task.splits:
        for layer in memory[name].layers:
            assert np.array_equal(memory[name].layer(layer), disk[name].layer(layer))
            assert isinstance(disk[name].layer(layer), np.memmap)
    found = sorted(path.name for path in (tmp_path / "vectors" / "train").iterdir())
    layers = [f"layer-0{layer}.npy" for layer in range(4)]
    assert found == ["examples.parquet", *layers, "representation.json"]
    assert sorted(path.name for path in (tmp_path / "vectors").iterdir()) == [
        "representations.json",
        "test",
        "train",
    ]


@pytest.mark.parametrize("storage", ["float32", "float16"])
@pytest.mark.slow
def test_saved_is_loaded(tiny, bert, tmp_path, storage):
    before = bert.encode(tiny.pair_task(), storage=storage)
    before.save(tmp_path / "r")
    after = Representations.load(tmp_path / "r")
    assert (after.model, after.task, list(after)) == (before.model, before.task, list(before))
    for name, old in before.items():
        new = after[name]
        assert new.layer(-1).dtype == storage
        assert new.labels.tolist() == old.labels.tolist()
        assert new.example_ids.tolist() == old.example_ids.tolist()
        assert new.groups.tolist() == old.groups.tolist()
        assert new.example_index.tolist() == old.example_index.tolist()
        assert (new.label_names, new.n_layers, new.counts) == (
            old.label_names,
            old.n_layers,
            old.counts,
        )
        for layer in old.layers:
            assert np.array_equal(new.layer(layer), old.layer(layer))


def test_float16_is_float32_rounded(tiny, bert):
    task = tiny.word_task()
    exact, half = bert.encode(task)["train"], bert.encode(task, storage="float16")["train"]
    assert np.array_equal(exact.layer(-1).astype(np.float16), half.layer(-1))


def test_any_program_can_read_the_files(tiny, bert, tmp_path):
    bert.encode(tiny.word_task(), folder=tmp_path / "r")
    array = np.load(tmp_path / "r" / "train" / "layer-03.npy", allow_pickle=False)
    assert array.dtype == np.float32
    assert json.loads((tmp_path / "r" / "representations.json").read_text())["splits"] == [
        "train",
        "test",
    ]


def test_a_failure_leaves_nothing_half_written(tiny, bert, tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bert.encode(tiny.word_task(), folder=tmp_path / "r", progress=stop)
    assert list((tmp_path / "r").iterdir()) == []


@pytest.mark.slow
def test_encoding_again_replaces_the_old_files(tiny, bert, tmp_path):
    task = tiny.word_task()
    bert.encode(task, folder=tmp_path / "r", layers=[0])
    bert.encode(task, folder=tmp_path / "r", layers=[1, 2])
    assert Representations.load(tmp_path / "r")["train"].layers == (1, 2)
    assert not list((tmp_path / "r").glob(".*"))


def test_a_folder_with_something_else_is_refused(tiny, bert, tmp_path):
    (tmp_path / "r" / "train").mkdir(parents=True)
    (tmp_path / "r" / "train" / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        bert.encode(tiny.word_task(), folder=tmp_path / "r")
    assert (tmp_path / "r" / "train" / "thesis.tex").read_text() == "mine"


def test_a_folder_without_a_representation_is_refused(tmp_path):
    with pytest.raises(InputError, match="no representation is stored here"):
        Representation.load(tmp_path)
    with pytest.raises(InputError, match="no representations are stored here"):
        Representations.load(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["../train[:10%]", ".."])
@pytest.mark.slow
def test_odd_split_names_are_safe_folder_names(tiny, bert, tmp_path, name):
    split = tiny.split_of(name, [["the", "dog"]], [0, 0], [[0], [1]], [0, 1])
    task = tiny.Task("t", "word", tiny.LABELS, {name: split})
    bert.encode(task, folder=tmp_path / "r")
    assert list(Representations.load(tmp_path / "r")) == [name]
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_arrays_from_anywhere():
    vectors = {2: np.ones((2, 3))}
    found = Representation.from_arrays(vectors, [1, 0], ["a", "b"])
    assert found.labels.tolist() == ["b", "a"]
    with pytest.raises(InputError, match="expected \\(3, n_features\\)"):
        Representation.from_arrays(vectors, [1, 0, 0], ["a", "b"])


@pytest.mark.parametrize(
    ("label_ids", "said"),
    [
        ([0, -1, 1], r"label_ids\[1\] is -1; expected whole numbers, 0 to 1"),
        ([0, 2, 1], r"label_ids\[1\] is 2; expected whole numbers, 0 to 1"),
        ([0.9, 1.9, 1.0], r"label_ids\[0\] is 0.9; expected whole numbers"),
        (["a", "b", "a"], r"label_ids\[0\] is 'a'; expected whole numbers"),
        ([[0], [1], [1]], r"label_ids: shape \(3, 1\)"),
    ],
)
def test_label_ids_that_name_no_label_are_refused(label_ids, said):
    with pytest.raises(InputError, match=said):
        Representation.from_arrays({0: np.ones((3, 2))}, label_ids, ["a", "b"])


@pytest.mark.parametrize(
    ("vectors", "names", "ids", "said"),
    [
        ({0: np.ones((2, 2))}, ["a", "a"], None, "label_names: 'a' is named twice"),
        ({0: np.ones((2, 2))}, [1, 2], None, "label_names: 1; expected texts"),
        ({0: np.ones((2, 2))}, ["a", "b"], ["x"], r"example_ids: shape \(1,\); expected \(2,\)"),
        ({0: np.ones((2, 2))}, ["a", "b"], ["x", None], "example_ids: missing"),
        ({-1: np.ones((2, 2))}, ["a", "b"], None, "vectors: layer=-1; expected a whole number"),
        ({0: [["x"], ["y"]]}, ["a", "b"], None, r"vectors\[0\]: type <U1; expected numbers"),
        (np.ones((1, 2, 2)), ["a", "b"], None, "vectors: a ndarray; expected a mapping"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(vectors, names, ids, said):
    with pytest.raises(InputError, match=said):
        Representation.from_arrays(vectors, [0, 1], names, example_ids=ids)


def test_tensors_and_lists_are_arrays():
    found = Representation.from_arrays({0: [[1, 2]], 1: torch.ones(1, 2)}, torch.tensor([0]), ["a"])
    assert (found.n_features, found.labels.tolist()) == (2, ["a"])


def test_each_layer_is_saved_in_its_own_precision(tmp_path):
    vectors = {
        0: np.full((2, 2), 1e5, dtype=np.float32),
        1: np.full((2, 2), 0.3, dtype=np.float64),
        2: np.ones((2, 2), dtype=np.float16),
        3: np.eye(2, dtype=np.int64),
    }
    Representation.from_arrays(vectors, [0, 1], ["a", "b"]).save(tmp_path / "r")
    found = Representation.load(tmp_path / "r")
    for layer, given in vectors.items():
        assert found.layer(layer).dtype == given.dtype
        assert np.array_equal(found.layer(layer), given)


def test_a_split_goes_by_any_of_its_names(tiny, bert, tmp_path):
    task = tiny.word_task()
    dev = replace(task["test"], name="dev")
    task = tiny.Task("w", "word", tiny.LABELS, {"train": task["train"], "dev": dev})
    found = bert.encode(task, splits=["validation", "dev"], folder=tmp_path / "r")
    assert list(found) == list(Representations.load(tmp_path / "r")) == ["dev"]
    with pytest.raises(InputError, match="no split 'test'"):
        bert.encode(task, splits="test")


def test_some_of_the_splits_that_a_folder_holds_are_not_written_anew(tiny, bert, tmp_path):
    task = tiny.word_task()
    found = bert.encode(task, folder=tmp_path / "r")
    only = Representations({"test": found["test"]}, found.model, found.revision, found.task)
    said = "it holds the split 'train' of an earlier encoding; write all splits in one call"
    with pytest.raises(InputError, match=said):
        bert.encode(task, splits="test", folder=tmp_path / "r")
    with pytest.raises(InputError, match=said):
        only.save(tmp_path / "r")
    assert list(Representations.load(tmp_path / "r")) == ["train", "test"]


@pytest.mark.parametrize("saving", [True, False])
def test_a_stop_between_two_splits_leaves_no_mixture(tiny, bert, tmp_path, monkeypatch, saving):
    task = tiny.word_task()
    old = bert.encode(task, folder=tmp_path / "r")
    new = Representations(dict(old), "new", None, "w")
    filled = Representation.filled

    def stop(one, writer):
        if writer.folder is not None and one.split == "test":
            raise KeyboardInterrupt
        return filled(one, writer)

    monkeypatch.setattr(Representation, "filled", stop)
    with pytest.raises(KeyboardInterrupt):
        if saving:
            new.save(tmp_path / "r")
        else:
            bert.encode(task, folder=tmp_path / "r")
    with pytest.raises(InputError, match="no representations are stored here"):
        Representations.load(tmp_path / "r")
    monkeypatch.undo()
    new.save(tmp_path / "r")
    assert Representations.load(tmp_path / "r").model == "new"
    assert not list((tmp_path / "r").glob(".*"))


@pytest.mark.parametrize("wrong", [{"unit_length": "no"}, {"chat": "no"}, {"chat": None}])
def test_switches_of_a_policy_are_on_or_off(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=f"^{name}=.*; expected True or False"):
        Policy(**wrong)
