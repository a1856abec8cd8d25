"""Training many small networks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunescope.probes.protocol import Protocol, Setting


@dataclass(frozen=True)
class Job:
    """A network to be trained."""

    setting: Setting
    """Its hidden layers and L2 weight."""

    part: int
    """Which set of training examples it gets."""

    seed: tuple[int, ...]
    """Seed of its first weights."""


@dataclass(frozen=True)
class Network:
    """A trained network with ReLU between its layers."""

    coefficients: tuple[np.ndarray, ...]
    """Per layer the (n_inputs, n_outputs) weights."""

    intercepts: tuple[np.ndarray, ...]
    """Per layer the (n_outputs,) biases."""

    n_epochs: int
    """Epochs it was trained for."""

    loss: float
    """Training loss, L2 term included, over the last epoch."""

    converged: bool
    """Whether the stopping rule ended the training, rather than the number of epochs."""

    def logits(self, X: np.ndarray) -> np.ndarray:
        """The (n_examples, n_classes) scores before the softmax."""
        hidden = X
        last = len(self.coefficients) - 1
        for index, (weight, bias) in enumerate(
            zip(self.coefficients, self.intercepts, strict=True)
        ):
            hidden = hidden @ weight + bias
            if index < last:
                np.maximum(hidden, 0, out=hidden)
        if hidden.shape[1] == 1:  # two classes share one logistic unit
            return np.hstack([np.zeros_like(hidden), hidden])
        return hidden


def train(
    X: np.ndarray,
    y: np.ndarray,
    parts: Sequence[np.ndarray],
    jobs: Sequence[Job],
    protocol: Protocol,
) -> list[Network]:
    """Train a network for every job.

    Parameters
    ----------
    X : (n_examples, n_features) float32 vectors.
    y : (n_examples,) int labels 0 … n_classes - 1.
    parts : the indices of the training examples of each part.
    jobs : what to train.
    protocol : how.
    """
    from sklearn.neural_network import MLPClassifier

    networks = []
    n_classes = int(y.max()) + 1
    for job in jobs:
        rows = parts[job.part]
        seed = int(np.random.SeedSequence(job.seed).generate_state(1)[0])
        model = MLPClassifier(
            hidden_layer_sizes=job.setting.hidden,
            alpha=job.setting.weight,
            batch_size=min(protocol.batch_size, len(rows)),
            learning_rate_init=protocol.learning_rate,
            max_iter=protocol.max_epochs,
            tol=protocol.tolerance,
            n_iter_no_change=protocol.patience,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X[rows], y[rows])
        coefficients, intercepts = list(model.coefs_), list(model.intercepts_)
        if len(model.classes_) < n_classes or n_classes == 2:
            last, bias = coefficients[-1], intercepts[-1]
            if last.shape[1] == 1:
                last = np.hstack([np.zeros_like(last), last])
                bias = np.concatenate([np.zeros_like(bias), bias])
            width = np.zeros((len(last), n_classes), dtype=last.dtype)
            shift = np.full(n_classes, -np.inf, dtype=bias.dtype)
            width[:, model.classes_], shift[model.classes_] = last, bias
            coefficients[-1], intercepts[-1] = width, shift
        networks.append(
            Network(
                tuple(coefficients),
                tuple(intercepts),
                int(model.n_iter_),
                float(model.loss_),
                bool(model.n_iter_ < protocol.max_epochs),
            )
        )
    return networks
