"""One optimizer step of many networks of one shape, as batched matrix products.

Everything is laid out with the examples last: the activations of P parts with S networks each
are ``(P·S, units, batch)``. So the networks of a part share one large product with their batch
in the first layer, where most of the work is, and nothing is ever copied into another layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tunescope.probes.engine.adam import BETAS, adam_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunescope.probes.protocol import Protocol

EPSILON = 1e-8
"""Adam's constant, as in ``MLPClassifier``."""


class Data:
    """The vectors and labels all networks are trained on, on their device.

    Parameters
    ----------
    X : (n_examples, n_features) float32 array.
    y : (n_examples,) int array.
    n_classes : number of labels; two of them share one logistic unit.
    device : where the networks are trained.
    """

    def __init__(self, X: np.ndarray, y: np.ndarray, n_classes: int, device: torch.device) -> None:
        self.device = device
        # a memory-mapped file may be read-only, which torch cannot share
        writable = np.require(X, np.float32, ["C", "W"])
        self.X = torch.from_numpy(writable).to(self.device)
        self.y = torch.from_numpy(y.astype(np.int64)).to(self.device)
        self.n_outputs = 1 if n_classes == 2 else n_classes


@dataclass(frozen=True)
class State:
    """What training changes: one (P, S, …) tensor a layer in each list."""

    weights: list[torch.Tensor]
    """(P, S, n_outputs, n_inputs)"""

    biases: list[torch.Tensor]
    """(P, S, n_outputs)"""

    first_weights: list[torch.Tensor]
    """First moments of the weights' gradients."""

    first_biases: list[torch.Tensor]
    """First moments of the biases' gradients."""

    second_weights: list[torch.Tensor]
    """Second moments of the weights' gradients."""

    second_biases: list[torch.Tensor]
    """Second moments of the biases' gradients."""

    @property
    def kinds(self) -> tuple[list[torch.Tensor], ...]:
        """The six lists, in the order of `tunescope.probes.engine.networks.first_state`."""
        return (
            self.weights,
            self.biases,
            self.first_weights,
            self.first_biases,
            self.second_weights,
            self.second_biases,
        )


class Trainer:
    """Trains P × S networks in step, epoch by epoch.

    Parameters
    ----------
    data : what they are trained on.
    state : their weights and moments, changed in place.
    decays : P rows of S L2 weights.
    lengths : training examples of each of the P parts; all make the same number of batches.
    n_updates : updates that `state` has had.
    protocol : batch size and learning rate.
    """

    def __init__(
        self,
        data: Data,
        state: State,
        decays: Sequence[Sequence[float]],
        lengths: Sequence[int],
        n_updates: int,
        protocol: Protocol,
    ) -> None:
        self.data, self.state = data, state
        self.shape = P, S = len(decays), len(decays[0])
        self.learning_rate = protocol.learning_rate
        self.n_updates = n_updates
        self.batch = min(protocol.batch_size, max(lengths))
        self.n_batches = -(-max(lengths) // self.batch)
        device = data.device

        # Parts may end with batches of different sizes. The smaller are padded with examples
        # that have no share in the mean.
        lasts = [length - (self.n_batches - 1) * self.batch for length in lengths]
        share = torch.zeros((P, S, 1, max(lasts)))
        for part, n_last in enumerate(lasts):
            share[part, :, :, :n_last] = 1 / n_last
        self.last_share = share.view(P * S, 1, -1).to(device)
        self.lengths = torch.tensor(lengths).to(device)[:, None]

        self.W = [W.view(P * S, *W.shape[2:]) for W in state.weights]
        self.b = [b.view(P * S, -1, 1) for b in state.biases]
        self.gradient_W = [torch.zeros_like(W) for W in self.W]
        self.gradient_b = [torch.zeros_like(b[..., 0]) for b in self.b]
        self.activations: dict[int, tuple[list[torch.Tensor], list[torch.Tensor]]] = {}
        self.n_steps = torch.full((), float(n_updates), device=device)
        self.nll = torch.zeros(P * S, device=device)
        self.squares = torch.zeros(P * S, device=device)
        self.decays = torch.tensor(decays, dtype=torch.float32).view(-1).to(device)
        self.minus_one = torch.full((1, 1, 1), -1.0, device=device)
        self.groups = self._decay_groups(decays, lasts)

    def epoch(self, orders: Sequence[np.ndarray]) -> np.ndarray:
        """Train for one epoch, the P parts in the given orders of their examples.

        Returns
        -------
        (P, S) array
            The mean loss of each network over the epoch, each batch before its update, with
            the L2 term: what ``MLPClassifier`` calls ``loss_``.
        """
        padded = np.zeros((len(orders), self.n_batches * self.batch), dtype=np.int64)
        for part, order in enumerate(orders):
            padded[part, : len(order)] = order
            padded[part, len(order) :] = order[0]
        rows = torch.from_numpy(padded).to(self.data.device)
        self.nll.zero_()
        self.squares.zero_()
        start = (self.n_batches - 1) * self.batch
        for first in range(0, start, self.batch):
            self._update(rows[:, first : first + self.batch], None)
        self._update(rows[:, start : start + self.last_share.shape[2]], self.last_share)
        total = self.nll + 0.5 * self.decays * self.squares
        losses: np.ndarray = (total.view(self.shape) / self.lengths).cpu().numpy()
        return losses

    def _update(self, rows: torch.Tensor, share: torch.Tensor | None) -> None:
        """One optimizer step on the examples `rows`, (P, batch).

        `share` is, for the last batch of an epoch, the share of each example in the mean.
        """
        P, S = self.shape
        size = rows.shape[1]
        activations, deltas = self._buffers(size)
        flat = rows.reshape(-1)
        X = self.data.X.index_select(0, flat).view(P, size, -1)
        y = self.data.y.index_select(0, flat).view(P, 1, size).expand(P, S, size)
        y = y.reshape(P * S, 1, size)
        last = len(self.W) - 1

        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            values = activations[layer]
            if layer == 0:
                shared = W.view(P, -1, W.shape[2])
                torch.bmm(shared, X.transpose(1, 2), out=values.view(P, -1, size))
            else:
                torch.bmm(W, activations[layer - 1], out=values)
            values.add_(b)
            if layer < last:
                values.relu_()
            self.squares += torch.linalg.vector_norm(W.flatten(1), dim=1).square_()

        delta = self._loss(activations[last], y, share)
        for layer in range(last, 0, -1):
            below = activations[layer - 1]
            torch.bmm(delta, below.transpose(1, 2), out=self.gradient_W[layer])
            torch.sum(delta, 2, out=self.gradient_b[layer])
            torch.bmm(self.W[layer].transpose(1, 2), delta, out=deltas[layer - 1])
            delta = deltas[layer - 1]
            torch.ops.aten.threshold_backward.grad_input(delta, below, 0, grad_input=delta)
        shared = self.gradient_W[0].view(P, -1, X.shape[2])
        torch.bmm(delta.view(P, -1, size), X, out=shared)
        torch.sum(delta, 2, out=self.gradient_b[0])
        self._adam(size, last=share is not None)

    def _loss(
        self, scores: torch.Tensor, y: torch.Tensor, share: torch.Tensor | None
    ) -> torch.Tensor:
        """Add the batch's loss to the epoch's; returns its gradient by the scores."""
        if self.data.n_outputs == 1:
            truth = y.to(scores.dtype)
            nll = torch.nn.functional.softplus(scores) - truth * scores
            delta = scores.sigmoid().sub_(truth)
        else:
            delta = torch.log_softmax(scores, 1)
            nll = delta.gather(1, y).neg_()
            delta.exp_().scatter_add_(1, y, self.minus_one.expand_as(y))
        if share is None:
            self.nll += nll.sum((1, 2))
            return delta.mul_(1 / y.shape[2])
        self.nll += (nll * (share > 0)).sum((1, 2))
        return delta.mul_(share)

    def _adam(self, size: int, *, last: bool) -> None:
        """One Adam step, the L2 term divided by the batch as in ``MLPClassifier``.

        scikit-learn adds epsilon before it corrects the second moment for its start at 0,
        torch after; the division below makes them the same.
        """
        self.n_steps += 1
        self.n_updates += 1
        epsilon = EPSILON / (1 - BETAS[1] ** self.n_updates) ** 0.5
        for decay, n_last, tensors in self.groups:
            adam_step(
                tensors,
                self.n_steps,
                learning_rate=self.learning_rate,
                weight_decay=decay / (n_last if last else size),
                epsilon=epsilon,
            )

    def _decay_groups(
        self, decays: Sequence[Sequence[float]], lasts: Sequence[int]
    ) -> list[tuple[float, int, list[list[torch.Tensor]]]]:
        """Tensors that share an L2 term, since a call of Adam takes one.

        One group of all biases, which have none, and one of the weights for every L2 weight
        and size of the last batch.
        """
        state, (P, S) = self.state, self.shape
        gradients = [g.view(P, S, *g.shape[1:]) for g in self.gradient_W]
        of_weights = [state.weights, gradients, state.first_weights, state.second_weights]
        flat = [g.view(P, S, -1) for g in self.gradient_b]
        of_biases = [state.biases, flat, state.first_biases, state.second_biases]
        alike: dict[tuple[float, int], list[tuple[int, int]]] = {}
        for part, row in enumerate(decays):
            for column, decay in enumerate(row):
                alike.setdefault((decay, lasts[part]), []).append((part, column))
        groups = [(0.0, 1, of_biases)]
        for (decay, n_last), places in alike.items():
            whole = len(places) == P * S
            chosen = [[T[place] for T in kind for place in places] for kind in of_weights]
            groups.append((decay, n_last, of_weights if whole else chosen))
        return groups

    def _buffers(self, size: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Activations, and gradients by them, for batches of a size."""
        if size not in self.activations:
            units = [W.shape[1] for W in self.W]
            n, device = len(self.W[0]), self.data.device
            self.activations[size] = (
                [torch.empty((n, count, size), device=device) for count in units],
                [torch.empty((n, count, size), device=device) for count in units[:-1]],
            )
        return self.activations[size]
