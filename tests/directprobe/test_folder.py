"""Finding the data that results are of, and reading them as one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tunescope.directprobe import read_folder, write_data, write_results
from tunescope.directprobe.folder import read_log
from tunescope.directprobe.locate import locate
from tunescope.errors import InputError
from tunescope.geometry import DirectProbe

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from conftest import Made


def test_what_is_written_is_read_again(made: Made) -> None:
    read = read_folder(made.folder)
    assert read.clusters is not None
    assert read.clusters.tolist() == made.probe.labels_.tolist()
    np.testing.assert_array_equal(read.train.vectors, made.vectors.astype(np.float32))
    assert read.train.labels is not None
    assert read.train.labels.tolist() == made.labels.tolist()
    assert read.label_set == ("a", "b", "c")
    assert read.separations is not None
    for row in read.separations.to_dict("records"):
        proven = made.probe.distances_[row["cluster_a"], row["cluster_b"]]
        assert row["separation"] == pytest.approx(proven, abs=5.1e-5)


def results_elsewhere(made: Made, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("clusters.txt", "dis.txt", "prediction.txt"):
        shutil.move(made.folder / name, folder / name)
    return folder


def test_data_may_lie_in_another_folder(made: Made, tmp_path: Path) -> None:
    results = results_elsewhere(made, tmp_path / "results")
    assert read_folder(results).train.vectors is None
    assert read_folder(results, data=made.folder).train.vectors is not None


def test_a_config_names_the_data_from_a_folder_above_it(made: Made, tmp_path: Path) -> None:
    results = results_elsewhere(made, tmp_path / "results" / "SS")
    config = tmp_path / "configs" / "config.ini"
    config.parent.mkdir()
    text = (made.folder / "config.ini").read_text().replace("common = .", "common = made")
    config.write_text(text)
    places = locate(results, config=config)
    assert places["train embeddings"] == made.folder / "embeddings" / "train.txt"
    assert set(places) == {
        "labels",
        *(f"{split} {what}" for split in ("train", "test") for what in ("entities", "embeddings")),
    }


def test_a_log_names_the_data_too(made: Made, tmp_path: Path) -> None:
    results = results_elsewhere(made, tmp_path / "results" / "SS")
    lines = [
        f"2023-08-21-main.py-INFO: {what} from made/{name}/{split}.txt\n"
        for split in ("train", "train", "test")
        for what, name in (("Load entities", "entities"), ("Loading embeddings", "embeddings"))
    ]
    (results / "log.txt").write_text("".join(lines))
    read = read_folder(results)
    assert read.train.vectors is not None
    assert read.test.vectors is not None
    assert read.test.vectors.shape == (12, 3)


def test_one_of_several_layers_is_asked_for(made: Made, tmp_path: Path) -> None:
    results = results_elsewhere(made, tmp_path / "results")
    for split in ("train", "test"):
        old = made.folder / "embeddings" / f"{split}.txt"
        for layer in (1, 2):
            new = made.folder / "embeddings" / "layers" / split / f"{layer}.txt"
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(old, new)
        old.unlink()
    with pytest.raises(InputError, match=r"2 files of embeddings for train"):
        read_folder(results, data=made.folder)
    read = read_folder(results, data=made.folder, embeddings="layers/{split}/2.txt")
    assert read.train.embeddings == made.folder / "embeddings" / "layers" / "train" / "2.txt"
    assert read.test.embeddings is not None
    with pytest.raises(InputError, match=r"layers/train/3.txt: no such file"):
        read_folder(results, data=made.folder, embeddings="layers/{split}/3.txt")


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no results; expected one of clusters.txt"):
        read_folder(tmp_path)


def test_data_that_are_asked_for_must_be_there(made: Made, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder; expected the folder of the data"):
        read_folder(made.folder, data=tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no such file; expected the config.ini"):
        read_folder(made.folder, config=tmp_path / "nowhere.ini")
    (made.folder / "config.ini").write_text("[run]\n")
    with pytest.raises(InputError, match=r"config.ini: not a config.ini with a section \[data\]"):
        read_folder(made.folder)


def test_a_folder_is_no_config(made: Made, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file; expected the config.ini"):
        read_folder(made.folder, config=tmp_path)


def test_a_config_names_files_by_keys_of_any_section(made: Made) -> None:
    (made.folder / "config.ini").write_text(
        "[DEFAULT]\nroot = .\n[names]\nsplit = train\n"
        "[data]\nhere = ${root}/entities\nentities_path = ${here}/${names:split}.txt\n"
    )
    assert read_folder(made.folder).train.entities == made.folder / "entities" / "train.txt"


@pytest.mark.parametrize(
    "lines",
    [
        "entities_path = ${entities_path}",
        "entities_path = ${nothing}",
        "entities_path = ${no:thing}",
        "\n".join(f"k{i} = {f'${{k{i + 1}}}' * 40}" for i in range(9))
        + "\nk9 = x\nentities_path = ${k0}",
        "entities_path",
    ],
    ids=["itself", "missing", "no section", "grows without end", "no value"],
)
def test_a_config_that_cannot_be_filled_in_is_refused(made: Made, lines: str) -> None:
    (made.folder / "config.ini").write_text(f"[data]\n{lines}\n")
    with pytest.raises(InputError, match=r"config.ini: not a config.ini"):
        read_folder(made.folder)


@pytest.mark.parametrize("name", ["x" * 4000, "a\0b", "../" * 1300])
def test_a_config_may_name_what_no_file_is_called(made: Made, name: str) -> None:
    (made.folder / "config.ini").write_text(f"[data]\nentities_path = {name}\n")
    assert read_folder(made.folder, embeddings="train.txt").train.labels is not None


@pytest.mark.parametrize(
    "said", ["Acc=abc", "Acc=1_0", "Acc=", "MinConvexDistance=0x1", f"Acc={'9' * 5000}e"]
)
def test_a_log_that_tells_no_number_is_refused_by_line(tmp_path: Path, said: str) -> None:
    (tmp_path / "log.txt").write_text(f"x: Finish loading 5 entities...\nx: {said}\n")
    if said == "Acc=":
        assert read_log(tmp_path / "log.txt") == {"n_train": 5}
        return
    with pytest.raises(InputError, match=r"log.txt:2: .*expected a number"):
        read_log(tmp_path / "log.txt")


def test_a_count_beyond_all_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(f"Finish loading {'9' * 5000} entities\n")
    with pytest.raises(InputError, match=r"log.txt:1: '999.*expected a count of entities"):
        read_log(tmp_path / "log.txt")


def test_a_log_tells_counts_accuracy_and_distances(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text(
        "x: Finish loading 52 entities...\nx: Finish loading 13 entities...\n"
        "x: Acc=0.5\nx: MinConvexDistance=0.0\n"
    )
    expected = {"n_train": 52, "n_test": 13, "Acc": 0.5, "MinConvexDistance": 0.0}
    assert read_log(path) == expected


def test_labels_and_texts_of_any_kind_are_written(tmp_path: Path) -> None:
    X = np.arange(6.0).reshape(3, 2)
    write_data(tmp_path, (X, [3, 1, 3]), texts={"train": ["one", "two", "three"]})
    assert (tmp_path / "entities" / "train.txt").read_text() == "one\t3\ntwo\t1\nthree\t3\n"
    assert (tmp_path / "labels" / "tags.txt").read_text() == "1\n3\n"
    assert "test" not in (tmp_path / "config.ini").read_text()


def test_counts_that_differ_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^train: y: expected 2 labels"):
        write_data(tmp_path / "new", (np.zeros((2, 2)), ["a"]))
    assert not (tmp_path / "new").exists()


def test_a_probe_without_distances_is_refused(tmp_path: Path) -> None:
    probe = DirectProbe(distances=False).fit([[0.0], [1.0]], ["a", "b"])
    with pytest.raises(InputError, match="has no distances"):
        write_results(tmp_path, probe)
