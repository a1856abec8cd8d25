"""Did a spatial similarity change? Two correlations over the same label pairs, compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tunescope.arrays import as_numbers
from tunescope.errors import InputError
from tunescope.geometry.spaces.similarity import label_pairs

Floats = NDArray[np.float64]

LEAST_LABELS = 5
"""Without one of four labels three pairs are left, whose correlation can be anything."""


@dataclass(frozen=True)
class SimilarityChange:
    """One spatial similarity less another, on the scale of Fisher's z = artanh r."""

    before: float
    """Pearson's r of the first two distance vectors."""
    after: float
    """Pearson's r of the other two."""
    shift: float | None
    """z of `after` less z of `before`; None where it is not defined."""
    lower: float | None
    """Lower end of the interval for `shift`, over labels."""
    upper: float | None
    """Upper end of that interval."""
    p_value: float | None
    """Two-sided, under the hypothesis that nothing changed."""
    n_labels: int
    n_pairs: int
    reason: str = ""
    """Why there is no `shift`; empty otherwise."""


def similarity_change(
    pairs: Any, before: Any, after: Any, *, level: float = 0.95
) -> SimilarityChange:
    """Test whether two spaces became more or less alike, say training and test split by tuning.

    The two correlations are over the same label pairs, so their difference is known better than
    either of them: intervals of each alone that overlap, or do not, decide nothing. A label's
    distances go up and down together, so labels are what varies: the difference of Fisher's z is
    taken without each label in turn, and judged by Student's t (jackknife; Efron and Stein 1981).
    Where nothing changed it says so too rarely rather than too often (`benchmarks/coverage.py`).

    It is about other labels of the same kind. Distances of small labels are large whatever the
    vectors are, and keep both correlations high; the test does not take that out.

    Parameters
    ----------
    pairs : (n_pairs, 2) array
        The two labels of each pair.
    before, after : (2, n_pairs) arrays
        The two distance vectors of these pairs that are correlated, before and after.
    level : coverage of the interval.

    Raises
    ------
    InputError
        If shapes do not fit, a distance is not a finite number, or a pair comes twice.

    Examples
    --------
    >>> pairs = [(i, j) for i in range(8) for j in range(i)]
    >>> random = np.random.default_rng(0)
    >>> train = random.random(28)
    >>> alike, unlike = train + 0.02 * random.random(28), random.random(28)
    >>> found = similarity_change(pairs, (train, alike), (train, unlike))
    >>> found.shift < 0, found.p_value < 0.01
    (True, True)
    >>> similarity_change(pairs, (train, alike), (train, alike)).p_value
    1.0
    """
    if not 0 < level < 1:
        raise InputError(f"level is {level!r}; expected a coverage between 0 and 1")
    ends = _ends(pairs)
    sides = [
        as_numbers(values, name, (2, len(ends)))
        for values, name in ((before, "before"), (after, "after"))
    ]
    labels = int(ends.max()) + 1 if len(ends) else 0
    everything = np.ones((1, len(ends)))
    r, later = (float(_correlation(everything, side)[0]) if len(ends) else np.nan for side in sides)

    def unknown(reason: str) -> SimilarityChange:
        return SimilarityChange(r, later, None, None, None, None, labels, len(ends), reason)

    if labels < LEAST_LABELS:
        return unknown(f"{labels} label(s); the test needs at least {LEAST_LABELS}")
    without = np.ones((labels, len(ends)))
    for end in ends.T:
        without[end, np.arange(len(ends))] = 0
    z = [_fisher(_correlation(everything, side))[0] for side in sides]
    each = _fisher(_correlation(without, sides[1])) - _fisher(_correlation(without, sides[0]))
    shift = float(z[1] - z[0])
    if not np.isfinite(shift) or not np.isfinite(each).all():
        return unknown("all distances of one side are equal, or are without one of the labels")
    error = float(np.sqrt((labels - 1) * each.var()))
    half = float(stats.t.ppf((1 + level) / 2, labels - 1)) * error
    p_value = (
        float(2 * stats.t.sf(abs(shift) / error, labels - 1)) if error > 0 else float(not shift)
    )
    return SimilarityChange(r, later, shift, shift - half, shift + half, p_value, labels, len(ends))


def _ends(pairs: Any) -> NDArray[np.int64]:
    """The labels of each pair as numbers from 0."""
    named = label_pairs(pairs)
    place: dict[Any, int] = {}
    for pair in named:
        for label in pair:
            place.setdefault(label, len(place))
    return np.array([[place[a], place[b]] for a, b in named], dtype=np.int64).reshape(-1, 2)


def _correlation(weights: Floats, side: Floats) -> Floats:
    """Pearson's r of two vectors under each row of weights; NaN where it is not defined."""
    weights = weights / weights.sum(axis=1, keepdims=True)
    u, v = side - side.mean(axis=1, keepdims=True)
    mean_u, mean_v = weights @ u, weights @ v
    covariance = weights @ (u * v) - mean_u * mean_v
    variance = (weights @ (u * u) - mean_u**2) * (weights @ (v * v) - mean_v**2)
    defined = variance > 1e-20 * max(float(np.mean(u * u) * np.mean(v * v)), 1e-300)
    root = np.sqrt(np.where(defined, variance, 1.0))
    return np.asarray(np.where(defined, covariance / root, np.nan))


def _fisher(r: Floats) -> Floats:
    return np.asarray(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)))
