"""What DirectProbe writes, read and written."""

import contextlib
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunescope.directprobe import outputs
from tunescope.errors import InputError

AWKWARD = [",", ":", "-LRB-", "-1", "nmod:poss", "a, 1-b", "(x)", "p.Explanation", "1", "a---b"]


def written(folder: Path, *lines: str) -> Path:
    path = folder / "file.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("number", "half"),
    [
        *[("6.2522", 5e-5), ("12", 0.5), ("0.", 0.5), ("1.5e-07", 5e-9), ("nan", 0), ("inf", 0)],
        *[("1e400", 0), ("-1e400", 0), ("0e400", 0.5), ("0.0e9", 0.05), ("1e2", 50)],
    ],
)
def test_precision_is_half_a_unit_of_the_last_digit(number: str, half: float) -> None:
    assert outputs.precision(number) == half


def test_clusters_come_back(tmp_path: Path) -> None:
    outputs.write_clusters(tmp_path / "clusters.txt", [2, 0, 1])
    assert outputs.read_clusters(tmp_path / "clusters.txt").tolist() == [2, 0, 1]


@pytest.mark.parametrize("line", ["-1", "1.0", "", "a", "²"])
def test_a_cluster_is_a_whole_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=r"file.txt:2: .*expected a cluster's number"):
        outputs.read_clusters(written(tmp_path, "0", line))


def separations_of(labels: list[str]) -> pd.DataFrame:
    rows = [
        (i, a, j, b, i + j / 10)
        for i, a in enumerate(labels)
        for j, b in enumerate(labels)
        if i < j
    ]
    columns = ["cluster_a", "label_a", "cluster_b", "label_b", "separation"]
    return pd.DataFrame(rows, columns=columns)


def test_separations_come_back_whatever_the_labels_are_called(tmp_path: Path) -> None:
    table = separations_of(AWKWARD)
    outputs.write_separations(tmp_path / "dis.txt", table)
    again = outputs.read_separations(tmp_path / "dis.txt", AWKWARD)
    pd.testing.assert_frame_equal(again[table.columns.tolist()], table, check_dtype=False)
    assert set(again["precision"]) == {5e-5}
    assert again["line"].tolist() == list(range(1, len(table) + 1))


def test_both_spellings_of_a_pair_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "(0-A,1-B): 1.5", "(0-A, 2-C): 0.0000")
    read = outputs.read_separations(path)
    assert read["label_b"].tolist() == ["B", "C"]
    assert read["precision"].tolist() == [0.05, 5e-5]


@pytest.mark.parametrize(
    "line", ["", "0-A, 1-B: 1.0", "(0-A): 1.0", "(0-A, 1-B): one", "(A, B): 1"]
)
def test_wrong_separations_are_named_by_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=r"file.txt:2: .*e.g. \(0-NOUN, 1-VERB\)"):
        outputs.read_separations(written(tmp_path, "(0-A, 1-B): 1.0", line))


@pytest.mark.parametrize("piece", [", 1-", "---", "):", "9", "0-A, 1-B): "])
@pytest.mark.slow
def test_a_long_line_takes_no_time_or_memory(tmp_path: Path, piece: str) -> None:
    """A hundred thousand characters in which a name could end anywhere."""
    long = piece * (100_000 // len(piece))
    lines = written(tmp_path, f"(0-A{long}B): 1.0", f"0-A{long},1.0", f"A---{long}B,1.0")
    tracemalloc.start()
    for read in (outputs.read_separations, outputs.read_label_separations, read_predictions):
        with contextlib.suppress(InputError):
            read(lines, {"A", "B", long})
    with contextlib.suppress(InputError):
        outputs.read_label_separations(written(tmp_path, f"A---{long}B,1.0"), {"A", "B"})
    assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    tracemalloc.stop()


def read_predictions(path: Path, _: set[str]) -> pd.DataFrame:
    return outputs.read_predictions(path)


def test_predictions_come_back_nearest_first(tmp_path: Path) -> None:
    distances = np.array([[3.0, 1.0, 2.0], [0.0, 0.0, 7.12345]])
    labels = [",", "a,b", "-1"]
    outputs.write_predictions(tmp_path / "p.txt", ["-1", ","], distances, labels)
    read = outputs.read_predictions(tmp_path / "p.txt")
    assert read["cluster"].tolist() == [1, 2, 0, 0, 1, 2]
    assert read["label"].tolist() == ["a,b", "-1", ",", ",", "a,b", "-1"]
    assert read["distance"].tolist() == [1, 2, 3, 0, 0, 7.1235]
    assert read["gold"].tolist() == ["-1"] * 3 + [","] * 3
    assert read["rank"].tolist() == [0, 1, 2] * 2


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "1" * 10, "-1", "1.0", "²", "٣", ""])
def test_a_clusters_number_is_a_whole_number_of_few_digits(tmp_path: Path, number: str) -> None:
    with pytest.raises(InputError, match=r"file.txt:2: .*a cluster's number"):
        outputs.read_clusters(written(tmp_path, "0", number, "1"))
    with pytest.raises(InputError, match=r"file.txt:1: "):
        outputs.read_separations(written(tmp_path, f"({number}-A, 1-B): 1.0"))
    with pytest.raises(InputError, match=r"file.txt:1: "):
        outputs.read_predictions(written(tmp_path, f"A\t{number}-A,1.0"))


@pytest.mark.parametrize("line", ["A", "A\t0-A", "A\t0-A,1.0\tB", "A\tA,1.0", "A\t0-A,1e99999"])
def test_wrong_predictions_are_named_by_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=r"file.txt:2: "):
        outputs.read_predictions(written(tmp_path, "A\t0-A,1.0", line))


def test_separations_of_labels_come_back(tmp_path: Path) -> None:
    table = separations_of(AWKWARD)[["label_a", "label_b", "separation"]]
    outputs.write_label_separations(tmp_path / "vec.txt", table)
    again = outputs.read_label_separations(tmp_path / "vec.txt", AWKWARD)
    pd.testing.assert_frame_equal(again[table.columns.tolist()], table, check_dtype=False)
    with pytest.raises(InputError, match=r"file.txt:1"):
        outputs.read_label_separations(written(tmp_path, "A--B,1.0"))


def test_numbers_of_labels_come_back(tmp_path: Path) -> None:
    outputs.write_label_values(tmp_path / "v.txt", pd.Series([1.5, 2.25], index=["a,b", ","]))
    again = outputs.read_label_values(tmp_path / "v.txt")
    assert again["label"].tolist() == ["a,b", ","]
    assert again["value"].tolist() == [1.5, 2.25]
    with pytest.raises(InputError, match=r"file.txt:1"):
        outputs.read_label_values(written(tmp_path, "A 1.0"))
