"""How far an accuracy can be trusted: over restarts and over examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from tunescope.errors import InputError


@dataclass(frozen=True)
class Interval:
    """A value with the bounds of its interval."""

    value: float
    lower: float
    upper: float


def bootstrap_interval(
    values: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Interval of a mean over examples, resampling whole groups.

    The words of one sentence are not independent, so sentences are drawn with replacement,
    not words (cluster bootstrap, percentile interval; Field and Welsh 2007).

    Parameters
    ----------
    values : (n_examples,) array
        One number an example, say 1 where a probe was right, or its share over restarts.
    groups : (n_examples,) array, optional
        The group, say the sentence, of each example; without it each is its own.
    level : coverage.
    n_resamples : number of resamples.
    seed : of the resamples.

    Returns
    -------
    Interval
        The mean and the percentiles of its resamples. With a single group nothing can be
        said and the bounds are those of the values' range.

    Raises
    ------
    InputError
        If there is no example, or groups and values differ in length.

    Examples
    --------
    >>> interval = bootstrap_interval(np.array([1, 1, 0, 1] * 25))
    >>> interval.value, 0.6 < interval.lower < 0.75 < interval.upper < 0.9
    (0.75, True)
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) == 0:
        raise InputError(f"values: shape {values.shape}; expected one number an example")
    if groups is None:
        sums, counts = values, np.ones(len(values))
    else:
        groups = np.asarray(groups)
        if groups.shape != values.shape:
            raise InputError(
                f"groups: shape {groups.shape}; expected one an example, {values.shape}"
            )
        _, which = np.unique(groups, return_inverse=True)
        counts = np.bincount(which).astype(float)
        sums = np.bincount(which, weights=values)
    mean = float(values.mean())
    if len(sums) == 1:
        return Interval(mean, float(values.min()), float(values.max()))
    random = np.random.default_rng(seed)
    share = np.full(len(sums), 1 / len(sums))
    means = np.empty(n_resamples)
    # in blocks: 200 × 4,000 sentences of int64 are 6 MB
    for start in range(0, n_resamples, 200):
        drawn = random.multinomial(len(sums), share, size=min(200, n_resamples - start))
        means[start : start + 200] = (drawn @ sums) / (drawn @ counts)
    tail = (1 - level) / 2
    lower, upper = np.quantile(means, [tail, 1 - tail])
    return Interval(mean, float(lower), float(upper))


def restart_interval(accuracies: np.ndarray, *, level: float = 0.95) -> Interval:
    """Interval of the mean accuracy over restarts, by Student's t.

    With one restart there is no spread to judge by: the bounds are 0 and 1.

    Examples
    --------
    >>> interval = restart_interval(np.array([0.80, 0.81, 0.82]))
    >>> round(interval.lower, 3), round(interval.upper, 3)
    (0.785, 0.835)
    """
    accuracies = np.asarray(accuracies, dtype=float)
    n = len(accuracies)
    mean = float(accuracies.mean())
    if n == 1:
        return Interval(mean, 0.0, 1.0)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * accuracies.std(ddof=1) / np.sqrt(n))
    return Interval(mean, max(0.0, mean - half), min(1.0, mean + half))


def accuracy_rows(
    probe: str, correct: np.ndarray, *, groups: np.ndarray | None = None, seed: int = 0
) -> pd.DataFrame:
    """The rows of the accuracy table for one probe on one set of examples.

    Parameters
    ----------
    probe : name of the probe.
    correct : (n_restarts, n_examples) bool array.
    groups : clusters of examples for the interval.
    seed : of the bootstrap.

    Returns
    -------
    DataFrame
        A row a restart: ``probe, restart, accuracy, lower, upper, n_examples``.
    """
    rows = []
    for restart, right in enumerate(np.atleast_2d(correct)):
        interval = bootstrap_interval(right, groups=groups, seed=seed)
        rows.append(
            {
                "probe": probe,
                "restart": restart,
                "accuracy": interval.value,
                "lower": interval.lower,
                "upper": interval.upper,
                "n_examples": len(right),
            }
        )
    return pd.DataFrame(rows)


def accuracy_summary(
    probe: str, correct: np.ndarray, *, groups: np.ndarray | None = None, seed: int = 0
) -> pd.DataFrame:
    """One row on the mean over restarts; the columns are those of ``Probe.summary``."""
    correct = np.atleast_2d(correct)
    each = correct.mean(axis=1)
    over_examples = bootstrap_interval(correct.mean(axis=0), groups=groups, seed=seed)
    over_restarts = restart_interval(each)
    row = {
        "probe": probe,
        "n_restarts": len(each),
        "n_examples": correct.shape[1],
        "accuracy": over_examples.value,
        "std": float(each.std(ddof=1)) if len(each) > 1 else np.nan,
        "lower": over_examples.lower,
        "upper": over_examples.upper,
        "lower_restarts": over_restarts.lower,
        "upper_restarts": over_restarts.upper,
    }
    return pd.DataFrame([row])
