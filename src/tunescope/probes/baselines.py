"""What a probe must beat: the most frequent label, a word's most frequent label, a neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from tunescope.arrays import refuse_unusable
from tunescope.errors import InputError
from tunescope.probes import checks
from tunescope.probes.base import Probe
from tunescope.probes.intervals import accuracy_rows

if TYPE_CHECKING:
    import pandas as pd


class MajorityProbe(Probe):
    """Always the most frequent label; ties go to the first in sorted order.

    Its limit: it looks at no vector, so what is above it is owed to the vectors, or to the
    words in them (see `WordMajority`).

    Examples
    --------
    >>> X = np.zeros((5, 2))
    >>> MajorityProbe().fit(X, ["a", "b", "b", "b", "a"]).score(X, ["b", "b", "a", "a", "a"])
    0.4
    """

    probe_name: ClassVar[str] = "majority"

    @property
    def chosen(self) -> str:
        """The label."""
        return f"always {self.classes_[self.most_frequent_]}"

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:  # noqa: ARG002
        """Count the labels; `groups` make no difference."""
        X, codes, self.classes_ = checks.training_data(self, X, y, min_classes=1)
        self.most_frequent_ = int(np.bincount(codes).argmax())
        return self

    def _restart_codes(self, X: np.ndarray) -> np.ndarray:
        return np.full((1, len(X)), self.most_frequent_)


class NearestNeighbourProbe(Probe):
    """The label of the nearest training vector (Cover and Hart 1967), by Euclidean distance.

    Its limit: it memorises. Whatever the labels, it is always right about the vectors it has
    seen, unless two labels share a vector; so its selectivity is near 0.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [5.0]])
    >>> NearestNeighbourProbe().fit(X, ["low", "low", "high"]).predict([[4.0]])
    array(['high'], dtype='<U4')
    """

    probe_name: ClassVar[str] = "nearest neighbour"

    @property
    def chosen(self) -> str:
        """The measure of nearness."""
        return "Euclidean distance"

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:  # noqa: ARG002
        """Remember the vectors; `groups` make no difference."""
        X, self.codes_, self.classes_ = checks.training_data(self, X, y, min_classes=1)
        self.index_ = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(X)
        return self

    def _restart_codes(self, X: np.ndarray) -> np.ndarray:
        nearest = self.index_.kneighbors(X, return_distance=False)[:, 0]
        return np.asarray(self.codes_[nearest])[None, :]


class WordMajority(BaseEstimator):  # type: ignore[misc]
    """The most frequent label of the word; for a new word, of all words.

    What a dictionary of the training words would do (the word-conditional most frequent class
    of Zhang and Bowman 2018): a probe that reads the context must beat it.

    Its limit: it knows a word only by its form, and nothing of a word it has not seen.

    Examples
    --------
    >>> baseline = WordMajority().fit(["to", "to", "of"], ["goal", "goal", "whole"])
    >>> baseline.predict(["of", "by"])
    array(['whole', 'goal'], dtype='<U5')
    """

    probe_name: ClassVar[str] = "word majority"

    chosen = ""
    """Nothing is chosen."""

    def fit(self, words: Any, y: Any, groups: Any = None) -> Self:  # noqa: ARG002
        """Count the labels of each word; `groups` make no difference.

        Parameters
        ----------
        words : (n_examples,) array of str (or anything that sorts), compared exactly: lower
            them first if case should not matter.
        y : (n_examples,) labels.
        """
        words, y = _column(words, "words"), _column(y, "y")
        if len(words) != len(y) or len(y) == 0:
            raise InputError(f"words and y: {len(words)} and {len(y)}; expected as many, 1 or more")
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.most_frequent_ = int(np.bincount(codes).argmax())
        self.words_, which = np.unique(words, return_inverse=True)
        counts = np.zeros((len(self.words_), len(self.classes_)), dtype=np.int64)
        np.add.at(counts, (which, codes), 1)
        self.label_of_word_ = counts.argmax(axis=1)
        return self

    def predict(self, words: Any) -> np.ndarray:
        """The (n_examples,) labels."""
        check_is_fitted(self, "words_")
        words = _column(words, "words")
        place = np.searchsorted(self.words_, words).clip(max=len(self.words_) - 1)
        known = self.words_[place] == words
        codes = np.where(known, self.label_of_word_[place], self.most_frequent_)
        return np.asarray(self.classes_[codes])

    def correct(self, words: Any, y: Any) -> np.ndarray:
        """Whether it is right about each example, (1, n_examples), as of `Probe.correct`."""
        predicted = self.predict(words)
        return np.asarray(predicted == checks.test_labels(y, len(predicted)))[None, :]

    def evaluate(self, words: Any, y: Any, groups: Any = None) -> pd.DataFrame:
        """Accuracy with its interval; one row, as of `Probe.evaluate`."""
        right = self.correct(words, y)
        clusters = checks.group_of(groups, right.shape[1])
        return accuracy_rows(self.probe_name, right, groups=clusters)


def _column(values: Any, name: str) -> np.ndarray:
    refuse_unusable(values, name)
    column: np.ndarray = np.asarray(values)
    if column.ndim != 1:
        raise InputError(f"{name}: shape {column.shape}; expected one value an example")
    return column
