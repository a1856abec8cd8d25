"""Do the steps of a study in this process, one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tunescope.progress import Progress
from tunescope.runs import Run
from tunescope.studies.spending import SPENT
from tunescope.studies.steps import Graph, Step
from tunescope.studies.work import Workshop


def execute(graph: Graph, shop: Workshop, progress: Progress) -> None:
    """Do every step that is due.

    Fine-tuning hands over each snapshot's vectors; what measures them is done at once, so that
    never more than one unmeasured snapshot lies on the disk.

    Parameters
    ----------
    graph : the steps.
    shop : what the steps work with.
    progress : who hears how far it is.
    """
    due = graph.due()
    progress.plan(sum(step.cost for step in due))
    turns = _Turns(graph, shop, progress, list(due))
    shop.on_vectors = turns.measure
    for step in due:
        if step in turns.waiting:
            turns.do(step)


@dataclass
class _Turns:
    """Whose turn it is: the steps that wait, and how long those that are inside others take."""

    graph: Graph
    shop: Workshop
    progress: Progress
    waiting: list[Step]
    inside: list[float] = field(default_factory=list)
    """For each step being done, the seconds of the steps that were done inside it."""

    def do(self, step: Step) -> None:
        """Do one step, store what it found, and let go of vectors that nobody needs any more."""
        self.waiting.remove(step)
        self.progress.say(step.title)
        self.inside.append(0.0)
        told = _Share(self.progress, step.cost)
        outer, self.shop.advance = self.shop.advance, told.advance
        begin = time.perf_counter()
        try:
            result = step.work(self.shop)
            seconds = time.perf_counter() - begin
        finally:
            inner = self.inside.pop()
            self.shop.advance = outer
        told.advance(1.0)
        if self.inside:
            self.inside[-1] += seconds
        run: Run = self.graph.run
        spent = {SPENT: self.shop.spending.take()}
        if not run.is_done(step.key):  # else it was done again for its vectors only
            run.finish(step.key, result.tables, seconds=seconds - inner, **result.notes, **spent)
        self.graph.release()

    def measure(self, vectors: str) -> None:
        """Do the waiting steps for which these vectors were the last thing missing."""
        for step in list(self.waiting):
            if vectors in step.uses and self.graph.is_ready(step):
                self.do(step)


class _Share:
    """Tells how much of a step is done, as its part of the whole."""

    def __init__(self, progress: Progress, cost: float) -> None:
        self._progress, self._cost, self._done = progress, cost, 0.0

    def advance(self, share: float) -> None:
        """Hear that so much of the step is done, from 0 to 1."""
        share = min(max(share, self._done), 1.0)
        self._progress.advance((share - self._done) * self._cost)
        self._done = share
