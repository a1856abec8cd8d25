"""Whatever somebody's labelled data are in Python, as a task."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tunescope.errors import InputError
from tunescope.studies.own_tasks import spelled_out
from tunescope.studies.reading import checked
from tunescope.studies.study import OwnTask, Split
from tunescope.tasks import Task

COLUMNS = ("text", "text_pair", "tokens", "label", "positions")
OPTIONS = (*COLUMNS, "split_column", "rare", "limit", "subset", "revision", "name", "test")


def task_of(
    data: Any, options: Mapping[str, Any], split: Split | None = None
) -> tuple[Any, Task | None, dict[str, Any]]:
    """Tell the options of data from the others, and make a task of what is in memory.

    Parameters
    ----------
    data : a file, a name, a data set, a data frame, ``(texts, labels)``, or a task.
    options : of a call.
    split : how a test split is drawn; None leaves what is in memory for later.

    Returns
    -------
    spelled : the task as an `Inspection` names it.
    task : where it is in memory, and `split` is given.
    rest : the options that are not of data.
    """
    own = {key: options[key] for key in OPTIONS if options.get(key) is not None}
    rest = {key: value for key, value in options.items() if key not in OPTIONS}
    if isinstance(data, (str, os.PathLike)):
        name, test = own.pop("name", None), own.pop("test", None)
        spelled = {("split" if k == "split_column" else k): v for k, v in own.items()}
        found = spelled_out(os.fspath(data), test=None if test is None else str(test), **spelled)
        if name is None and not own and test is None:
            return os.fspath(data), None, rest
        return found | ({} if name is None else {"name": name}), None, rest
    if isinstance(data, Task):
        if own:
            raise InputError(f"{next(iter(own))}: a Task has its columns and splits already")
        if unused := [key for key in ("test_fraction", "split_seed") if key in rest]:
            raise InputError(
                f"{unused[0]}: a Task is divided already; say it where the Task is made"
            )
        return data.name, data if split else None, rest
    name = str(own.pop("name", "data"))
    if split is None:
        return name, None, rest
    return name, _from_memory(data, name, own, split), rest


def _from_memory(data: Any, name: str, own: dict[str, Any], split: Split) -> Task:
    test, column = own.pop("test", None), own.pop("split_column", None)
    if unused := [key for key in ("subset", "revision") if key in own]:
        raise InputError(f"{unused[0]}: is of a data set on the Hub, given by its id")
    checked(OwnTask, {"name": name, **own}, source="the call")
    found = _frame(data) if test is None else {"train": _frame(data), "test": _frame(test)}
    return Task.from_dataset(
        found,
        split=column,
        name=name,
        test_fraction=split.test_fraction,
        seed=split.seed,
        **own,
    )


def _frame(data: Any) -> Any:
    """Make a table of texts and labels; anything else stays what it is."""
    if isinstance(data, (tuple, list)):
        pair = len(data) == 2 and all(_is_list(part) for part in data)
        if not pair:
            raise InputError(
                f"data: a {type(data).__name__} of {_shapes(data)}; expected (texts, labels), two "
                "lists or arrays of one dimension, a file, a data frame, a data set or a Task"
            )
        texts, labels = map(_column, data)
        if len(texts) != len(labels):
            raise InputError(f"data: {len(texts)} texts and {len(labels)} labels; expected as many")
        if len(texts) and all(isinstance(text, tuple) and len(text) == 2 for text in texts):
            first, second = zip(*texts, strict=True)
            return pd.DataFrame({"text": first, "text_pair": second, "label": labels})
        return pd.DataFrame({"text": texts, "label": labels})
    return data


def _shapes(data: Sequence[Any]) -> str:
    """Say how many parts there are, or of what shape those are that have one."""
    shapes = [f"an array of shape {tuple(part.shape)}" for part in data if hasattr(part, "shape")]
    return " and ".join(shapes) if len(data) == 2 and shapes else str(len(data))


def _is_list(value: Any) -> bool:
    if hasattr(value, "ndim"):
        return bool(value.ndim == 1)
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _column(values: Any) -> Any:
    """Give values as a column of a table, whose numbers keep their type."""
    if isinstance(values, np.ndarray):
        return values
    if isinstance(values, pd.Series | pd.Index):
        return values.array  # without its own index, by which a table would order it
    return values.tolist() if hasattr(values, "tolist") else list(values)
