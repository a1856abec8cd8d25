"""Of which update the last weights are is told by what was loaded, not by what was best."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tunescope.tuning.ending import LastWeights, OwnCheckpoints, is_end, loaded_update


def state(best: Path | None, best_step: int | None = 3) -> Any:
    named = None if best is None else str(best)
    return SimpleNamespace(global_step=6, best_global_step=best_step, best_model_checkpoint=named)


def args(*, best: bool = True) -> Any:
    return SimpleNamespace(load_best_model_at_end=best)


def loaded(given: Any, how_far: Any, saved: tuple[int, ...] = (2, 3)) -> int | None:
    own = OwnCheckpoints()
    for update in saved:
        own.add(update)
    return loaded_update(given, how_far, own)


def test_the_checkpoint_that_was_loaded_names_the_update(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-2").mkdir()
    assert loaded(args(), state(tmp_path / "checkpoint-2", best_step=3)) == 2


def test_a_name_without_a_number_leaves_the_best_update(tmp_path: Path) -> None:
    (tmp_path / "best-model").mkdir()
    assert loaded(args(), state(tmp_path / "best-model", best_step=3)) == 3
    assert loaded(args(), state(tmp_path / "best-model", best_step=None)) == 6


def test_where_nothing_was_loaded_it_is_the_last(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-2").mkdir()
    assert loaded(args(), state(None)) == 6
    assert loaded(args(), state(tmp_path / "checkpoint-3")) == 6  # it is gone
    assert loaded(args(best=False), state(tmp_path / "checkpoint-2")) == 6


def test_a_checkpoint_that_an_earlier_training_has_left_is_of_no_update(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-3").mkdir()
    assert loaded(args(), state(tmp_path / "checkpoint-3"), saved=(2, 4)) is None


def test_checkpoints_up_to_the_one_that_is_gone_on_from_are_own() -> None:
    own = OwnCheckpoints()
    own.add(9)
    own.begin(4)
    own.add(6)
    assert [update for update in range(10) if own.has(update)] == [0, 1, 2, 3, 4, 6]


def test_the_last_log_is_told_from_others() -> None:
    assert is_end({"train_runtime": 1.0, "total_flos": 0.0, "train_loss": 0.5})
    assert not is_end({"loss": 0.5, "train_runtime": 1.0})  # with include_num_input_tokens_seen
    assert not is_end(None)


def _step(model: torch.nn.Module) -> None:
    model(torch.ones(1, 2)).sum().backward()
    torch.optim.AdamW(model.parameters()).step()


def _load(model: torch.nn.Module) -> None:
    model.load_state_dict({name: w.clone() for name, w in model.state_dict().items()})


def _assign(model: torch.nn.Module) -> None:
    copies = {name: w.clone() for name, w in model.state_dict().items()}
    model.load_state_dict(copies, assign=True)


@pytest.mark.parametrize("change", [_step, _load, _assign])
def test_weights_that_were_written_to_are_told_from_those_that_were_noted(change: Any) -> None:
    model, weights = torch.nn.Linear(2, 1), LastWeights()
    assert not weights.are_in(model)
    weights.note(model)
    model.eval()(torch.ones(1, 2)).sum().backward()  # an evaluation writes nothing to them
    assert weights.are_in(model)
    change(model)
    assert not weights.are_in(model)
    weights.note(model)
    assert weights.are_in(model)
