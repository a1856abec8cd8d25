"""Other ways to compare two representations of the same examples.

Each takes two arrays with one row an example, in the same order, and says in its
docstring what it does not see (its invariances) and which way it points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import pdist

from tunescope.arguments import check_flag, check_whole
from tunescope.arrays import as_array
from tunescope.errors import InputError, InputTypeError
from tunescope.geometry.hulls.cloud import LARGEST

Floats = NDArray[np.float64]


_EPSILON = float(np.finfo(np.float64).eps)


def _paired(X: ArrayLike, Y: ArrayLike, *, least: int, varying: str = "") -> tuple[Floats, Floats]:
    """Centre two checked sides; refuse a constant one in the name of the measure `varying`."""
    A, B = _numbers(X, "X"), _numbers(Y, "Y")
    if A.ndim != 2 or B.ndim != 2 or len(A) != len(B):
        raise InputError(
            f"X has shape {A.shape}, Y {B.shape}; expected (n, d) and (n, e): the same examples"
        )
    if len(A) < least:
        raise InputError(f"{len(A)} examples; this measure needs at least {least}")
    ends = [np.stack([side.min(axis=0), side.max(axis=0)]) for side in (A, B)]
    if not all(np.isfinite(of_side).all() for of_side in ends):
        raise InputError("X or Y holds NaN or infinite values")
    if max(np.abs(of_side).max() for of_side in ends) > LARGEST:
        raise InputError(f"X or Y holds numbers beyond {LARGEST:g}, whose squares are infinite")
    if varying and any(_constant(*of_side) for of_side in ends):
        raise InputError(f"{varying} is not defined where the vectors of one side are all equal")
    return A - A.mean(axis=0), B - B.mean(axis=0)


def _constant(least: Floats, most: Floats) -> bool:
    """Say whether all vectors are one, up to the rounding of numbers as large as theirs.

    Takes the smallest and the largest number of each dimension.

    The centred ones do not say it: a mean of equal numbers is rounded, too.
    """
    return bool((most - least <= 4 * _EPSILON * np.maximum(-least, most)).all())


def _numbers(values: ArrayLike, name: str) -> Floats:
    array = as_array(values, name)
    try:
        found = np.asarray(array)
        if found.dtype.kind in "fiub":
            return found.astype(np.float64, copy=False)
        reason = f"got {found.dtype}"
    except (TypeError, ValueError) as error:
        reason = str(error)
    raise InputTypeError(f"{name}: expected a matrix of numbers ({reason})")


def linear_cka(X: ArrayLike, Y: ArrayLike, *, unbiased: bool = False) -> float:
    """Linear centred kernel alignment: 1 for the same geometry, 0 for unrelated ones.

    Kornblith et al. (2019), *Similarity of Neural Network Representations Revisited*,
    equation 3; the unbiased form uses the estimator of Song et al. (2012) for each
    term, so that it stays near 0 for independent data in many dimensions where the
    biased one goes to 1.

    Invariant to rotation, reflection, translation and isotropic scaling of either
    side. Higher is more similar.

    Parameters
    ----------
    X, Y : shapes (n, d) and (n, e), the same n examples.
    unbiased : whether to correct for n being small against d; can be slightly negative.

    Raises
    ------
    InputError
        If the shapes do not fit, a side is constant, or n is below 2 (4 if unbiased).

    Examples
    --------
    >>> X = np.arange(12.0).reshape(4, 3) ** 2
    >>> round(linear_cka(X, 5 * X[:, ::-1] + 1), 12)
    1.0
    """
    unbiased = check_flag("unbiased", unbiased)
    A, B = _paired(X, Y, least=4 if unbiased else 2, varying="linear CKA")
    if unbiased:
        cross, own_a, own_b = _unbiased_hsic(A, B), _unbiased_hsic(A, A), _unbiased_hsic(B, B)
    else:
        cross = float(((A.T @ B) ** 2).sum())
        own_a, own_b = float(((A.T @ A) ** 2).sum()), float(((B.T @ B) ** 2).sum())
    if own_a <= 0 or own_b <= 0:
        raise InputError("linear CKA is not defined where one side does not vary enough")
    return float(cross / np.sqrt(own_a * own_b))


def _unbiased_hsic(A: Floats, B: Floats) -> float:
    """Song et al. (2012), equation 5, for linear kernels, without an n × n matrix.

    With K = AAᵀ and L = BBᵀ and zeroed diagonals: tr(KL), the sums of all entries and of
    row products each reduce to products of (d, e) size.
    """
    n = len(A)
    diagonal_a, diagonal_b = (A**2).sum(axis=1), (B**2).sum(axis=1)
    trace = float(((A.T @ B) ** 2).sum() - diagonal_a @ diagonal_b)
    rows_a, rows_b = A @ A.sum(axis=0) - diagonal_a, B @ B.sum(axis=0) - diagonal_b
    total = float(rows_a.sum() * rows_b.sum())
    return float(
        (trace + total / ((n - 1) * (n - 2)) - 2 * float(rows_a @ rows_b) / (n - 2)) / (n * (n - 3))
    )


def rsa(X: ArrayLike, Y: ArrayLike) -> float:
    """Representational similarity analysis: Pearson's r of all pairwise distances.

    Kriegeskorte et al. (2008), with Euclidean distances. Invariant to rotation,
    reflection, translation and isotropic scaling of either side. Higher is more
    similar. Takes memory for n²/2 distances of each side.

    Raises
    ------
    InputError
        If there are fewer than three examples or all distances of a side are equal.
    """
    A, B = _paired(X, Y, least=3)
    a, b = pdist(A), pdist(B)
    if _all_equal(a, X) or _all_equal(b, Y):
        raise InputError("RSA is not defined where all distances of one side are equal")
    return float(np.corrcoef(a, b)[0, 1])


def _all_equal(distances: Floats, X: ArrayLike) -> bool:
    """Say whether all distances of vectors are one, up to the rounding of double precision."""
    values = np.abs(np.asarray(as_array(X), dtype=np.float64))
    rounding = 4 * _EPSILON * (values.max() * np.sqrt(values.shape[1]) + distances.max())
    return bool(np.ptp(distances) <= rounding)


def procrustes_distance(X: ArrayLike, Y: ArrayLike) -> float:
    """Orthogonal Procrustes distance of the two centred and normalised point sets.

    The smallest ‖A − BQ‖ over rotations and reflections Q, after each side is centred and
    divided by its Frobenius norm (Williams et al. 2021, *Generalized Shape Metrics*):
    √(2 − 2‖AᵀB‖₊), from 0 (the same shape) to √2. A metric. Invariant to rotation, reflection,
    translation and isotropic scaling. Lower is more similar.

    Raises
    ------
    InputError
        If a side is constant.
    """
    A, B = _paired(X, Y, least=2, varying="Procrustes")
    norm_a, norm_b = np.linalg.norm(A), np.linalg.norm(B)
    nuclear = float(np.linalg.svd((A / norm_a).T @ (B / norm_b), compute_uv=False).sum())
    return float(np.sqrt(max(0.0, 2 - 2 * nuclear)))


def neighbour_overlap(X: ArrayLike, Y: ArrayLike, *, k: int = 10) -> float:
    """Mean share of each example's k nearest neighbours that both sides agree on.

    Between 0 and 1, k/(n − 1) by chance. Invariant to rotation, reflection,
    translation and isotropic scaling, and to anything that keeps the order of
    distances. Higher is more similar. Examples that are equally far, rounding
    apart, share the places that are left for them, so that no order of the examples counts.

    Parameters
    ----------
    X, Y : shapes (n, d) and (n, e), the same n examples.
    k : neighbours of each example, 1 ≤ k < n; the example itself does not count.

    Raises
    ------
    InputError
        If k is out of range.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])  # 1 is as near to 0 as to 2
    >>> neighbour_overlap(X, X + 0.1, k=1), neighbour_overlap(X, [[0.0], [1.0], [1.5], [2.5]], k=1)
    (1.0, 0.75)
    """
    A, B = _paired(X, Y, least=2)
    k = check_whole("k", k, 1)
    if k >= len(A):
        raise InputError(f"k={k}: expected 1 ≤ k < {len(A)}, the number of examples")
    rounding_a, rounding_b = _rounding(X), _rounding(Y)
    shared = 0.0
    for begin in range(0, len(A), 512):
        rows = np.arange(begin, min(begin + 512, len(A)))
        a, b = _membership(A, rounding_a, rows, k), _membership(B, rounding_b, rows, k)
        shared += float(np.minimum(a, b).sum())
    return shared / (k * len(A))


def _rounding(X: ArrayLike) -> float:
    """Bound how far a vector as stored may be from the one that was meant."""
    given: NDArray[Any] = np.asarray(as_array(X))
    unit = np.finfo(given.dtype if given.dtype.kind == "f" else np.float64).eps
    return float(unit * np.abs(given).max() * np.sqrt(given.shape[1]))


def _membership(A: Floats, rounding: float, rows: NDArray[np.intp], k: int) -> Floats:
    """Give how much of a neighbour each example is to those of the rows: 0, 1, or between if tied.

    Returns
    -------
    array of shape (n_rows, n), whose rows sum to k.
    """
    square = (A**2).sum(axis=1)
    both = square[rows, None] + square
    distance = both - 2 * A[rows] @ A.T
    distance[np.arange(len(rows)), rows] = np.inf
    last = np.partition(distance, k - 1, axis=1)[:, k - 1 : k]
    # Of the squares: rounding errors of the products, and of the vectors as they were stored.
    error = 1e-13 * both + 4.0 * rounding * np.sqrt(np.maximum(last, 0.0)) + rounding**2
    nearer = distance < last - error
    tied = np.abs(distance - last) <= error
    places = k - nearer.sum(axis=1, keepdims=True)
    return np.asarray(nearer + tied * (places / tied.sum(axis=1, keepdims=True)))
