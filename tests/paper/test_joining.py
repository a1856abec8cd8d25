"""Runs of different models, tasks or seeds are taken as one; others are refused."""

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.paper import join, settings

SIZES = {"kind": "word", "labels": 17, "examples": {"train": 9, "test": 3}}


def part(model: str, seed: int, sizes: dict = SIZES) -> tuple[dict, dict]:
    row = {"model": model, "task": "pos", "seed": seed, "accuracy": 0.5}
    study = {"models": [model], "tasks": ["pos", {"name": "mine"}], "seeds": [seed]}
    study |= {"tuning": {"epochs": 3.0, "snapshots": 5}, "probing": {"protocol": "quick"}}
    record = {"models": {model: {"layers": 2}}, "tasks": {"pos": sizes}, "study": study}
    return {"accuracy": pd.DataFrame([row])}, record


def test_runs_are_taken_as_one() -> None:
    tables, record = join({"a": part("tiny", 0), "b": part("tiny", 1), "c": part("mini", 0)})
    assert tables["accuracy"][["model", "seed"]].to_numpy().tolist() == [
        ["tiny", 0],
        ["tiny", 1],
        ["mini", 0],
    ]
    assert list(record["models"]) == ["tiny", "mini"]
    assert record["tasks"] == {"pos": SIZES}


def test_the_settings_of_each_run_are_told() -> None:
    _, record = join({"a": part("tiny", 0), "b": part("mini", 1)})
    rows = settings(record)
    assert rows["models"].tolist() == ["tiny", "mini"]
    assert rows["tasks"].tolist() == ["pos, mine"] * 2
    assert rows["epochs"].tolist() == ["3", "3"]
    alone = part("tiny", 0)[1]
    assert settings(alone)["probe"].tolist() == ["quick"]


def test_the_same_cell_twice_is_refused() -> None:
    with pytest.raises(InputError, match="a and b both hold tiny on pos with seed 0"):
        join({"a": part("tiny", 0), "b": part("tiny", 0)})


def test_other_data_under_the_same_name_is_refused() -> None:
    other = {**SIZES, "examples": {"train": 8, "test": 3}}
    with pytest.raises(InputError, match="b: its pos has other examples"):
        join({"a": part("tiny", 0), "b": part("mini", 0, other)})
