"""Vectors from files: every format gives the same, and a mistake is named with its place."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.studies.questions.vectors import probe_vectors, read_labelled

X = np.array([[0.0, 1], [0, 2], [3, 1], [3, 2]])
Y = ["a", "a", "b", "b"]


def write_all(folder: Path) -> dict[str, tuple[Path, Path | None]]:
    labels = folder / "labels.txt"
    labels.write_text("\n".join(Y) + "\n")
    np.save(folder / "v.npy", X)
    np.save(folder / "l.npy", np.array(Y))
    np.savez(folder / "v.npz", X=X, y=np.array(Y))
    table = pd.DataFrame(X, columns=["f0", "f1"]).assign(label=Y)
    table.to_csv(folder / "v.csv", index=False)
    table.to_csv(folder / "v.tsv", index=False, sep="\t")
    table.to_parquet(folder / "v.parquet")
    np.savetxt(folder / "v.txt", X)
    return {
        "npy": (folder / "v.npy", labels),
        "npy labels": (folder / "v.npy", folder / "l.npy"),
        "npz": (folder / "v.npz", None),
        "csv": (folder / "v.csv", None),
        "tsv": (folder / "v.tsv", None),
        "parquet": (folder / "v.parquet", None),
        "txt": (folder / "v.txt", labels),
    }


def test_every_format_gives_the_same(tmp_path: Path) -> None:
    for vectors, labels in write_all(tmp_path).values():
        found = read_labelled(vectors, labels)
        np.testing.assert_array_equal(found.vectors, X)
        assert found.labels.tolist() == Y


def test_probing_counts_and_measures(tmp_path: Path) -> None:
    vectors, labels = write_all(tmp_path)["npy"]
    found = probe_vectors(read_labelled(vectors, labels), source="v.npy")
    assert found.tables["linearity"]["n_clusters"].iloc[0] == 2
    assert found.tables["separations"]["separation"].iloc[0] == pytest.approx(3)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v.txt", "1 2\n3 x\n", r"v\.txt:2: .*'x'"),
        ("v.txt", "1 2\n3\n", r"v\.txt:2: 1 numbers; expected 2"),
        ("v.csv", "f,label\nlow,a\n", r"column 'f' holds no numbers"),
        ("v.csv", "f,g\n1,2\n", r"holds no labels"),
        ("v.npy", "not an array", r"not a \.npy file"),
        ("v.bin", "", r"unknown kind of file"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_labelled(path)


def test_counts_that_differ_are_refused(tmp_path: Path) -> None:
    vectors, labels = write_all(tmp_path)["npy"]
    assert labels is not None
    labels.write_text("a\nb\n")
    with pytest.raises(InputError, match=r"2 labels for the 4 vectors"):
        read_labelled(vectors, labels)
    labels.write_text("a\n\nb\nb\n")
    with pytest.raises(InputError, match=r"labels\.txt:2: empty"):
        read_labelled(vectors, labels)


def test_an_array_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"not a \.npy file"):
        read_labelled(path)
