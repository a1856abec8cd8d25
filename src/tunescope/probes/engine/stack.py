"""Networks of one shape in training: what enters, what is finished, what is left."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from tunescope.probes.engine.networks import Network, first_state
from tunescope.probes.engine.step import State, Trainer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from tunescope.probes.engine.networks import Part, Training
    from tunescope.probes.engine.step import Data
    from tunescope.probes.protocol import Protocol

HELD_ROWS = 4096
"""Held examples judged at a time."""


class Stack:
    """Networks whose hidden layers fit one shape, all after the same number of epochs.

    Smaller layers are padded with zeros, which stay exactly zero: a padded unit has no input,
    so its output is 0 and so is, at the kink of ReLU, its gradient.

    Parameters
    ----------
    data : what the networks are trained on.
    parts : all parts; those of one stack have the same number of batches.
    members : the networks, not finished.
    protocol : how they are trained.
    """

    def __init__(
        self,
        data: Data,
        parts: Sequence[Part],
        members: Sequence[Training],
        protocol: Protocol,
    ) -> None:
        self.data, self.parts, self.protocol = data, parts, protocol
        self.epoch = members[0].epoch
        depth = len(members[0].setting.hidden)
        hidden = [max(m.setting.hidden[layer] for m in members) for layer in range(depth)]
        self.sizes = [data.X.shape[1], *hidden, data.n_outputs]
        rows = [
            [m for m in members if m.part == part] for part in sorted({m.part for m in members})
        ]
        width = max(map(len, rows))
        # A part with fewer networks repeats its first; the copies' results are not read.
        self.slots = [row + [row[0]] * (width - len(row)) for row in rows]
        self.used = [[column < len(row) for column in range(width)] for row in rows]
        self._start(self._load())

    def run(self, until: int | None, stop: Event) -> None:
        """Train until every network has finished or has had `until` epochs, if they are given.

        The networks learn their losses and, at the end or the pause, their accuracy on held
        examples; a paused one takes its state with it. Setting `stop` pauses after the epoch.
        """
        protocol = self.protocol
        n_batches = self.parts[self.slots[0][0].part].n_batches(protocol.batch_size)
        most = protocol.most_epochs(n_batches)
        while self.slots and (until is None or self.epoch < until) and not stop.is_set():
            orders = [self.parts[row[0].part].order(self.epoch) for row in self.slots]
            losses = self.trainer.epoch(orders)
            self.epoch += 1
            for p, s, member in self._members():
                member.note_loss(
                    float(losses[p, s]),
                    tolerance=protocol.tolerance,
                    patience=protocol.patience,
                    max_epochs=most,
                )
                if member.finished:
                    member.accuracy = self._judge(member, p, s)
                    if member.keep:
                        weights, biases = self._unload(member, p, s)[:2]
                        member.network = Network(tuple(weights), tuple(biases))
                    self.used[p][s] = False
            self._compact()
        for p, s, member in self._members():
            member.accuracy = self._judge(member, p, s)
            member.state = self._unload(member, p, s)

    def _members(self) -> Iterator[tuple[int, int, Training]]:
        """The networks still in training and their places."""
        for p, row in enumerate(self.slots):
            for s, member in enumerate(row):
                if self.used[p][s]:
                    yield p, s, member

    def _start(self, state: State) -> None:
        """Make the trainer of the present layout."""
        parts = [self.parts[row[0].part] for row in self.slots]
        self.state = state
        self.trainer = Trainer(
            self.data,
            state,
            [[member.setting.weight for member in row] for row in self.slots],
            [len(part.train) for part in parts],
            self.epoch * parts[0].n_batches(self.protocol.batch_size),
            self.protocol,
        )

    def _load(self) -> State:
        """Stack the networks' states, zeros where one is smaller than the stack's shape."""
        device, lead = self.data.device, (len(self.slots), len(self.slots[0]))
        kinds = [
            [
                torch.zeros((*lead, *shape), device=device)
                for inputs, outputs in pairwise(self.sizes)
                for shape in [(outputs,) if kind % 2 else (outputs, inputs)]
            ]
            for kind in range(6)
        ]
        for p, row in enumerate(self.slots):
            for s, member in enumerate(row):
                state = member.state or first_state(
                    member.setting, self.sizes[0], self.sizes[-1], member.seed
                )
                for tensors, arrays in zip(kinds, state, strict=True):
                    for tensor, array in zip(tensors, arrays, strict=True):
                        _corner(tensor[p, s], array.shape).copy_(torch.from_numpy(array))
        for _, _, member in self._members():
            member.state = None
        return State(*kinds)

    def _unload(self, member: Training, p: int, s: int) -> list[list[np.ndarray]]:
        """Copy a network's state out of the stack, without padding."""
        shapes = [
            (outputs, inputs)
            for inputs, outputs in pairwise([self.sizes[0], *member.setting.hidden, self.sizes[-1]])
        ]
        return [
            [
                _corner(tensor[p, s], shape).cpu().numpy().copy()
                for tensor, shape in zip(tensors, shapes, strict=True)
            ]
            for tensors in self.state.kinds
        ]

    def _compact(self) -> None:
        """Take finished networks out, where that makes the stack smaller."""
        left = [sum(used) for used in self.used]
        width, rows = max(left), [p for p, n in enumerate(left) if n]
        if width == len(self.slots[0]) and len(rows) == len(self.slots):
            return
        if not rows:
            self.slots, self.used = [], []
            return
        # Those in training first; in a part with fewer than the width, finished ones follow.
        kept = [
            np.argsort([not used for used in self.used[p]], kind="stable")[:width] for p in rows
        ]
        first = torch.tensor(rows).to(self.data.device)[:, None]
        second = torch.from_numpy(np.stack(kept)).to(self.data.device)
        self.slots = [[self.slots[p][s] for s in row] for p, row in zip(rows, kept, strict=True)]
        self.used = [[self.used[p][s] for s in row] for p, row in zip(rows, kept, strict=True)]
        self._start(State(*[[T[first, second] for T in kind] for kind in self.state.kinds]))

    def _judge(self, member: Training, p: int, s: int) -> float:
        """Accuracy on the held examples of the network's part; NaN if there are none."""
        held = self.parts[member.part].held
        if len(held) == 0:
            return float("nan")
        right = 0
        last = len(self.sizes) - 2
        for start in range(0, len(held), HELD_ROWS):
            rows = torch.from_numpy(held[start : start + HELD_ROWS]).to(self.data.device)
            values = self.data.X.index_select(0, rows).T
            for layer, (W, b) in enumerate(zip(self.state.weights, self.state.biases, strict=True)):
                values = torch.addmm(b[p, s][:, None], W[p, s], values)
                if layer < last:
                    values.relu_()
            predicted = values[0] > 0 if len(values) == 1 else values.argmax(0)
            right += int((predicted == self.data.y.index_select(0, rows)).sum())
        return right / len(held)


def _corner(tensor: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """The first entries of a tensor along each of its dimensions."""
    for dimension, length in zip(range(tensor.ndim), shape, strict=False):
        tensor = tensor.narrow(dimension, 0, length)
    return tensor
