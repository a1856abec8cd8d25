"""What a linear regression on the labels expects of each text that it has not seen, exactly."""

from __future__ import annotations

import numpy as np

from tunescope.evidence.confidence import scaled

SHRINKAGE = 0.1
"""Of the squared coefficients, in the mean squared error, for vectors of unit variance."""


def left_out_regression(
    X: np.ndarray,
    codes: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    shrinkage: float = SHRINKAGE,
) -> np.ndarray:
    """Predict each example by ridge regression on all others, in closed form.

    Each label's indicator, 1 for its examples and 0 for the others, is regressed on the vectors.
    Leaving a group out changes its predictions by a known factor (its part of the hat matrix), so
    one decomposition is enough for all. Where folds would leave out a fifth of the examples, this
    leaves out one text.

    Parameters
    ----------
    X : (n, d) vectors; they are centred and scaled as a whole, so that their unit has no effect.
    codes : (n,) labels as integers from 0.
    groups : (n,) examples of one group, say the words of one sentence, are left out together.
    shrinkage : the larger, the more the predictions of all examples are alike.

    Returns
    -------
    (n, n_labels) array
        Values around 0 and 1; not probabilities.

    References
    ----------
    Allen, *The relationship between variable selection and data augmentation and a method for
    prediction*, Technometrics 1974 (PRESS).

    Examples
    --------
    >>> X = np.array([[-1.0], [1.0]] * 10)
    >>> codes = np.array([0, 1] * 10)
    >>> codes[0] = 1
    >>> int(left_out_regression(X, codes)[0].argmax())
    0
    """
    n = len(X)
    near = scaled(X).astype(np.float64)
    near -= near.mean(axis=0)
    wanted = np.eye(int(codes.max()) + 1)[codes]
    share = wanted.mean(axis=0)
    variances, axes = np.linalg.eigh(near.T @ near)
    turned = near @ axes
    weighted = turned / (np.maximum(variances, 0.0) + shrinkage * n)
    found = weighted @ (turned.T @ wanted) + share
    own = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    order = np.argsort(own, kind="stable")
    left: np.ndarray = np.empty_like(found)
    for group in np.split(order, np.flatnonzero(np.diff(own[order])) + 1):
        if len(group) == n:
            left[group] = share
            continue
        hat = weighted[group] @ turned[group].T + 1.0 / n
        error = np.linalg.solve(np.eye(len(group)) - hat, wanted[group] - found[group])
        left[group] = wanted[group] - error
    return left
