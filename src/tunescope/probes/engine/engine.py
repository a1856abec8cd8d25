"""Training any number of networks: packed into stacks, stacks spread over the cores."""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING

import torch

from tunescope.devices import choose_device
from tunescope.errors import InputError
from tunescope.probes.checks import is_whole
from tunescope.probes.engine.float32 import fast_float32
from tunescope.probes.engine.stack import Stack
from tunescope.probes.engine.step import Data

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from tunescope.probes.engine.networks import Part, Training
    from tunescope.probes.protocol import Protocol

logger = logging.getLogger(__name__)

STACK_BYTES = {"cpu": 12 << 20, "cuda": 2 << 30}
"""Weights, gradients and moments of one stack. On a CPU they should stay in its cache; on a
GPU a stack should be large enough to keep it busy."""

FEWEST_STACKS = 4
"""Few networks are divided into so many stacks at least, so that several cores have work."""


class Engine:
    """Trains networks on one set of vectors, on a CPU or a GPU by the same code.

    On a CPU every core trains a stack of its own, sized to the cache; on a GPU the stacks are
    as large as memory allows and layers are padded so that there are few of them. Which
    networks share a stack does not depend on the number of cores, so neither do the results.

    Parameters
    ----------
    X : (n_examples, n_features) float32 array.
    y : (n_examples,) int labels below `n_classes`.
    n_classes : number of labels.
    parts : what may be trained on.
    protocol : how.
    device : "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1" …
    n_jobs : cores to use on a CPU; None for as many as torch uses.
    stack_bytes : memory of one stack, without activations.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        n_classes: int,
        parts: Sequence[Part],
        protocol: Protocol,
        *,
        device: str = "auto",
        n_jobs: int | None = None,
        stack_bytes: int | None = None,
    ) -> None:
        if n_jobs is not None and not (is_whole(n_jobs) and n_jobs >= 1):
            raise InputError(f"n_jobs is {n_jobs!r}; expected 1 or more, or None")
        self.data = Data(X, y, n_classes, choose_device(device))
        self.parts = parts
        self.protocol = protocol
        self.n_jobs = n_jobs if n_jobs is not None else torch.get_num_threads()
        kind = self.data.device.type
        self.stack_bytes = stack_bytes or STACK_BYTES.get(kind, STACK_BYTES["cpu"])
        self.pad = kind != "cpu"

    def run(self, members: Sequence[Training], until: int | None = None) -> None:
        """Train networks to their end, or until each has had `until` epochs in all."""
        waiting = [m for m in members if not m.finished and (until is None or m.epoch < until)]
        stacks = sorted(self._pack(waiting), key=self._work, reverse=True)
        logger.debug("%d networks in %d stacks", len(waiting), len(stacks))

        stop = Event()

        def train(stack: list[Training]) -> None:
            if not stop.is_set():
                with torch.inference_mode():
                    Stack(self.data, self.parts, stack, self.protocol).run(until, stop)

        if self.data.device.type != "cpu":
            for stack in stacks:
                train(stack)
            return
        threads = torch.get_num_threads()
        try:
            with (
                fast_float32(),
                ThreadPoolExecutor(max(1, self.n_jobs), initializer=_own_core) as pool,
            ):
                try:
                    for work in [pool.submit(train, stack) for stack in stacks]:
                        work.result()
                except BaseException:
                    stop.set()  # an interrupt should not wait for hundreds of networks
                    raise
        finally:
            torch.set_num_threads(threads)

    def _pack(self, members: Sequence[Training]) -> list[list[Training]]:
        """Divide networks into stacks: one shape, epoch and number of batches each."""
        alike: dict[tuple[object, ...], list[Training]] = defaultdict(list)
        for member in members:
            hidden = member.setting.hidden
            shape = (len(hidden), *hidden[:1]) if self.pad else hidden
            batches = self.parts[member.part].n_batches(self.protocol.batch_size)
            alike[(shape, batches, member.epoch)].append(member)
        stacks: list[list[Training]] = []
        for group in alike.values():
            slots = self.stack_bytes // (16 * max(self._size(m) for m in group))
            slots = max(1, min(slots, -(-len(members) // FEWEST_STACKS)))
            by_part: dict[int, list[Training]] = defaultdict(list)
            for member in group:
                by_part[member.part].append(member)
            rows = list(by_part.values())
            # networks of one part share their first product, so a stack holds as many of a
            # part as it can before it takes on another part
            wide = min(max(map(len, rows)), slots)
            tall = slots // wide
            for left in range(0, max(map(len, rows)), wide):
                columns = [row[left : left + wide] for row in rows]
                for top in range(0, len(rows), tall):
                    stacks.append([m for row in columns[top : top + tall] for m in row])
        return [stack for stack in stacks if stack]

    def _size(self, member: Training) -> int:
        """Number of weights of a network."""
        sizes = [self.data.X.shape[1], *member.setting.hidden, self.data.n_outputs]
        return sum(a * b for a, b in pairwise(sizes))

    def _work(self, stack: list[Training]) -> int:
        return sum(self._size(m) * len(self.parts[m.part].train) for m in stack)


def _own_core() -> None:
    """Prepare a worker thread: one core, and no denormal numbers.

    The moments of units that never fire decay into denormals, which CPUs add a hundred times
    more slowly; they are set to 0.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
