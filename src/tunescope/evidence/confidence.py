"""How surely a linear probe that has not seen an example expects its label."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from threadpoolctl import threadpool_limits

FOLDS = 5
LOSS_WEIGHT = 30.0
"""Of the mean loss, against half the squared coefficients, for vectors of unit variance."""
MAX_ITERATIONS, TOLERANCE = 100, 1e-2
"""Of L-BFGS; a minimum found more exactly ranks examples no better (`benchmarks/suspects.py`)."""


@dataclass(frozen=True, eq=False)
class Confidence:
    """What is expected of each example, by somebody who has not seen its label."""

    given: np.ndarray
    """(n,) how much the given label is expected: its probability, or another value."""
    suggested: np.ndarray
    """(n,) the other label that is expected most, as an integer."""
    other: np.ndarray
    """(n,) how much that is expected."""

    @classmethod
    def of(cls, probabilities: np.ndarray, codes: np.ndarray) -> Confidence:
        """Read it off the probabilities, or other values, of all labels.

        Parameters
        ----------
        probabilities : (n, n_labels).
        codes : (n,) the given labels as integers.
        """
        rows = np.arange(len(codes))
        others = np.array(probabilities, dtype=np.float64)
        given = others[rows, codes]
        others[rows, codes] = -np.inf
        suggested = others.argmax(axis=1)
        return cls(given, suggested, others[rows, suggested])

    @property
    def excess(self) -> np.ndarray:
        """(n,) how much more the other label is expected than the given one."""
        difference: np.ndarray = self.other - self.given
        return difference


def out_of_fold(
    X: np.ndarray,
    codes: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    folds: int = FOLDS,
    seed: int = 0,
) -> np.ndarray:
    """Predict each example by logistic regression on the folds that it is not in.

    Parameters
    ----------
    X : (n, d) vectors; they are centred and scaled as a whole, so that their unit has no effect.
    codes : (n,) labels as integers from 0.
    groups : (n,) examples of one group, say the words of one sentence, share a fold.
    folds : as many, or as many as there are groups if these are fewer.
    seed : of the division into folds.

    Returns
    -------
    (n, n_labels) array
        Probabilities; of a label that the other folds lack, 0. Where the other folds hold one
        label alone, its probability is 1; where there are no other folds, all are the same.

    Examples
    --------
    >>> X = np.array([[-1.0], [1.0]] * 10)
    >>> codes = np.array([0, 1] * 10)
    >>> codes[0] = 1
    >>> bool(out_of_fold(X, codes)[0, 1] < 0.2)
    True
    """
    n_labels = int(codes.max()) + 1
    parts = _divided(codes, groups, folds, seed)
    found = np.full((len(X), n_labels), 0.0 if parts else 1.0 / n_labels)
    near = scaled(X)
    for train, held in parts:
        known = np.unique(codes[train])
        if len(known) == 1:
            found[held, known[0]] = 1.0
            continue
        probe = LogisticRegression(
            C=LOSS_WEIGHT / len(train), max_iter=MAX_ITERATIONS, tol=TOLERANCE
        )
        # threads on cores that are busy wait longer than these products take
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            probe.fit(near[train], codes[train])
            found[np.ix_(held, known)] = probe.predict_proba(near[held])
    return found


def scaled(X: np.ndarray) -> np.ndarray:
    """Centre vectors, and divide them by one number: their features then have variance 1."""
    centre = X.mean(axis=0, dtype=np.float64)
    near = np.subtract(X, centre, dtype=np.float64)
    size = np.sqrt(np.mean(near**2))
    return np.asarray(near / size if size > 0 else near, dtype=np.float32)


def _divided(
    codes: np.ndarray, groups: np.ndarray | None, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Divide the examples into folds with about as many of each label; a group stays together."""
    units = np.arange(len(codes)) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_units = len(np.unique(units))
    folds = min(folds, n_units)
    if folds < 2:
        return []
    # folds need one label that is in all of them; without one they are drawn without a look at it
    strata = codes if np.bincount(codes).max() >= folds else np.zeros_like(codes)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        if n_units == len(codes):
            splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
            parts = splitter.split(codes, strata)
        else:
            splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
            parts = splitter.split(codes, strata, units)
        return [(np.sort(train), np.sort(held)) for train, held in parts]
