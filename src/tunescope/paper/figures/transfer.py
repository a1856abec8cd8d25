"""What fine-tuning on one task does to the labels of others, as a matrix (section 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures.base import BLUE, CONFIG, INK, ORANGE, ROWS, Absent, Figure
from tunescope.tables import TUNED, distance_growth
from tunescope.tables.stages import at, transferred

TITLE = "Change of the minimum distances across tasks"
SIDE = 90
"""Pixels of a cell."""


def figure(tables: Mapping[str, pd.DataFrame], model: str) -> Figure | Absent:
    """Draw the mean change of the labels' minimum distances for each pair of tasks measured."""
    table = distance_growth(tables)
    rows = at(table[table["model"] == model], TUNED)
    if rows.empty:
        return Absent(TITLE, "the run has no minimum distances before and after fine-tuning")
    if transferred(rows).empty:
        return Absent(TITLE, "the run looks at no task under a model tuned on another")
    rows = rows[rows["tuned_on"] != ""]  # of the others nobody says on what
    n_seeds = rows["seed"].nunique()
    drawn = rows.groupby(["tuned_on", "task"], as_index=False)[
        ["mean_change", "n_increased", "n_decreased", "n_labels"]
    ].mean()
    drawn["text"] = [f"{change:+.2f}" for change in drawn["mean_change"]]
    drawn["counts"] = [
        f"{_count(up)} up, {_count(down)} down"
        for up, down in zip(drawn["n_increased"], drawn["n_decreased"], strict=True)
    ]
    reach = float(drawn["mean_change"].abs().max()) or 1.0
    drawn["strong"] = drawn["mean_change"].abs() > 0.6 * reach
    tasks = list(dict.fromkeys([*table["task"], *drawn["tuned_on"]]))
    base = alt.Chart(alt.NamedData(ROWS)).encode(
        x=alt.X("task:N", sort=tasks, title="labels of", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("tuned_on:N", sort=tasks, title="fine-tuned on"),
    )
    colour = alt.Color(
        "mean_change:Q",
        scale=alt.Scale(
            domain=[-reach, 0, reach], range=[ORANGE, "#ffffff", BLUE], interpolate="rgb"
        ),
        legend=alt.Legend(title="mean change (Euclidean)"),
    )
    ink = alt.condition("datum.strong", alt.value("white"), alt.value(INK))
    chart = alt.layer(
        base.mark_rect(stroke="#888").encode(color=colour),
        base.mark_text(dy=-7, fontSize=13).encode(text="text:N", color=ink),
        base.mark_text(dy=10, fontSize=10).encode(text="counts:N", color=ink),
    ).properties(width=SIDE * drawn["task"].nunique(), height=0.6 * SIDE * len(tasks))
    spec: dict[str, Any] = chart.configure(**CONFIG).to_dict()
    caption = (
        f"Mean change of the labels' minimum distances (Euclidean) in the last layer of {model} "
        "after fine-tuning on the row's task, for the labels of the column's; below it how many "
        "labels' certified distance went up and down. Blue: further apart; orange: closer."
    )
    if n_seeds > 1:
        caption += f" Means over {n_seeds} seeds."
    description = f"Matrix of {numbers.counted(len(drawn), 'pair')} of tasks."
    return Figure("transfer", TITLE, caption, description, spec, spec, drawn)


def _count(number: float) -> str:
    return f"{number:.0f}" if float(number).is_integer() else f"{number:.1f}"
