"""Similarities with their nulls, asked in one way by everybody."""

import pytest
from frames import tables

from tunescope.tables import similarity_changes, train_test, with_original

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


def test_another_layer_does_not_stand_in_for_a_last_one_that_is_not_known() -> None:
    rows = [
        similarity(stage, update, "train_test", layer, value)
        for stage, update in (("original", 0), ("tuned", 9))
        for layer, value in ((1, 0.9), (2, None))
    ]
    assert train_test(tables(similarity=rows)).empty


def test_every_layer_of_the_tuned_model_is_compared_with_the_original() -> None:
    found = with_original(tables(similarity=SIMILARITY))
    assert set(found["stage"]) == {"tuned"}
    assert found["layer"].tolist() == [1, 2]


def test_a_layer_whose_similarity_is_missing_is_told_where_it_is_asked_for() -> None:
    rows = [
        similarity("tuned", 9, "with_original", layer, value)
        for layer, value in ((1, 0.9), (2, None))
    ]
    found = tables(similarity=rows)
    assert with_original(found)["layer"].tolist() == [1]
    assert with_original(found, unknown=True)["layer"].tolist() == [1, 2]


@pytest.mark.parametrize("measure", ["spatial_pearson_zhou2022", "linear_cka"])
def test_another_measure_is_not_mistaken_for_it(measure: str) -> None:
    assert train_test(tables(similarity=SIMILARITY), measure).empty


def test_random_weights_stand_beside_where_they_are_asked_for() -> None:
    rows = [
        *SIMILARITY,
        *(similarity("random", 0, c, 2, 0.7) for c in ("with_original", "train_test")),
    ]
    found = tables(similarity=rows)
    for ask in (train_test, with_original):
        assert "random" not in set(ask(found)["stage"])
        assert ask(found, random=True).query("stage == 'random'")["similarity"].tolist() == [0.7]


def test_a_change_is_told_of_the_last_layer_where_it_could_be_tested() -> None:
    rows = [
        {**WHERE, "seed": 0, "stage": "tuned", "update": 9, "tuned_on": "pos", "layer": layer}
        | {"measure": measure, "shift": shift, "p_value": 0.01}
        for layer in (1, 2)
        for measure, shift in (("spatial_pearson", -1.0), ("spatial_beyond_sizes", None))
    ]
    found = tables(similarity_change=rows)
    assert similarity_changes(found)[["layer", "shift"]].values.tolist() == [[2, -1.0]]
    assert similarity_changes(found, "spatial_beyond_sizes").empty
    assert similarity_changes({}).empty
