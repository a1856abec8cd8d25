"""When a training that is watched is to stop: rules over what was seen so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from tunescope.arguments import check_whole
from tunescope.errors import InputError

if TYPE_CHECKING:
    from tunescope.tasks import Task
    from tunescope.watching.look import Look

StopRule = Callable[[Sequence["Look"]], "str | None"]
"""Gets the looks so far; gives the reason to stop, or None."""

TRAIN_TEST = "similarity_train_test"


@dataclass(frozen=True)
class Diverging:
    """Stop when training and held-out examples no longer lie alike.

    Zhou and Srikumar (2022, section 4.1) see the spatial similarity of training and test split
    fall as a fine-tuned model comes to know its training data too well.

    Parameters
    ----------
    similarity : the bound; the last layer's similarity below it counts.
    patience : so many looks in a row have to be below it.

    Examples
    --------
    >>> Diverging(similarity=0.4, patience=2)
    Diverging(similarity=0.4, patience=2)
    """

    similarity: float = 0.4
    patience: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.similarity, Real) or not -1 <= self.similarity <= 1:
            raise InputError(f"similarity={self.similarity!r}; expected a bound from -1 to 1")
        check_whole("patience", self.patience, 1)

    def check(self, task: Task, splits: Sequence[str], measures: Sequence[str]) -> None:
        """Refuse looks at which the similarity of training and test split is not measured."""
        if "similarity" not in measures:
            raise InputError(
                f"stop_when: {self} judges the similarity of two splits; add 'similarity' to "
                f"measures={list(measures)}"
            )
        if len(splits) < 2:
            raise InputError(
                f"stop_when: {self} needs a held-out split; the task {task.name!r} is looked at "
                f"with {', '.join(map(repr, splits))} alone"
            )
        if len(task.label_names) < 3:
            raise InputError(
                f"stop_when: {self} compares the distances of label pairs, and needs at least "
                f"three labels; the task {task.name!r} has {len(task.label_names)}"
            )

    def check_layers(self, layers: Sequence[int], last: int) -> None:
        """Refuse looks at other layers than the last one of a model, which is judged."""
        if last not in layers:
            raise InputError(
                f"stop_when: {self} judges the model's last layer, {last}; add it to "
                f"layers={list(layers)}"
            )

    def __call__(self, looks: Sequence[Look]) -> str | None:
        """Give the reason to stop, or None."""
        after = [look for look in looks if look.update > 0]
        values = [look.values.get(TRAIN_TEST) for look in after[-self.patience :]]
        if len(values) < self.patience or any(v is None or v >= self.similarity for v in values):
            return None
        return (
            f"the spatial similarity of training and held-out split is {values[-1]:.3f}, "
            f"below {self.similarity:g}"
        )


def reason_to_stop(rule: StopRule, looks: Sequence[Look]) -> str | None:
    """Ask a rule, which may be anybody's function.

    Raises
    ------
    InputError
        It gives neither a reason nor None.
    """
    found: Any = rule(tuple(looks))
    if found is None or isinstance(found, str):
        return found or None
    raise InputError(f"it gave {found!r:.60}; expected a reason to stop, as a text, or None")
