"""Figures 2 and 6: each label's minimum distance over the updates, in the last layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from tunescope.paper.figures.choice import heading, of_tasks, over_seeds
from tunescope.reports import numbers
from tunescope.reports.figures.base import (
    CONFIG,
    DASHES,
    PALE,
    PALETTE,
    ROWS,
    Absent,
    Figure,
    update_axis,
)
from tunescope.tables import distance_changes
from tunescope.tables.stages import last_layer, own, was_tuned

TITLE = "Minimum distances of labels while fine-tuning"
EACH = 3
"""So many labels that grow most, and as many that grow least, are drawn in colour."""


def figure(tables: Mapping[str, pd.DataFrame], model: str, tasks: Sequence[str]) -> Figure | Absent:
    """Draw a panel a task: the three labels that grow most and the three that grow least.

    Parameters
    ----------
    tables : of a run.
    model, tasks : what to draw.
    """
    rows = of_tasks(tables.get("minimum_distances"), model, tasks)
    if not was_tuned(rows):
        return Absent(TITLE, "the run has no minimum distances before and after fine-tuning")
    last = last_layer(rows)
    n_seeds = last["seed"].nunique()
    drawn = over_seeds(last, ["task", "label", "update"], "minimum_distance")
    tasks = [task for task in tasks if task in set(drawn["task"])]
    changes = own(distance_changes({"minimum_distances": last}))
    picked = {task: picks(changes[changes["task"] == task]) for task in tasks}
    pairs = zip(drawn["task"], drawn["label"], strict=True)
    drawn["coloured"] = [label in picked[task] for task, label in pairs]
    charts = [_panel(drawn[drawn["task"] == task], task, picked[task], n_seeds) for task in tasks]
    spec: dict[str, Any] = (
        alt.concat(*charts, columns=2)
        .resolve_scale(color="independent", strokeDash="independent")
        .configure(**CONFIG)
        .to_dict()
    )
    grown = []
    for task in tasks:
        mine = changes[changes["task"] == task]
        grew = mine["direction"].eq("increased").groupby(mine["label"]).all()
        grown.append(f"{int(grew.sum())} of {len(grew)} grow in {task}")
    caption = (
        f"Minimum distance (Euclidean) of each label to all others in the last layer of {model} "
        f"over the updates of fine-tuning. In colour the {EACH} labels whose distance grows most "
        f"(solid) and the {EACH} where it grows least (dashed), grey the others; "
        + "; ".join(grown)
        + "."
    )
    if n_seeds > 1:
        caption += f" Means over {n_seeds} seeds; the bands go from the smallest to the largest."
    description = f"Line charts of {numbers.counted(len(tasks), 'task')}."
    return Figure("minimum-distances", TITLE, caption, description, spec, spec, drawn)


def picks(changes: pd.DataFrame) -> list[str]:
    """Name the labels that grow most and least, by their mean over seeds."""
    mean = changes.groupby("label")["change"].mean()
    labels = [str(label) for label in mean.sort_values(ascending=False, kind="stable").index]
    return labels if len(labels) <= 2 * EACH else labels[:EACH] + labels[-EACH:]


def _panel(rows: pd.DataFrame, task: str, picked: list[str], n_seeds: int) -> Any:
    colour = alt.Color(
        "label:N",
        scale=alt.Scale(domain=picked, range=list(PALETTE[: len(picked)])),
        legend=alt.Legend(title=None, symbolType="stroke", symbolSize=400, symbolOpacity=1),
    )
    dash = alt.StrokeDash(
        "label:N",
        scale=alt.Scale(
            domain=picked, range=[list(DASHES[0 if i < EACH else 1]) for i in range(len(picked))]
        ),
        legend=alt.Legend(title=None, symbolType="stroke", symbolSize=400, symbolOpacity=1),
    )
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter(alt.FieldEqualPredicate(task, "task"))
        .encode(
            x=alt.X("update:Q", **update_axis(list(rows["update"]))),
            y=alt.Y("minimum_distance:Q", title="minimum distance (Euclidean)"),
            detail="label:N",
        )
    )
    chosen = data.transform_filter("datum.coloured")
    others = data.transform_filter("!datum.coloured")
    parts: list[Any] = [others.mark_line(color=PALE, strokeWidth=0.8)]
    if n_seeds > 1:
        parts.append(chosen.mark_area(opacity=0.15).encode(y="low:Q", y2="high:Q", color=colour))
    parts.append(chosen.mark_line(strokeWidth=2).encode(color=colour, strokeDash=dash))
    return alt.layer(*parts).properties(width=300, height=240, title=heading(task))
