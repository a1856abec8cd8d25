"""What two distance vectors share once what the sizes of the labels give is taken out of each.

How far apart two hulls are depends first of all on how many points they have, so the distance
vectors of two spaces without anything in common agree wherever their labels have the same sizes.
Here the logarithms of the separations are regressed on those of what sizes alone give, and what is
left is compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunescope.arguments import check_whole
from tunescope.arrays import as_numbers
from tunescope.geometry.spaces.similarity import label_pairs, resampled_interval

Floats = NDArray[np.float64]
LEAST_LABELS = 4
LEAST_PAIRS = 5
"""Two go into the regression, three are what a correlation needs."""
SIZES_UNKNOWN = "what label sizes alone give was not measured in a space"
_NEAR = 0.25
"""Sizes that give less than this share of the median nearly let a pair meet: the logarithm of its
separation varies far more than the others', and in both spaces at once."""
_BLOCK = 64  # exchanges of names that are correlated at once


@dataclass(frozen=True)
class CorrectedSimilarity:
    """How far two spaces agree on distances beyond what label sizes alone give."""

    value: float | None
    """Partial correlation of the log separations, −1 to 1; None where it is not defined."""
    lower: float | None
    """Lower end of the 95 % interval for ``value``, by resampling labels."""
    upper: float | None
    """Upper end of that interval."""
    null_mean: float | None
    """Mean of the value with the labels of the second space exchanged: near 0."""
    null_lower: float | None
    """Lower end of the middle 95 % of those values."""
    null_upper: float | None
    """Upper end of it."""
    p_value: float | None
    """Share of exchanges with a value at least as large, the labels as they are included."""
    n_pairs: int
    """Label pairs that were compared: separate in both spaces, by their sizes alone clearly so."""
    n_met: int
    """Label pairs of both spaces whose hulls meet in either; they are left out."""
    reason: str = ""
    """Why ``value`` is None; empty otherwise."""


def similarity_beyond_sizes(
    pairs: Iterable[tuple[Any, Any]],
    distances: ArrayLike,
    by_sizes: ArrayLike,
    *,
    n_exchanges: int = 999,
    n_resamples: int = 1000,
    seed: int = 0,
) -> CorrectedSimilarity:
    """Correlate two distance vectors, given what label sizes alone give in each space.

    Parameters
    ----------
    pairs : the two labels of each pair.
    distances : (2, n_pairs), the separations of these pairs in both spaces; NaN where not known.
    by_sizes : (2, n_pairs), what labels of the same sizes have in the two spaces when they say
        nothing: of `separations_by_sizes`, or measured with permuted labels; NaN where not known.
    n_exchanges : of the labels' names, for the null and the p-value.
    n_resamples : of the labels, for the interval.
    seed : of all draws.

    Raises
    ------
    InputError
        If the shapes do not fit, a pair is of one label or comes twice, a distance is infinite or
        below 0, or a number of draws is below 1.

    Notes
    -----
    The p-value is of Mantel's test (1967): are the distances of the second space, with its label
    names exchanged, as similar? It keeps the structure that each space has on its own, and the
    dependence of pairs that share a label. Permuted labels would be no fair null here: two spaces
    that each have a structure vary more in their agreement than noise does.

    Pairs that meet in a space, or that sizes alone would let meet, or nearly (less than a quarter
    of the median of `by_sizes`), are left out: they have no logarithm, or one that says little.

    Examples
    --------
    >>> pairs = [(i, j) for i in range(6) for j in range(i)]
    >>> random = np.random.default_rng(0)
    >>> sizes, own = 1 + random.random((2, 15))
    >>> found = similarity_beyond_sizes(pairs, [sizes * own, 2 * sizes * own], [sizes, sizes])
    >>> round(found.value, 6), found.n_pairs
    (1.0, 15)
    """
    names = label_pairs(pairs)
    measured, expected = (
        as_numbers(given, name, (2, len(names)), low=0.0, missing=True)
        for name, given in (("distances", distances), ("by_sizes", by_sizes))
    )
    n_exchanges = check_whole("n_exchanges", n_exchanges, 1)
    n_met = int((measured <= 0.0).any(axis=0).sum())
    apart = comparable(measured, expected)
    kept = [names[index] for index in apart]
    labels = sorted({label for pair in kept for label in pair}, key=str)
    if names and np.isnan(expected).all(axis=1).any():
        return _undefined(len(kept), n_met, SIZES_UNKNOWN)
    if len(kept) < LEAST_PAIRS or len(labels) < LEAST_LABELS:
        reason = (
            f"{len(kept)} label pair(s) are separate in both spaces, also by their sizes alone; "
            f"expected at least {LEAST_PAIRS} of {LEAST_LABELS} labels"
        )
        return _undefined(len(kept), n_met, reason)
    u, v = (without_sizes(measured[side, apart], expected[side, apart]) for side in (0, 1))
    if min(np.ptp(u), np.ptp(v)) < 1e-9:
        reason = "the separations of one space are what label sizes alone give"
        return _undefined(len(kept), n_met, reason)
    value = float(np.corrcoef(u, v)[0, 1])
    lower, upper = resampled_interval(kept, u, v, n_resamples, seed)
    null = _exchanged(kept, labels, u, v, n_exchanges, np.random.default_rng(seed))
    p_value = (1 + int((null >= value - 1e-12).sum())) / (1 + len(null))
    low, high = (float(end) for end in np.quantile(null, (0.025, 0.975)))
    return CorrectedSimilarity(
        value, lower, upper, float(null.mean()), low, high, p_value, len(kept), n_met
    )


def comparable(distances: Floats, by_sizes: Floats) -> NDArray[np.int64]:
    """Choose the pairs that are separate in every space, and clearly so by their sizes alone.

    Parameters
    ----------
    distances, by_sizes : (n_spaces, n_pairs); missing numbers are not separate.

    Returns
    -------
    array
        Their indices.
    """
    known = np.where(by_sizes > 0.0, by_sizes, np.nan)
    if not np.isfinite(known).any(axis=1).all():
        return np.zeros(0, dtype=np.int64)
    clear = known > _NEAR * np.nanmedian(known, axis=1, keepdims=True)
    return np.flatnonzero(((distances > 0.0) & clear).all(axis=0))


def without_sizes(distances: Floats, by_sizes: Floats) -> Floats:
    """Give what is left of log distances after regressing them on what sizes give.

    Parameters
    ----------
    distances, by_sizes : (n_pairs,), all above 0.
    """
    logs, sizes = np.log(distances), np.log(by_sizes)
    design = np.column_stack([np.ones(len(sizes)), sizes - sizes.mean()])
    fitted = design @ np.linalg.lstsq(design, logs, rcond=1e-9)[0]
    return np.asarray(logs - fitted)


def _undefined(n_pairs: int, n_met: int, reason: str) -> CorrectedSimilarity:
    return CorrectedSimilarity(None, None, None, None, None, None, None, n_pairs, n_met, reason)


def _exchanged(
    pairs: list[tuple[Any, Any]],
    labels: list[Any],
    u: Floats,
    v: Floats,
    n_exchanges: int,
    random: np.random.Generator,
) -> Floats:
    """Correlate with the names of the second space's labels exchanged, many times."""
    place = {label: index for index, label in enumerate(labels)}
    a = np.array([place[first] for first, _ in pairs])
    b = np.array([place[second] for _, second in pairs])
    matrix = np.full((len(labels), len(labels)), np.nan)
    matrix[a, b] = matrix[b, a] = v
    orders = np.array([random.permutation(len(labels)) for _ in range(n_exchanges)])
    values: list[float] = []
    for start in range(0, n_exchanges, _BLOCK):
        block = orders[start : start + _BLOCK]
        other = matrix[block[:, a], block[:, b]]
        values += _correlations(u, other).tolist()
    known = np.array([value for value in values if np.isfinite(value)])
    return known if len(known) else np.zeros(1)


def _correlations(u: Floats, others: Floats) -> Floats:
    """Correlate with each row, over the places that are known there; NaN where it says nothing."""
    there = ~np.isnan(others)
    n = there.sum(axis=1)
    weight = there / np.maximum(n, 1)[:, None]
    v = np.where(there, others, 0.0)
    mean_u, mean_v = weight @ u, (weight * v).sum(axis=1)
    covariance = (weight * v) @ u - mean_u * mean_v
    variance_u = weight @ (u * u) - mean_u**2
    variance_v = (weight * v * v).sum(axis=1) - mean_v**2
    defined = (n >= 3) & (variance_u > 1e-12 * np.var(u)) & (variance_v > 1e-12 * np.nanvar(others))
    root = np.sqrt(np.where(defined, variance_u * variance_v, 1.0))
    return np.asarray(np.where(defined, np.clip(covariance / root, -1.0, 1.0), np.nan))
