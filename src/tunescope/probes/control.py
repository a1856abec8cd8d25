"""Control tasks: does a probe read the vectors, or could it learn any labels of the words?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from tunescope.arrays import as_numbers, refuse_unusable
from tunescope.errors import InputError
from tunescope.probes import checks
from tunescope.probes.intervals import Interval, accuracy_rows, difference_interval

if TYPE_CHECKING:
    from tunescope.probes.base import Probe


@dataclass(frozen=True)
class Selectivity:
    """A probe's accuracy on the task, on its control task, and the difference."""

    accuracy: float
    """Mean over restarts, on the task."""

    control_accuracy: float
    """Mean over restarts, on the control task."""

    selectivity: Interval
    """The difference, with its 95 % interval over test examples."""

    rows: pd.DataFrame
    """Rows of the accuracy table of both, the control's ``probe`` ending in " (control)"."""

    @classmethod
    def of(
        cls,
        real: Any,
        control: Any,
        *,
        groups: Any = None,
        probe: str = "classifier",
    ) -> Selectivity:
        """Compare what a probe got right on the task and on its control task.

        Parameters
        ----------
        real, control : (n_restarts, n_examples) bool arrays, of `Probe.correct` on the same
            test examples, under the task's labels and under the control's.
        groups : groups of test examples, for the interval.
        probe : name of the probe in the rows.

        Raises
        ------
        InputError
            If the two are of different examples, or hold anything but numbers from 0 to 1.

        Examples
        --------
        >>> found = Selectivity.of(np.ones((1, 20)), np.arange(20)[None, :] < 5)
        >>> found.selectivity.value
        0.75
        """
        real, control = _by_restart(real, "real"), _by_restart(control, "control")
        if real.shape[1] != control.shape[1]:
            raise InputError(
                f"real and control: {real.shape[1]} and {control.shape[1]} examples; "
                "expected the same ones"
            )
        rows = [
            accuracy_rows(probe, real, groups=groups),
            accuracy_rows(f"{probe} (control)", control, groups=groups),
        ]
        return cls(
            float(real.mean()),
            float(control.mean()),
            difference_interval(real.mean(axis=0) - control.mean(axis=0), groups=groups),
            pd.concat(rows, ignore_index=True),
        )


def _by_restart(correct: Any, name: str) -> np.ndarray:
    """Check what a probe got right, a row a restart; a single row may come without the others."""
    right = np.atleast_2d(as_numbers(correct, name, low=0.0, high=1.0))
    if right.ndim != 2 or 0 in right.shape:
        raise InputError(f"{name}: expected shape (n_restarts, n_examples), got {right.shape}")
    return right


def control_labels(words: Any, y: Any, *, seed: int = 0) -> np.ndarray:
    """Give every word type a random label, the same wherever it stands.

    A word type's label is drawn from the labels of the examples, so frequent labels stay
    frequent (Hewitt and Liang 2019, section 2). Pass the words of all splits at once, so
    that a word keeps its label from one to the next.

    Parameters
    ----------
    words : (n_examples,) array of word types.
    y : (n_examples,) the task's labels.
    seed : of the draw.

    Returns
    -------
    (n_examples,) array of labels, of the kind of `y`

    Raises
    ------
    InputError
        If the two differ in length, or there is but one label.

    Examples
    --------
    >>> labels = control_labels(["a", "b", "a", "c"], [0, 1, 1, 0])
    >>> bool(labels[0] == labels[2])
    True
    """
    for name, values in (("words", words), ("y", y)):
        refuse_unusable(values, name)
    words, y = np.asarray(words), np.asarray(y)
    if words.ndim != 1 or words.shape != y.shape:
        raise InputError(
            f"words and y: shapes {words.shape} and {y.shape}; expected one of each an example"
        )
    if len(np.unique(y)) < 2:
        raise InputError("y has one class; a control task needs at least two to draw from")
    types, which = np.unique(words, return_inverse=True)
    drawn = np.random.default_rng(checks.seed_of(seed, "seed")).choice(y, size=len(types))
    return np.asarray(drawn[which])


def selectivity(
    probe: Probe,
    train: tuple[Any, Any, Any],
    test: tuple[Any, Any, Any],
    *,
    train_groups: Any = None,
    groups: Any = None,
    correct: Any = None,
    seed: int = 0,
) -> Selectivity:
    """Train a probe on the task and on a control task and compare (Hewitt and Liang 2019).

    Its limit: it measures what the probe can memorise about word types. A probe that can
    memorise all of them has a selectivity near 0 on a task that the word alone decides,
    however well the vectors encode it.

    Parameters
    ----------
    probe : the probe, fitted or not; clones of it are fitted.
    train, test : vectors (n, d), labels (n,) and word types (n,).
    train_groups : groups of training examples that validation does not divide.
    groups : groups of test examples, for the interval.
    correct : (n_restarts, n_examples) array, optional
        What the probe got right on the task (`Probe.correct`), where it is trained already.
    seed : of the control labels.

    Returns
    -------
    Selectivity
        Test words that are not in training have labels that nothing could know, so the
        control accuracy is over all test words as in the paper.

    Examples
    --------
    >>> from tunescope.probes import NearestNeighbourProbe
    >>> words = np.array(list("abcd") * 10)
    >>> X = np.eye(4)[np.searchsorted(list("abcd"), words)]
    >>> y = np.array(["vowel" if word == "a" else "other" for word in words])
    >>> selectivity(NearestNeighbourProbe(), (X, y, words), (X, y, words)).selectivity.value
    0.0
    """
    for name, part in (("train", train), ("test", test)):
        if not isinstance(part, (tuple, list)) or len(part) != 3:
            raise InputError(f"{name}: expected three things, vectors, labels and word types")
    X, y, words = train
    X_test, y_test, words_test = test
    n = len(y)
    both = control_labels(
        np.concatenate([np.asarray(words), np.asarray(words_test)]),
        np.concatenate([np.asarray(y), np.asarray(y_test)]),
        seed=seed,
    )
    if len(np.unique(both[:n])) < 2:
        raise InputError(
            f"words: {len(np.unique(words))} word types all drew one label; "
            "use more types or another seed"
        )
    clusters = checks.group_of(groups, len(y_test))
    if correct is None:
        correct = clone(probe).fit(X, y, groups=train_groups).correct(X_test, y_test)
    elif _by_restart(correct, "correct").shape[1] != len(y_test):
        raise InputError(
            f"correct: shape {np.shape(correct)}; expected (n_restarts, {len(y_test)}), "
            "as many as test examples"
        )
    control = clone(probe).fit(X, both[:n], groups=train_groups).correct(X_test, both[n:])
    return Selectivity.of(correct, control, groups=clusters, probe=probe.probe_name)
