"""Whether separations that somebody gives are those of the vectors and labels beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tunescope.errors import InputError
from tunescope.geometry.hulls.pairs import Separations

ROUNDING, HALF_PRECISION = 1e-9, 1e-3
"""By so much of the largest number nearest points may be off: sums in float64, and those of
vectors that are kept in half precision."""


def refuse_of_others(
    measured: Any,
    X: np.ndarray,
    labels: np.ndarray,
    codes: np.ndarray,
    *,
    name: str,
    rounding: float = ROUNDING,
) -> None:
    """Refuse separations of other vectors, examples or labels.

    Parameters
    ----------
    measured : what was given as the separations.
    X, labels, codes : (n, d) vectors, the sorted labels, and each vector's place among them.
    name : of the argument, for the message.
    rounding : by so much of the largest number nearest points may be off.

    Raises
    ------
    InputError
        Naming the argument, and what is of others.
    """
    if not isinstance(measured, Separations):
        raise InputError(f"{name}: expected Separations, got {type(measured).__name__}")
    given = measured.labels.tolist()
    if given != labels.tolist():
        raise InputError(
            f"{name}: of the labels {given!r:.60}; expected those of y, {labels.tolist()!r:.60}"
        )
    for label, rows in enumerate(measured.members):
        if not np.array_equal(rows, np.flatnonzero(codes == label)):
            raise InputError(
                f"{name}: the examples of {given[label]!r} are others than in y; "
                "expected separations(X, y)"
            )
    refuse_of_other_vectors(measured, X, name=name, rounding=rounding)


def refuse_of_other_vectors(
    measured: Separations, X: np.ndarray, *, name: str, rounding: float = ROUNDING
) -> None:
    """Refuse separations of other vectors, or of another number of them.

    The nearest points of each pair are put together anew from the vectors that carry them. The
    parameters are those of `refuse_of_others`.
    """
    if (n_examples := sum(map(len, measured.members))) != len(X):
        raise InputError(f"{name}: of {n_examples} vectors; expected those of X, {len(X)}")
    given = measured.labels.tolist()
    off = rounding * max(abs(float(X.min())), abs(float(X.max())))
    for (a, b), found in zip(measured.pairs.tolist(), measured.results, strict=True):
        for label, support, weights, point in (
            (a, found.support_a, found.weights_a, found.point_a),
            (b, found.support_b, found.weights_b, found.point_b),
        ):
            carriers = np.asarray(X[measured.members[label][support]], dtype=np.float64)
            there = weights @ carriers
            if there.shape != point.shape or np.abs(there - point).max() > off:
                raise InputError(
                    f"{name}: of other vectors than X, by the nearest points of {given[a]!r} and "
                    f"{given[b]!r}; expected separations(X, y)"
                )
