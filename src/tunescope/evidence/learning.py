"""How an example was learned over the snapshots of a training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunescope.errors import InputError


def learning(updates: np.ndarray, confidence: np.ndarray, correct: np.ndarray) -> pd.DataFrame:
    """Say of each example when it was learned, how often it was forgotten, and how surely.

    Parameters
    ----------
    updates : (n_snapshots,) in order, without that of the untrained head.
    confidence : (n_snapshots, n) probability of the given label at each snapshot.
    correct : (n_snapshots, n) whether the given label was the most probable one.

    Returns
    -------
    DataFrame
        A row an example: ``learned`` (the update of the first snapshot from which on the given
        label stayed the most probable one; missing if it was not at the last), ``forgotten`` (how
        often it stopped being that), ``mean_confidence`` and ``variability`` (mean and standard
        deviation of the confidence over the snapshots).

    Raises
    ------
    InputError
        If the shapes do not fit.

    References
    ----------
    Swayamdipta et al., *Dataset Cartography*, EMNLP 2020, section 2; Toneva et al., *An Empirical
    Study of Example Forgetting*, ICLR 2019 (`forgotten`).

    Examples
    --------
    >>> confidence = np.array([[0.6, 0.1], [0.3, 0.2], [0.9, 0.3]])
    >>> learning(np.array([10, 20, 30]), confidence, confidence > 0.5)[["learned", "forgotten"]]
       learned  forgotten
    0     30.0          1
    1      NaN          0
    """
    updates, correct = np.asarray(updates), np.asarray(correct, dtype=bool)
    confidence = np.asarray(confidence, dtype=np.float64)
    n = len(updates)
    if n == 0:
        raise InputError("updates: none; expected at least one snapshot")
    if not (confidence.ndim == 2 and confidence.shape == correct.shape and len(correct) == n):
        raise InputError(
            f"confidence and correct: shapes {confidence.shape} and {correct.shape}; "
            f"expected ({n}, n_examples), a row for each of updates"
        )
    stays = np.logical_and.accumulate(correct[::-1], axis=0)[::-1]
    learned = np.where(stays.any(axis=0), updates[stays.argmax(axis=0)], np.nan)
    return pd.DataFrame(
        {
            "learned": learned,
            "forgotten": (correct[:-1] & ~correct[1:]).sum(axis=0),
            "mean_confidence": confidence.mean(axis=0),
            "variability": confidence.std(axis=0),
        }
    )
