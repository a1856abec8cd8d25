"""Vectors and labels as people have them: tensors as arrays, and what is missing refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from tunescope.errors import InputError

_ROUNDING = 1e-6
"""Means over restarts, in single precision, may be so much below 0 or above 1."""


def as_array(values: Any, name: str = "X") -> Any:
    """Give a torch tensor of any device and precision as a numpy array, the rest as it is.

    bfloat16, which numpy lacks, becomes float32, which holds each of its numbers.

    Raises
    ------
    InputError
        Naming the argument: some values are masked.
    """
    refuse_masked(values, name)
    if not hasattr(values, "detach"):
        return values
    tensor = values.detach().cpu()
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


def as_numbers(
    values: Any,
    name: str,
    shape: tuple[int | str, ...] | None = None,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    missing: bool = False,
) -> np.ndarray:
    """Give numbers as float64, refusing what has another shape or is out of range.

    Parameters
    ----------
    values : an array, a tensor, or lists.
    name : of the argument, for the message.
    shape : that is expected; a dimension of any length by its name. By default any.
    low, high : bounds of the numbers, which they may pass by the rounding of a mean.
    missing : whether NaN is allowed.

    Raises
    ------
    InputError
        Naming the argument, and the first number that is not finite or out of range.

    Examples
    --------
    >>> as_numbers([[1, 2, 3]], "distances", (2, "n_pairs"))
    Traceback (most recent call last):
    tunescope.errors.InputError: distances: expected shape (2, n_pairs), got (1, 3)
    """
    array = as_array(values, name)
    try:
        found: np.ndarray = np.asarray(array)
        numbers = found.astype(np.float64) if found.dtype.kind in "fiubO" else None
    except (TypeError, ValueError):
        numbers = None
    if numbers is None:
        raise InputError(f"{name}: expected an array of numbers, got {type(values).__name__}")
    expected = numbers.shape if shape is None else shape
    if len(expected) != numbers.ndim or any(
        isinstance(length, int) and length != there
        for length, there in zip(expected, numbers.shape, strict=True)
    ):
        shown = ", ".join(map(str, expected)) + "," * (len(expected) == 1)
        raise InputError(f"{name}: expected shape ({shown}), got {numbers.shape}")
    fits = np.isfinite(numbers) & (numbers >= low - _ROUNDING) & (numbers <= high + _ROUNDING)
    if missing:
        fits |= np.isnan(numbers)
    if not fits.all():
        place = np.unravel_index(int(np.argmin(fits)), fits.shape)
        index = ", ".join(map(str, place))
        least = f", {low:g} or more" if low > -np.inf else ""
        most = f", {high:g} or less" if high < np.inf else ""
        raise InputError(
            f"{name}[{index}] is {numbers[place]}; expected finite numbers{least}{most}"
        )
    return numbers


def as_indices(values: Any, name: str, stop: int) -> np.ndarray:
    """Give one row of whole numbers from 0 to ``stop`` - 1 as int64.

    Raises
    ------
    InputError
        Naming the argument, and the first number that is out of range or not whole.

    Examples
    --------
    >>> as_indices([0, -1], "label_ids", 3)
    Traceback (most recent call last):
    tunescope.errors.InputError: label_ids[1] is -1; expected whole numbers, 0 to 2
    """
    expected = f"expected whole numbers, 0 to {stop - 1}"
    array = as_array(values, name)
    try:
        found: np.ndarray = np.asarray(array)
    except ValueError:  # rows of different lengths
        raise InputError(f"{name}: rows of different lengths; {expected}") from None
    if found.ndim != 1:
        raise InputError(f"{name}: shape {found.shape}; expected (n,)")
    for row, value in enumerate(found.tolist()):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < stop:
            raise InputError(f"{name}[{row}] is {value!r:.60}; {expected}")
    return found.astype(np.int64)


def refuse_masked(values: Any, name: str) -> None:
    """Raise an InputError where a mask hides values: numpy's functions here would use them."""
    if not isinstance(values, np.ma.MaskedArray) or not np.ma.is_masked(values):
        return  # other libraries' arrays have masks of their own, and say what is missing
    mask = np.ma.getmaskarray(values)
    place = ", ".join(map(str, np.argwhere(mask)[0]))
    raise InputError(
        f"{name}: {int(mask.sum())} of {mask.size} values are masked, the first at [{place}]; "
        "leave such examples out"
    )


def refuse_unusable(values: Any, name: str) -> None:
    """Raise an InputError where labels, words or groups are missing or cannot be told apart.

    None, NaN, NA and what a mask hides are missing; rows of different lengths are no values; texts
    among numbers would be compared as texts (1 and "1" as the same), so they are refused.
    """
    refuse_masked(values, name)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iubU":
        return
    import pandas as pd  # here, because vectors alone do without

    try:
        column = np.array(values if hasattr(values, "__len__") else None, dtype=object)
    except ValueError:  # rows of different lengths
        return
    if column.ndim != 1 or isinstance(values, (str, bytes)):
        return  # its shape is judged where it is known how many there should be
    masked = np.array([value is np.ma.masked for value in column], dtype=bool)
    missing = np.asarray(pd.isna(column)) | masked
    if missing.any():
        row = int(missing.argmax())
        raise InputError(
            f"{name}: missing ({column[row]!r}) at row {row} and in {int(missing.sum())} of "
            f"{len(column)} rows; leave such examples out"
        )
    if any(isinstance(value, (list, tuple, np.ndarray)) for value in column):
        raise InputError(f"{name}: rows of different lengths; expected one value an example")
    texts = [isinstance(value, str) for value in column]
    if any(texts) and not all(texts):
        row = texts.index(not texts[0])
        raise InputError(
            f"{name}: texts and values of type {type(column[texts.index(False)]).__name__}; "
            f"expected one kind, but {name}[0] is {column[0]!r} and {name}[{row}] {column[row]!r}"
        )
