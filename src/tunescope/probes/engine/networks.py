"""A small network: while it is trained, and once it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tunescope.probes.protocol import Setting


@dataclass(frozen=True)
class Network:
    """A trained network with ReLU between its layers."""

    coefficients: tuple[np.ndarray, ...]
    """Per layer the (n_outputs, n_inputs) weights."""

    intercepts: tuple[np.ndarray, ...]
    """Per layer the (n_outputs,) biases."""

    def logits(self, X: np.ndarray) -> np.ndarray:
        """The (n_examples, n_classes) scores before the softmax."""
        hidden = X
        last = len(self.coefficients) - 1
        for index, weights in enumerate(self.coefficients):
            hidden = hidden @ weights.T + self.intercepts[index]
            if index < last:
                np.maximum(hidden, 0, out=hidden)
        if hidden.shape[1] == 1:  # two classes share one logistic unit
            return np.hstack([np.zeros_like(hidden), hidden])
        return hidden


@dataclass(frozen=True)
class Part:
    """The examples a network is trained on, in which order, and those that judge it."""

    train: np.ndarray
    """Indices of the training examples."""

    held: np.ndarray
    """Indices of the examples that judge; may be empty."""

    seed: tuple[int, ...]
    """Seed of the order of the examples. Networks of one part see the same batches."""

    def order(self, epoch: int) -> np.ndarray:
        """The training examples in the order of an epoch, counted from 0."""
        return np.random.default_rng((*self.seed, epoch)).permutation(self.train)

    def n_batches(self, batch_size: int) -> int:
        """Updates in an epoch."""
        return -(-len(self.train) // batch_size)


@dataclass(eq=False)
class Training:
    """A network in training, with what the stopping rule and the optimizer remember."""

    setting: Setting
    """Its hidden layers and L2 weight."""

    part: int
    """Position of its `Part`."""

    seed: tuple[int, ...]
    """Seed of its first weights."""

    keep: bool = False
    """Whether the trained network is wanted, or its accuracy alone."""

    epoch: int = 0
    """Epochs done."""

    loss: float = inf
    """Mean training loss over the last epoch, L2 term included."""

    best_loss: float = inf
    """Smallest loss of an epoch."""

    stale: int = 0
    """Epochs in a row whose loss did not fall by the tolerance."""

    finished: bool = False
    """Whether the stopping rule or the number of epochs ended the training."""

    converged: bool = False
    """Whether it was the stopping rule."""

    accuracy: float = float("nan")
    """On the held examples of its part, at the last pause or at the end."""

    network: Network | None = None
    """The trained network, if it was to be kept."""

    state: list[list[np.ndarray]] | None = field(default=None, repr=False)
    """Weights, biases and the two moments of each, by layer; None before the first epoch and
    once finished."""

    def note_loss(self, loss: float, *, tolerance: float, patience: int, max_epochs: int) -> None:
        """Take the loss of one more epoch and apply the stopping rule of ``MLPClassifier``."""
        self.loss = loss
        self.epoch += 1
        self.stale = self.stale + 1 if loss > self.best_loss - tolerance else 0
        self.best_loss = min(self.best_loss, loss)
        self.converged = self.stale > patience
        self.finished = self.converged or self.epoch >= max_epochs


def first_state(
    setting: Setting, n_features: int, n_outputs: int, seed: tuple[int, ...]
) -> list[list[np.ndarray]]:
    """Draw a network's first weights as ``MLPClassifier`` does: uniform, after Glorot.

    Weights and biases of a layer lie within √(6 / (inputs + outputs)) (Glorot and Bengio
    2010, equation 16; the biases as in scikit-learn).

    Returns
    -------
    list of six lists of float32 arrays, one a layer
        Weights (n_outputs, n_inputs), biases (n_outputs,), their first moments, their second
        moments; the moments are 0.
    """
    random = np.random.default_rng(seed)
    sizes = [n_features, *setting.hidden, n_outputs]
    weights: list[np.ndarray] = []
    biases: list[np.ndarray] = []
    for inputs, outputs in pairwise(sizes):
        bound = np.float32(sqrt(6.0 / (inputs + outputs)))
        for made, shape in ((weights, (outputs, inputs)), (biases, (outputs,))):
            made.append((2 * random.random(shape, dtype=np.float32) - 1) * bound)
    moments = [[np.zeros_like(array) for array in arrays] for arrays in (weights, biases) * 2]
    return [weights, biases, *moments]
