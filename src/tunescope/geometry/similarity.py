"""Spatial similarity: whether two spaces keep their labels at the same relative distances.

Zhou and Srikumar (2022), section 2.2: Pearson's correlation of two distance vectors, each
holding the separations of all label pairs in one fixed order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from tunescope.errors import InputError
from tunescope.geometry.direct_probe import DirectProbe
from tunescope.geometry.pairs import Separations, separations

Floats = NDArray[np.float64]
Convention = Literal["shared", "zhou2022"]
Distances = Mapping[tuple[Any, Any], float]

LEAST_PAIRS = 3
"""Two points always lie on a line: a correlation says something from three pairs on."""


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
        the label pairs of either side, 0 where a side lacks one, and for `DirectProbe` the
        mean over the cluster pairs of a label pair.
    min_cluster_size : for ``"zhou2022"`` and `DirectProbe`, clusters with fewer examples are
        left out; the authors' analysis of fine-tuning uses 6.
    n_resamples : draws of labels, with replacement, for the interval.
    seed : of these draws.

    Returns
    -------
    Similarity
        With fewer than three label pairs, or a side whose separations are all equal, the value
        is None and ``reason`` says so.

    Raises
    ------
    InputError
        If a side is none of these things or the convention is unknown.
    """
    if convention not in ("shared", "zhou2022"):
        raise InputError(f"convention={convention!r}: expected 'shared' or 'zhou2022'")
    a = _distances(before, convention, min_cluster_size)
    b = _distances(after, convention, min_cluster_size)
    pairs = sorted(a.keys() & b.keys() if convention == "shared" else a.keys() | b.keys())
    u = np.array([a.get(pair, 0.0) for pair in pairs])
    v = np.array([b.get(pair, 0.0) for pair in pairs])
    if reason := _undefined(u, v):
        return Similarity(None, None, None, None, len(pairs), convention, reason)
    lower, upper = _interval(pairs, u, v, n_resamples, seed)
    spearman = float(np.corrcoef(rankdata(u), rankdata(v))[0, 1])
    return Similarity(
        float(np.corrcoef(u, v)[0, 1]), spearman, lower, upper, len(pairs), convention
    )


def _undefined(u: Floats, v: Floats) -> str:
    if len(u) < LEAST_PAIRS:
        return (
            f"{len(u)} label pair(s) in common; a correlation needs at least {LEAST_PAIRS} "
            "(three labels)"
        )
    for side, values in (("first", u), ("second", v)):
        if np.ptp(values) <= 1e-12 * np.abs(values).max():
            return f"all separations of the {side} side are equal"
    return ""


def _distances(side: Any, convention: Convention, min_cluster_size: int) -> Distances:
    if isinstance(side, pd.DataFrame):
        columns = (side[name] for name in ("label_a", "label_b", "separation"))
        return {(a, b): float(distance) for a, b, distance in zip(*columns, strict=True)}
    if isinstance(side, Mapping):
        if "train" not in side:
            raise InputError(f"no split 'train' among {sorted(side)}; pass one split's side")
        side = side["train"]
    if isinstance(side, DirectProbe):
        if convention == "zhou2022":
            return _cluster_means(side, min_cluster_size)
        side = side.separations_
    elif hasattr(side, "layer") and hasattr(side, "labels"):
        side = separations(side.layer(-1), side.labels)
    if not isinstance(side, Separations):
        raise InputError(
            f"cannot compare a {type(side).__name__}; expected Separations, a fitted DirectProbe, "
            "or a representation with layer() and labels"
        )
    labels = side.labels
    return {
        (labels[i], labels[j]): float(distance)
        for (i, j), distance in zip(side.pairs, side.distance, strict=True)
    }


def _cluster_means(probe: DirectProbe, min_cluster_size: int) -> Distances:
    sizes = np.bincount(probe.labels_, minlength=probe.n_clusters_)
    kept = np.flatnonzero(sizes >= min_cluster_size)
    of_pair: dict[tuple[Any, Any], list[float]] = {}
    for i, j in combinations(kept, 2):
        label_a, label_b = sorted((probe.cluster_classes_[i], probe.cluster_classes_[j]))
        if label_a != label_b:
            of_pair.setdefault((label_a, label_b), []).append(float(probe.distances_[i, j]))
    return {pair: float(np.mean(values)) for pair, values in of_pair.items()}


def _interval(
    pairs: list[tuple[Any, Any]], u: Floats, v: Floats, n_resamples: int, seed: int
) -> tuple[float | None, float | None]:
    """Percentile interval over draws of labels: a pair counts as often as both its labels came."""
    labels = sorted({label for pair in pairs for label in pair})
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
