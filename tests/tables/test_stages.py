"""Which model a row is about is said once, and asked in few ways."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.tables import BETWEEN, ORIGINAL, RANDOM, STAGES, TUNED
from tunescope.tables.stages import (
    at,
    first_block,
    last_layer,
    on_split,
    own,
    side_by_side,
    stage_at,
    trained,
    transferred,
    upper_half,
    was_tuned,
    with_origin,
)

ROWS = pd.DataFrame(
    [
        {"model": model, "task": "pos", "seed": 0, "tuned_on": tuned_on, "stage": stage}
        | {"layer": layer, "split": split, "value": value}
        for model, depth in (("small", 2), ("large", 4))
        for layer in range(depth + 1)
        for split in ("train", "test")
        for tuned_on, stage, value in (
            ("", ORIGINAL, 1.0),
            ("", RANDOM, 2.0),
            ("pos", BETWEEN, 3.0),
            ("pos", TUNED, 4.0),
            ("dep", TUNED, 5.0),
        )
    ]
)


@given(st.lists(st.integers(1, 10**6), min_size=1, unique=True))
@pytest.mark.slow
def test_every_snapshot_has_one_stage_and_only_the_last_is_tuned(updates: list[int]) -> None:
    last = max(updates)
    found = [stage_at(update, last) for update in (0, *updates)]
    assert found[0] == ORIGINAL
    assert found.count(TUNED) == 1
    assert found[1 + updates.index(last)] == TUNED
    assert set(found) <= set(STAGES) - {RANDOM}


def test_a_step_of_many_updates_says_the_stage_of_each() -> None:
    table = pd.DataFrame({"update": [0, 5, 9], "loss": [3.0, 2.0, 1.0]})
    where = {"model": "m", "task": "t", "seed": 1}
    found = with_origin(table, **where, update=None, last=9, stage="", tuned_on="t")
    assert found["stage"].tolist() == [ORIGINAL, BETWEEN, TUNED]
    assert found["tuned_on"].tolist() == ["", "t", "t"]
    assert list(table) == ["update", "loss"]  # what was given stays as it is


def test_transfers_and_own_tunings_are_apart_and_make_up_all() -> None:
    assert set(transferred(ROWS)["tuned_on"]) == {"dep"}
    assert set(own(ROWS)["tuned_on"]) == {"", "pos"}
    assert len(own(ROWS)) + len(transferred(ROWS)) == len(ROWS)


def test_random_weights_were_not_trained_nor_is_what_nobody_knows_yet() -> None:
    assert set(trained(ROWS)["stage"]) == {ORIGINAL, BETWEEN, TUNED}
    another = ROWS.assign(stage=ROWS["stage"].replace(RANDOM, "another"))
    pd.testing.assert_frame_equal(trained(another), trained(ROWS))
    assert set(at(ROWS, TUNED, RANDOM)["stage"]) == {TUNED, RANDOM}


def test_the_last_layer_is_each_model_s_own() -> None:
    found = last_layer(ROWS)
    assert found.groupby("model")["layer"].unique().map(list).to_dict() == {
        "large": [4],
        "small": [2],
    }
    assert set(first_block(ROWS)["layer"]) == {1}
    assert set(upper_half(ROWS[ROWS["model"] == "large"])["layer"]) == {3, 4}
    assert first_block(ROWS[ROWS["layer"] == 0])["layer"].unique().tolist() == [0]


def test_rows_without_a_layer_are_kept() -> None:
    blind = pd.DataFrame({"model": ["m", "m"], "task": "t", "layer": [3.0, None]})
    assert len(last_layer(blind)) == 2


@pytest.mark.parametrize(("prefer", "expected"), [("test", "test"), ("dev", "train")])
def test_a_split_that_is_not_there_gives_way_to_the_first(prefer: str, expected: str) -> None:
    assert set(on_split(ROWS, prefer)["split"]) == {expected}


def test_before_stands_beside_after_where_both_are_known() -> None:
    found = side_by_side(own(ROWS), ["model"], "value")
    assert found.to_dict("list") == {"before": [1.0, 1.0], "after": [4.0, 4.0]}
    alone = at(ROWS, ORIGINAL)
    assert side_by_side(alone, ["model"], "value").empty
    assert was_tuned(ROWS)
    assert not was_tuned(alone)
