"""What all probes of vectors have in common: predictions, a score and rows of a table."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from tunescope.probes import checks
from tunescope.probes.intervals import accuracy_rows

if TYPE_CHECKING:
    import pandas as pd


class Probe(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A scikit-learn classifier of vectors that may have been trained several times."""

    probe_name: ClassVar[str]
    """What the accuracy table calls it; of our own, their name in `tunescope.probes.registry`."""

    classes_: np.ndarray

    @property
    def chosen(self) -> str:
        """What a fit has chosen, as the column ``setting`` shows it; empty for nothing."""
        return ""

    @abstractmethod
    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Fit to (n_examples, n_features) vectors and (n_examples,) labels.

        Validation inside the examples, where there is any, does not divide `groups`.
        """

    @abstractmethod
    def _restart_codes(self, X: np.ndarray) -> np.ndarray:
        """The (n_restarts, n_examples) positions in ``classes_`` predicted for checked vectors."""

    def predictions(self, X: Any) -> np.ndarray:
        """The (n_restarts, n_examples) labels, each restart by itself."""
        check_is_fitted(self)
        return np.asarray(self.classes_[self._restart_codes(checks.test_vectors(self, X))])

    def predict(self, X: Any) -> np.ndarray:
        """The (n_examples,) labels of the first restart."""
        check_is_fitted(self)
        return np.asarray(self.predictions(X)[0])

    def correct(self, X: Any, y: Any) -> np.ndarray:
        """Whether each restart is right about each example, (n_restarts, n_examples).

        Labels not seen in training count as wrong. This is what
        `tunescope.probes.paired_comparison` takes.
        """
        predicted = self.predictions(X)
        return np.asarray(predicted == checks.test_labels(y, predicted.shape[1]))

    def score(self, X: Any, y: Any) -> float:
        """Mean over restarts of the accuracy; labels not seen in training count as wrong."""
        return float(self.correct(X, y).mean())

    def evaluate(self, X: Any, y: Any, groups: Any = None) -> pd.DataFrame:
        """Accuracy of every restart with its interval over examples.

        Parameters
        ----------
        X : (n_examples, n_features) array.
        y : (n_examples,) labels; those not seen in training count as wrong.
        groups : (n_examples,) array, optional
            Groups (sentences), which the interval takes as what varies.

        Returns
        -------
        DataFrame
            A row a restart: ``probe, restart, accuracy, lower, upper, n_examples, n_groups``; with
            fewer than ten groups the interval is not to be trusted.
        """
        correct = self.correct(X, y)
        clusters = checks.group_of(groups, correct.shape[1])
        return accuracy_rows(self.probe_name, correct, groups=clusters)

    def summary(self, X: Any, y: Any, groups: Any = None) -> pd.DataFrame:
        """Mean accuracy over restarts with what it owes to restarts and to examples.

        Returns
        -------
        DataFrame
            One row: ``probe, n_restarts, n_examples, n_groups, accuracy, std`` (over restarts),
            ``lower, upper`` (95 % over examples by groups, restarts averaged),
            ``lower_restarts, upper_restarts`` (95 % of the mean over restarts).
        """
        from tunescope.probes.intervals import accuracy_summary

        correct = self.correct(X, y)
        clusters = checks.group_of(groups, correct.shape[1])
        return accuracy_summary(self.probe_name, correct, groups=clusters)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags
