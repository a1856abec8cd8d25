"""Hold the estimate of each step beside what it took: who waits is told the rest by it.

    python benchmarks/estimates.py RUN          # a run of `tunescope run`, by stage
    python benchmarks/estimates.py RUN --steps  # each step

The run has to be one of this machine, whose speed is measured for the estimate; one that kept to
fewer cores (``engine: {threads: 1}``) is estimated on as many: ``taskset -c 0 python …``. What a
fine-tuning encodes for its snapshots is part of its own estimate, and in the record of theirs; wall
seconds have it where it was done.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from measuring import show
from tunescope.geometry.threads import processors
from tunescope.runs import Run
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.plan import Cell, updates_of
from tunescope.studies.study import Study


def steps_of(run: Run) -> list[dict[str, Any]]:
    """Give each step that was done, with its estimate and its wall seconds."""
    study = Study.model_validate(run.record["study"])
    tasks = find_tasks(study)
    rows = []
    for model in study.models:
        for task in tasks.values():
            n_texts = len(np.unique(task.splits["train"].text_index))
            cell = Cell(study, model, task, updates_of(study, model, n_texts), tasks)
            rows += [
                {
                    "step": step.key,
                    "estimate s": step.cost,
                    "wall s": run.notes(step.key)["seconds"],
                }
                for step in cell.steps()
                if run.is_done(step.key)
            ]
    return rows


def by_stage(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add up the steps of a kind: the last part of their key, and whose weights they are of."""
    found: dict[str, dict[str, Any]] = {}
    for step in steps:
        *_, whose, kind = step["step"].split("/")
        name = f"{kind}, {whose.partition('-')[0]}"
        row = found.setdefault(name, {"stage": name, "steps": 0, "estimate s": 0.0, "wall s": 0.0})
        row["steps"] += 1
        for seconds in ("estimate s", "wall s"):
            row[seconds] += step[seconds]
    whole = {"stage": "all", "steps": len(steps)}
    whole |= {of: sum(step[of] for step in steps) for of in ("estimate s", "wall s")}
    return [*found.values(), whole]


def main() -> None:
    """Read the options, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--steps", action="store_true", help="each step by itself")
    options = parser.parse_args()
    torch.set_num_threads(processors())
    steps = steps_of(Run.open(options.run))
    rows = steps if options.steps else by_stage(steps)
    show([{**row, "ratio": row["estimate s"] / max(row["wall s"], 1e-3)} for row in rows])


if __name__ == "__main__":
    main()
