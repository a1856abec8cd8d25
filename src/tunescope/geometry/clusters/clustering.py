"""Clusters: sets of examples with one label whose hulls meet no hull of another label."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tunescope.errors import InputError
from tunescope.geometry.clusters.agglomeration import Agglomeration, agglomerate
from tunescope.geometry.clusters.scope import Tangles, Units
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
    separations : the separations of all label pairs of the same examples, where they are known;
        they save deciding which labels' hulls meet.
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
        If the shapes do not fit, or there is no example, or a number is not finite.

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
    if checks is not None and checks < 0:
        raise InputError(f"checks is {checks}; expected at least 0, or None for no limit")
    if not 0.0 <= tolerance < 1.0:
        raise InputError(f"tolerance is {tolerance!r}; expected at least 0 and below 1")
    deadline = None if budget is None else time.monotonic() + budget
    classes, codes = np.unique(labels, return_inverse=True)
    units = Units.of(vectors, codes.astype(np.int64))
    touching = tolerance * _radius(vectors)
    tangles = Tangles.of(vectors, units, len(classes), touching=touching, separations=separations)

    # Every cluster is named by its first unit; labels that meet no other are one cluster.
    name = np.arange(len(units.first))
    for code in range(len(classes)):
        members = units.free(code)
        name[members] = members[:1]
    refused: list[tuple[int, int, int]] = []
    complete = True
    made = 0
    components = list(tangles.components())
    total = sum(len(units.free(code)) - 1 for component in components for code in component)
    done = 0
    log.debug("%d of %d labels need agglomeration", sum(map(len, components)), len(classes))

    def advance(merges: int) -> None:
        nonlocal done
        done += merges
        if progress is not None:
            progress(done, total)

    for component in components:
        members = np.sort(np.concatenate([units.free(code) for code in component]))
        fixed = {code: vectors[units.first[tangles.swallowed[code]]] for code in component}
        with single_blas():
            result: Agglomeration = agglomerate(
                np.asarray(vectors[units.first[members]], dtype=np.float64),
                units.weights[members],
                units.codes[members],
                opposing={code: sorted(tangles.meeting[code]) for code in component},
                fixed={
                    code: np.asarray(points, dtype=np.float64) for code, points in fixed.items()
                },
                touching=touching,
                most_checks=None if checks is None else checks - made,
                out_of_time=lambda: deadline is not None and time.monotonic() > deadline,
                progress=advance,
            )
        name[members] = members[result.cluster]
        complete &= result.complete
        made += result.checks
        obstacles = np.concatenate([members, *(tangles.swallowed[code] for code in component)])
        refused += [tuple(units.first[obstacles[list(names)]]) for names in result.refused]

    names = np.unique(name)
    names = names[np.argsort(units.codes[names], kind="stable")]
    number = np.empty(len(name), dtype=np.int64)
    number[names] = np.arange(len(names))
    least = len(names)
    if not complete:
        free = ~units.contradictory
        least = int((~free).sum()) + len(np.unique(units.codes[free])) + tangles.forced_splits()
    return Clustering(
        labels=number[name[units.of_example]],
        cluster_classes=classes[units.codes[names]],
        classes=classes,
        refused_merges=np.array(refused, dtype=np.int64).reshape(-1, 3),
        contradictions=units.groups,
        complete=complete,
        least_clusters=least,
        checks=made,
    )


def check_examples(X: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Check vectors and labels, and give them as arrays.

    Raises
    ------
    InputError
        If the shapes do not fit, or there is no example, or a number is not finite.
    """
    vectors = np.asanyarray(X)
    labels = np.asarray(y)
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise InputError(f"X has shape {vectors.shape}; expected (n_examples, n_features)")
    if vectors.dtype.kind not in "fiub":
        raise InputError(f"X has dtype {vectors.dtype}; expected real numbers")
    if labels.shape != (len(vectors),):
        raise InputError(f"y has shape {labels.shape}; expected ({len(vectors)},) to fit X")
    if not len(vectors):
        raise InputError("X has no examples; expected at least one")
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
