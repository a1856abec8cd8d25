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
OF_ANOTHER = (
    "the weights at the end are of no update of this training: transformers has loaded {}, which "
    "an earlier training has left in output_dir, as the best update was not saved; save at each "
    "evaluation, or name another output_dir"
)
"""Said where the best model is a stranger's."""


def loaded_update(args: TrainingArguments, state: TrainerState, own: OwnCheckpoints) -> int | None:
    """Say at which update the weights were that a training has ended with.

    With ``load_best_model_at_end`` they are those of the checkpoint that transformers has loaded,
    which bears its update's number. The best update may be another one, of which no checkpoint
    was written; a checkpoint that is gone is not loaded. Of several processes the first one says.

    Returns
    -------
    int or None
        None where the checkpoint is another training's.
    """
    update = _loaded_update(args, state)
    is_own = update == state.global_step or own.has(update)
    return of_the_first(update if is_own else None)


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


class OwnCheckpoints:
    """Tells a training's checkpoints from those that an earlier one has left in its folder.

    transformers takes any there for its own that is of the best update, by its name.
    """

    def __init__(self) -> None:
        self._begun = 0
        self._saved: set[int] = set()

    def begin(self, update: int) -> None:
        """Begin at an update, up to which they are of the training that is gone on with."""
        self._begun = update
        self._saved.clear()

    def add(self, update: int) -> None:
        """Hear that one was written."""
        self._saved.add(update)

    def has(self, update: int) -> bool:
        """Tell whether the checkpoint of an update is one of them."""
        return update <= self._begun or update in self._saved


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
