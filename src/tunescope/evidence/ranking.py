"""One ranking of all evidence: the rule by which examples are called suspect."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

COUNTED = {
    "confidence": (-1, 1.0),
    "expected": (-1, 2.0),
    "margin": (1, 1.0),
    "excess": (1, 1.0),
    "mean_confidence": (-1, 1.0),
    "head_confidence": (-1, 1.0),
}
"""The evidence that the rule counts: whether more of it speaks against a label, and its weight.

Chosen on other draws than those on which the manual's page of suspects reports: what is not here,
the weight in separations and the neighbours' labels, made the ranking worse.
"""


def scores(evidence: pd.DataFrame) -> np.ndarray:
    """Score each example from 0 to 1 by how much the evidence speaks against its label.

    By Fisher's method: for each evidence, the share of examples against which it speaks at least
    as strongly is a p-value of a kind. The score is the weighted mean of their logarithms, divided
    by that of the smallest possible share: 1 is first by every evidence, and being first by one
    counts for more than being in the middle by all. What is missing for an example does not speak
    against it; ties share their mean rank.

    Parameters
    ----------
    evidence : a row an example, with at least one of the columns `COUNTED`.

    Returns
    -------
    (n,) array; NaN without any evidence.

    References
    ----------
    Fisher, *Statistical Methods for Research Workers*, 4th edition, 1932, section 21.1.

    Examples
    --------
    >>> scores(pd.DataFrame({"confidence": [0.9, 0.1], "excess": [-0.2, 0.3]})).tolist()
    [0.0, 1.0]
    """
    n = len(evidence)
    there = {name: rule for name, rule in COUNTED.items() if name in evidence}
    there = {name: rule for name, rule in there.items() if evidence[name].notna().any()}
    if not there:
        return np.full(n, np.nan)
    surprise = [_surprise(sign * evidence[name].to_numpy()) for name, (sign, _) in there.items()]
    weights = [weight for _, weight in there.values()]
    return np.asarray(np.average(surprise, axis=0, weights=weights) / np.log(max(2, n)))


def _surprise(values: np.ndarray) -> np.ndarray:
    """Give the negative logarithm of the share of values that are at least as high as each."""
    high = np.where(np.isnan(values), -np.inf, values)
    found: np.ndarray = -np.log(rankdata(-high) / len(values))
    return found
