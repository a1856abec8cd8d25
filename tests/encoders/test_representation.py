import json

import numpy as np
import pytest

from tunescope.encoders import Representation, Representations
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
