"""How much sooner a study ends with more workers: a simulation from the measured steps of a run.

    TUNESCOPE_DATA=... python benchmarks/workers.py RUN            # the study of RUN itself
    TUNESCOPE_DATA=... python benchmarks/workers.py RUN --paper    # the paper's five models
    TUNESCOPE_DATA=... python benchmarks/workers.py RUN --paper --docs

RUN is a finished ``reproduce`` with one model and one seed, done by one process. Its graph of
steps is replayed: N workers take the first step that is ready, as the engine does; a snapshot's
vectors are ready when that share of the fine-tuning is over. Nothing is computed, so neither the
sharing of disk and memory nor the time to load a model is in it, and no worker waits because
vectors lie unmeasured. With ``--paper`` the whole study of the paper is planned, five BERTs on five
tasks, quick if RUN is: each kind of step takes as long as in RUN for as many examples, layers and
epochs; fine-tuning and encoding longer by the number of weights, measuring by dimensions and
layers.
"""

from __future__ import annotations

import argparse
import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from manual import put
from measuring import markdown, show
from tunescope.encoders import catalogue
from tunescope.paper.reproduction import reproduction
from tunescope.runs import Run
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.plan import study_steps
from tunescope.studies.reading import make_study
from tunescope.studies.steps import Step
from tunescope.studies.work import Workshop

WORKERS = (1, 2, 4, 8, 16, 32, 64)
PAGE = "how-to/clusters.md"


def size(model: str) -> tuple[int, int]:
    """Give a model's layers and dimensions, from the catalogue."""
    name, _, cut = model.partition(":")
    (found,) = (entry for entry in catalogue() if entry.name == name)
    return int(cut or found.n_layers), found.n_features


def factor(model: str, measured: str, step: Step) -> float:
    """Say how many times longer a step takes with a model than with the measured one."""
    (layers, features), (own_layers, own_features) = size(model), size(measured)
    if step.key.endswith("/measure"):
        return features * (layers + 1) / (own_features * (own_layers + 1))
    return features**2 * layers / (own_features**2 * own_layers)


def simulate(steps: Sequence[Step], seconds: Mapping[str, float], n_workers: int) -> float:
    """Give the seconds after which the last step has ended.

    Examples
    --------
    >>> steps = [Step("a", print, "", leaves=("v",)), Step("b", print, "", uses=("v",))]
    >>> simulate([*steps, Step("c", print, "")], {"a": 3.0, "b": 2.0, "c": 4.0}, 2)
    5.0
    """
    there: dict[str, float] = {}  # when vectors, and the tables of steps, are there
    waiting = list(steps)
    free = [0.0] * n_workers
    last = 0.0
    while waiting:
        now = heapq.heappop(free)
        ready = next(
            (
                step
                for step in waiting
                if all(there.get(name, float("inf")) <= now for name in (*step.uses, *step.after))
            ),
            None,
        )
        if ready is None:  # wait for the next thing to come
            heapq.heappush(free, min(moment for moment in there.values() if moment > now))
            continue
        waiting.remove(ready)
        end = now + seconds[ready.key]
        for number, name in enumerate(ready.leaves, start=1):
            there[name] = now + seconds[ready.key] * number / len(ready.leaves)
        there[ready.key] = end
        heapq.heappush(free, end)
        last = max(last, end)
    return last


def planned(run: Run, paper: bool) -> tuple[list[Step], dict[str, float]]:
    """List the steps of the run's study, or of the paper's, and the seconds that each takes.

    A kind of step takes as long as in the run, for as much to do as its estimate says.
    """
    values = {**run.record["study"], "engine": {}}
    (measured,) = values["models"]
    own = steps_of(run, values)
    took = {step.key: float(run.notes(step.key)["seconds"]) for step in own}
    if not paper:
        return own, took
    done: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    for step in own:
        done[kind(step)] += took[step.key]
        cost[kind(step)] += step.cost
    quick = "quick" in values["probing"]["protocol"]
    steps = steps_of(run, reproduction(quick=quick).model_dump(mode="json"))
    seconds = {}
    for step in steps:
        known = kind(step) if kind(step) in done else LIKE[kind(step)]
        model = step.title.partition(",")[0]
        rate = done[known] / cost[known]
        seconds[step.key] = rate * step.cost * factor(model, measured, step)
    return steps, seconds


def steps_of(run: Run, values: Mapping[str, Any]) -> list[Step]:
    """List the steps of a study, which are not done here."""
    study = make_study(values)
    return study_steps(study, Workshop(run, study, find_tasks(study)))[0]


LIKE = {
    "random/encode": "original/encode",
    "random/measure": "original/measure",
    "transfer/measure": "tuned/measure",
}
"""Kinds of steps that a run may not have, and what they are like."""


def kind(step: Step) -> str:
    """Name the kind of a step: what it does, and to which stage of a model."""
    *_, what, verb = step.key.split("/")
    if verb == "train":
        return verb
    stage = step.origin.stage if step.origin is not None and what.startswith("update") else ""
    return f"{stage or what.partition('-')[0]}/{verb}"


def main() -> None:
    """Print the table, and put it into the manual."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("--paper", action="store_true")
    arguments.add_argument("--docs", action="store_true")
    given = arguments.parse_args()
    run = Run.open(given.run)
    steps, seconds = planned(run, given.paper)
    alone = sum(seconds.values())
    rows = []
    for n_workers in WORKERS:
        took = simulate(steps, seconds, n_workers)
        rows.append(
            {
                "workers": n_workers,
                "hours": round(took / 3600, 2),
                "times faster": round(alone / took, 1),
                "busy": f"{alone / took / n_workers:.0%}",
            }
        )
    show(rows)
    longest = max(steps, key=lambda step: seconds[step.key])
    print(f"{len(steps)} steps; the longest: {longest.title}, {seconds[longest.key] / 3600:.2f} h")
    if given.docs:
        put(PAGE, "workers.py", markdown(rows))


if __name__ == "__main__":
    main()
