"""Many snapshots' vectors in one plane, from what is kept of each once its vectors are gone.

A plane that all snapshots share can be fitted only when the last of them is known; by then the
vectors of the others are deleted. So each snapshot leaves a sketch: its vectors in the directions
in which they vary most, and these directions. That is the best of its rank for every snapshot
by itself (Eckart and Young 1936), so it also follows a space into directions that the original
did not use; a basis of the original's vectors alone cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import as_points
from tunescope.geometry.spaces.centroids import Plane

Floats = NDArray[np.float64]

SHRINKAGE = 1e-4
"""Part of the mean variance inside labels that is added in every direction before planes are
asked which of them parts labels best, so that directions of hardly any variance do not win."""


@dataclass(frozen=True)
class Sketch:
    """Vectors in the few directions in which they vary most."""

    mean: Floats
    """Of the vectors, shape (n_features,)."""
    directions: Floats
    """Orthonormal, by falling variance, shape (rank, n_features)."""
    coordinates: Floats
    """Of the vectors, from their mean, shape (n_examples, rank)."""
    total: float
    """Sum of all squared distances from the mean, what the sketch leaves out included."""
    left_out: float
    """Largest root mean square, along any one direction, of what the sketch leaves out."""

    def project(self, plane: Plane) -> Floats:
        """Give the coordinates of the sketched vectors in a plane, (n_examples, 2)."""
        turned = self.directions @ plane.axes.T
        return np.asarray(self.coordinates @ turned + (self.mean - plane.origin) @ plane.axes.T)


def sketch(X: ArrayLike, rank: int) -> Sketch:
    """Sketch vectors by their first principal components.

    Parameters
    ----------
    X : vectors, shape (n_examples, n_features).
    rank : how many directions are kept, at most.

    Raises
    ------
    InputError
        If `X` is no matrix of finite numbers.

    Examples
    --------
    >>> found = sketch([[0.0, 0.0], [2.0, 0.0]], rank=1)
    >>> found.coordinates.ravel().round(6).tolist(), found.total, found.left_out
    ([-1.0, 1.0], 2.0, 0.0)
    """
    X = as_points(X, "X").astype(np.float64, copy=False)
    mean = X.mean(axis=0)
    centred = X - mean
    total = float((centred**2).sum())
    n, d = centred.shape
    wide = n < d
    gram = centred @ centred.T if wide else centred.T @ centred
    first = max(0, len(gram) - rank - 1)
    values, vectors = eigh(gram, subset_by_index=(first, len(gram) - 1))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    rest = values[rank] if len(values) > rank else 0.0
    known = values[:rank] > total * np.finfo(np.float64).eps * len(gram)
    values, vectors = values[:rank][known], vectors[:, :rank][:, known]
    directions = (centred.T @ vectors / np.sqrt(values)).T if wide else vectors.T
    largest = np.abs(directions).argmax(axis=1) if len(directions) else np.zeros(0, dtype=int)
    directions = directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]
    left = float(np.sqrt(rest / n)) if total and rest > total * 1e-14 else 0.0
    return Sketch(mean, directions, centred @ directions.T, total, left)


def plane_of_variance(sketches: Sequence[Sketch]) -> Plane:
    """Fit one PCA plane to several sketches together.

    Parameters
    ----------
    sketches : of the same examples at several snapshots, in spaces of one dimension.

    Returns
    -------
    Plane
        ``explained`` is of the variance of all snapshots together, in all dimensions.
    """
    origin, directions, values, total = _together(sketches)
    axes = np.zeros((2, len(origin)))
    explained = np.zeros(2)
    for axis, (direction, value) in enumerate(zip(directions[:2], values[:2], strict=True)):
        axes[axis] = direction * np.sign(direction[np.abs(direction).argmax()])
        explained[axis] = value / total
    return Plane(origin, axes, explained)


def plane_of_labels(sketches: Sequence[Sketch], labels: ArrayLike, rank: int = 32) -> Plane:
    """Find the plane that parts labels best, in all snapshots together.

    The two directions along which the labels' means differ most, measured by the spread inside
    the labels (linear discriminant analysis, Fisher 1936; Rao 1948), each snapshot by its own
    means; then made orthonormal, so that distances in the plane are shadows of true ones.

    Parameters
    ----------
    sketches : of the same examples at several snapshots.
    labels : of the examples, shape (n_examples,).
    rank : principal components of all snapshots among which is searched.
    """
    origin, basis, _, total = _together(sketches)
    basis = basis[:rank]
    axes, explained = np.zeros((2, len(origin))), np.zeros(2)
    if not len(basis):
        return Plane(origin, axes, explained)
    _, codes = np.unique(np.asarray(labels), return_inverse=True)
    counts = np.bincount(codes)
    inside, between = (np.zeros((len(basis), len(basis))) for _ in range(2))
    for one in sketches:
        y = one.coordinates @ (one.directions @ basis.T)
        sums = np.zeros((len(counts), len(basis)))
        np.add.at(sums, codes, y)
        means = sums / counts[:, None]
        rest = y - means[codes]
        inside += rest.T @ rest
        between += (means * counts[:, None]).T @ means
    floor = SHRINKAGE * float(np.trace(inside) + np.trace(between)) / len(basis)
    if floor == 0:  # in each snapshot all vectors are one, as those of [CLS] before any block
        return Plane(origin, axes, explained)
    _, found = eigh(between, inside + floor * np.eye(len(basis)))
    chosen, _ = np.linalg.qr(found[:, ::-1][:, :2])
    _, turn = np.linalg.eigh(chosen.T @ between @ chosen)
    chosen = chosen @ turn[:, ::-1]
    for axis, direction in enumerate((basis.T @ chosen).T):
        axes[axis] = direction * np.sign(direction[np.abs(direction).argmax()])
    plane = Plane(origin, axes, explained)
    shown = sum((one.project(plane) ** 2).sum(axis=0) for one in sketches)
    return Plane(origin, axes, np.asarray(shown) / total)


def _together(sketches: Sequence[Sketch]) -> tuple[Floats, Floats, Floats, float]:
    """Give the mean, the principal directions, their sums of squares and the total of all."""
    if not sketches or len({one.mean.shape for one in sketches}) > 1:
        raise InputError("expected at least one sketch, all of one number of features")
    means = np.stack([one.mean for one in sketches])
    n = len(sketches[0].coordinates)
    origin = means.mean(axis=0)
    moved = np.sqrt(n) * (means - origin)
    scaled = [
        np.sqrt((one.coordinates**2).sum(axis=0))[:, None] * one.directions for one in sketches
    ]
    rows = np.concatenate([*scaled, moved])
    _, scales, directions = np.linalg.svd(rows, full_matrices=False)
    total = sum(one.total for one in sketches) + float((moved**2).sum())
    known = scales > (scales[0] if len(scales) else 0) * np.finfo(np.float64).eps * len(rows)
    return origin, directions[known], scales[known] ** 2, total
