"""A set of points made ready for the solver: in float64, relative to its own mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tunescope.arrays import as_array
from tunescope.errors import InputError

LARGEST = 1e70  # the solver needs fourth powers
_CHUNK = 1 << 22  # numbers looked at or converted at a time: 32 MiB in float64


@dataclass(frozen=True, eq=False)
class Cloud:
    """The points that span a hull.

    The centred copy is what the solver works on; whatever rounding it suffered is
    allowed for where bounds are proven, which look at the points as given.
    """

    source: np.ndarray
    """Where the points were given, in any float type."""
    members: np.ndarray
    """(n,) the rows of `source` that are the points."""
    centre: np.ndarray
    """(d,) about their mean."""
    near: np.ndarray
    """(n, d) float64, row-major: the points relative to the centre, each entry rounded once."""
    sizes: np.ndarray
    """(n,) the lengths of the rows of `near`."""

    @classmethod
    def of(cls, source: np.ndarray, members: np.ndarray | None = None) -> Cloud:
        """Make some rows (all by default) of a checked matrix ready (see `as_points`)."""
        if members is None:
            points, members = source, np.arange(len(source))
        else:
            points = source[members]
        centre = points.mean(axis=0, dtype=np.float64)
        near = np.subtract(points, centre, dtype=np.float64, order="C")
        return cls(source, members, centre, near, np.sqrt(np.einsum("ij,ij->i", near, near)))

    def __len__(self) -> int:
        return len(self.near)

    @property
    def reach(self) -> float:
        """The largest distance of a point from the centre."""
        return float(self.sizes.max())

    def rows(self, indices: np.ndarray) -> np.ndarray:
        """Give some of the points as they were given, in float64."""
        return np.ascontiguousarray(self.source[self.members[indices]], dtype=np.float64)

    @staticmethod
    def bytes_needed(n_points: int, n_features: int, itemsize: int) -> int:
        """Say how much memory making a cloud of that size takes, the rows in passing included."""
        return n_points * (n_features * (8 + itemsize) + 16)


def as_points(points: ArrayLike, name: str) -> np.ndarray:
    """Check that an argument is a non-empty, finite matrix of numbers; copy only if it must be.

    Raises
    ------
    InputError
        Naming the argument and the first entry that is not finite, or whose square might not be.
    """
    given = as_array(points, name)
    try:
        array: np.ndarray = np.asarray(given)
    except ValueError:
        raise InputError(f"{name}: expected rows of one length, (n_points, n_features)") from None
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        raise InputError(f"{name}: expected float16, float32 or float64, got {array.dtype}")
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(
            f"{name}: expected shape (n_points, n_features), both at least 1, got {array.shape}"
        )
    largest = min(LARGEST, float(np.finfo(array.dtype).max))
    step = max(1, _CHUNK // array.shape[1])
    for first in range(0, len(array), step):
        block = array[first : first + step]
        if block.max() <= largest and block.min() >= -largest:  # False for NaN, too
            continue
        fits = np.isfinite(block) & (np.abs(block) <= largest)
        if not fits.all():
            row, column = (int(i) for i in np.argwhere(~fits)[0])
            raise InputError(
                f"{name}: row {first + row}, column {column} is {array[first + row, column]}; "
                f"expected finite numbers up to {LARGEST:g}"
            )
    return array
