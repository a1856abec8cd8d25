"""The centroids of labels, how far they moved, and one plane to draw all of them in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import as_points
from tunescope.geometry.hulls.pairs import as_labels

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Centroids:
    """The mean vector of every label."""

    labels: NDArray[np.generic]
    """The labels in sorted order, shape (n_labels,)."""
    counts: NDArray[np.int64]
    """Examples of each label, shape (n_labels,)."""
    vectors: Floats
    """Mean vectors, shape (n_labels, n_features), float64."""


def centroids(X: ArrayLike, y: ArrayLike) -> Centroids:
    """Average the vectors of each label in float64.

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
    >>> centroids([[0.0, 0.0], [2.0, 0.0], [5.0, 1.0]], ["a", "a", "b"]).vectors.tolist()
    [[1.0, 0.0], [5.0, 1.0]]
    """
    vectors = as_points(X, "X")
    labels, codes = np.unique(as_labels(y, len(vectors)), return_inverse=True)
    counts = np.bincount(codes)
    sums = np.zeros((len(labels), vectors.shape[1]))
    for rows, part in pieces(vectors):
        size = len(part)
        of_label = csr_array((np.ones(size), (codes[rows], np.arange(size))), (len(labels), size))
        sums += np.asarray(of_label @ part)
    return Centroids(labels, counts, sums / counts[:, None])


def pieces(X: NDArray[np.generic]) -> Iterator[tuple[slice, Floats]]:
    """Go through vectors in float64, some 128 MB at a time: which rows, and the rows."""
    size = max(1, 2**24 // X.shape[1])
    for begin in range(0, len(X), size):
        rows = slice(begin, begin + size)
        yield rows, np.asarray(X[rows], dtype=np.float64)


@dataclass(frozen=True)
class Plane:
    """A two-dimensional plane found by PCA, in which any vectors can be drawn."""

    origin: Floats
    """Mean of what the plane was fitted to, shape (n_features,)."""
    axes: Floats
    """Orthonormal directions, shape (2, n_features); the second is 0 where there is none."""
    explained: Floats
    """Share of the variance along each axis, shape (2,), between 0 and 1."""

    def project(self, vectors: ArrayLike) -> Floats:
        """Give the coordinates of vectors of shape (n, n_features) in the plane: (n, 2)."""
        return np.asarray((np.asarray(vectors, dtype=np.float64) - self.origin) @ self.axes.T)


def shared_plane(snapshots: Sequence[ArrayLike]) -> Plane:
    """Fit one PCA plane to the vectors of several snapshots together.

    A plane for each snapshot would turn and mirror between them; in a shared one a path
    can be followed.

    Parameters
    ----------
    snapshots : arrays of shape (n_i, n_features), at least one.

    Returns
    -------
    Plane
        Each axis is turned so that its largest component is positive, so that the
        picture does not depend on the machine.

    Raises
    ------
    InputError
        If there is nothing to fit, the numbers of features differ, or a number is not finite.
    """
    arrays = [
        as_points(snapshot, f"snapshots[{place}]").astype(np.float64, copy=False)
        for place, snapshot in enumerate(snapshots)
    ]
    if not arrays or any(a.shape[1] != arrays[0].shape[1] for a in arrays):
        raise InputError(
            f"snapshots have shapes {[a.shape for a in arrays]}; expected at least one, all (n, d)"
        )
    stacked = np.concatenate(arrays)
    origin = stacked.mean(axis=0)
    _, scales, directions = np.linalg.svd(stacked - origin, full_matrices=False)
    axes = np.zeros((2, stacked.shape[1]))
    explained = np.zeros(2)
    total = float((scales**2).sum())
    for axis, direction in enumerate(directions[:2]):
        if total == 0 or scales[axis] <= scales[0] * np.finfo(np.float64).eps * len(stacked):
            break
        axes[axis] = direction * np.sign(direction[np.abs(direction).argmax()])
        explained[axis] = scales[axis] ** 2 / total
    return Plane(origin, axes, explained)
