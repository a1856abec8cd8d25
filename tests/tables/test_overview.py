"""The first numbers of a run: before and after, in the last layer."""

import pandas as pd
import pytest
from frames import tables

from tunescope.tables import overview

WHERE = {"model": "m", "task": "pos", "seed": 0, "split": "train", "n_labels": 3}


def linearity(update: int, layer: int, n_clusters: int, **more: object) -> dict[str, object]:
    return {**WHERE, "update": update, "layer": layer, "n_clusters": n_clusters, **more}


def test_before_and_after_are_the_original_and_the_tuned_model() -> None:
    rows = [linearity(0, 1, 9), linearity(0, 2, 5), linearity(4, 2, 8), linearity(9, 2, 3)]
    rows += [linearity(0, 2, 99, stage="random"), linearity(9, 2, 98, tuned_on="dep")]
    found = overview(tables(linearity=rows)).set_index("quantity")
    assert found.loc["clusters (train)", ["before", "after"]].tolist() == [5, 3]
    assert found.loc["labels", ["before", "after"]].tolist() == [3, 3]


def test_with_one_snapshot_after_is_before() -> None:
    found = overview(tables(linearity=[linearity(0, 2, 5)]))
    assert found.loc[0, ["before", "after"]].tolist() == [5, 5]


@pytest.mark.parametrize("kept", [[0], [9], [0, 9]])
@pytest.mark.parametrize("by", ["no number", "no row"])
def test_what_is_missing_of_one_model_is_not_taken_from_the_other(kept: list[int], by: str) -> None:
    rows = [linearity(0, 2, 5), linearity(9, 2, 3)]
    if by == "no row":
        rows = [row for row in rows if row["update"] in kept]
    else:
        rows = [row | ({} if row["update"] in kept else {"n_clusters": None}) for row in rows]
    similar = {**WHERE, "comparison": "train_test", "measure": "spatial_pearson", "layer": 2}
    others = [{**similar, "update": update, "similarity": 0.5} for update in (0, 9)]
    untuned = {**linearity(0, 2, 7), "task": "dep"}
    found = overview(tables(linearity=[*rows, untuned], similarity=others))
    found = found[found["quantity"] == "clusters (train)"].set_index("task")
    expected = [5 if 0 in kept else None, 3 if 9 in kept else None]
    assert [None if pd.isna(n) else n for n in found.loc["pos", ["before", "after"]]] == expected
    assert found.loc["dep", ["before", "after"]].tolist() == [7, 7]


def test_what_was_not_measured_is_left_out() -> None:
    assert overview({}).empty


def distances(update: int, **of_label: float | None) -> list[dict[str, object]]:
    where = {**WHERE, "update": update, "layer": 2}
    return [{**where, "label": name, "minimum_distance": d} for name, d in of_label.items()]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1.0, "b": 3.0, "c": 90.0}, {"a": 2.0, "b": 4.0, "c": None}, [2.0, 3.0]),
        ({"a": None, "b": 3.0}, {"a": 2.0, "b": None}, [None, None]),
        ({"a": 1.0, "b": 3.0}, {"a": None, "b": None}, [2.0, None]),
        ({"a": 1.0, "b": None}, {}, [1.0, 1.0]),
    ],
)
def test_a_mean_over_labels_is_of_the_same_labels_before_and_after(
    before: dict[str, float | None], after: dict[str, float | None], expected: list[float | None]
) -> None:
    rows = [*distances(0, **before), *distances(9, **after)]
    (found,) = overview(tables(minimum_distances=rows)).to_dict("records")
    assert [None if pd.isna(found[end]) else found[end] for end in ("before", "after")] == expected
