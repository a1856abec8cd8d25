"""Vectors and labels as people have them: tensors as arrays, and what is missing refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from tunescope.errors import InputError


def as_array(values: Any) -> Any:
    """Give a torch tensor of any device and precision as a numpy array, the rest as it is.

    bfloat16, which numpy lacks, becomes float32, which holds each of its numbers.
    """
    if not hasattr(values, "detach"):
        return values
    tensor = values.detach().cpu()
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


def refuse_unusable(values: Any, name: str) -> None:
    """Raise an InputError where labels, words or groups are missing or cannot be told apart.

    None, NaN and NA are missing; texts among numbers would be compared as texts (1 and "1" as the
    same), so they are refused.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "iubU":
        return
    import pandas as pd  # here, because vectors alone do without

    try:
        column = np.array(values if hasattr(values, "__len__") else None, dtype=object)
    except ValueError:  # rows of different lengths
        return
    if column.ndim != 1 or isinstance(values, (str, bytes)):
        return  # its shape is judged where it is known how many there should be
    missing = np.asarray(pd.isna(column))
    if missing.any():
        row = int(missing.argmax())
        raise InputError(
            f"{name}: missing ({column[row]!r}) at row {row} and in {int(missing.sum())} of "
            f"{len(column)} rows; leave such examples out"
        )
    texts = [isinstance(value, str) for value in column]
    if any(texts) and not all(texts):
        row = texts.index(not texts[0])
        raise InputError(
            f"{name}: texts and values of type {type(column[texts.index(False)]).__name__}; "
            f"expected one kind, but {name}[0] is {column[0]!r} and {name}[{row}] {column[row]!r}"
        )
