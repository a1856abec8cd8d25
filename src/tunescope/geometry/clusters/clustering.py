"""Clusters: sets of examples with one label whose hulls meet no hull of another label."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tunescope.arguments import check_fraction, check_least, check_whole
from tunescope.arrays import as_array
from tunescope.errors import InputError
from tunescope.geometry.clusters.agglomeration import Agglomeration, agglomerate
from tunescope.geometry.clusters.overlaps import DistinctExamples, Overlaps
from tunescope.geometry.hulls.pairs import as_labels
from tunescope.geometry.hulls.same_examples import refuse_of_others
from tunescope.geometry.threads import single_blas

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from tunescope.geometry.hulls.pairs import Separations

log = logging.getLogger(__name__)

TOLERANCE = 1e-9
"""Part of the examples' radius up to which hulls count as touching."""


@dataclass(frozen=True)
class Clustering:
    """The clusters of one representation."""

    labels: NDArray[np.int64]
    """Cluster of every example, shape (n_examples,). Clusters are numbered by label (in sorted
    order), then by their first example; where the representation is linear, a cluster has the
    number of its label."""
    cluster_classes: NDArray[Any]
    """Label of every cluster, shape (n_clusters,)."""
    classes: NDArray[Any]
    """The labels, sorted."""
    refused_merges: NDArray[np.int64]
    """Shape (n_refused, 3), in the order of the refusals: two clusters of one label and one
    cluster of another label that their merged hull would meet, each named by its first example.
    What is grown from a refused pair is not tried, and not listed, again."""
    contradictions: tuple[NDArray[np.int64], ...]
    """For each vector that stands under several labels all of its examples."""
    complete: bool
    """False where a limit (`budget`, `checks`) ended the agglomeration before its last merge."""
    least_clusters: int
    """No complete agglomeration can end with fewer clusters; `n_clusters` if complete."""
    checks: int = 0
    """Hull checks that merging took; what a known plane settled is not counted."""

    def __repr__(self) -> str:
        """Show counts on one line."""
        least = "" if self.complete else f"{self.least_clusters} to "
        return (
            f"<Clustering: {least}{self.n_clusters} clusters of {len(self.classes)} labels, "
            f"{len(self.labels)} examples>"
        )

    @property
    def n_clusters(self) -> int:
        """Number of clusters; an upper bound where not `complete`."""
        return len(self.cluster_classes)

    @property
    def is_linear(self) -> bool:
        """Whether there is one cluster a label and no contradiction."""
        return self.n_clusters == len(self.classes) and not self.contradictions


def cluster(
    X: ArrayLike,
    y: ArrayLike,
    *,
    separations: Separations | None = None,
    tolerance: float = TOLERANCE,
    budget: float | None = None,
    checks: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Clustering:
    """Find the clusters of a representation by greedy agglomeration.

    Every example starts as a cluster of its own. At each step, of all pairs of clusters with
    the same label, whatever the label, the two whose means are closest are taken. They are
    merged unless the hull of the two together would meet the hull of a cluster with another
    label; then they are refused, and so is everything grown from them, for hulls only grow.
    It ends when no pair is left.

    Where the definition leaves a choice:

    - Distances of means are compared as in exact arithmetic. Tied pairs go to the smallest
      example indices: a cluster is named by its first example, and of the tied pairs
      (i, j), i < j, the lexicographically smallest is taken.
    - Touching counts as meeting: two hulls are disjoint when a certificate proves that they
      are further apart than the tolerance.
    - Contradictions (identical vectors with different labels) are set aside first: all examples
      with one such vector and one label are a cluster that is never merged. Merges of the other
      labels that would swallow it are refused like any other.

    Parameters
    ----------
    X : array of shape (n_examples, n_features), finite numbers.
    y : array of shape (n_examples,), the labels.
    separations : the separations of label pairs of these very vectors and labels, where they are
        known; they save deciding which labels' hulls meet.
    tolerance : hulls count as touching up to this part of the examples' radius (the largest
        distance from their mean); see the notes. 0 asks for any proven separation.
    budget : seconds after which to stop merging, or None for no limit. A result that is not
        `complete` says how many clusters there are at least (`least_clusters`) and at most
        (`n_clusters`).
    checks : hull checks after which to stop merging, or None for no limit: like `budget`, but
        the result is the same on every machine.
    progress : called as ``progress(done, total)`` while merging; `total` is the number of
        merges that would join every label.

    Returns
    -------
    Clustering

    Raises
    ------
    InputError
        If the shapes do not fit, or there is no example, or a number is not finite, or
        `separations` are of other vectors or labels.

    Notes
    -----
    Where the hulls of two labels are disjoint, so are those of all their clusters. So only
    labels whose hull meets that of another label are agglomerated at all; if there are none,
    the labels are the clusters. The result is the same.

    Every merge that was allowed leaves less room for the planes between the clusters, so the
    separations of growing clusters shrink geometrically. Without a tolerance they end in
    the rounding error of the arithmetic, where no two machines need agree. The default is far
    above the rounding error of float64, and far below that of vectors stored in float32.

    References
    ----------
    Zhou and Srikumar, A Closer Look at How Fine-tuning Changes BERT, ACL 2022, section 2.2.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    >>> cluster(X, ["a", "a", "b", "a", "a"]).labels.tolist()
    [0, 0, 2, 1, 1]
    """
    vectors, labels = check_examples(X, y)
    if checks is not None:
        checks = check_whole("checks", checks, 0)
    if budget is not None:
        budget = check_least("budget", budget, 0)
    tolerance = check_fraction("tolerance", tolerance)
    classes, codes = np.unique(labels, return_inverse=True)
    if separations is not None:
        refuse_of_others(separations, vectors, classes, codes, name="separations")
    distinct = DistinctExamples.of(vectors, codes.astype(np.int64))
    touching = tolerance * _radius(vectors)
    overlaps = Overlaps.of(
        vectors, distinct, len(classes), touching=touching, separations=separations
    )

    limits = _Limits.of(budget, checks)
    merged = _merge(vectors, distinct, overlaps, touching, limits, progress)
    names = np.unique(merged.name)
    names = names[np.argsort(distinct.codes[names], kind="stable")]
    number = np.empty(len(merged.name), dtype=np.int64)
    number[names] = np.arange(len(names))
    least = len(names)
    if not merged.complete:
        free = ~distinct.contradictory
        least = int((~free).sum()) + len(np.unique(distinct.codes[free])) + overlaps.forced_splits()
    return Clustering(
        labels=number[merged.name[distinct.of_example]],
        cluster_classes=classes[distinct.codes[names]],
        classes=classes,
        refused_merges=np.array(merged.refused, dtype=np.int64).reshape(-1, 3),
        contradictions=distinct.groups,
        complete=merged.complete,
        least_clusters=least,
        checks=merged.checks,
    )


@dataclass(frozen=True)
class _Limits:
    """When merging is given up."""

    deadline: float
    """By the monotonic clock, in seconds."""
    checks: int | None

    @classmethod
    def of(cls, budget: float | None, checks: int | None) -> _Limits:
        return cls(math.inf if budget is None else time.monotonic() + budget, checks)

    def out_of_time(self) -> bool:
        return time.monotonic() > self.deadline


@dataclass(frozen=True)
class _Merged:
    """The distinct examples after merging."""

    name: NDArray[np.int64]
    """(n_distinct,) the first one of each one's cluster."""
    refused: list[tuple[int, ...]]
    complete: bool
    checks: int


def _merge(
    vectors: NDArray[Any],
    distinct: DistinctExamples,
    overlaps: Overlaps,
    touching: float,
    limits: _Limits,
    progress: Callable[[int, int], None] | None,
) -> _Merged:
    """Agglomerate the labels whose hulls meet others; the other labels are one cluster each."""
    name = np.arange(len(distinct.first))
    for code in range(len(overlaps.meeting)):
        members = distinct.free(code)
        name[members] = members[:1]
    refused: list[tuple[int, ...]] = []
    complete = True
    checks = done = 0
    components = list(overlaps.components())
    total = sum(len(distinct.free(code)) - 1 for component in components for code in component)
    log.debug("%d of %d labels need merging", sum(map(len, components)), len(overlaps.meeting))

    def advance(merges: int) -> None:
        nonlocal done
        done += merges
        if progress is not None:
            progress(done, total)

    for component in components:
        members = np.sort(np.concatenate([distinct.free(code) for code in component]))
        fixed = {code: vectors[distinct.first[overlaps.contained[code]]] for code in component}
        with single_blas():
            result: Agglomeration = agglomerate(
                np.asarray(vectors[distinct.first[members]], dtype=np.float64),
                distinct.weights[members],
                distinct.codes[members],
                opposing={code: sorted(overlaps.meeting[code]) for code in component},
                fixed={
                    code: np.asarray(points, dtype=np.float64) for code, points in fixed.items()
                },
                touching=touching,
                most_checks=None if limits.checks is None else limits.checks - checks,
                out_of_time=limits.out_of_time,
                progress=advance,
            )
        name[members] = members[result.cluster]
        complete &= result.complete
        checks += result.checks
        obstacles = np.concatenate([members, *(overlaps.contained[code] for code in component)])
        refused += [tuple(distinct.first[obstacles[list(names)]]) for names in result.refused]
    return _Merged(name, refused, complete, checks)


def check_examples(X: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Check vectors and labels, and give them as arrays.

    Raises
    ------
    InputError
        If the shapes do not fit, or there is no example, or a number is not finite.
    """
    try:
        vectors: NDArray[Any] = np.asanyarray(as_array(X))
    except ValueError:
        raise InputError("X: expected rows of one length, (n_examples, n_features)") from None
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise InputError(f"X has shape {vectors.shape}; expected (n_examples, n_features)")
    if vectors.dtype.kind not in "fiub":
        raise InputError(f"X has dtype {vectors.dtype}; expected real numbers")
    if not len(vectors):
        raise InputError("X has no examples; expected at least one")
    labels = as_labels(y, len(vectors))
    for start in range(0, len(vectors), 4096):
        finite = np.isfinite(vectors[start : start + 4096]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise InputError(f"X[{row}] holds a NaN or an infinite value; expected finite numbers")
    return vectors, labels


def _radius(X: NDArray[Any]) -> float:
    """Measure the largest distance of an example from their mean."""
    centre = X.mean(axis=0, dtype=np.float64)
    largest = 0.0
    for start in range(0, len(X), 4096):
        block = X[start : start + 4096] - centre
        largest = max(largest, float(np.einsum("nd,nd->n", block, block).max()))
    return float(np.sqrt(largest))
