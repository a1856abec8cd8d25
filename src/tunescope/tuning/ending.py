"""How a Trainer's training ends: of which update the weights are, before and after its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tunescope.tuning.processes import of_the_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from transformers import TrainerState, TrainingArguments

LOADED_TOO_EARLY = (
    "another callback has stopped the training, and the best model's weights were loaded at once; "
    "name this callback after the other in callbacks="
)
"""Why the last update of a training is gone, where it is."""


def loaded_update(args: TrainingArguments, state: TrainerState) -> int:
    """Say at which update the weights were that a training has ended with.

    With ``load_best_model_at_end`` they are those of the checkpoint that transformers has loaded,
    which bears its update's number. The best update may be another one, of which no checkpoint
    was written; a checkpoint that is gone is not loaded. Of several processes the first one says.
    """
    return of_the_first(_loaded_update(args, state))


def _loaded_update(args: TrainingArguments, state: TrainerState) -> int:
    best = state.best_model_checkpoint
    if not args.load_best_model_at_end or best is None or not Path(best).is_dir():
        return int(state.global_step)
    number = Path(best).name.rpartition("-")[2]
    if number.isdecimal():
        return int(number)
    step = getattr(state, "best_global_step", None)
    return int(state.global_step if step is None else step)


def is_end(logs: Mapping[str, object] | None) -> bool:
    """Tell whether a Trainer logs what a whole training has taken, which it does at its end."""
    return logs is not None and "total_flos" in logs


class LastWeights:
    """Tells whether a model still has the weights of its last update at the training's last log.

    Some versions of transformers load the best model after that log, others before it.
    """

    def __init__(self) -> None:
        self._marks: list[tuple[int, int]] = []

    def note(self, model: torch.nn.Module) -> None:
        """Take the weights that a model has now for those of the last update."""
        self._marks = _marks(model)

    def are_in(self, model: torch.nn.Module) -> bool:
        """Tell whether they are as they were noted; of several processes the first one says."""
        return of_the_first(_marks(model) == self._marks)


def _marks(model: torch.nn.Module) -> list[tuple[int, int]]:
    """Name each weight, and how often it was written to: PyTorch counts that."""
    return [(id(weight), weight._version) for weight in model.parameters()]
