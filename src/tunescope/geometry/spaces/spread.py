"""How large a space is, and how much of it lies inside the labels.

Distances scale with the vectors. What fine-tuning did to the distances between labels is therefore
worth knowing beside what it did to the space as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunescope.arrays import as_array
from tunescope.geometry.spaces.centroids import centroids, pieces


@dataclass(frozen=True)
class Spread:
    """Root-mean-square Euclidean distances of the examples."""

    total: float
    """From the mean of all examples."""
    within: float
    """From the mean of their own label."""

    @property
    def share_within(self) -> float:
        """Share of the variance that lies inside the labels, between 0 and 1; NaN without any.

        0 where all examples of a label have one vector, as after a complete neural collapse
        (Papyan, Han and Donoho 2020, where its relative is called NC1).
        """
        return float("nan") if self.total == 0 else (self.within / self.total) ** 2


def spread(X: ArrayLike, y: ArrayLike) -> Spread:
    """Measure the spread of labelled vectors in float64.

    Parameters
    ----------
    X : vectors, shape (n_examples, n_features); a memory-mapped array is read in pieces.
    y : labels, shape (n_examples,).

    Raises
    ------
    InputError
        If the shapes do not fit, there is no example, a number is not finite, or a label is
        missing or of another kind than the first.

    Examples
    --------
    >>> spread([[0.0, 0.0], [2.0, 0.0], [4.0, 3.0], [6.0, 3.0]], ["a", "a", "b", "b"])
    Spread(total=2.692582403567252, within=1.0)
    """
    found = centroids(X, y)
    vectors: NDArray[Any] = np.asanyarray(as_array(X))
    codes = np.searchsorted(found.labels, np.asarray(as_array(y, "y")))
    squares = sum(
        float(((part - found.vectors[codes[rows]]) ** 2).sum()) for rows, part in pieces(vectors)
    )
    mean = found.counts @ found.vectors / len(vectors)
    between = float(found.counts @ ((found.vectors - mean) ** 2).sum(axis=1))
    return Spread(
        float(np.sqrt((squares + between) / len(vectors))), float(np.sqrt(squares / len(vectors)))
    )
