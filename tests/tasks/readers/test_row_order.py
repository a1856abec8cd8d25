"""Labels in another order than their vectors are refused where the files say so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.tasks.readers.vectors import LabelledVectors, read_labelled

ENDINGS = ["csv", "tsv", "jsonl", "parquet"]


def write(frame: pd.DataFrame, path: Path, index: bool = False) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=index)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=index, sep="," if path.suffix == ".csv" else "\t")
    return path


def joined(
    folder: Path, theirs: Sequence[Any], ours: Sequence[Any], name: str = "id", **more: Any
) -> LabelledVectors:
    first, second = more.pop("endings", ("csv", "csv"))
    vectors = pd.DataFrame({name: theirs, "f": np.arange(len(theirs)) ** 2 + 0.5})
    labels = pd.DataFrame({name: ours, "label": list("abca"[: len(ours)]), **more})
    return read_labelled(
        write(vectors, folder / f"v.{first}"), write(labels, folder / f"l.{second}")
    )


@pytest.mark.parametrize("name", ["id", "ID", "index", "row_id", "user_id"])
@pytest.mark.parametrize("ours", [[2, 0, 1], [0, 1, 3], [7, 8, 9]])
def test_ids_that_differ_are_refused_by_row(tmp_path: Path, name: str, ours: list[int]) -> None:
    with pytest.raises(
        InputError, match=rf"l\.csv:\d: '{name}' is {ours[0] or ours[2]}, .*is [02]"
    ):
        joined(tmp_path, [0, 1, 2], ours, name)


@pytest.mark.parametrize("first", ENDINGS)
@pytest.mark.parametrize("second", ENDINGS)
def test_so_they_are_in_every_kind_of_file(tmp_path: Path, first: str, second: str) -> None:
    with pytest.raises(InputError, match="expected the labels in the order of the vectors"):
        joined(tmp_path, [5, 3, 4], [3, 4, 5], endings=(first, second))
    found = joined(tmp_path, [5, 3, 4], [5, 3, 4], endings=(first, second))
    assert found.labels.tolist() == ["a", "b", "c"]


def test_columns_that_count_from_zero_and_from_one_are_in_one_order(tmp_path: Path) -> None:
    assert joined(tmp_path, [0, 1, 2], [1, 2, 3]).labels.tolist() == ["a", "b", "c"]


def test_another_column_of_both_is_compared_if_it_is_only_reordered(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'year' is 1990, and that of the vector"):
        joined(tmp_path, [1950, 1970, 1990], [1990, 1950, 1970], "year")
    assert len(joined(tmp_path, [1950, 1970, 1990], [2, 3, 4], "year").labels) == 3


def test_columns_of_the_labels_that_are_not_used_are_said(tmp_path: Path) -> None:
    notes = joined(tmp_path, [4, 3, 5], [4, 3, 5], text=["x", "y", "z"]).notes
    (note,) = [note for note in notes if "not used" in note]
    assert note.startswith("labels belong to the vectors by their order; not used of ")
    assert note.endswith("l.csv: 'text'")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("name", [None, "row"])
def test_indexes_of_data_frames_are_compared(tmp_path: Path, ending: str, name: str | None) -> None:
    frame = pd.DataFrame({"f": [0.5, 1.5, 7.5]}, index=pd.Index([30, 10, 20], name=name))
    labels = pd.DataFrame({"label": ["a", "b", "c"]}, index=frame.index)
    vectors = write(frame, tmp_path / f"v.{ending}", index=True)
    same = write(labels, tmp_path / f"l.{ending}", index=True)
    assert read_labelled(vectors, same).labels.tolist() == ["a", "b", "c"]
    turned = write(labels.sort_index(), tmp_path / f"l.{ending}", index=True)
    with pytest.raises(InputError, match=r"is 10, and that of the vector in this place .* is 30"):
        read_labelled(vectors, turned)


def test_an_index_without_a_name_may_be_of_another_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame({"f": [0.5, 1.5, 7.5]})
    labels = pd.DataFrame({"label": ["a", "b", "c"]}, index=[4, 9, 2])  # as of a drawn part
    vectors, taken = tmp_path / "v.csv", tmp_path / "l.csv"
    frame.to_csv(vectors)
    labels.to_csv(taken)
    assert read_labelled(vectors, taken).labels.tolist() == ["a", "b", "c"]
