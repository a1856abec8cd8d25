"""Clusters, similarities and nearest labels, asked in one way by everybody."""

import pytest
from frames import tables

from tunescope.tables import clusters, extra_clusters, train_test, with_original

WHERE = {"model": "m", "task": "pos", "split": "train"}


def similarity(stage: str, update: int, comparison: str, layer: int, value: float | None) -> dict:
    row = {**WHERE, "seed": 0, "stage": stage, "update": update, "layer": layer}
    row["tuned_on"] = "" if stage == "original" else "pos"
    return row | {"comparison": comparison, "measure": "spatial_pearson", "similarity": value}


SIMILARITY = [
    similarity(stage, update, comparison, layer, value)
    for stage, update in (("original", 0), ("between", 4), ("tuned", 9))
    for comparison in ("with_original", "train_test")
    for layer, value in ((1, 0.9), (2, None if stage == "original" else 0.5))
]


def test_train_against_test_is_told_of_the_last_layer_where_it_is_known() -> None:
    found = train_test(tables(similarity=SIMILARITY))
    assert found[["stage", "layer", "similarity"]].values.tolist() == [["tuned", 2, 0.5]]


def test_every_layer_of_the_tuned_model_is_compared_with_the_original() -> None:
    found = with_original(tables(similarity=SIMILARITY))
    assert set(found["stage"]) == {"tuned"}
    assert found["layer"].tolist() == [1, 2]


def test_clusters_on_the_way_and_of_other_tunings_are_left_out() -> None:
    rows = [
        {**WHERE, "seed": 0, "layer": layer, "stage": stage, "update": 9 * (stage != "original")}
        | {"tuned_on": tuned_on, "n_labels": 2, "n_clusters": 3}
        for layer in (1, 2)
        for stage, tuned_on in (
            ("original", ""),
            ("between", "pos"),
            ("tuned", "pos"),
            ("tuned", "dep"),
            ("random", ""),
        )
    ]
    found = clusters(tables(linearity=rows))
    assert found["stage"].tolist() == ["original", "tuned", "random"]
    assert set(found["layer"]) == {2}
    assert clusters({}).empty


def test_extra_clusters_of_the_original_stand_once() -> None:
    where = {**WHERE, "layer": 2, "label": "a", "cluster": 1, "kind": "region"}
    members = [
        {**where, "seed": seed, "stage": stage, "update": 9 * (stage == "tuned")}
        for seed in (0, 1)
        for stage in ("original", "tuned")
    ]
    counted = [{**WHERE, "seed": 0, "update": 0, "layer": 2, "n_labels": 2, "n_clusters": 3}]
    found = extra_clusters(tables(linearity=counted, cluster_members=members))
    assert found is not None
    assert sorted(found["stage"]) == ["original", "tuned", "tuned"]
    assert extra_clusters({}) is None
    nothing = extra_clusters(tables(linearity=counted))
    assert nothing is not None and nothing.empty


@pytest.mark.parametrize("measure", ["spatial_pearson_zhou2022", "linear_cka"])
def test_another_measure_is_not_mistaken_for_it(measure: str) -> None:
    assert train_test(tables(similarity=SIMILARITY), measure).empty
