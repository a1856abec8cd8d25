"""What the calls are given as models."""

from pathlib import Path
from typing import Any

import pytest
import torch

import tunescope as ts
from tunescope.errors import InputError
from tunescope.studies import checkpoints
from tunescope.studies.inspection import Inspection

DATA = ["a", "b", "c", "d"], ["x", "y", "x", "y"]


class AskedError(Exception):
    """Ends a call before anything is done."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Inspection]:
    """Collect what is asked for."""
    found: list[Inspection] = []

    def ask(inspection: Inspection, *_given: Any, **_named: Any) -> None:
        found.append(inspection)
        raise AskedError

    monkeypatch.setattr(checkpoints, "inspect_models", ask)
    return found


def test_a_path_is_a_folder_also_where_a_model_has_that_short_name(asked: list[Inspection]) -> None:
    with pytest.raises(AskedError):
        ts.compare("minilm", Path("minilm"), DATA)
    with pytest.raises(AskedError):
        ts.inspect(Path("some") / "folder", DATA)
    assert [one.models for one in asked] == [["minilm", "./minilm"], [str(Path("some/folder"))]]


@pytest.mark.parametrize("model", [torch.nn.Linear(1, 1), None, 3, ["minilm"]])
def test_what_is_neither_a_name_nor_a_folder_is_refused(model: Any) -> None:
    with pytest.raises(InputError, match=f"model: a {type(model).__name__}; expected a name, a H"):
        ts.inspect(model, DATA)
    with pytest.raises(InputError, match=f"model: a {type(model).__name__}; expected a name, a H"):
        ts.compare("minilm", model, DATA)


def test_what_a_call_takes_in_order_is_no_option() -> None:
    with pytest.raises(InputError, match="unknown option 'model'; models and data come first"):
        ts.compare("minilm", "minilm:3", DATA, model="other")
    with pytest.raises(InputError, match="unknown option 'task'; models and data come first"):
        ts.inspect("minilm", DATA, task="other")
