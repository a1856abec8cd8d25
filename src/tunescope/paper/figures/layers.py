"""Figure 4: how like its original each layer stays over the updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from tunescope.paper.figures.choice import heading, of_tasks, over_seeds
from tunescope.reports.figures.base import CONFIG, ROWS, Absent, Figure, sequential, update_axis
from tunescope.tables.stages import was_tuned

TITLE = "Spatial similarity with the original while fine-tuning"


def alternate(layers: Sequence[int]) -> list[int]:
    """Every second layer from the last down, without the embeddings.

    Examples
    --------
    >>> alternate(range(7)), alternate([0, 1, 2])
    ([2, 4, 6], [1, 2])
    """
    blocks = sorted((int(layer) for layer in layers if layer > 0), reverse=True)
    return sorted(blocks if len(blocks) <= 3 else blocks[::2])


def figure(tables: Mapping[str, pd.DataFrame], model: str, tasks: Sequence[str]) -> Figure | Absent:
    """Draw a panel a task and a line a layer, every second layer."""
    rows = of_tasks(tables.get("similarity"), model, tasks)
    if len(rows):
        rows = rows[
            (rows["comparison"] == "with_original") & (rows["measure"] == "spatial_pearson")
        ].dropna(subset=["similarity"])
    if not was_tuned(rows):
        return Absent(TITLE, "the run has no spatial similarity before and after fine-tuning")
    layers = alternate(sorted(rows["layer"].unique()))
    rows = rows[rows["layer"].isin(layers)]
    n_seeds = rows["seed"].nunique()
    drawn = over_seeds(rows, ["task", "layer", "update"], "similarity")
    drawn["name"] = drawn["layer"].astype(str)
    there = [task for task in tasks if task in set(drawn["task"])]
    low = float(drawn["low"].min())
    charts = [
        _panel(drawn[drawn["task"] == task], task, layers, low, n_seeds=n_seeds) for task in there
    ]
    spec: dict[str, Any] = alt.concat(*charts, columns=2).configure(**CONFIG).to_dict()
    caption = (
        f"Spatial similarity of layers of {model} with the same layer before fine-tuning: "
        "Pearson's r of the separations of all label pairs, over the updates. Dark: lower layers; "
        f"light: higher. The smallest value drawn is {low:.2f}; the paper calls more than 0.5 "
        "close."
    )
    if n_seeds > 1:
        caption += f" Means over {n_seeds} seeds; the bands go from the smallest to the largest."
    description = f"Line charts of {len(layers)} layers in {len(there)} tasks."
    return Figure("layers", TITLE, caption, description, spec, spec, drawn)


def _panel(rows: pd.DataFrame, task: str, layers: list[int], low: float, *, n_seeds: int) -> Any:
    names = [str(layer) for layer in layers]
    colour = alt.Color(
        "name:N",
        scale=alt.Scale(domain=names, range=sequential(len(names))),
        legend=alt.Legend(title="layer", symbolType="stroke", symbolSize=400, symbolOpacity=1),
    )
    limits = alt.Scale(domain=[min(0.5, low), 1.0], nice=True, zero=False)
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter(alt.FieldEqualPredicate(task, "task"))
        .encode(
            x=alt.X("update:Q", **update_axis(list(rows["update"]))),
            y=alt.Y("similarity:Q", title="spatial similarity (Pearson's r)", scale=limits),
            color=colour,
        )
    )
    parts: list[Any] = [data.mark_line(strokeWidth=2), data.mark_point(filled=True, size=24)]
    if n_seeds > 1:
        parts.insert(0, data.mark_area(opacity=0.15).encode(y="low:Q", y2="high:Q"))
    return alt.layer(*parts).properties(width=300, height=240, title=heading(task))
