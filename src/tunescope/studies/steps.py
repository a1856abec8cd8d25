"""A study as a graph of steps, each done once or not at all.

`run`, `compare` and `reproduce` are different lists of steps. Whoever executes them, shows how far
they are, goes on with them or puts their tables together reads the same graph.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from tunescope.runs import Run
from tunescope.seals import folder_damage
from tunescope.storage import remove

if TYPE_CHECKING:
    from pathlib import Path

    from tunescope.studies.work import Workshop

log = logging.getLogger(__name__)

KEPT = "kept"
"""Where a run's record keeps the folders of vectors and models that its finished steps left."""

Work = Callable[["Workshop"], "Result"]


@dataclass(frozen=True)
class Result:
    """What a step found."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Its part of the run's tables, without the columns that say where rows are from."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What it wants to be asked later, as JSON."""


@dataclass(frozen=True)
class Origin:
    """Where a step's rows are from; `tables.stages.with_origin` puts it before them."""

    model: str
    task: str
    seed: int | None
    """None: it does not depend on the seed of fine-tuning, and stands under every one."""
    stage: str = ""
    update: int | None = None
    """None: the rows have a column of updates, which end at `last`."""
    last: int | None = None
    tuned_on: str = ""


@dataclass(frozen=True)
class Step:
    """The smallest thing of a study that is done once or not at all."""

    key: str
    """Its folder among the run's steps: safe, and different for different inputs."""
    work: Work
    """What is to be done; it can be sent to another process."""
    title: str
    """What is being done, for a person."""
    cost: float = 0.0
    """Roughly how long it takes, in examples and layers measured."""
    uses: tuple[str, ...] = ()
    """Vectors that it reads, by their folder among the run's vectors."""
    after: tuple[str, ...] = ()
    """Steps whose tables it reads, by their key."""
    leaves: tuple[str, ...] = ()
    """Vectors that it leaves there; some may be there before it has ended."""
    model: str = ""
    """Folder of the run in which it leaves a tuned model; none: it leaves none."""
    origin: Origin | None = None
    """Where the rows of its tables are from; None where it has no tables."""
    resources: frozenset[str] = frozenset()
    """What it runs faster with: ``gpu``."""


def set_aside(folder: Path) -> bool:
    """Remove a sealed folder that is damaged, and say so."""
    found = folder_damage(folder)
    if found is None:
        return False
    path, what = found
    log.warning("%s: damaged (%s); it is made again", path, what)
    remove(folder)
    return True


class Graph:
    """The steps of a study in an order in which they can be done, and what is done of them.

    Parameters
    ----------
    run : the folder.
    steps : each after those that leave the vectors, and the tables, that it reads.
    kept : vectors that stay when nobody needs them any more.
    """

    def __init__(self, run: Run, steps: Iterable[Step], kept: Iterable[str] = ()) -> None:
        self.run = run
        self.steps = tuple(steps)
        self.kept = frozenset(kept)
        keys = [step.key for step in self.steps]
        if len(set(keys)) < len(keys):
            raise ValueError("two steps of the study have one key")
        self.lost: set[str] = set()
        """Vectors that were damaged or lost, and are made again though no step may read them."""
        self.models_lost: set[str] = set()
        """Folders of tuned models that were, too."""

    def has(self, vectors: str) -> bool:
        """Tell whether vectors are there, whole."""
        return self.run.path("vectors", *vectors.split("/")).is_dir()

    def set_aside_damage(self) -> None:
        """Remove vectors and models that are not what was written; have the lost made again.

        What was asked for after its step was done is neither there nor lost; that is said.

        Raises
        ------
        InputError
            If there is a file among them that was not written with them.
        """
        leaving = {name: step for step in self.steps for name in step.leaves}
        places = {f"vectors/{name}": name for name in sorted(self.needed() | self.kept)}
        stays = {f"vectors/{name}": leaving[name] for name in self.kept}
        stays |= {step.model: step for step in self.steps if step.model}
        before = set(self.run.record.get(KEPT, []))
        awaited = {place for place, step in stays.items() if not self.run.is_done(step.key)}
        never = []
        for place in sorted({*places, *stays}):
            folder = self.run.path(*place.split("/"))
            if folder.is_dir():
                gone = set_aside(folder)
            elif gone := place in before and place in stays and place not in awaited:
                log.warning("%s: is gone; it is made again", folder)
            elif place in stays and place not in awaited:
                never.append(folder)
            if gone and place in places:
                self.lost.add(places[place])
            elif gone:
                self.models_lost.add(place)
        if never:
            log.warning(
                "%s%s: not kept when its step was done, and not made now; run the study in "
                "another folder to have it",
                never[0],
                f" and {len(never) - 1} more" if never[1:] else "",
            )
        if now := awaited - before:
            self.run.note(**{KEPT: sorted(before | now)})

    def due(self) -> list[Step]:
        """Give the steps that are to be done, in order.

        They are those not done yet, and those done before whose vectors or model are gone and
        needed again.
        """
        found: list[Step] = []
        needed = set(self.lost)
        for step in reversed(self.steps):
            again = any(name in needed and not self.has(name) for name in step.leaves)
            again = again or step.model in self.models_lost
            if again or not self.run.is_done(step.key):
                found.append(step)
                needed |= set(step.uses)
        return found[::-1]

    def is_ready(self, step: Step) -> bool:
        """Tell whether everything is there that a step reads."""
        told = all(self.run.is_done(key) for key in step.after)
        return told and all(self.has(name) for name in step.uses)

    def needed(self) -> set[str]:
        """Name the vectors that steps not done yet will read."""
        return {name for step in self.steps if not self.run.is_done(step.key) for name in step.uses}

    def release(self) -> None:
        """Remove the vectors that no step needs any more and that are not to be kept."""
        needed = self.needed() | self.kept
        for name in dict.fromkeys(name for step in self.steps for name in step.leaves):
            if name not in needed and self.has(name):
                remove(self.run.path("vectors", *name.split("/")))

    @property
    def is_done(self) -> bool:
        """Whether every step is done."""
        return all(self.run.is_done(step.key) for step in self.steps)

    def found(self) -> Iterator[tuple[Origin, dict[str, pd.DataFrame]]]:
        """Read the tables of every step, with where their rows are from."""
        for step in self.steps:
            if step.origin is not None:
                yield step.origin, self.run.step(step.key)

    def timings(self) -> list[dict[str, Any]]:
        """Say how long each step took."""
        return [
            {"step": step.key, "seconds": self.run.notes(step.key)["seconds"]}
            for step in self.steps
        ]
