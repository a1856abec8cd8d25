"""How many label pairs would be linear if the vectors were random: Cover's count.

Cover (1965), *Geometrical and Statistical Properties of Systems of Linear
Inequalities with Applications in Pattern Recognition*, theorem 1: of the 2ⁿ ways
to label n points in general position in d dimensions with two labels,
``2 · Σ_{k=0}^{d} C(n−1, k)`` can be separated by an affine hyperplane.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.stats import binom

from tunescope.errors import InputError


def separable_probability(n_examples: int, n_features: int) -> float:
    """Probability that a random two-way labelling of random points is linear.

    Cover's count over 2ⁿ is the probability that at most ``n_features`` of
    ``n_examples − 1`` fair coins show heads, which is how it is computed: exactly,
    without overflow for any number of examples.

    Parameters
    ----------
    n_examples : number of points of both labels together, in general position.
    n_features : dimensions of the space; the hyperplane may have an offset.

    Returns
    -------
    float
        2^(1−n) Σ_{k ≤ d} C(n−1, k), between 0 and 1.

    Raises
    ------
    InputError
        If a count is smaller than 1.

    Examples
    --------
    >>> separable_probability(4, 2)  # XOR is the only split of four that fails
    0.875
    >>> separable_probability(2 * (768 + 1), 768)
    0.5
    """
    if n_examples < 1 or n_features < 1:
        raise InputError(
            f"n_examples={n_examples}, n_features={n_features}: both have to be at least 1"
        )
    if n_examples <= n_features + 1:
        return 1.0
    if n_examples == 2 * (n_features + 1):
        return 0.5
    return float(binom.cdf(n_features, n_examples - 1, 0.5))


def expected_separable_pairs(counts: Sequence[int] | np.ndarray, n_features: int) -> float:
    """Expected number of label pairs that are linear for random vectors.

    Parameters
    ----------
    counts : examples of each label, shape (n_labels,).
    n_features : dimensions of the space.

    Returns
    -------
    float
        Sum of :func:`separable_probability` over all pairs of labels; compare it with
        the number of pairs, ``n_labels (n_labels − 1) / 2``.

    Raises
    ------
    InputError
        If a label has no example.

    Examples
    --------
    >>> expected_separable_pairs([2, 2, 2], 2)
    2.625
    """
    return float(
        sum(separable_probability(int(a + b), n_features) for a, b in combinations(counts, 2))
    )
