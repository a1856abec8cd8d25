"""What is written is read as itself, or refused before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tunescope.directprobe import read_folder, verify, write_data, write_results
from tunescope.errors import InputError
from tunescope.geometry import DirectProbe

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Made

X = np.array([[0.0, 0], [1, 0], [0, 3], [1, 3]])


def fitted(below: str, above: str) -> tuple[DirectProbe, list[str]]:
    y = [below, below, above, above]
    return DirectProbe().fit(X, y), y


@pytest.mark.parametrize("name", [" a", "", "a\tx", "a\nx", "a\ud800"])
def test_labels_that_the_format_cannot_hold_are_refused(tmp_path: Path, name: str) -> None:
    probe, y = fitted(name, "b")
    with pytest.raises(InputError, match=r"^probe: the label of cluster 0 is "):
        write_results(tmp_path, probe, (X, y))
    with pytest.raises(InputError, match=r"^test: y\[1\] is "):
        write_results(tmp_path, fitted("a", "b")[0], (X, ["a", name, "b", "b"]))
    assert list(tmp_path.iterdir()) == []


def test_a_label_that_looks_like_two_clusters_needs_a_file_that_names_them(tmp_path: Path) -> None:
    probe, y = fitted("a, 1-b", "b")
    with pytest.raises(InputError, match=r"clusters 0 \(a, 1-b\) and 1 \(b\) would be read as"):
        write_results(tmp_path, probe)
    assert list(tmp_path.iterdir()) == []
    write_results(tmp_path, probe, (X, y))
    read = read_folder(tmp_path).separations
    assert read is not None
    assert read.iloc[0][["label_a", "label_b"]].tolist() == ["a, 1-b", "b"]


def test_open_distances_are_refused(tmp_path: Path) -> None:
    probe, _ = fitted("a", "b")
    probe.distances_[:] = np.nan  # as where the bounds are further apart than rtol
    with pytest.raises(InputError, match=r"clusters 0 \(a\) and 1 \(b\) are 3 to 3 apart, which"):
        write_results(tmp_path, probe)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["prediction.txt", "log.txt", "vec.txt", "outside_min.txt"])
def test_two_results_are_not_mixed(tmp_path: Path, name: str) -> None:
    probe, y = fitted("a", "b")
    (tmp_path / name).write_text("of another probe\n")
    with pytest.raises(InputError, match=f"holds {name} already"):
        write_results(tmp_path, probe)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    (tmp_path / name).unlink()
    for _ in range(2):
        write_results(tmp_path, probe, (X, y))
    with pytest.raises(InputError, match=r"holds prediction.txt already"):
        write_results(tmp_path, probe)


def test_data_are_not_mixed_with_test_examples_of_others(tmp_path: Path) -> None:
    _, y = fitted("a", "b")
    write_data(tmp_path, (X, y), (X, y))
    with pytest.raises(InputError, match=r"holds entities/test.txt, embeddings/test.txt already"):
        write_data(tmp_path, (X, y))


def test_nothing_is_written_of_examples_that_do_not_fit(tmp_path: Path) -> None:
    probe, y = fitted("a", "b")
    for wrong in ((X, y[:3]), (X[:, :1], y), (X * np.nan, y)):
        with pytest.raises(InputError):
            write_results(tmp_path, probe, wrong)
    for wrong in ((X, y[:3]), (X * np.nan, y), (X, ["a", "b", "a", " a"])):
        with pytest.raises(InputError):
            write_data(tmp_path, (X, y), wrong)
    masked = np.ma.array(["a", "a", "b", "b"], mask=[0, 0, 1, 0])
    with pytest.raises(InputError, match="train: y"):
        write_data(tmp_path, (X, masked))
    assert list(tmp_path.iterdir()) == []


def test_equal_labels_have_one_name(tmp_path: Path) -> None:
    y = np.array([1, 1, 2, 2])
    write_data(tmp_path, (X, y), (X, y.astype(np.float64)))
    write_results(tmp_path, DirectProbe().fit(X, y), (X, y.astype(np.float64)))
    read = read_folder(tmp_path)
    assert read.label_set == ("1", "2")
    assert verify(read).counts["accuracy"] == 1.0


@pytest.mark.slow
def test_another_test_split_replaces_the_one_before(made: Made) -> None:
    examples = (made.vectors, made.labels)
    write_data(made.folder, examples, examples)
    write_results(made.folder, made.probe, examples)
    found = made.verify()
    assert found.holds
    assert found.counts["n_test"] == len(made.labels)
