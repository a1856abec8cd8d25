"""How many label pairs would be linear if the vectors were random, for labels of these sizes.

The hulls of n_a and n_b points drawn from one normal distribution in d dimensions meet exactly
where the kernel of a Gaussian d × (n_a + n_b) matrix, a uniformly random subspace, meets the cone
``C = {x ≥ 0 : Σ_A x = Σ_B x}`` beyond 0. By the conic Crofton formula (Amelunxen, Lotz, McCoy and
Tropp 2014, *Living on the Edge*, section 5.3) it does with probability ``2 Σ v_j`` over
j = d + 1, d + 3, …, where the conic intrinsic volume v_j is the probability that the projection of
a normal vector onto C has K = j + 1 positive coordinates.

The projection has one threshold τ, the root of ``F(τ) = Σ_A (g − τ)₊ − Σ_B (g + τ)₊``, and
K = #{A: g > τ} + #{B: g > −τ} is minus the slope of F there. So, by the formula of Kac and Rice,
``P(K = m) = m ∫ p(F(τ) = 0, K(τ) = m) dτ``, where for a given τ both F and K are sums of
independent terms. Their joint density is recovered from its Fourier transform.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, wofz

from tunescope.errors import InputError

_NEGLIGIBLE = 1e-12  # parts of an integrand below this share of its largest are left out
_CERTAIN = 7.0, 8.0  # standard deviations of K, and counts, from d + 1: there it is 0 or 1
_MANY = 40.0  # where so many points carry the projection, its law is nearly normal


def separable_probability(n_a: int, n_b: int, n_features: int) -> float:
    """Probability that the hulls of two sets of random points are disjoint.

    For points drawn independently from one normal distribution of any mean and any covariance of
    full rank: both sets from the same, so that the labels say nothing.

    Parameters
    ----------
    n_a, n_b : number of points of each set.
    n_features : dimensions of the space.

    Returns
    -------
    float
        Between 0 and 1; exact to 1e-5. For labels drawn by coin it averages to Cover's count
        (1965, theorem 1), ``2^(1−n) Σ_{k ≤ d} C(n−1, k)``.

    Raises
    ------
    InputError
        If a count is smaller than 1.

    Examples
    --------
    >>> round(separable_probability(2, 2, 1), 6)  # of 6 orders on a line, aabb and bbaa
    0.333333
    >>> round(separable_probability(2, 40, 10), 3), round(separable_probability(21, 21, 10), 3)
    (0.953, 0.0)
    """
    if min(n_a, n_b, n_features) < 1:
        raise InputError(
            f"n_a={n_a}, n_b={n_b}, n_features={n_features}: all have to be at least 1"
        )
    return _separable_probability(min(n_a, n_b), max(n_a, n_b), n_features)


def expected_separable_pairs(counts: Sequence[int] | NDArray[np.integer], n_features: int) -> float:
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
    >>> round(expected_separable_pairs([2, 2, 2], 1), 6)
    1.0
    """
    sizes = Counter(int(count) for count in counts)
    total = 0.0
    for a, n_a in enumerate(ordered := sorted(sizes)):
        for n_b in ordered[a:]:
            pairs = sizes[n_a] * (sizes[n_b] if n_a != n_b else sizes[n_a] - 1)
            if pairs:
                weight = pairs if n_a != n_b else pairs / 2
                total += weight * separable_probability(n_a, n_b, n_features)
    return float(total)


@lru_cache(maxsize=1 << 16)
def _separable_probability(n_a: int, n_b: int, n_features: int) -> float:
    if n_a + n_b <= n_features + 1:
        return 1.0
    threshold = threshold_of(n_a, n_b)
    active = np.array([ndtr(-threshold), ndtr(threshold)])
    mean = float(active @ [n_a, n_b])
    deviation = float(np.sqrt((active * (1.0 - active)) @ [n_a, n_b]))
    if abs(n_features + 1 - mean) > _CERTAIN[0] * deviation + _CERTAIN[1]:
        return float(mean < n_features + 1)
    first, probabilities = _support_probabilities(n_a, n_b)
    counts = first + np.arange(len(probabilities))
    meeting = (counts >= n_features + 2) & ((counts - n_features) % 2 == 0)
    return float(np.clip(1.0 - 2.0 * probabilities[meeting].sum(), 0.0, 1.0))


def mean_excess(threshold: float) -> float:
    """Return E (g − t)₊ of a standard normal g."""
    return float(np.exp(-0.5 * threshold**2) / np.sqrt(2.0 * np.pi) - threshold * ndtr(-threshold))


def mean_square_excess(threshold: float) -> float:
    """Return E (g − t)₊² of a standard normal g."""
    return float(ndtr(-threshold) - threshold * mean_excess(threshold))


def threshold_of(n_a: int, n_b: int) -> float:
    """Find the typical τ: where Σ_A (g − τ)₊ and Σ_B (g + τ)₊ have one mean."""
    return float(brentq(lambda t: n_a * mean_excess(t) - n_b * mean_excess(-t), -30.0, 30.0))


@lru_cache(maxsize=256)
def _support_probabilities(n_a: int, n_b: int) -> tuple[int, NDArray[np.float64]]:
    """Give the distribution of K, the number of points that carry the projection.

    Returns
    -------
    first : the smallest number that is given.
    probabilities : P(K = first), P(K = first + 1), …; those not given are negligible, and those
        of K = 0 and 1, which no pair of hulls needs, are not to be used.
    """
    centre = threshold_of(n_a, n_b)
    above, below = float(ndtr(-centre)), float(ndtr(centre))
    variance = n_a * (mean_square_excess(centre) - mean_excess(centre) ** 2)
    variance += n_b * (mean_square_excess(-centre) - mean_excess(-centre) ** 2)
    width = np.sqrt(variance)  # of F at the centre
    mean = n_a * above + n_b * below
    # Trapezoid rules converge geometrically here. Where few points carry the projection the
    # Fourier transform falls as a power of the frequency only, so its nodes grow like sinh.
    tau_step, step = (0.7, 0.35) if mean > _MANY else (0.6, 0.25)
    tau = centre + width / mean * np.arange(-8.4, 8.41, tau_step)
    u = np.arange(-8.0, 8.01, step)
    t, weight = np.sinh(u) / width, np.cosh(u) / width * step * (tau[1] - tau[0]) / (2.0 * np.pi)
    tau, t, weight = (x.ravel() for x in np.broadcast_arrays(tau[:, None], t, weight))
    # E exp(itF) over the points beyond their thresholds, on a line of complex t that takes out
    # what F is off 0 for a τ off the centre.
    half = 0.5 * np.exp(-0.5 * tau**2)
    of_a = half * wofz((t + 1j * centre) / np.sqrt(2.0))
    of_b = half * wofz(-(t + 1j * centre) / np.sqrt(2.0))
    not_a, not_b = ndtr(tau), ndtr(-tau)
    size = n_a * np.log(not_a + np.abs(of_a)) + n_b * np.log(not_b + np.abs(of_b)) + np.log(weight)
    kept = size > size.max() + np.log(_NEGLIGIBLE)
    weight, of_a, of_b, not_a, not_b = (x[kept] for x in (weight, of_a, of_b, not_a, not_b))
    # The other Fourier transform is over the whole numbers around the mean of K.
    n_counts = min(
        n_a + n_b + 1, 48 + int(18.0 * np.sqrt(n_a * above * below + n_b * above * below))
    )
    first = min(max(0, int(mean) - n_counts // 2), n_a + n_b + 1 - n_counts)
    transform = np.zeros(n_counts // 2 + 1, dtype=np.complex128)
    for place in range(len(transform)):
        z = np.exp(-2j * np.pi * place / n_counts)
        powers = n_a * np.log(not_a + z * of_a) + n_b * np.log(not_b + z * of_b)
        transform[place] = weight @ np.exp(powers)
        if abs(transform[place]) < _NEGLIGIBLE * abs(transform[0]):
            break
    densities = np.roll(np.fft.irfft(transform, n_counts), -(first % n_counts))
    return first, (first + np.arange(n_counts)) * densities
