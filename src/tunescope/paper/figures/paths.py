"""Figure 3: the paths of the three closest labels' centroids in the first and last layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from tunescope.paper.figures.choice import heading, of_tasks
from tunescope.reports.figures.base import CONFIG, PALETTE, ROWS, Absent, Figure
from tunescope.tables import ORIGINAL, TUNED, closest_three
from tunescope.tables.stages import at, first_block, last_layer, was_tuned

TITLE = "Paths of the three closest labels"
SHAPES = ("circle", "square", "triangle-up")


def figure(tables: Mapping[str, pd.DataFrame], model: str, tasks: Sequence[str]) -> Figure | Absent:
    """Draw two panels, the first block and the last, of one task and the first seed."""
    rows = of_tasks(tables.get("centroids"), model, tasks[:1])
    if not was_tuned(rows) or "separations" not in tables:
        return Absent(TITLE, "the run has no centroids before and after fine-tuning")
    task, seed = tasks[0], int(rows["seed"].min())
    labels = closest_three(tables["separations"], model=model, task=task, seed=seed)
    rows = pd.concat([first_block(rows), last_layer(rows)]).drop_duplicates()
    rows = rows[(rows["seed"] == seed) & rows["label"].isin(labels)]
    rows = rows.sort_values(["layer", "label", "update"])
    layers = sorted(int(layer) for layer in rows["layer"].unique())
    drawn = rows[["layer", "label", "stage", "update", "x", "y"]].reset_index(drop=True)
    last = int(at(drawn, TUNED)["update"].iloc[0])
    charts = [_panel(drawn, layer, labels) for layer in layers]
    spec: dict[str, Any] = alt.hconcat(*charts).configure(**CONFIG).to_dict()
    caption = (
        f"Centroids of the closest labels of {task} ({', '.join(labels)}) in the first block and "
        f"the last layer of {model} while it is fine-tuned, each in the plane of the first two "
        "principal components that all updates of all the layer's labels share. Open marks: "
        f"before fine-tuning; filled: update {last:,}. Units are Euclidean; each panel has its own "
        f"range. Seed {seed}."
    )
    description = f"Paths of {len(labels)} labels in {len(layers)} layers."
    return Figure("paths", TITLE, caption, description, spec, spec, drawn)


def _panel(rows: pd.DataFrame, layer: int, labels: list[str]) -> Any:
    part = rows[rows["layer"] == layer]
    middle = [(part[axis].min() + part[axis].max()) / 2 for axis in "xy"]
    half = max(part[axis].max() - part[axis].min() for axis in "xy") * 0.55 or 1.0

    def axis(name: str, which: int, title: str) -> dict[str, Any]:
        limits = [round(float(middle[which] + sign * half), 6) for sign in (-1, 1)]
        scale = alt.Scale(domain=limits, nice=False, zero=False)
        return {"shorthand": name, "title": title, "scale": scale, "axis": alt.Axis(tickCount=5)}

    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter(f"datum.layer === {layer}")
        .encode(
            x=alt.X(**axis("x:Q", 0, "first component (Euclidean)")),
            y=alt.Y(**axis("y:Q", 1, "second component (Euclidean)")),
            color=alt.Color(
                "label:N",
                scale=alt.Scale(domain=labels, range=list(PALETTE[: len(labels)])),
                legend=alt.Legend(title=None),
            ),
        )
    )
    shape = alt.Shape(
        "label:N",
        scale=alt.Scale(domain=labels, range=list(SHAPES[: len(labels)])),
        legend=alt.Legend(title=None),
    )
    return alt.layer(
        data.mark_line(strokeWidth=1.8).encode(order="update:Q"),
        data.transform_filter(f"datum.stage === '{ORIGINAL}'")
        .mark_point(size=90, opacity=1, fill="white")
        .encode(shape=shape),
        data.transform_filter(f"datum.stage === '{TUNED}'")
        .mark_point(size=90, opacity=1, filled=True)
        .encode(shape=shape),
    ).properties(width=290, height=290, title=heading(f"layer {layer}"))
