"""The separation that label sizes alone give: how far apart the hulls of random points are."""

from __future__ import annotations

import math
from functools import lru_cache

from scipy.optimize import brentq

from tunescope.errors import InputError
from tunescope.geometry.spaces.capacity import mean_excess, mean_square_excess


def expected_separation(n_a: int, n_b: int, n_features: int) -> float:
    """Separation of the hulls of two sets of standard normal points, to a few per cent.

    By Gordon's comparison (the convex Gaussian min–max theorem, Thrampoulidis, Oymak and Hassibi
    2015) it is close to −(τ_a + τ_b), where for standard normal h of lengths n_a and n_b

        Σ (h_a − τ_a)₊ = Σ (h_b − τ_b)₊   and   Σ (h_a − τ_a)₊² + Σ (h_b − τ_b)₊² = d,

    and 0 where that is negative. The sums are replaced by their means, and d by d + 1: the sums
    that the weights are held to take up about one degree of freedom more than they leave.

    Parameters
    ----------
    n_a, n_b : number of points of each set.
    n_features : dimensions of the space.

    Returns
    -------
    float
        In units of the standard deviation of one coordinate. In 21 settings from 1 against 1 to
        20 against 2,000 points and from 10 to 768 dimensions it was within 3 % of the mean of
        measured separations; in fewer than ten dimensions up to 12 % below.

    Raises
    ------
    InputError
        If a count is smaller than 1.

    Notes
    -----
    Vectors of a model have no such round distribution: there, permute the labels instead
    (`size_corrected_similarity` does).

    Examples
    --------
    >>> round(expected_separation(10, 200, 150), 2), expected_separation(500, 500, 10)
    (2.66, 0.0)
    """
    if min(n_a, n_b, n_features) < 1:
        raise InputError(
            f"n_a={n_a}, n_b={n_b}, n_features={n_features}: all have to be at least 1"
        )
    return _expected_separation(min(n_a, n_b), max(n_a, n_b), n_features)


@lru_cache(maxsize=1 << 16)
def _expected_separation(n_a: int, n_b: int, n_features: int) -> float:
    degrees = n_features + 1.0
    least = -10.0 - math.sqrt(degrees)  # both thresholds are above it: M2(t) ≥ t² below 0

    def other(threshold: float) -> float:
        """Give the threshold of B whose sum equals that of A."""
        share = n_a / n_b * mean_excess(threshold)
        return float(brentq(lambda t: mean_excess(t) - share, -share - 1.0, 35.0))

    def rest(threshold: float) -> float:
        squares = n_a * mean_square_excess(threshold)
        return squares + n_b * mean_square_excess(other(threshold)) - degrees

    of_a = float(brentq(rest, least, 8.0))
    return max(0.0, -(of_a + other(of_a)))
