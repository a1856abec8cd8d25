"""Runs share a protocol only if nothing that changes numbers differs; what does is named alone."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tunescope.paper import join
from tunescope.paper.protocols import by_protocol, settings
from tunescope.studies.inspection import Inspection
from tunescope.studies.study import Encoding, Part, Probing, Split, Study, Tuning

OTHER: dict[str, Any] = {
    "tuning.epochs": 4.0,
    "tuning.batch_size": 16,
    "tuning.learning_rate": 1e-3,
    "tuning.warmup": 0.2,
    "tuning.snapshots": "log:7",
    "encoding.pooling": "mean",
    "encoding.on_long": "truncate",
    "encoding.on_missing": "drop",
    "encoding.dtype": "bfloat16",
    "probing.protocol": "zhou2022",
    "split.test_fraction": 0.4,
    "split.seed": 5,
}
"""Another value than the default of every setting that changes numbers."""
NO_NUMBERS = {"probing.layers", "probing.also", "probing.rank_suspects", "probing.memorisation"}
"""They say what is measured, not how."""


def record(seed: int, *, probe: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    study = Study(models=["m"], tasks=["pos"], seeds=[seed]).model_dump(mode="json")
    for name, value in changed.items():
        part, _, key = name.partition(".")
        study[part][key] = value
    return {"study": study, "probe": {"protocol": {"name": "quick", "rate": 0.1, **(probe or {})}}}


def parted(*records: dict[str, Any]) -> dict[str, list[int]]:
    """Name the protocols, and the seeds of each."""
    rows = pd.DataFrame({"model": "m", "task": "pos", "seed": range(len(records))})
    runs = {str(number): one for number, one in enumerate(records)}
    cells = {str(number): [("m", "pos", number)] for number in range(len(records))}
    found = by_protocol({"linearity": rows}, {"runs": runs, "cells": cells})
    return {name: tables["linearity"]["seed"].tolist() for name, tables in found.items()}


def test_every_setting_is_known_here() -> None:
    parts: dict[str, type[Part]] = {
        "tuning": Tuning,
        "encoding": Encoding,
        "probing": Probing,
        "split": Split,
    }
    known = {f"{name}.{key}" for name, part in parts.items() for key in part.model_fields}
    assert known == set(OTHER) | NO_NUMBERS


@pytest.mark.parametrize("name", OTHER)
def test_whatever_changes_numbers_makes_another_protocol_and_is_named_alone(name: str) -> None:
    found = parted(record(0), record(1, **{name: OTHER[name]}), record(2))
    assert list(found.values()) == [[0, 2], [1]]
    default, other = found
    value = OTHER[name]
    assert (f"{value:g}" if isinstance(value, float) else str(value)) in other
    assert "," not in default + other


def test_several_differences_are_all_named() -> None:
    found = parted(record(0), record(1, **{"tuning.epochs": 3.0, "tuning.learning_rate": 1e-3}))
    assert list(found) == [
        "the paper's epochs, learning rate 0.0003",
        "3 epochs, learning rate 0.001",
    ]


def test_where_nothing_differs_nothing_is_named() -> None:
    assert parted(record(0), record(1)) == {"": [0, 1]}
    assert parted(record(0)) == {"": [0]}


def test_a_probe_of_one_name_trained_otherwise_is_another() -> None:
    found = parted(record(0), record(1, probe={"rate": 0.2}))
    assert found == {"probe rate 0.1": [0], "probe rate 0.2": [1]}
    halving = record(1, probe={"rate": 0.2}, **{"probing.protocol": "zhou2022-halving"})
    assert list(parted(record(0), halving)) == ["probe quick", "probe zhou2022-halving"]


def test_the_settings_of_runs_tell_what_differs() -> None:
    runs = {"a": record(0), "b": record(1, **{"tuning.learning_rate": 1e-3})}
    assert settings({"runs": runs})["learning rate"].tolist() == ["0.0003", "0.001"]
    assert "learning rate" not in settings({"runs": {"a": record(0), "b": record(1)}})


def of_other_kinds() -> dict[str, dict[str, Any]]:
    """Records of a training that was watched, and of two checkpoints that were inspected."""
    watched = {"watched": "pos", "model": "mine", "layers": "all", "pooling": "cls"}
    inspected = Inspection(models=["base", "theirs"], task="pos.csv").model_dump(mode="json")
    return {
        "mine": {"study": watched, "identity": {**watched, "seed": 7}, "tasks": {"pos": {}}},
        "theirs": {"study": inspected, "tasks": {"pos": {}}},
    }


def test_watched_and_inspected_runs_keep_every_row_beside_a_study() -> None:
    records = {"m": record(0), **of_other_kinds()}
    rows = [{"model": model, "task": "pos", "seed": 7 * (model == "mine")} for model in records]
    parts = {
        model: ({"linearity": pd.DataFrame([row])}, records[model])
        for model, row in zip(records, rows, strict=True)
    }
    found = by_protocol(*join(parts))
    assert [tables["linearity"]["model"].tolist() for tables in found.values()] == [
        ["m"],
        ["mine"],
        ["theirs"],
    ]
    named = list(found)
    assert named[0].startswith("the paper's epochs")
    assert all(name.startswith("epochs unknown, snapshots unknown") for name in named[1:])


def test_what_a_watched_or_inspected_run_does_not_say_is_unknown() -> None:
    rows = settings({"runs": of_other_kinds()})
    assert rows["models"].tolist() == ["mine", "base, theirs"]
    assert rows["tasks"].tolist() == ["pos", "pos"]
    assert rows["seeds"].tolist() == ["7", "none"]
    assert rows["epochs"].tolist() == rows["snapshots"].tolist() == ["unknown", "unknown"]
    assert rows["probe"].tolist() == ["none", "quick"]
