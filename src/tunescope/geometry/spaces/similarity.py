"""Spatial similarity: whether two spaces keep their labels at the same relative distances.

Zhou and Srikumar (2022), section 2.2: Pearson's correlation of two distance vectors, each
holding the separations of all label pairs in one fixed order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from tunescope.arguments import check_whole
from tunescope.arrays import as_numbers
from tunescope.errors import InputError
from tunescope.geometry.direct_probe import DirectProbe
from tunescope.geometry.hulls.pairs import Separations, separations

Floats = NDArray[np.float64]
Convention = Literal["shared", "zhou2022"]
Pair = tuple[Any, Any]

LEAST_PAIRS = 3
"""Two points always lie on a line: a correlation says something from three pairs on."""
_LARGEST = 1e75
"""Of a table's separations: the fourth power still is a number."""


@dataclass(frozen=True)
class Similarity:
    """The correlation of two distance vectors, or why there is none."""

    value: float | None
    """Pearson's r, −1 to 1; None where it is not defined."""
    spearman: float | None
    """Spearman's rank correlation of the same pairs."""
    lower: float | None
    """Lower end of the 95 % interval for ``value``, by resampling labels."""
    upper: float | None
    """Upper end of that interval."""
    n_pairs: int
    """Label pairs that were compared."""
    convention: Convention
    """How labels that one side lacks were treated."""
    reason: str = ""
    """Why ``value`` is None; empty otherwise."""
    n_met: int = 0
    """Of these pairs, those at distance 0 in a space: their hulls meet, or it lacks a label."""

    def __float__(self) -> float:
        """Give Pearson's r.

        Raises
        ------
        InputError
            If it is not defined; the message is ``reason``.
        """
        if self.value is None:
            raise InputError(f"the spatial similarity is not defined: {self.reason}")
        return self.value


def spatial_similarity(
    before: Any,
    after: Any,
    *,
    convention: Convention = "shared",
    min_cluster_size: int = 1,
    labels: Iterable[Any] | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Similarity:
    """Correlate the separations of the same label pairs in two spaces.

    The two sides may be two representations of one data set (what did fine-tuning
    change?) or two data sets under one representation (do train and test look alike?).

    Parameters
    ----------
    before, after : each a `Separations`, a table with the columns ``label_a``, ``label_b`` and
        ``separation``, a fitted `DirectProbe`, or a representation
        (an object with ``layer(-1)`` and ``labels``, of which the last layer is taken; of a
        mapping of splits, the split ``train``).
    convention : ``"shared"`` compares the label pairs that both sides have, by the
        separations of whole labels. ``"zhou2022"`` is what the paper's authors' code does:
        all pairs of labels, 0 where a side lacks one of the two, and for `DirectProbe` the mean
        over the cluster pairs of a label pair. Both leave out pairs whose distance a side does
        not know: it is open (of clusters, one of them), or was not measured.
    min_cluster_size : for ``"zhou2022"``, clusters (of `Separations`: labels) with fewer examples
        are left out, so that their labels may be lacking; the authors' analysis of fine-tuning
        uses 6.
    labels : for ``"zhou2022"``, the labels of the task, where both sides may lack some; by
        default those that either side has, left out or not.
    n_resamples : draws of labels, with replacement, for the interval.
    seed : of these draws.

    Returns
    -------
    Similarity
        With fewer than three label pairs that are known, or a side whose separations are all
        equal, the value is None and ``reason`` says so.

    Raises
    ------
    InputError
        If a side is none of these things, a table has a label pair twice or a separation that is
        infinite or below 0, the convention is unknown, or a parameter is given that it does not
        use.

    Examples
    --------
    >>> before = np.array([[0.0, 0], [4, 0], [0, 3], [9, 9]])
    >>> labels = np.array(["a", "b", "c", "d"])
    >>> found = spatial_similarity(separations(before, labels), separations(2 * before, labels))
    >>> round(found.value, 6), found.n_pairs
    (1.0, 6)
    """
    if convention not in ("shared", "zhou2022"):
        raise InputError(f"convention={convention!r}: expected 'shared' or 'zhou2022'")
    if convention == "shared" and (min_cluster_size != 1 or labels is not None):
        raise InputError("min_cluster_size and labels: only convention='zhou2022' uses them")
    a = _side(before, convention, min_cluster_size)
    b = _side(after, convention, min_cluster_size)
    if convention == "shared":
        pairs = sorted(a.distances.keys() & b.distances.keys(), key=_order)
    else:
        everything = a.labels | b.labels if labels is None else set(labels)
        pairs = sorted((_pair(*two) for two in combinations(everything, 2)), key=_order)
    both = np.array([[side.distance(pair) for pair in pairs] for side in (a, b)])
    known = np.isfinite(both).all(axis=0)
    pairs = [pair for pair, is_known in zip(pairs, known, strict=True) if is_known]
    u, v = both[:, known]
    n_met = int(((u == 0.0) | (v == 0.0)).sum())
    if reason := _undefined(u, v, n_unknown=int((~known).sum())):
        return Similarity(None, None, None, None, len(pairs), convention, reason, n_met)
    lower, upper = resampled_interval(pairs, u, v, n_resamples, seed)
    spearman = float(np.corrcoef(rankdata(u), rankdata(v))[0, 1])
    value = float(np.corrcoef(u, v)[0, 1])
    return Similarity(value, spearman, lower, upper, len(pairs), convention, n_met=n_met)


def _undefined(u: Floats, v: Floats, n_unknown: int) -> str:
    if len(u) < LEAST_PAIRS:
        left_out = f", and {n_unknown} more that are open or were not measured" if n_unknown else ""
        return (
            f"{len(u)} label pair(s) in common{left_out}; a correlation needs at least "
            f"{LEAST_PAIRS} (three labels)"
        )
    for side, values in (("first", u), ("second", v)):
        if np.ptp(values) <= 1e-12 * np.abs(values).max():
            return f"all separations of the {side} side are equal"
    return ""


@dataclass(frozen=True)
class _Side:
    """One of two spaces."""

    labels: set[Any]
    """All that it names."""
    present: set[Any]
    """Those of them that are not left out."""
    distances: dict[Pair, float]
    """Of pairs of these that were measured; NaN where open."""

    def distance(self, pair: Pair) -> float:
        """Give the separation of two labels: 0 where one is lacking, NaN where it is not known."""
        return self.distances.get(pair, np.nan) if self.present.issuperset(pair) else 0.0


def _pair(a: Any, b: Any) -> Pair:
    """Name two labels in one order, whatever they are."""
    return (a, b) if str(a) <= str(b) else (b, a)


def label_pairs(pairs: Iterable[Iterable[Any]]) -> list[Pair]:
    """Give the two labels of each pair, as they were named.

    Raises
    ------
    InputError
        If something is no pair of two different labels, or a pair comes twice, in either order.
    """
    try:
        named = [(a, b) for a, b in pairs]
        alike = [a == b for a, b in named]
        n_different = len({frozenset(pair) for pair in named})
    except (TypeError, ValueError):
        raise InputError("pairs: expected two different labels in each") from None
    if any(alike):
        raise InputError(
            f"pairs: expected two different labels in each, but pair {alike.index(True)} is "
            f"{named[alike.index(True)]!r:.60}"
        )
    if n_different < len(named):
        raise InputError("pairs: a pair of labels comes twice; expected each once")
    return named


def _order(pair: Pair) -> tuple[str, str]:
    return str(pair[0]), str(pair[1])


def _side(side: Any, convention: Convention, min_cluster_size: int) -> _Side:
    if isinstance(side, pd.DataFrame):
        return _from_table(side, min_cluster_size)
    if isinstance(side, Mapping):
        if "train" not in side:
            raise InputError(f"no split 'train' among {sorted(side)}; pass one split's side")
        side = side["train"]
    if isinstance(side, DirectProbe):
        if not hasattr(side, "separations_"):
            raise InputError("the DirectProbe has no separations; expected distances=True, fitted")
        if convention == "zhou2022":
            return _from_clusters(side, min_cluster_size)
        side = side.separations_
    elif hasattr(side, "layer") and hasattr(side, "labels"):
        side = separations(side.layer(-1), side.labels)
    if not isinstance(side, Separations):
        raise InputError(
            f"cannot compare a {type(side).__name__}; expected Separations, a fitted DirectProbe, "
            "or a representation with layer() and labels"
        )
    names = side.labels.tolist()
    sizes = zip(names, map(len, side.members), strict=True)
    large = {name for name, size in sizes if size >= min_cluster_size}
    found = zip(side.pairs.tolist(), side.known.tolist(), strict=True)
    return _Side(set(names), large, {_pair(names[i], names[j]): d for (i, j), d in found})


def _from_table(table: pd.DataFrame, min_cluster_size: int) -> _Side:
    if min_cluster_size != 1:
        raise InputError("min_cluster_size: a table of separations does not say how large they are")
    columns = ["label_a", "label_b", "separation"]
    if missing := [name for name in columns if name not in table.columns]:
        raise InputError(f"the table has no column {missing[0]!r}; expected {', '.join(columns)}")
    distances: dict[Pair, float] = {}
    labels: set[Any] = set()
    given = _numbers(table["separation"])
    named = zip(table["label_a"].tolist(), table["label_b"].tolist(), strict=True)
    for (a, b), distance in zip(named, given.tolist(), strict=True):
        labels |= {a, b}
        pair = _pair(a, b)
        if pair in distances:
            raise InputError(
                f"the table has the labels {a!r} and {b!r} twice; pass the rows of one "
                "representation"
            )
        distances[pair] = distance
    return _Side(labels, labels, distances)


def _numbers(column: pd.Series) -> Floats:
    return as_numbers(
        column.to_numpy(), "the table's separation", low=0.0, high=_LARGEST, missing=True
    )


def _from_clusters(probe: DirectProbe, min_cluster_size: int) -> _Side:
    """Average over the cluster pairs of each label pair; NaN where one of them is open."""
    sizes = np.bincount(probe.labels_, minlength=probe.n_clusters_)
    names = probe.cluster_classes_.tolist()
    of_pair: dict[Pair, list[float]] = {}
    large = np.flatnonzero(sizes >= min_cluster_size).tolist()
    for i, j in combinations(large, 2):
        if names[i] != names[j]:
            of_pair.setdefault(_pair(names[i], names[j]), []).append(probe.distances_[i, j])
    means = {pair: float(np.mean(values)) for pair, values in of_pair.items()}
    return _Side(set(probe.classes_.tolist()), {names[i] for i in large}, means)


def resampled_interval(
    pairs: list[Pair], u: Floats, v: Floats, n_resamples: int, seed: int
) -> tuple[float | None, float | None]:
    """Percentile interval over draws of labels: a pair counts as often as both its labels came.

    Three labels have none: every draw with three pairs holds all of them, once each.

    Raises
    ------
    InputError
        If `n_resamples` is no whole number of at least 1.
    """
    n_resamples = check_whole("n_resamples", n_resamples, 1)
    labels = sorted({label for pair in pairs for label in pair}, key=str)
    if len(labels) <= LEAST_PAIRS:
        return None, None
    place = {label: index for index, label in enumerate(labels)}
    first = np.array([place[a] for a, _ in pairs])
    second = np.array([place[b] for _, b in pairs])
    draws = np.random.default_rng(seed).multinomial(
        len(labels), np.full(len(labels), 1 / len(labels)), size=n_resamples
    )
    weights = (draws[:, first] * draws[:, second]).astype(np.float64)
    weights = weights[(weights > 0).sum(axis=1) >= LEAST_PAIRS]
    if not len(weights):
        return None, None
    weights /= weights.sum(axis=1, keepdims=True)
    mean_u, mean_v = weights @ u, weights @ v
    covariance = weights @ (u * v) - mean_u * mean_v
    variance_u = weights @ (u * u) - mean_u**2
    variance_v = weights @ (v * v) - mean_v**2
    scale = 1e-12 * max(float(np.var(u)), float(np.var(v)))
    defined = (variance_u > scale) & (variance_v > scale)
    if not defined.any():
        return None, None
    values = covariance[defined] / np.sqrt(variance_u[defined] * variance_v[defined])
    lower, upper = np.quantile(np.clip(values, -1, 1), (0.025, 0.975))
    return float(lower), float(upper)
