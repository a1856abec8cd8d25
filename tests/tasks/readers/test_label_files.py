"""Files of labels beside vectors: which column, and which line is the first label."""

from pathlib import Path

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.tasks.readers.label_files import read_labels
from tunescope.tasks.readers.vectors import read_labelled


def vectors(folder: Path, n: int = 4) -> Path:
    np.save(folder / "v.npy", np.arange(2.0 * n).reshape(n, 2) ** 2)
    return folder / "v.npy"


@pytest.mark.parametrize("header", ["label", "Label", "kind"])
def test_the_column_of_labels_is_called_so_or_the_only_one(tmp_path: Path, header: str) -> None:
    (tmp_path / "l.csv").write_text(f"{header}\na\nb\na\nb\n")
    own, table = read_labels(tmp_path / "l.csv", "label")
    assert list(own.columns) == [header]
    assert table is not None
    assert read_labelled(vectors(tmp_path), tmp_path / "l.csv").labels.tolist() == ["a", "b"] * 2


def test_a_first_line_that_is_a_label_is_no_header(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("a\nb\na\nb\na\n")
    with pytest.raises(InputError, match=r"l\.csv:1: the first line is 'a', as labels below it"):
        read_labelled(vectors(tmp_path), tmp_path / "l.csv")


def test_a_missing_example_is_looked_for_in_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("c\nb\na\nb\n")
    with pytest.raises(
        InputError, match=r"3 labels for the 4 .*; .*l\.csv:1 is read as the header"
    ):
        read_labelled(vectors(tmp_path), tmp_path / "l.csv")
    (tmp_path / "v.csv").write_text("0,1\n2,3\n4,7\n")
    (tmp_path / "l.txt").write_text("a\nb\na\n")
    with pytest.raises(InputError, match=r"3 labels for the 2 .*; the first line of the vectors"):
        read_labelled(tmp_path / "v.csv", tmp_path / "l.txt")
