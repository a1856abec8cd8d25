"""The examples before and after as one figure, for print."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports.figures.base import CONFIG, PALE, PALETTE, ROWS, Figure
from tunescope.reports.panels import ALONE
from tunescope.reports.space import Space

_SALTIRE = (
    "M-1,-.62L-.62,-1L0,-.38L.62,-1L1,-.62L.38,0L1,.62L.62,1L0,.38L-.62,1L-1,.62L-.38,0Z"  # ×
)
SHAPES = ("circle", "diamond", "square", "triangle-up", "triangle-down", "cross", _SALTIRE)
"""Each has an area, since dots are filled: a line such as Vega's `stroke` would leave no ink."""


def still(space: Space, moments: list[str]) -> Figure:
    """Draw the last layer's examples at the first and the last update, beside each other.

    Parameters
    ----------
    space : the examples.
    moments : what to call each update.
    """
    seed, layer = space.seeds[0], space.layers[-1]
    points = space.points(seed, layer, 0)
    ends = sorted({0, len(space.updates) - 1})
    names = [moment if not moment[:1].isdigit() else f"update {moment}" for moment in moments]
    if len(names) == 1:
        names = [ALONE]
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "x": points[step][:, 0],
                    "y": points[step][:, 1],
                    "label": space.examples["label"].to_numpy(),
                    "when": names[step],
                }
            )
            for step in ends
        ],
        ignore_index=True,
    )
    title = "The examples in the plane of most variance"
    return Figure(
        name="space",
        title=f"{title}, layer {layer}",
        caption=space.caption,
        description=space.description,
        spec={},
        print_spec=_spec(list(space.picked), [names[step] for step in ends]),
        rows=rows,
    )


def _spec(picked: list[str], moments: list[str]) -> dict[str, Any]:
    axis = alt.Axis(labels=False, ticks=False, grid=False, domain=False)
    base = (
        alt.Chart()
        .transform_calculate(slot="indexof(picked, datum.label)")
        .encode(
            x=alt.X("x:Q", title=None, axis=axis, scale=alt.Scale(zero=False)),
            y=alt.Y("y:Q", title=None, axis=axis, scale=alt.Scale(zero=False)),
        )
    )
    others = base.transform_filter("datum.slot < 0").mark_point(
        filled=True, color=PALE, size=9, opacity=0.8
    )
    color = alt.Color(
        "label:N",
        scale=alt.Scale(domain=picked, range=list(PALETTE[: len(picked)])),
        legend=alt.Legend(title=None, orient="bottom"),
    )
    shape = alt.Shape(
        "label:N", scale=alt.Scale(domain=picked, range=list(SHAPES[: len(picked)])), legend=None
    )
    chosen = (
        base.transform_filter("datum.slot >= 0")
        .mark_point(filled=True, size=26, opacity=0.9)
        .encode(color=color, shape=shape)
    )
    chart = (
        alt.layer(others, chosen, data=alt.NamedData(ROWS))
        .properties(width=330, height=290)
        .facet(facet=alt.Facet("when:N", sort=moments, title=None), columns=2)
        .add_params(alt.param(name="picked", value=picked))
    )
    spec: dict[str, Any] = chart.configure(**CONFIG).to_dict()
    return spec
