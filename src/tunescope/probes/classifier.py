"""The probe of the paper: a two-layer network, chosen by grid search, trained several times."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.utils.validation import check_is_fitted

from tunescope.extras import needed_for
from tunescope.probes import checks
from tunescope.probes.base import Probe
from tunescope.probes.engine.networks import Network, Part, Training
from tunescope.probes.folds import folds
from tunescope.probes.protocol import Protocol, resolve


class ClassifierProbe(Probe):
    """How well a small network can read the labels off the vectors.

    The settings of the protocol are searched by validation inside the training examples, the
    best one is trained several times on all of them, and the accuracy is the mean over these
    restarts (Zhou and Srikumar 2022, section 2.1).

    Parameters
    ----------
    protocol : Protocol or str, default "zhou2022"
        What is searched and how networks are trained; a `Protocol` or the name of one.
    random_state : int, default 0
        Seed of everything random. The same seed gives the same numbers on CPU.
    device : str, default "auto"
        "cpu", "cuda", "cuda:1" …; "auto" is a GPU if there is one.
    n_jobs : int, optional
        Cores to use on a CPU; by default as many as torch uses. The numbers do not depend on it.

    Attributes
    ----------
    classes_ : (n_classes,) sorted labels.
    protocol_ : the Protocol that was run.
    best_setting_ : the Setting chosen.
    search_ : DataFrame, a row a setting
        ``setting, layers, weight, accuracy, std, fold_0 …, epochs, finished, rank``; see
        `tunescope.probes.engine.search.search`.
    restarts_ : DataFrame, a row a restart
        ``restart, epochs, converged, loss, accuracy`` on the training examples.
    networks_ : the trained networks, one a restart.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> y = np.repeat(["near", "far"], 50)
    >>> X = random.normal(size=(100, 4)) + 5 * (y == "far")[:, None]
    >>> protocol = Protocol.quick(hidden=((32, 32),), weights=(1e-4,), restarts=2)
    >>> probe = ClassifierProbe(protocol).fit(X, y)
    >>> probe.score(X, y)
    1.0
    >>> probe.evaluate(X, y)[["restart", "accuracy", "n_examples"]]
       restart  accuracy  n_examples
    0        0       1.0         100
    1        1       1.0         100
    """

    probe_name: ClassVar[str] = "classifier"

    def __init__(
        self,
        protocol: Protocol | str = "zhou2022",
        random_state: int = 0,
        *,
        device: str = "auto",
        n_jobs: int | None = None,
    ) -> None:
        self.protocol = protocol
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Search the settings and train the restarts.

        Parameters
        ----------
        X : (n_examples, n_features) array of finite numbers, trained on as float32.
        y : (n_examples,) labels.
        groups : (n_examples,) array, optional
            Examples of one group (the words of one sentence) are not divided by validation.

        Raises
        ------
        InputError
            For vectors that are not finite, a single label, or fewer examples (or groups)
            than folds.
        """
        # torch is loaded where networks are trained, not where other probes are imported
        with needed_for("ClassifierProbe", "classifier"):
            from tunescope.probes.engine.engine import Engine
            from tunescope.probes.engine.search import search

        X, codes, self.classes_ = checks.training_data(self, X, y)
        X = checks.as_float32(X)
        groups = checks.group_of(groups, len(X))
        self.protocol_ = resolve(self.protocol)
        seed = checks.seed_of(self.random_state)
        engine = Engine(
            X,
            codes,
            len(self.classes_),
            [
                Part(train, held, (seed, 2, fold))
                for fold, (train, held) in enumerate(
                    folds(codes, self.protocol_, groups=groups, seed=seed)
                )
            ],
            self.protocol_,
            device=self.device,
            n_jobs=self.n_jobs,
        )
        self.best_setting_, self.search_ = search(engine, self.protocol_, seed=seed)
        everything, nothing = np.arange(len(X)), np.arange(0)
        engine.parts = [
            Part(everything, nothing, (seed, 3, restart))
            for restart in range(self.protocol_.restarts)
        ]
        restarts = [
            Training(self.best_setting_, part, (seed, 1, part), keep=True)
            for part in range(self.protocol_.restarts)
        ]
        engine.run(restarts)
        self.networks_: list[Network] = [m.network for m in restarts if m.network is not None]
        self.restarts_ = pd.DataFrame(
            {
                "restart": range(len(restarts)),
                "epochs": [member.epoch for member in restarts],
                "converged": [member.converged for member in restarts],
                "loss": [member.loss for member in restarts],
                "accuracy": [
                    float(np.mean(network.logits(X).argmax(axis=1) == codes))
                    for network in self.networks_
                ],
            }
        )
        return self

    @property
    def chosen(self) -> str:
        """The setting that the search chose."""
        return self.best_setting_.name

    def predict_proba(self, X: Any) -> np.ndarray:
        """Mean over restarts of the (n_examples, n_classes) probabilities."""
        check_is_fitted(self)
        X = checks.as_float32(checks.test_vectors(self, X))
        each = [softmax(network.logits(X).astype(float), axis=1) for network in self.networks_]
        return np.asarray(np.mean(each, axis=0))

    def predict(self, X: Any) -> np.ndarray:
        """The label with the highest mean probability over restarts."""
        check_is_fitted(self)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _restart_codes(self, X: np.ndarray) -> np.ndarray:
        X = checks.as_float32(X)
        return np.stack([network.logits(X).argmax(axis=1) for network in self.networks_])
