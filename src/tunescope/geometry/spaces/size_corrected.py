"""Spatial similarity of vectors, from which the sizes of the labels are taken out.

What sizes alone give in a space is predicted from its covariance, or measured by permuting its
labels; `beyond_sizes` compares what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunescope.arguments import check_whole
from tunescope.arrays import refuse_unusable
from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import as_points
from tunescope.geometry.hulls.pairs import Separations, as_labels, separations
from tunescope.geometry.hulls.same_examples import HALF_PRECISION, refuse_of_other_vectors
from tunescope.geometry.spaces.beyond_sizes import CorrectedSimilarity, similarity_beyond_sizes
from tunescope.geometry.spaces.random_separation import principal_variances, separations_by_sizes

Floats = NDArray[np.float64]
Sizes = Literal["permuted", "covariance"]


def size_corrected_similarity(
    X1: ArrayLike,
    y1: ArrayLike,
    X2: ArrayLike,
    y2: ArrayLike,
    *,
    sizes: Sizes = "permuted",
    groups1: ArrayLike | None = None,
    groups2: ArrayLike | None = None,
    n_permutations: int = 20,
    n_exchanges: int = 999,
    seed: int = 0,
    rtol: float = 1e-3,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CorrectedSimilarity:
    """Correlate the separations of two spaces, given what label sizes alone give in each.

    Parameters
    ----------
    X1, y1, X2, y2 : vectors, shape (n, d), and labels, shape (n,), of the two spaces. They may be
        two representations of one data set or two data sets; label pairs of both are compared.
    sizes : how it is known what sizes alone give. ``"permuted"``: the mean log separation with
        labels permuted, in each space on its own. ``"covariance"``: `separations_by_sizes` for the
        covariance of the space, which takes no further measurement; the tables of a run have it.
    groups1, groups2 : shape (n,), the text of each example. Labels are then permuted a text at a
        time: neighbouring words keep neighbouring labels.
    n_permutations : of the labels, in each space, drawn independently.
    n_exchanges : of the labels' names, for the null and the p-value.
    seed : of all draws.
    rtol, n_jobs : as for `separations`.
    progress : called with the number of measured labellings and their total.

    Returns
    -------
    CorrectedSimilarity

    Raises
    ------
    InputError
        If the shapes do not fit, or a number of draws is smaller than 2.

    Notes
    -----
    `similarity_beyond_sizes` says what is done with the distances. It says little below seven
    labels, and nothing of label pairs whose hulls meet.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> y = np.repeat(np.arange(7), [5, 6, 8, 10, 12, 15, 20])
    >>> X = random.normal(size=(len(y), 50)) + random.normal(size=(7, 50))[y]
    >>> same = size_corrected_similarity(X, y, X[:, ::-1], y, n_permutations=4)
    >>> bool(same.value > 0.8), same.n_pairs, same.n_met
    (True, 21, 0)
    """
    if sizes not in ("permuted", "covariance"):
        raise InputError(f"sizes={sizes!r}: expected 'permuted' or 'covariance'")
    for name, number in (("n_permutations", n_permutations), ("n_exchanges", n_exchanges)):
        check_whole(name, number, 2)
    draws = n_permutations if sizes == "permuted" else 0
    total, done = 2 * (draws + 1), 0
    random = np.random.default_rng(seed)

    def advance() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    first, second = (
        _measure(X, y, groups, draws, random, (rtol, n_jobs), advance)
        for X, y, groups in ((X1, y1, groups1), (X2, y2, groups2))
    )
    pairs = sorted(first.keys() & second.keys(), key=str)
    both = np.array([[space[pair] for pair in pairs] for space in (first, second)])
    distances, by_sizes = both.reshape(2, -1, 2).transpose(2, 0, 1)
    return similarity_beyond_sizes(pairs, distances, by_sizes, n_exchanges=n_exchanges, seed=seed)


def _measure(
    X: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike | None,
    n_permutations: int,
    random: np.random.Generator,
    solving: tuple[float, int | None],
    advance: Callable[[], None],
) -> dict[tuple[Any, Any], tuple[float, float]]:
    """Give for each label pair its separation, and what sizes alone give."""
    vectors = as_points(X, "X")
    labels = as_labels(y, len(vectors))
    rtol, n_jobs = solving
    measured = separations(vectors, labels, rtol=rtol, n_jobs=n_jobs)
    advance()
    if n_permutations:
        drawn = []
        for shuffled in permuted_labels(labels, groups, n_permutations, random):
            drawn.append(separations(vectors, shuffled, rtol=rtol, n_jobs=n_jobs).known)
            advance()
        apart = np.min(drawn, axis=0) > 0.0
        by_sizes = np.exp(np.log(np.where(apart, drawn, 1.0)).mean(axis=0)) * apart
    else:
        by_sizes = by_label_sizes(measured, vectors)
    names = measured.labels.tolist()
    found = zip(measured.pairs.tolist(), measured.known, by_sizes, strict=True)
    return {(names[a], names[b]): (float(own), float(sizes)) for (a, b), own, sizes in found}


def by_label_sizes(measured: Separations, X: ArrayLike) -> Floats:
    """Predict for measured label pairs what the sizes of their labels alone give.

    Parameters
    ----------
    measured : separations of the labels of a space.
    X : (n, d) its vectors.

    Raises
    ------
    InputError
        If `measured` is of other vectors.
    """
    X = as_points(X, "X")
    refuse_of_other_vectors(measured, X, name="measured", rounding=HALF_PRECISION)
    counts = np.array([len(rows) for rows in measured.members])
    return separations_by_sizes(counts[measured.pairs], principal_variances(X))


def permuted_labels(
    y: NDArray[Any], groups: ArrayLike | None, n_permutations: int, random: np.random.Generator
) -> Iterator[NDArray[Any]]:
    """Draw labellings that say nothing, with labels of the same sizes.

    Parameters
    ----------
    y : (n,) labels.
    groups : (n,) the text of each example; by default each is its own. The texts are put into
        another order, and their labels handed out to the examples in turn.
    n_permutations : how many.
    random : where they are drawn from.

    Raises
    ------
    InputError
        If `groups` has another shape than `y`, or a group is missing.
    """
    if groups is not None:
        refuse_unusable(groups, "groups")
    owner = np.arange(len(y)) if groups is None else np.asarray(groups)
    if owner.shape != y.shape:
        raise InputError(f"groups: expected shape {y.shape} to fit y, got {owner.shape}")
    _, text = np.unique(owner, return_inverse=True)
    in_texts = np.argsort(text, kind="stable")
    for _ in range(n_permutations):
        place = random.permutation(text.max() + 1)[text]
        shuffled = np.empty_like(y)
        shuffled[in_texts] = y[np.argsort(place, kind="stable")]
        yield shuffled
