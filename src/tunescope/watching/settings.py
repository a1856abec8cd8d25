"""What is looked at in a training that is watched, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunescope.encoders.choices import split_names
from tunescope.errors import InputError

if TYPE_CHECKING:
    from tunescope.encoders.policy import Policy
    from tunescope.tasks import Task
    from tunescope.watching.stopping import StopRule


@dataclass(frozen=True)
class Settings:
    """What is looked at and how; the same for every training that is watched."""

    task: Task
    splits: tuple[str, ...]
    layers: tuple[int, ...] | None
    measures: tuple[str, ...]
    policy: Policy
    budget: float | None
    stop_when: StopRule | None

    def __post_init__(self) -> None:
        check = getattr(self.stop_when, "check", None)
        if check is not None:
            check(self.task, self.splits, self.measures)

    def check_layers(self, last: int) -> None:
        """Refuse a rule that judges a layer of the model that is not looked at.

        Parameters
        ----------
        last : the number of the model's last layer.
        """
        check = getattr(self.stop_when, "check_layers", None)
        if check is not None and self.layers is not None:
            check(sorted({layer % (last + 1) for layer in self.layers}), last)

    def study(self, model: str, pooling: str | int) -> dict[str, Any]:
        """Say what is looked at, as a run's record has it.

        Parameters
        ----------
        model : its name.
        pooling : how the texts are read in the end.
        """
        return {
            "watched": self.task.name,
            "model": model,
            "splits": list(self.splits),
            "layers": "all" if self.layers is None else list(self.layers),
            "measures": list(self.measures),
            "pooling": pooling,
            "budget": self.budget,
        }


def chosen_splits(task: Task, splits: Any) -> tuple[str, ...]:
    """Give the splits that are looked at: by default the training split and a held-out one."""
    if splits is not None:
        names = tuple(split_names(task, splits))
        if len(names) > 2:
            raise InputError(
                f"splits={names}; expected one, or two: the first is measured, the second held out"
            )
        return names
    there = list(task.splits)
    first = "train" if "train" in there else there[0]
    held_out = [name for name in ("test", "dev") if name in there and name != first]
    return (first, *held_out[:1])
