"""A first line that is an example is not taken for a header; names of numbers are still names."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.tasks.readers.vectors import read_labelled

X = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]])
Y = ["a", "b", "a", "b"]
ROWS = "".join(f"{x},{y},{label}\n" for (x, y), label in zip(X, Y, strict=True))


@pytest.mark.parametrize("label", ["label", "a"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize(
    "rows", [ROWS, ROWS.replace("0.", "1"), "c,11,12\na,3,4\nb,5,6\n", "True,2,a\nFalse,3,b\n"]
)
def test_a_row_of_numbers_and_a_label_is_no_header(
    tmp_path: Path, rows: str, sign: str, label: str
) -> None:
    path = tmp_path / ("v.tsv" if sign == "\t" else "v.csv")
    path.write_text(rows.replace(",", sign))
    with pytest.raises(
        InputError, match=r"v\.[ct]sv:1: the first line .*row of data.*f0, f1"
    ) as found:
        read_labelled(path, label=label)
    assert "--label" not in str(found.value)


def test_names_that_count_are_refused_beside_a_label_for_a_name(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(ROWS.replace("0.", ""))
    with pytest.raises(InputError, match=r"v\.csv:1: the first line looks like a row of data"):
        read_labelled(tmp_path / "v.csv", label="a")


def test_a_label_that_occurs_once_is_not_lost_with_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("0.1,0.2,c\n" + ROWS)
    with pytest.raises(InputError, match="looks like a row of data"):
        read_labelled(tmp_path / "v.csv", label="c")


@pytest.mark.parametrize("vectors", [X, np.array([[0.0, 1], [2, 3], [3, 4]]), X[:, :1]])
@pytest.mark.parametrize("labels", ["l.txt", "l.csv"])
def test_rows_that_savetxt_wrote_have_no_header(
    tmp_path: Path, vectors: np.ndarray, labels: str
) -> None:
    np.savetxt(tmp_path / "v.csv", vectors, delimiter=",")
    (tmp_path / labels).write_text("".join(f"{label}\n" for label in Y[: len(vectors)]))
    with pytest.raises(InputError, match=r"v\.csv:1: the first line looks like a row of data"):
        read_labelled(tmp_path / "v.csv", tmp_path / labels)


def test_rows_of_lists_have_no_header(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text('"[1, 2]",a\n"[2, 3]",b\n"[2, 4]",a\n')
    with pytest.raises(InputError, match="looks like a row of data"):
        read_labelled(tmp_path / "v.csv", label="a")


def test_numbers_that_are_alike_are_no_names(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("0.0,0.0,a\n1.0,2.0,b\n")
    with pytest.raises(InputError, match=r"two columns are called '0\.0'; .* not a row of data"):
        read_labelled(tmp_path / "v.csv")


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(
    ("names", "label"),
    [
        ([0, 1], "label"),
        ([1, 2], "kind"),
        ([5, 9], "kind"),
        ([850.5, 852.0], "label"),
        ([0.5, 0.25], "Label"),
        (["mean", 0.5], "kind"),
    ],
)
def test_names_of_a_data_frame_may_be_numbers(
    tmp_path: Path, names: list[object], label: str, index: bool
) -> None:
    frame = pd.DataFrame(X, columns=names)
    frame.assign(**{label: Y}).to_csv(tmp_path / "v.csv", index=index)
    found = read_labelled(tmp_path / "v.csv", label=label)
    assert found.vectors.tolist() == X.tolist()
    assert found.labels.tolist() == Y


@pytest.mark.parametrize("labels", [[0, 1, 0, 1], ["a", "b", "a", "b"]])
def test_frames_without_names_are_read_in_two_files(tmp_path: Path, labels: list[object]) -> None:
    pd.DataFrame(X).to_csv(tmp_path / "v.csv", index=False)
    pd.DataFrame(labels).to_csv(tmp_path / "l.csv", index=False)
    found = read_labelled(tmp_path / "v.csv", tmp_path / "l.csv")
    assert found.vectors.tolist() == X.tolist()
    assert found.labels.tolist() == [str(label) for label in labels]


def test_a_column_that_may_be_the_labels_is_named_with_care(tmp_path: Path) -> None:
    pd.DataFrame(X).assign(kind=Y).to_csv(tmp_path / "v.csv", index=False)
    with pytest.raises(InputError, match=r"if 'kind' is the name of the labels' column, .*--label"):
        read_labelled(tmp_path / "v.csv")
