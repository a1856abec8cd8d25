"""The linear probe: multinomial logistic regression over the same grid of L2 weights."""

from __future__ import annotations

import logging
import warnings
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from tunescope.probes import checks
from tunescope.probes.base import Probe
from tunescope.probes.folds import folds
from tunescope.probes.protocol import Protocol, Setting, resolve

logger = logging.getLogger(__name__)

MAX_ITERATIONS = 1000
"""Of L-BFGS for one weight; each starts from the next larger weight's solution."""


class LinearProbe(Probe):
    """How well the labels can be read off linearly (Alain and Bengio 2017).

    The L2 weights of the protocol mean what they mean for its networks: the minimum is that of
    a network without hidden layers, reached by a convex solver instead of Adam. A weight
    α over batches of b examples is ``C = b / (α n)`` of ``LogisticRegression``.

    Its limit: a label that only a curved boundary can tell apart is missed although it is in
    the vectors; on XOR it stays at chance.

    Parameters
    ----------
    protocol : Protocol or str, default "zhou2022"
        Its weights and validation are used, its hidden layers and restarts are not.
    random_state : int, default 0
        Seed of a held-out part or grouped folds; nothing else is random.

    Attributes
    ----------
    classes_ : (n_classes,) sorted labels.
    best_setting_ : the Setting chosen, without hidden layers.
    search_ : DataFrame, a row a weight
        ``weight, accuracy, std, fold_0 …, rank``, on held examples.
    converged_ : whether the solver reached the minimum within its iterations.

    Examples
    --------
    >>> X = np.array([[-2.0], [-1.0], [1.0], [2.0]] * 5)
    >>> y = np.array(["left", "left", "right", "right"] * 5)
    >>> LinearProbe("quick").fit(X, y).predict([[-3.0], [3.0]])
    array(['left', 'right'], dtype='<U5')
    """

    probe_name: ClassVar[str] = "linear"

    def __init__(self, protocol: Protocol | str = "zhou2022", random_state: int = 0) -> None:
        self.protocol = protocol
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Choose the weight on held examples and fit it to all.

        Parameters and errors are those of `ClassifierProbe.fit`.
        """
        X, codes, self.classes_ = checks.training_data(self, X, y)
        checks.as_float32(X)  # refuses what the solver, in float32, could not hold
        X = X.astype(np.float64)
        groups = checks.group_of(groups, len(X))
        protocol = resolve(self.protocol)
        seed = checks.seed_of(self.random_state)
        parts = folds(codes, protocol, groups=groups, seed=seed)
        weights = protocol.weights
        accuracy = np.empty((len(weights), len(parts)))
        for part, (train, held) in enumerate(parts):
            if len(np.unique(codes[train])) == 1:  # groups may leave a fold with one label
                accuracy[:, part] = np.mean(codes[held] == codes[train[0]])
                continue
            models = _path(X[train], codes[train], weights, protocol.batch_size)
            for index, (model, _) in enumerate(models):
                accuracy[index, part] = np.mean(model.predict(X[held]) == codes[held])
        order = np.lexsort((np.arange(len(weights)), -accuracy.mean(axis=1)))
        rank = np.empty(len(weights), dtype=int)
        rank[order] = np.arange(1, len(weights) + 1)
        self.search_ = pd.DataFrame(
            {
                "weight": weights,
                "accuracy": accuracy.mean(axis=1),
                "std": accuracy.std(axis=1, ddof=1) if len(parts) > 1 else np.nan,
                **{f"fold_{part}": accuracy[:, part] for part in range(len(parts))},
                "rank": rank,
            }
        )
        self.best_setting_ = Setting((), weights[order[0]])
        path = sorted({w for w in weights if w >= self.best_setting_.weight})
        self.model_, self.converged_ = _path(X, codes, path, protocol.batch_size)[0]
        return self

    @property
    def chosen(self) -> str:
        """The L2 weight that validation chose."""
        return f"weight {self.best_setting_.weight:g}"

    def predict_proba(self, X: Any) -> np.ndarray:
        """The (n_examples, n_classes) probabilities."""
        check_is_fitted(self)
        return np.asarray(self.model_.predict_proba(checks.test_vectors(self, X)))

    def _restart_codes(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.model_.predict(X.astype(np.float64)))[None, :]


def _path(
    X: np.ndarray, codes: np.ndarray, weights: Any, batch_size: int
) -> list[tuple[LogisticRegression, bool]]:
    """Fit every weight, from the largest down; each starts where the last one ended.

    Returns
    -------
    list of (model, converged), in the order of `weights`
    """
    batch = min(batch_size, len(X))
    # an intercept takes up any shift: around their mean the vectors need a fifth of the steps,
    # and then single precision will do
    center = X.mean(axis=0)
    near = np.asarray(X - center, dtype=np.float32)
    fitted: dict[float, tuple[LogisticRegression, bool]] = {}
    start: tuple[np.ndarray, np.ndarray] | None = None
    for weight in sorted(set(weights), reverse=True):
        # no L2 term at all is the limit; a minimum may then not exist
        C = batch / (weight * len(X)) if weight > 0 else np.inf
        model = LogisticRegression(C=C, max_iter=MAX_ITERATIONS, warm_start=True)
        if start is not None:
            model.coef_, model.intercept_ = (part.copy() for part in start)
            model.classes_ = np.unique(codes)
        # the products are small: threads on cores that are busy wait 30 times as long as they work
        with warnings.catch_warnings(record=True) as caught, threadpool_limits(1):
            warnings.simplefilter("always", ConvergenceWarning)
            model.fit(near, codes)
        converged = not any(issubclass(w.category, ConvergenceWarning) for w in caught)
        if not converged:
            logger.info("L2 weight %g: not at its minimum after %d steps", weight, MAX_ITERATIONS)
        start = model.coef_, model.intercept_
        model.coef_ = start[0].astype(np.float64)
        model.intercept_ = start[1] - model.coef_ @ center
        fitted[weight] = (model, converged)
    return [fitted[weight] for weight in weights]
