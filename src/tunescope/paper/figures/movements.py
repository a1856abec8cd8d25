"""Figures 5 and 7 to 10: how the labels' centroids move, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from tunescope.paper.figures import layers as by_layer
from tunescope.paper.figures.choice import heading, of_tasks
from tunescope.reports.figures.base import CONFIG, PALE, PALETTE, ROWS, Absent, Figure
from tunescope.tables import TUNED
from tunescope.tables.stages import at, last_layer, was_tuned

TITLE = "Movements of the labels' centroids"
COLOURED = 6
NAMED = ("INTJ", "SYM")
"""Labels of which the paper says that they have directions of their own in the lower layers."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


def figure(
    tables: Mapping[str, pd.DataFrame], model: str, tasks: Sequence[str], *, alternate: bool
) -> Figure | Absent:
    """Draw a panel a layer: the difference of each centroid between the end and the original.

    Parameters
    ----------
    tables : of a run.
    model, tasks : what to draw; of the tasks the first.
    alternate : every second layer only.
    """
    rows = of_tasks(tables.get("centroids"), model, tasks[:1])
    if not was_tuned(rows):
        return Absent(TITLE, "the run has no centroids before and after fine-tuning")
    task, seed = tasks[0], int(rows["seed"].min())
    rows = at(rows[rows["seed"] == seed], TUNED)
    every = sorted(int(layer) for layer in rows["layer"].unique())
    layers = by_layer.alternate(every) if alternate else every
    rows = rows[rows["layer"].isin(layers)].dropna(subset=["shift_x", "shift_y"])
    picked = _picks(rows)
    drawn = rows[["layer", "label", "shift_x", "shift_y", "displacement"]].reset_index(drop=True)
    drawn = drawn.assign(origin=0.0, coloured=drawn["label"].isin(picked))
    charts = [_panel(drawn[drawn["layer"] == layer], layer, picked) for layer in layers]
    columns = 3 if len(layers) <= 6 else 4
    spec: dict[str, Any] = alt.concat(*charts, columns=columns).configure(**CONFIG).to_dict()
    reach = drawn.groupby("layer")["displacement"].max()
    caption = (
        f"Difference of each label's centroid between the end of fine-tuning on {task} and the "
        f"original {model}, in the plane of the first two principal components of each layer's "
        "differences. Each panel has its own range (Euclidean), for the directions to be seen: "
        f"the furthest label moves {reach.iloc[0]:.2g} in layer {reach.index[0]} and "
        f"{reach.iloc[-1]:.2g} in layer {reach.index[-1]}. Coloured: "
        f"{', '.join(picked)}; grey: the others. Seed {seed}."
    )
    description = f"Lines from the origin, one a label, in {len(layers)} layers."
    return Figure("movements", f"{TITLE}: {task}", caption, description, spec, spec, drawn)


def _picks(rows: pd.DataFrame) -> list[str]:
    """Choose the labels to colour: those the paper names, and the furthest of the last layer."""
    order = last_layer(rows).sort_values("displacement", ascending=False, kind="stable")["label"]
    named = [label for label in NAMED if label in set(order)]
    others = [str(label) for label in order if label not in named]
    return [*named, *others][:COLOURED]


def _panel(rows: pd.DataFrame, layer: int, picked: list[str]) -> Any:
    reach = float(np.abs(rows[["shift_x", "shift_y"]].to_numpy()).max()) * 1.08 or 1.0
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    data = alt.Chart(alt.NamedData(ROWS)).transform_filter(f"datum.layer === {layer}")

    def position(field: str, which: type[alt.X] | type[alt.Y]) -> alt.X | alt.Y:
        order = "first" if which is alt.X else "second"
        axis = alt.Axis(tickCount=4, titleFontSize=10)
        return which(f"{field}:Q", title=f"{order} component (Euclidean)", scale=scale, axis=axis)

    colour = alt.Color(
        "label:N",
        scale=alt.Scale(domain=picked, range=list(PALETTE[: len(picked)])),
        legend=alt.Legend(title=None, orient="bottom", columns=COLOURED),
    )
    shape = alt.Shape(
        "label:N",
        scale=alt.Scale(domain=picked, range=list(SHAPES[: len(picked)])),
        legend=alt.Legend(title=None, orient="bottom", columns=COLOURED),
    )
    start = {"x": position("origin", alt.X), "y": position("origin", alt.Y)}
    tip = {"x": position("shift_x", alt.X), "y": position("shift_y", alt.Y)}
    chosen = data.transform_filter("datum.coloured")
    others = data.transform_filter("!datum.coloured")
    return alt.layer(
        others.mark_rule(color=PALE, strokeWidth=0.8).encode(**start, x2="shift_x", y2="shift_y"),
        others.mark_point(filled=True, color=PALE, size=14, opacity=1).encode(**tip),
        chosen.mark_rule(strokeWidth=1.6).encode(**start, x2="shift_x", y2="shift_y", color=colour),
        chosen.mark_point(filled=True, size=46, opacity=1).encode(**tip, color=colour, shape=shape),
    ).properties(
        width=180,
        height=180,
        title=heading("embeddings" if layer == 0 else f"layer {layer}"),
    )
