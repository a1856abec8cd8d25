"""One ranking of all evidence: the rule by which examples are called suspect."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

RANKED = {"confidence": -1, "agreement": -1, "excess": 1}
"""The evidence that the rule counts, and whether more of it speaks against an example's label."""


def scores(evidence: pd.DataFrame) -> np.ndarray:
    """Score each example from 0 to 1 by how much the evidence speaks against its label.

    Each evidence ranks the examples; the score is the mean of an example's ranks, each divided by
    the number of examples. Ties share their mean rank. What is missing for an example does not
    speak against it: it ranks below what is there.

    Parameters
    ----------
    evidence : a row an example, with at least one of the columns `RANKED`.

    Returns
    -------
    (n,) array

    Examples
    --------
    >>> scores(pd.DataFrame({"confidence": [0.9, 0.1], "excess": [0.0, 0.3]})).tolist()
    [0.5, 1.0]
    """
    ranks = [
        rankdata(against.fillna(-np.inf)) / len(against)
        for against in (evidence[name] * sign for name, sign in RANKED.items() if name in evidence)
        if against.notna().any()
    ]
    return np.mean(ranks, axis=0) if ranks else np.full(len(evidence), np.nan)
