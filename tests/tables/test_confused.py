"""Labels taken for others are counted before and after, whoever predicts."""

import pandas as pd
import pytest

from tunescope.tables import confused

WHERE = {"model": "m", "task": "t", "seed": 0, "tuned_on": "", "split": "test"}


def rows(stage: str, *pairs: tuple[str, str, int], source: str = "probe") -> pd.DataFrame:
    table = pd.DataFrame(pairs, columns=["given", "predicted", "n_examples"])
    return table.assign(**WHERE, stage=stage, source=source)


@pytest.mark.slow
def test_a_pair_that_does_not_happen_is_0_and_one_that_nobody_predicts_is_missing() -> None:
    table = pd.concat(
        [
            rows("original", ("a", "a", 5), ("a", "b", 3), ("b", "a", 1)),
            rows("tuned", ("a", "a", 7), ("a", "b", 1), ("b", "c", 2)),
            rows("tuned", ("a", "c", 4), source="head"),
        ]
    )
    found = confused({"confusions": table})
    key = ["source", "given", "predicted"]
    assert found[key].to_numpy().tolist() == [
        ["head", "a", "c"],
        ["probe", "b", "c"],
        ["probe", "a", "b"],
        ["probe", "b", "a"],
    ]
    assert found["after"].tolist() == [4, 2, 1, 0]
    assert found["before"].tolist() == [pd.NA, 0, 3, 1]
    assert len(confused({"confusions": table}, source="head")) == 1
    assert confused({"confusions": table}, split="train").empty


def test_where_all_is_right_nothing_is_taken_for_another() -> None:
    assert confused({"confusions": rows("tuned", ("a", "a", 5))}).empty
    assert confused({}).empty
