"""How far an accuracy can be trusted: over restarts and over examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tunescope.errors import InputError
from tunescope.probes import checks

FEW_GROUPS = 10
"""Below so many groups (sentences) an interval says that it is not to be trusted."""


@dataclass(frozen=True)
class Interval:
    """A value with the bounds of its interval."""

    value: float
    lower: float
    upper: float
    n_groups: int = 0
    """Groups of examples that it rests on; 0 where it is not over examples."""

    @property
    def reason(self) -> str:
        """Why the bounds are not to be trusted; empty where they are.

        Examples
        --------
        >>> share_interval([1, 0, 1, 1]).reason
        '4 groups of examples: fewer than the 10 that an interval should rest on'
        """
        if not 0 < self.n_groups < FEW_GROUPS:
            return ""
        return (
            f"{self.n_groups} groups of examples: fewer than the {FEW_GROUPS} that an interval "
            "should rest on"
        )


def share_interval(values: Any, *, groups: Any = None, level: float = 0.95) -> Interval:
    """Interval of a share, say an accuracy, over examples that come in groups.

    The words of one sentence are not independent, so what varies is the sentence. The variance
    of the share is a jackknife over groups; it says how many independent examples would vary as
    much; and of so many, but no more than there are, the interval is Wilson's (1927) with the
    quantile of Student's t for the number of groups (as for shares in cluster samples: Franco,
    Little, Louis and Slud 2019). Unlike percentiles of resamples it covers what it says with ten
    groups too, and where nearly all examples are right (`benchmarks/coverage.py`). Where all
    examples are alike, say all right, nothing shows that examples of a group differ at all: each
    group then counts as one example.

    Parameters
    ----------
    values : (n_examples,) array
        From 0 to 1 for each example, say 1 where a probe was right, or its share over restarts.
    groups : (n_examples,) array, optional
        The group, say the sentence, of each example; without it each is its own.
    level : coverage.

    Returns
    -------
    Interval
        With a single group nothing can be said, and the bounds are 0 and 1.

    Raises
    ------
    InputError
        If there is no example, a value is not from 0 to 1, or groups and values differ in length.

    Examples
    --------
    >>> interval = share_interval(np.array([1, 1, 0, 1] * 25))
    >>> interval.value, round(interval.lower, 2), round(interval.upper, 2)
    (0.75, 0.66, 0.83)
    """
    values = _checked(values, least=0.0)
    sums, counts = _by_group(values, groups)
    _refuse_level(level)
    return _wilson(values, _left_out(sums, counts), counts, level)


def difference_interval(differences: Any, *, groups: Any = None, level: float = 0.95) -> Interval:
    """Interval of a mean difference of two shares on the same examples.

    The difference is what was gained less what was lost. Each of these is a share with an
    interval of its own (`share_interval`), and the two are put together as Zou and Donner (2008)
    do, with the correlation that the jackknife over groups gives. So the interval has a width
    even where no example differs.

    Parameters
    ----------
    differences : (n_examples,) array
        From −1 to 1 for each example.
    groups, level : as for `share_interval`.

    Returns
    -------
    Interval
        With a single group nothing can be said, and the bounds are −1 and 1.

    Raises
    ------
    InputError
        If there is no example, a value is not from −1 to 1, or groups and values differ in length.

    Examples
    --------
    >>> interval = difference_interval(np.array([1, 0, 0, 0, -1, 1, 0, 0] * 10))
    >>> interval.value, round(interval.lower, 2), round(interval.upper, 2)
    (0.125, -0.01, 0.26)
    """
    values = _checked(differences, least=-1.0)
    _refuse_level(level)
    parts = []
    for side in (values.clip(min=0), -values.clip(max=0)):
        sums, counts = _by_group(side, groups)
        without = _left_out(sums, counts)
        parts.append((_wilson(side, without, counts, level), without))
    (gained, each_gained), (lost, each_lost) = parts
    difference = float(values.mean())
    if gained.n_groups == 1:
        return Interval(difference, -1.0, 1.0, 1)
    spread = float(each_gained.std() * each_lost.std())
    covariance = float(np.mean((each_gained - each_gained.mean()) * (each_lost - each_lost.mean())))
    shared = covariance / spread if spread > 0 else 0.0
    down, up = (
        np.sqrt(max(0.0, a * a + b * b - 2 * shared * a * b))
        for a, b in (
            (gained.value - gained.lower, lost.upper - lost.value),
            (gained.upper - gained.value, lost.value - lost.lower),
        )
    )
    return Interval(
        difference,
        max(-1.0, difference - float(down)),
        min(1.0, difference + float(up)),
        gained.n_groups,
    )


def _refuse_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"level is {level!r}; expected a coverage between 0 and 1")


def _checked(values: Any, *, least: float) -> np.ndarray:
    try:
        numbers: np.ndarray = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(
            f"values: {type(values).__name__}; expected one number an example"
        ) from None
    if numbers.ndim != 1 or len(numbers) == 0:
        raise InputError(f"values: shape {numbers.shape}; expected one number an example")
    # means over restarts err by their rounding
    if not np.all((numbers >= least - 1e-6) & (numbers <= 1 + 1e-6)):
        raise InputError(f"values: expected numbers from {least:g} to 1")
    return np.asarray(numbers.clip(least, 1))


def _by_group(values: np.ndarray, groups: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the values of each group, and numbers of its examples."""
    clusters = checks.group_of(groups, len(values))
    if clusters is None:
        return values, np.ones(len(values))
    _, which = np.unique(clusters, return_inverse=True)
    return np.bincount(which, weights=values), np.bincount(which).astype(float)


def _left_out(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The mean without each group in turn."""
    if len(sums) == 1:
        return np.asarray(sums / counts)
    return np.asarray((sums.sum() - sums) / (counts.sum() - counts))


def _wilson(values: np.ndarray, without: np.ndarray, counts: np.ndarray, level: float) -> Interval:
    """Wilson's interval for as many independent examples as vary like these groups."""
    n_groups, share = len(counts), float(values.mean())
    if n_groups == 1:
        return Interval(share, 0.0, 1.0, 1)
    alone = share * (1 - share)
    n = _independent(values, without, counts, alone)
    t = float(stats.t.ppf((1 + level) / 2, n_groups - 1))
    pull = t * t / n
    middle = (share + pull / 2) / (1 + pull)
    half = t * np.sqrt(alone / n + pull / (4 * n)) / (1 + pull)
    lower, upper = max(0.0, float(middle - half)), min(1.0, float(middle + half))
    return Interval(share, min(lower, share), max(upper, share), n_groups)


def _independent(
    values: np.ndarray, without: np.ndarray, counts: np.ndarray, alone: float
) -> float:
    """Say how many independent examples, each with the variance `alone`, vary like these groups."""
    n_groups = len(counts)
    if np.ptp(values) == 0:  # groups whose examples never differ would look the same
        return float(n_groups)
    variance = (n_groups - 1) * float(without.var())
    n = float(counts.sum())
    # groups cannot be known to vary less than independent examples
    return min(n, alone / variance) if variance > 0 else n


def restart_interval(accuracies: Any, *, level: float = 0.95) -> Interval:
    """Interval of the mean accuracy over restarts, by Student's t.

    With one restart there is no spread to judge by: the bounds are 0 and 1.

    Examples
    --------
    >>> interval = restart_interval(np.array([0.80, 0.81, 0.82]))
    >>> round(interval.lower, 3), round(interval.upper, 3)
    (0.785, 0.835)
    """
    accuracies = _checked(accuracies, least=0.0)
    n = len(accuracies)
    mean = float(accuracies.mean())
    if n == 1:
        return Interval(mean, 0.0, 1.0)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * accuracies.std(ddof=1) / np.sqrt(n))
    return Interval(mean, max(0.0, mean - half), min(1.0, mean + half))


def accuracy_rows(
    probe: str, correct: np.ndarray, *, groups: np.ndarray | None = None
) -> pd.DataFrame:
    """The rows of the accuracy table for one probe on one set of examples.

    Parameters
    ----------
    probe : name of the probe.
    correct : (n_restarts, n_examples) bool array.
    groups : groups of examples, for the interval.

    Returns
    -------
    DataFrame
        A row a restart: ``probe, restart, accuracy, lower, upper, n_examples, n_groups``.
    """
    rows = []
    for restart, right in enumerate(np.atleast_2d(correct)):
        interval = share_interval(right, groups=groups)
        rows.append(
            {
                "probe": probe,
                "restart": restart,
                "accuracy": interval.value,
                "lower": interval.lower,
                "upper": interval.upper,
                "n_examples": len(right),
                "n_groups": interval.n_groups,
            }
        )
    return pd.DataFrame(rows)


def accuracy_summary(
    probe: str, correct: np.ndarray, *, groups: np.ndarray | None = None
) -> pd.DataFrame:
    """One row on the mean over restarts; the columns are those of ``Probe.summary``."""
    correct = np.atleast_2d(correct)
    each = correct.mean(axis=1)
    over_examples = share_interval(correct.mean(axis=0), groups=groups)
    over_restarts = restart_interval(each)
    row = {
        "probe": probe,
        "n_restarts": len(each),
        "n_examples": correct.shape[1],
        "n_groups": over_examples.n_groups,
        "accuracy": over_examples.value,
        "std": float(each.std(ddof=1)) if len(each) > 1 else np.nan,
        "lower": over_examples.lower,
        "upper": over_examples.upper,
        "lower_restarts": over_restarts.lower,
        "upper_restarts": over_restarts.upper,
    }
    return pd.DataFrame([row])
