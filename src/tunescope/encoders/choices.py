"""Which of a task's splits are meant by names of any kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tunescope.errors import InputError

if TYPE_CHECKING:
    from tunescope.tasks import Task


def split_names(task: Task, splits: Iterable[str] | str | None) -> list[str]:
    """Give the names that a task's splits have in it, each once; by default all.

    Parameters
    ----------
    splits : names as ``task[name]`` takes them: ``"validation"`` is ``"dev"``.

    Raises
    ------
    InputError
        None is named, or one that does not exist.
    """
    if splits is None:
        return list(task.splits)
    if not isinstance(splits, Iterable):
        raise InputError(f"splits={splits!r}; expected their names")
    given = [splits] if isinstance(splits, str) else splits
    names = list(dict.fromkeys(task[name].name for name in given))
    if not names:
        raise InputError("splits: none is named")
    return names
