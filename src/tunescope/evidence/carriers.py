"""The weight with which each example carries the separations of its label."""

from __future__ import annotations

import numpy as np

from tunescope.geometry import Separations


def carried(found: Separations) -> np.ndarray:
    """Add up the weights with which each example carries its label's separations.

    An example that lies between its own label and others carries the nearest points of many pairs
    of hulls; wrongly labelled ones often do. Each separation shares a weight of 1 among the
    examples of each of its two labels, so an example's sum is at most the number of other labels,
    by which it is divided. Pairs whose hulls meet have nearest points, too: the examples whose
    convex combinations agree.

    Parameters
    ----------
    found : separations of label pairs.

    Returns
    -------
    (n,) array, from 0 to 1: the mean weight over the pairs of the example's label.

    Examples
    --------
    >>> from tunescope.geometry import separations
    >>> X = np.array([[0.0], [1.0], [3.0], [7.0]])
    >>> carried(separations(X, np.array(["a", "a", "b", "c"]))).tolist()
    [0.0, 1.0, 1.0, 1.0]
    """
    total = np.zeros(sum(map(len, found.members)))
    pairs_of = np.bincount(found.pairs.ravel(), minlength=len(found.labels))
    for (a, b), result in zip(found.pairs.tolist(), found.results, strict=True):
        total[found.members[a][result.support_a]] += result.weights_a
        total[found.members[b][result.support_b]] += result.weights_b
    for label, rows in enumerate(found.members):
        total[rows] /= max(1, pairs_of[label])
    return total
