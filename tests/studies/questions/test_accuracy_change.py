"""Fine-tuning is said to have changed an accuracy only where it has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunescope.probes import corrected
from tunescope.studies.questions.accuracy_change import accuracy_change

pytestmark = pytest.mark.slow

WHERE = {"model": "m", "task": "t", "seed": 0, "layer": 2}


def correct(
    update: int, right: np.ndarray, order: np.ndarray | None = None, **more: object
) -> pd.DataFrame:
    examples = np.arange(len(right)) if order is None else order
    lists = {"examples": examples, "groups": examples // 4, "right": right[examples]}
    stage = {0: "original", 9: "tuned"}.get(update, "between")
    where = {**WHERE, "tuned_on": "t" if update else "", "stage": stage, "update": update}
    return pd.DataFrame([{**where, "probe": "classifier", **lists, **more}])


def test_a_change_is_found_and_none_is_made_up() -> None:
    random = np.random.default_rng(0)
    before = (random.random(400) < 0.5).astype(float)
    better = np.maximum(before, random.random(400) < 0.5)
    shuffled = correct(9, better, order=random.permutation(400))  # found again by their numbers
    table = accuracy_change(
        pd.concat(
            [
                correct(0, before),
                correct(5, before),  # in between: not compared
                shuffled,
                correct(0, before, probe="linear"),
                correct(9, before, probe="linear"),
                correct(0, before, stage="random"),
            ]
        )
    ).set_index("probe")
    assert set(table.index) == {"classifier", "linear"}
    assert (table["update"] == 9).all()
    found = table.loc["classifier"]
    assert found["difference"] == pytest.approx(better.mean() - before.mean())
    assert 0 < found["lower"] < found["difference"] < found["upper"]
    assert found["p_corrected"] < 0.01
    assert (found["n_examples"], found["n_groups"]) == (400, 100)
    assert table.loc["linear", "p_corrected"] == 1
    assert table["p_corrected"].tolist() == corrected(table["p_value"]).tolist()


def test_hundreds_of_comparisons_leave_something_to_say() -> None:
    before, after = np.zeros(80), np.ones(80)
    parts = [
        part
        for seed in range(525)
        for part in (correct(0, before, seed=seed), correct(9, after, seed=seed))
    ]
    table = accuracy_change(pd.concat(parts))
    assert len(table) == 525
    assert table["p_corrected"].max() < 0.05


def test_transfers_are_compared_with_the_same_original_and_corrected_among_themselves() -> None:
    before = np.zeros(80)
    after = np.r_[np.ones(6), np.zeros(74)]
    table = accuracy_change(
        pd.concat(
            [
                correct(0, before),
                correct(9, after),
                correct(9, after, tuned_on="u"),
                correct(9, after[::-1], tuned_on="v"),
                correct(9, after, tuned_on="v", layer=1),  # its original was not measured
            ]
        )
    ).set_index("tuned_on")
    assert table["family"].to_dict() == {"t": "own task", "u": "transfer", "v": "transfer"}
    assert (table["difference"] == 6 / 80).all()
    assert table.loc["t", "p_corrected"] == table.loc["t", "p_value"]
    others = table.loc[["u", "v"]]
    assert others["p_corrected"].tolist() == corrected(others["p_value"]).tolist()
    assert (others["p_corrected"] > others["p_value"]).any()


def test_without_fine_tuning_there_is_nothing_to_compare() -> None:
    assert accuracy_change(correct(0, np.ones(4))).empty
