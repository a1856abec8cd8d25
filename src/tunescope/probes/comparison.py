"""Is one probe's accuracy better than another's on the same examples?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tunescope.errors import InputError, nearest
from tunescope.probes import checks
from tunescope.probes.intervals import bootstrap_interval

EXACT_GROUPS = 14
"""Up to so many groups with a difference, all 2¹⁴ sign patterns are counted."""


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
    """Whether every permutation was counted, rather than a sample of them."""


def paired_comparison(
    before: Any,
    after: Any,
    *,
    groups: Any = None,
    n_permutations: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare two probes on the same test examples by permutation.

    If it made no difference, each sentence's before and after could have been exchanged: the
    signs of the sentences' differences are flipped at random, and the p-value is the share of
    flips whose difference is at least as large (Good 2005; the observed one is counted
    in, so that it is never 0: Phipson and Smyth 2010).

    It is about these trained probes and new examples. How far other restarts would differ is
    in the rows of the accuracy table.

    Parameters
    ----------
    before, after : (n_examples,) or (n_restarts, n_examples) arrays
        Whether each probe was right (`Probe.correct`), averaged over restarts.
    groups : (n_examples,) array, optional
        Examples of one group are exchanged together.
    n_permutations : how many are drawn, where there are too many groups to count all.
    seed : of the permutations and the interval.

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
    each = []
    for name, values in (("before", before), ("after", after)):
        table = np.atleast_2d(np.asarray(values, dtype=float))
        if table.ndim != 2 or table.shape[1] == 0:
            raise InputError(f"{name}: shape {table.shape}; expected (n_restarts, n_examples)")
        each.append(table.mean(axis=0))
    if len(each[0]) != len(each[1]):
        raise InputError(
            f"before and after are about {len(each[0])} and {len(each[1])} examples; "
            "compare probes on the same ones"
        )
    difference = each[1] - each[0]
    clusters = checks.group_of(groups, len(difference))
    if clusters is None:
        sums = difference
    else:
        _, which = np.unique(clusters, return_inverse=True)
        sums = np.bincount(which, weights=difference)
    p_value, exact = _sign_flip(sums, n_permutations, seed)
    interval = bootstrap_interval(difference, groups=clusters, seed=seed)
    return Comparison(
        interval.value,
        interval.lower,
        interval.upper,
        p_value,
        len(difference),
        len(sums),
        exact,
    )


def _sign_flip(sums: np.ndarray, n_permutations: int, seed: int) -> tuple[float, bool]:
    """Two-sided p-value of a sum under random signs, and whether all were counted."""
    moved = sums[np.abs(sums) > 1e-12]  # the others do not change under a flip
    # differences of means over restarts: sums that should be equal differ by rounding
    observed = abs(float(moved.sum())) - 1e-9
    if len(moved) <= EXACT_GROUPS:
        patterns = (np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved))) & 1
        totals = np.abs((1 - 2 * patterns) @ moved)
        return float(np.mean(totals >= observed)), True
    random = np.random.default_rng(seed)
    at_least = 0
    block = max(1, 4_000_000 // len(moved))
    for start in range(0, n_permutations, block):
        size = (min(block, n_permutations - start), len(moved))
        signs = 1 - 2 * random.integers(0, 2, size=size, dtype=np.int8)
        at_least += int(np.sum(np.abs(signs @ moved) >= observed))
    return (1 + at_least) / (1 + n_permutations), False


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
    values = np.asarray(p_values, dtype=float)
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
