"""Is one probe's accuracy better than another's on the same examples?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import brentq

from tunescope.errors import InputError, nearest
from tunescope.probes import checks
from tunescope.probes.intervals import difference_interval

EXACT_GROUPS = 14
"""Up to so many groups with a difference, all 2¹⁴ sign patterns are counted one by one."""

LARGEST_DENOMINATOR = 60
"""Differences that are multiples of 1 over so much or less, as after three, five or ten restarts,
are counted exactly however many groups there are."""

SINGLE_PRECISION = 1e-6
"""Differences of shares that were averaged in single precision are whole numbers of a common
fraction but for so much."""

EXACT_ADDITIONS = 1_000_000_000
"""Counting may take so many additions, about two seconds; beyond, signs are drawn."""


@dataclass(frozen=True)
class Comparison:
    """Accuracy after minus before on the same examples."""

    difference: float
    """Mean difference of the accuracy."""

    lower: float
    """Lower bound of its 95 % interval over examples."""

    upper: float
    """Upper bound."""

    p_value: float
    """Two-sided, under the hypothesis that before and after could be exchanged."""

    n_examples: int
    """Examples compared."""

    n_groups: int
    """Groups (sentences) they belong to."""

    exact: bool
    """Whether all permutations were counted, rather than estimated from draws."""

    reason: str = ""
    """Why the interval is not to be trusted; empty where it is."""


def paired_comparison(
    before: Any,
    after: Any,
    *,
    groups: Any = None,
    n_permutations: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare two probes on the same test examples by permutation.

    If it made no difference, each sentence's before and after could have been exchanged. The
    p-value is the share, among all ways to exchange them, of those whose difference is at least
    as large (Good 2005). Differences of 0 and 1, or of shares over restarts, are whole numbers of
    a common fraction: the distribution of their sum over all 2ⁿ exchanges is then counted exactly.
    Other numbers are permuted by draws, most of them where the tail is (importance sampling), so
    that small p-values are known to a few per cent; two standard errors are added. Either way a
    p-value has no floor, and a correction for many comparisons leaves it something to say.

    It is about these trained probes and new examples. How far other restarts would differ is
    in the rows of the accuracy table.

    Parameters
    ----------
    before, after : (n_examples,) or (n_restarts, n_examples) arrays
        Whether each probe was right (`Probe.correct`), averaged over restarts.
    groups : (n_examples,) array, optional
        Examples of one group are exchanged together.
    n_permutations : how many are drawn, where they are not counted.
    seed : of these draws.

    Raises
    ------
    InputError
        If before and after are not about as many examples.

    Examples
    --------
    >>> before = np.array([0] * 10 + [1] * 10)
    >>> paired_comparison(before, before).p_value
    1.0
    >>> comparison = paired_comparison(before, np.ones(20))
    >>> comparison.difference, comparison.p_value == 2 / 2**10
    (0.5, True)
    """
    if not (checks.is_whole(n_permutations) and n_permutations >= 1):
        raise InputError(f"n_permutations is {n_permutations!r}; expected 1 or more")
    seed = checks.seed_of(seed, "seed")
    each = [_shares(before, "before"), _shares(after, "after")]
    if len(each[0]) != len(each[1]):
        raise InputError(
            f"before and after are about {len(each[0])} and {len(each[1])} examples; "
            "compare probes on the same ones"
        )
    difference = each[1] - each[0]
    interval = difference_interval(difference, groups=groups)
    clusters = checks.group_of(groups, len(difference))
    _, which = np.unique(
        np.arange(len(difference)) if clusters is None else clusters, return_inverse=True
    )
    nothing = max(map(_rounding, (before, after)))
    p_value, exact = _sign_flip(difference, which, nothing, n_permutations, seed)
    return Comparison(
        interval.value,
        interval.lower,
        interval.upper,
        p_value,
        len(difference),
        interval.n_groups,
        exact,
        interval.reason,
    )


def _shares(values: Any, name: str) -> np.ndarray:
    """The share of restarts that are right about each example."""
    try:
        table = np.atleast_2d(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected (n_restarts, n_examples) numbers from 0 to 1") from None
    if table.ndim != 2 or table.size == 0:
        raise InputError(f"{name}: shape {table.shape}; expected (n_restarts, n_examples)")
    shares = table.mean(axis=0)
    if not np.all((shares >= -1e-6) & (shares <= 1 + 1e-6)):
        raise InputError(f"{name}: expected numbers from 0 to 1")
    return np.asarray(shares)


def _rounding(values: Any) -> float:
    """How far two equal shares may lie apart, by the precision that they are given in."""
    dtype = np.asarray(values).dtype
    return max(1e-12, 2 * float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0)


def _whole(differences: np.ndarray, nothing: float) -> np.ndarray | None:
    """Give differences as whole numbers of a common fraction; None where they are of none.

    A difference larger than ``nothing`` is not 0 of it.
    """
    for denominator in range(1, LARGEST_DENOMINATOR + 1):
        whole: np.ndarray = np.rint(differences * denominator)
        fits = np.abs(differences - whole / denominator).max() < SINGLE_PRECISION
        if fits and np.abs(differences[whole == 0]).max(initial=0.0) <= nothing:
            return whole
    return None


def _sign_flip(
    differences: np.ndarray, which: np.ndarray, nothing: float, n_draws: int, seed: int
) -> tuple[float, bool]:
    """Two-sided p-value of a sum when its groups' signs are random, and whether it is exact."""
    whole = _whole(differences, nothing)
    if whole is not None:
        sums = np.bincount(which, weights=whole).astype(np.int64)
        sums = sums[sums != 0]
        if len(sums) * np.abs(sums).sum() <= EXACT_ADDITIONS:
            return _counted(sums), True
    moved = np.bincount(which, weights=differences)
    moved = moved[np.abs(moved) > 1e-12]  # the others do not change under a flip
    # sums that should be equal differ by rounding
    observed = abs(float(moved.sum())) - 1e-9 * min(1.0, float(np.abs(moved).sum()))
    if len(moved) <= EXACT_GROUPS:
        patterns = (np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved))) & 1
        totals = np.abs((1 - 2 * patterns) @ moved)
        return float(np.mean(totals >= observed)), True
    return _drawn(np.abs(moved), observed, n_draws, seed), False


def _counted(sums: np.ndarray) -> float:
    """Count the sign patterns of whole numbers whose sum is as far from 0.

    The chance of every possible sum is carried along while one number after another is given
    either sign; all terms are positive, so that tiny chances keep their digits.
    """
    observed = abs(int(sums.sum()))
    if observed == 0:
        return 1.0
    sizes = np.sort(np.abs(sums) // np.gcd.reduce(sums))
    observed //= int(np.gcd.reduce(sums))
    chance = np.ones(1)  # of the sum of those with a plus
    for size in sizes.tolist():
        more = np.zeros(len(chance) + size)
        more[: len(chance)] = chance
        more[size:] += chance
        chance = more / 2
    return float(min(1.0, 2 * chance[(int(sizes.sum()) + observed) // 2 :].sum()))


def _drawn(sizes: np.ndarray, observed: float, n_draws: int, seed: int) -> float:
    """Estimate the chance of a sum this far from 0 by draws tilted so that they reach it."""
    if observed <= 0:
        return 1.0
    if observed >= sizes.sum() * (1 - 1e-9):
        return float(2.0 ** (1 - len(sizes)))
    scaled = sizes / sizes.max()
    aim = observed / sizes.max()
    most = 1.0
    while (scaled * np.tanh(most * scaled)).sum() < aim and most < 1e6:
        most *= 2
    tilt = float(brentq(lambda t: (scaled * np.tanh(t * scaled)).sum() - aim, 0.0, most))
    constant = float(np.logaddexp(tilt * scaled, -tilt * scaled).sum() - len(scaled) * np.log(2))
    up = 1 / (1 + np.exp(-2 * tilt * scaled))
    random = np.random.default_rng(seed)
    weights = []
    block = max(1, 4_000_000 // len(scaled))
    for start in range(0, n_draws, block):
        size = (min(block, n_draws - start), len(scaled))
        totals = np.where(random.random(size) < up, scaled, -scaled).sum(axis=1)
        weights.append(np.where(totals >= aim, np.exp(constant - tilt * totals), 0.0))
    each = np.concatenate(weights)
    return float(min(1.0, 2 * (each.mean() + 2 * each.std() / np.sqrt(len(each)))))


def corrected(p_values: Any, method: Literal["holm", "bh"] = "holm") -> np.ndarray:
    """Correct p-values for the number of comparisons.

    Parameters
    ----------
    p_values : (n,) array; NaN stays NaN and is not counted.
    method : "holm" bounds the chance of any false claim (Holm 1979); "bh" the share of
        false ones among the claims (Benjamini and Hochberg 1995).

    Returns
    -------
    (n,) array of corrected p-values, at most 1

    Examples
    --------
    >>> corrected([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    >>> corrected([0.01, 0.04, 0.03], "bh").tolist()
    [0.03, 0.04, 0.04]
    """
    try:
        values = np.asarray(p_values, dtype=float)
    except (TypeError, ValueError):
        raise InputError("p_values: expected one row of numbers between 0 and 1") from None
    if method not in ("holm", "bh"):
        raise InputError(f"unknown correction {method!r}; {nearest(method, ('holm', 'bh'))}")
    known = ~np.isnan(values)
    if np.any((values[known] < 0) | (values[known] > 1)) or values.ndim != 1:
        raise InputError("p_values: expected one row of numbers between 0 and 1")
    result = values.copy()
    p = values[known]
    n = len(p)
    order = np.argsort(p, kind="stable")
    if method == "holm":
        stepped = np.maximum.accumulate(p[order] * np.arange(n, 0, -1))
    else:
        stepped = np.minimum.accumulate((p[order] * n / np.arange(1, n + 1))[::-1])[::-1]
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(1, stepped)
    result[known] = adjusted
    return result
