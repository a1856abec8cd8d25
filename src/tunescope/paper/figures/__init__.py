"""The paper's figures 2 to 10, drawn from a run's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from tunescope.paper.figures import layers, minimum_distances, movements, paths, transfer
from tunescope.paper.figures.choice import Choice, of_choice
from tunescope.paper.protocols import by_protocol
from tunescope.reports.figures import Absent, Figure

__all__ = ["paper_figures"]


def paper_figures(
    tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any] | None = None
) -> dict[str, Figure | Absent]:
    """Draw the paper's figures, or say why one is not there.

    Figures 2, 3, 4, 5 and 6 show the paper's tasks where the run has them, and otherwise those
    that it has; figures 7 to 10 are each of one task. All are of the run's deepest model, as the
    paper's are of BERT-base. One more, ``figure-transfer``, shows Table 5 for any pairs of tasks.

    Parameters
    ----------
    tables : of a run, or of several that were joined.
    record : of the same. Of several protocols, that of the deepest model is drawn, and captions
        say so; without it, they are taken to share one.
    """
    protocol, tables = max(by_protocol(tables, record).items(), key=_depth)
    return {
        name: replace(figure, caption=f"{figure.caption} Of what was run with {protocol}.")
        if protocol and isinstance(figure, Figure)
        else figure
        for name, figure in _drawn(tables).items()
    }


def _depth(part: tuple[str, Mapping[str, pd.DataFrame]]) -> int:
    """Give the number of layers of a protocol's deepest model."""
    _, tables = part
    return max((int(table["layer"].max()) for table in of_choice(tables)), default=-1)


def _drawn(tables: Mapping[str, pd.DataFrame]) -> dict[str, Figure | Absent]:
    choice = Choice.of(tables)
    found: dict[str, Figure | Absent] = {
        "figure-2": minimum_distances.figure(
            tables, choice.model, choice.tasks(["ps-role", "pos"], 2)
        ),
        "figure-3": paths.figure(tables, choice.model, choice.tasks(["pos"], 1)),
        "figure-4": layers.figure(tables, choice.model, choice.tasks(choice.FOUR, 4)),
        "figure-5": movements.figure(
            tables, choice.model, choice.tasks(["pos"], 1), alternate=True
        ),
        "figure-6": minimum_distances.figure(tables, choice.model, choice.tasks(choice.FOUR, 4)),
    }
    for number, task in enumerate(choice.FOUR, start=7):
        present = [task] if task in choice.present else []
        found[f"figure-{number}"] = (
            movements.figure(tables, choice.model, present, alternate=False)
            if present
            else Absent(f"Movements of {task}", f"the run has no task {task}")
        )
    found["figure-transfer"] = transfer.figure(tables, choice.model)
    return found
