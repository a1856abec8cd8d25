"""Spatial similarity from which the sizes of the labels are taken out.

How far apart two hulls are depends first of all on how many points they have, so the distance
vectors of two spaces without anything in common agree wherever their labels have the same sizes.
What sizes alone give in a space is measured by permuting its labels; what is left of the (log)
separations after regressing them on that is compared between the spaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tunescope.errors import InputError
from tunescope.geometry.hulls.cloud import as_points
from tunescope.geometry.hulls.pairs import as_labels, separations
from tunescope.geometry.spaces.similarity import resampled_interval

Floats = NDArray[np.float64]
_LEAST_LABELS = 4
_LEAST_PAIRS = 5
"""Two go into the regression, three are what a correlation needs."""


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
    """Label pairs that were compared: separate in both spaces, also with permuted labels."""
    n_met: int
    """Label pairs of both spaces whose hulls meet in either; they are left out."""
    reason: str = ""
    """Why ``value`` is None; empty otherwise."""


def size_corrected_similarity(
    X1: ArrayLike,
    y1: ArrayLike,
    X2: ArrayLike,
    y2: ArrayLike,
    *,
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
    The p-value is of Mantel's test (1967): are the distances of the second space, with its label
    names exchanged, as similar? It keeps the structure that each space has on its own, and the
    dependence of pairs that share a label. Permuted labels would be no fair null here: two spaces
    that each have a structure vary more in their agreement than noise does.

    It says little below seven labels, and nothing of label pairs whose hulls meet.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> y = np.repeat(np.arange(7), [5, 6, 8, 10, 12, 15, 20])
    >>> X = random.normal(size=(len(y), 50)) + random.normal(size=(7, 50))[y]
    >>> same = size_corrected_similarity(X, y, X[:, ::-1], y, n_permutations=4)
    >>> bool(same.value > 0.8), same.n_pairs, same.n_met
    (True, 21, 0)
    """
    for name, number in (("n_permutations", n_permutations), ("n_exchanges", n_exchanges)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 2:
            raise InputError(f"{name}: expected a whole number of at least 2, got {number!r}")
    total, done = 2 * (n_permutations + 1), 0
    random = np.random.default_rng(seed)

    def advance() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    spaces = [
        _measure(X, y, groups, n_permutations, random, (rtol, n_jobs), advance)
        for X, y, groups in ((X1, y1, groups1), (X2, y2, groups2))
    ]
    first, second = spaces
    pairs = sorted(first.keys() & second.keys(), key=str)
    met = [pair for pair in pairs if min(first[pair][0], second[pair][0]) <= 0.0]
    kept = [pair for pair in pairs if min(first[pair].min(), second[pair].min()) > 0.0]
    labels = sorted({label for pair in kept for label in pair}, key=str)
    if len(kept) < _LEAST_PAIRS or len(labels) < _LEAST_LABELS:
        reason = (
            f"{len(kept)} label pair(s) are separate in both spaces, also with permuted labels; "
            f"expected at least {_LEAST_PAIRS} of {_LEAST_LABELS} labels"
        )
        return _undefined(len(kept), len(met), reason)
    u, v = (_without_sizes(np.array([space[pair] for pair in kept])) for space in spaces)
    if min(np.ptp(u), np.ptp(v)) < 1e-9:
        reason = "the separations of one space are what label sizes alone give"
        return _undefined(len(kept), len(met), reason)
    value = float(np.corrcoef(u, v)[0, 1])
    lower, upper = resampled_interval(kept, u, v, 1000, seed)
    null = _exchanged(kept, labels, u, v, n_exchanges, random)
    p_value = (1 + int((null >= value - 1e-12).sum())) / (1 + len(null))
    low, high = (float(end) for end in np.quantile(null, (0.025, 0.975)))
    return CorrectedSimilarity(
        value, lower, upper, float(null.mean()), low, high, p_value, len(kept), len(met)
    )


def _undefined(n_pairs: int, n_met: int, reason: str) -> CorrectedSimilarity:
    return CorrectedSimilarity(None, None, None, None, None, None, None, n_pairs, n_met, reason)


def _measure(
    X: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike | None,
    n_permutations: int,
    random: np.random.Generator,
    solving: tuple[float, int | None],
    advance: Callable[[], None],
) -> dict[tuple[Any, Any], Floats]:
    """Give for each label pair its separation, and those with permuted labels."""
    vectors = as_points(np.asarray(X), "X")
    labels = as_labels(y, len(vectors))
    owner = np.arange(len(labels)) if groups is None else np.asarray(groups)
    if owner.shape != labels.shape:
        raise InputError(f"groups: expected shape {labels.shape} to fit y, got {owner.shape}")
    _, text = np.unique(owner, return_inverse=True)
    in_texts = np.argsort(text, kind="stable")
    distances = []
    for draw in range(n_permutations + 1):
        shuffled = labels
        if draw:
            # The texts in another order: their labels are handed out to the examples in turn.
            place = random.permutation(text.max() + 1)[text]
            shuffled = np.empty_like(labels)
            shuffled[in_texts] = labels[np.argsort(place, kind="stable")]
        rtol, n_jobs = solving
        measured = separations(vectors, shuffled, rtol=rtol, n_jobs=n_jobs)
        distances.append(measured.distance)
        advance()
    names = measured.labels.tolist()
    table = np.array(distances).T
    return {
        (names[a], names[b]): row
        for (a, b), row in zip(measured.pairs.tolist(), table, strict=True)
    }


def _without_sizes(distances: Floats) -> Floats:
    """Give what is left of the log separations after regressing them on what sizes give.

    Parameters
    ----------
    distances : (n_pairs, 1 + n_permutations), all above 0.
    """
    logs = np.log(distances)
    sizes = logs[:, 1:].mean(axis=1)
    design = np.column_stack([np.ones(len(sizes)), sizes - sizes.mean()])
    fitted = design @ np.linalg.lstsq(design, logs[:, 0], rcond=1e-9)[0]
    return np.asarray(logs[:, 0] - fitted)


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
    values = []
    for _ in range(n_exchanges):
        order = random.permutation(len(labels))
        other = matrix[order[a], order[b]]
        both = ~np.isnan(other)
        if both.sum() >= 3 and min(np.ptp(u[both]), np.ptp(other[both])) > 0.0:
            values.append(np.corrcoef(u[both], other[both])[0, 1])
    return np.array(values) if values else np.zeros(1)
