"""Identical vectors with different labels: no clustering without overlaps exists for them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 4096
"""Rows held at once, so that a memory-mapped array is read as a stream."""


def identical_vectors(X: NDArray[Any]) -> NDArray[np.int64]:
    """Number the distinct rows of an array in the order of their first appearance.

    Parameters
    ----------
    X : array of shape (n_examples, n_features), finite numbers.

    Returns
    -------
    array of shape (n_examples,): equal numbers exactly where the rows are equal.
        Zero and minus zero are equal, as they are for ``==``.

    Examples
    --------
    >>> identical_vectors(np.array([[1, 2], [3, 4], [1, 2]])).tolist()
    [0, 1, 0]
    """
    numbers = np.empty(len(X), dtype=np.int64)
    known: dict[bytes, int] = {}
    for start in range(0, len(X), _BLOCK):
        # Adding zero turns -0.0 into 0.0, so that equal rows have equal bytes.
        block = np.ascontiguousarray(X[start : start + _BLOCK]) + 0
        for offset, row in enumerate(block):
            # 128 bits: among 10^9 rows a chance collision has a probability below 10^-20.
            digest = blake2b(row.tobytes(), digest_size=16).digest()
            numbers[start + offset] = known.setdefault(digest, len(known))
    return numbers


def contradictions(X: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Find the sets of examples that share a vector but not a label.

    Parameters
    ----------
    X : array of shape (n_examples, n_features).
    y : array of shape (n_examples,), the labels.

    Returns
    -------
    tuple of arrays: for each vector that stands under two or more labels the indices of all
        its examples, ascending; the vectors in the order of their first example.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [0.0], [2.0]])
    >>> contradictions(X, np.array(["a", "a", "b", "b"]))
    (array([0, 2]),)
    """
    vectors = identical_vectors(X)
    _, codes = np.unique(y, return_inverse=True)
    return contradictory_groups(vectors, codes)


def contradictory_groups(
    vectors: NDArray[np.int64], codes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], ...]:
    """Group the examples of each vector that has more than one label.

    Parameters
    ----------
    vectors : array of shape (n_examples,), from `identical_vectors`.
    codes : array of shape (n_examples,), labels as integers.
    """
    if not len(vectors):
        return ()
    n_vectors = int(vectors.max()) + 1
    lowest = np.full(n_vectors, np.iinfo(np.int64).max)
    highest = np.full(n_vectors, -1)
    np.minimum.at(lowest, vectors, codes)
    np.maximum.at(highest, vectors, codes)
    mixed = np.flatnonzero(lowest < highest)
    return tuple(np.flatnonzero(vectors == vector) for vector in mixed)
