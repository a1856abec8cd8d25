"""DirectProbe: the geometry of a labelled representation as a scikit-learn classifier."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import combinations
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tunescope.arguments import check_flag
from tunescope.arrays import as_array, refuse_unusable
from tunescope.errors import InputError, InputTypeError
from tunescope.geometry.clusters.clustering import TOLERANCE, Clustering, cluster
from tunescope.geometry.clusters.contradictions import contradictions
from tunescope.geometry.hulls.pairs import Separations, as_labels, separations
from tunescope.geometry.hulls.point_to_hull import hull_distances
from tunescope.geometry.hulls.separation import meet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

_FLOATS = [np.float64, np.float32, np.float16]


@contextmanager
def _ours() -> Iterator[None]:
    """Give what scikit-learn refuses as the package's exception, in its words."""
    try:
        yield
    except InputError:
        raise
    except TypeError as error:
        raise InputTypeError(f"X or y: {error}") from error
    except ValueError as error:
        raise InputError(f"X or y: {error}") from error


class DirectProbe(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    ClassifierMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Cluster a labelled representation, measure it, and classify by the nearest hull.

    A cluster is a set of examples with one label whose convex hull meets the hull of no cluster
    with another label; `cluster` has the exact definition. It is deterministic: there is nothing
    to train and nothing to tune.

    Parameters
    ----------
    distances : whether `fit` measures the separations of all cluster pairs with different
        labels. Without, the attributes `separations_` and `distances_…` are absent, and the
        fit only has to decide which hulls meet.
    rtol : relative gap of the bounds of all distances.
    tolerance : hulls count as touching up to this part of the examples' radius; see `cluster`.
    budget : seconds after which `fit` stops merging clusters (None: never); see `complete_`.
    checks : hull checks after which it stops, the same on every machine (None: never).
    n_jobs : threads for the separations; as many as there are processors for None or -1.

    Attributes
    ----------
    classes_ : array of shape (n_classes,), the labels, sorted.
    labels_ : array of shape (n_examples,), the cluster of every training example. Clusters are
        numbered by label, then by their first example.
    n_clusters_ : int.
    cluster_classes_ : array of shape (n_clusters,), the label of every cluster.
    is_linear_ : bool, whether every label is one cluster that meets no other, without
        contradictions.
    separations_ : Separations of the *labels*, where each label is one hull.
    distances_ : array of shape (n_clusters, n_clusters), the separations of the clusters; NaN
        for two clusters of one label, which the method does not compare, and where the distance
        is open, its bounds being further apart than `rtol`.
    distances_lower_, distances_upper_ : arrays of the same shape, certified bounds; NaN for two
        clusters of one label alone.
    contradictions_ : tuple of arrays: for each vector that stands under several labels, its
        examples.
    refused_merges_ : array of shape (n_refused, 3): two clusters and one in their way, each
        named by its first example.
    n_checks_ : int, hull checks that merging took.
    complete_ : bool, False where the budget or the number of checks ended the agglomeration: then
        `n_clusters_` is an upper bound and `least_clusters_` a lower one.
    least_clusters_ : int, equal to `n_clusters_` where `complete_`.
    n_features_in_, feature_names_in_ : as everywhere in scikit-learn.

    References
    ----------
    Zhou and Srikumar, A Closer Look at How Fine-tuning Changes BERT, ACL 2022, section 2.2.

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.0, 3.0]])
    >>> probe = DirectProbe().fit(X, ["down", "down", "up", "up"])
    >>> probe.n_clusters_, probe.is_linear_, round(float(probe.distances_[0, 1]), 6)
    (2, True, 3.0)
    >>> probe.predict([[7.0, 1.0]])
    array(['down'], dtype='<U4')
    """

    def __init__(
        self,
        *,
        distances: bool = True,
        rtol: float = 1e-6,
        tolerance: float = TOLERANCE,
        budget: float | None = None,
        checks: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.distances = distances
        self.rtol = rtol
        self.tolerance = tolerance
        self.budget = budget
        self.checks = checks
        self.n_jobs = n_jobs

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Self:
        """Find the clusters and their separations.

        Parameters
        ----------
        X : array of shape (n_examples, n_features).
        y : array of shape (n_examples,), the labels.
        progress : called as ``progress(done, total)`` while merging.

        Raises
        ------
        ValueError
            If X or y is not what scikit-learn's classifiers take.
        """
        check_flag("distances", self.distances)
        vectors, labels = self._validated(X, y)
        of_labels = self._measure(vectors, labels)
        found = cluster(
            vectors,
            labels,
            separations=of_labels,
            tolerance=self.tolerance,
            budget=self.budget,
            checks=self.checks,
            progress=progress,
        )
        return self._keep(vectors, found, of_labels)

    @classmethod
    def from_clusters(
        cls, X: ArrayLike, y: ArrayLike, labels: ArrayLike, **parameters: Any
    ) -> Self:
        """Take a given assignment of examples to clusters instead of searching for one.

        So one assignment is followed through training. The hulls of such clusters may meet:
        their distance is then 0, and the representation is not linear.

        Parameters
        ----------
        X : array of shape (n_examples, n_features).
        y : array of shape (n_examples,), the labels.
        labels : array of shape (n_examples,), the cluster of every example; any values. The
            clusters are numbered as in `labels_` of a fit.
        **parameters : of the constructor.

        Raises
        ------
        InputError
            If `labels` has another length than `y`, or a cluster holds two labels.

        Examples
        --------
        >>> X = np.array([[0.0], [1.0], [5.0], [6.0]])
        >>> probe = DirectProbe.from_clusters(X, list("abaa"), ["p", "q", "r", "r"])
        >>> probe.labels_.tolist(), probe.is_linear_, probe.distances_[2, 0].round(6)
        ([0, 2, 1, 1], False, np.float64(1.0))
        """
        probe = cls(**parameters)
        vectors, targets = probe._validated(X, y)
        given = np.asarray(labels)
        if given.shape != targets.shape:
            raise InputError(f"labels has shape {given.shape}; expected {targets.shape} to fit y")
        classes, codes = np.unique(targets, return_inverse=True)
        _, first, inverse = np.unique(given, return_index=True, return_inverse=True)
        mixed = np.flatnonzero(codes != codes[first][inverse])
        if len(mixed):
            i = int(mixed[0])
            raise InputError(
                f"labels[{i}]: cluster {given[i]!r} holds the labels {targets[i]!r} and "
                f"{targets[first[inverse[i]]]!r}; expected one label a cluster"
            )
        order = np.lexsort((first, codes[first]))
        rank = np.argsort(order)
        of_labels = probe._measure(vectors, targets)
        found = Clustering(
            labels=rank[inverse],
            cluster_classes=classes[codes[first[order]]],
            classes=classes,
            refused_merges=np.empty((0, 3), dtype=np.int64),
            contradictions=contradictions(vectors, targets),
            complete=True,
            least_clusters=len(order),
        )
        probe._keep(vectors, found, of_labels)
        if probe.is_linear_:  # as far as the counts say; given hulls may meet all the same
            hulls = [vectors[codes == code] for code in range(len(classes))]
            probe.is_linear_ = all(meet(a, b).separable for a, b in combinations(hulls, 2))
        return probe

    def _validated(self, X: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        X, y = as_array(X), as_array(y, "y")
        refuse_unusable(y, "y")
        with _ours():
            vectors, labels = validate_data(self, X, y, dtype=_FLOATS, order="C")
            try:
                check_classification_targets(labels)
            except TypeError:  # what cannot be sorted
                as_labels(y, len(vectors))
                raise
        as_labels(y if isinstance(y, list | tuple) else labels, len(vectors))
        return vectors, labels

    def _measure(self, vectors: NDArray[Any], labels: NDArray[Any]) -> Separations | None:
        if not self.distances:
            return None
        return separations(vectors, labels, rtol=self.rtol, n_jobs=self.n_jobs)

    def _keep(
        self, vectors: NDArray[Any], found: Clustering, of_labels: Separations | None
    ) -> Self:
        self.classes_ = found.classes
        self.labels_ = found.labels
        self.n_clusters_ = found.n_clusters
        self.cluster_classes_ = found.cluster_classes
        self.is_linear_ = found.is_linear
        self.contradictions_ = found.contradictions
        self.refused_merges_ = found.refused_merges
        self.n_checks_ = found.checks
        self.complete_ = found.complete
        self.least_clusters_ = found.least_clusters
        self._vectors = vectors
        self._n_features_out = found.n_clusters
        if of_labels is not None:
            self.separations_ = of_labels
            self._measure_clusters(of_labels)
        return self

    def _measure_clusters(self, of_labels: Separations) -> None:
        """Fill the distance matrices; a pair of labels that are whole clusters is known."""
        k = self.n_clusters_
        codes = np.searchsorted(self.classes_, self.cluster_classes_)
        whole = np.bincount(codes, minlength=len(self.classes_))[codes] == 1
        a, b = np.triu_indices(k, 1)
        different = codes[a] != codes[b]
        known = different & whole[a] & whole[b]
        places = {(int(i), int(j)): place for place, (i, j) in enumerate(of_labels.pairs)}
        matrices = []
        pairs = np.stack([a, b], axis=1)[different & ~known]
        measured = None
        if len(pairs):
            measured = separations(
                self._vectors, self.labels_, pairs=pairs, rtol=self.rtol, n_jobs=self.n_jobs
            )
        of_known = [places[i, j] for i, j in zip(codes[a[known]], codes[b[known]], strict=True)]
        for what in ("known", "lower", "upper"):
            matrix = np.full((k, k), np.nan)
            matrix[a[known], b[known]] = getattr(of_labels, what)[of_known]
            if measured is not None:
                matrix[pairs[:, 0], pairs[:, 1]] = getattr(measured, what)
            matrices.append(np.fmax(matrix, matrix.T))
        self.distances_, self.distances_lower_, self.distances_upper_ = matrices

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Measure the distance of every vector to every cluster's hull; 0 inside.

        Parameters
        ----------
        X : array of shape (n_examples, n_features).

        Returns
        -------
        array of shape (n_examples, n_clusters).
        """
        check_is_fitted(self)
        with _ours():
            vectors = validate_data(self, as_array(X), reset=False, dtype=_FLOATS, order="C")
        return hull_distances(
            vectors, self._vectors, self.labels_, rtol=self.rtol, n_jobs=self.n_jobs
        ).distance

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Give every vector the label of the nearest hull.

        A vector inside a hull has distance 0 from it. Of equal distances (a vector inside the
        hulls of several clusters has several zeros, which only contradictions, given clusters
        or an exhausted budget allow for different labels) the cluster with the smallest number
        wins, so the label that sorts first.

        Parameters
        ----------
        X : array of shape (n_examples, n_features).

        Returns
        -------
        array of shape (n_examples,) of labels.
        """
        nearest = np.argmin(self.transform(X), axis=1)
        return np.asarray(self.cluster_classes_[nearest])
