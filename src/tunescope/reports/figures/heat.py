"""Labels by layers, a coloured cell for each: what changed where, at one look."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures.base import CONFIG, ROWS, Absent, Figure
from tunescope.reports.naming import named
from tunescope.reports.panels import Panel
from tunescope.tables import TUNED, distance_changes
from tunescope.tables.stages import at, highest_layer, on_split, own, split_of, was_tuned

_DISPLACEMENT = "How far each label's centroid moved, layer by layer"
_GROWTH = "Change of each label's minimum distance, layer by layer"


def displacement(panel: Panel) -> Figure | Absent:
    """Draw the Euclidean way of each centroid from the original to the end."""
    rows = on_split(panel.geometry("centroids").dropna(subset=["displacement"]))
    if not was_tuned(rows):
        return Absent(_DISPLACEMENT, "the run holds no displacements for this task and model")
    last = at(rows, TUNED)
    table = last.groupby(["label", "layer"])[["displacement"]].mean().reset_index()
    return _figure(
        table.rename(columns={"displacement": "value"}),
        name="displacement",
        title=_DISPLACEMENT,
        what="displacement",
        caption=f"Euclidean distance of each centroid {_between(panel, last)}, in all dimensions"
        + _seeds(rows),
        diverging=False,
    )


def growth(panel: Panel) -> Figure | Absent:
    """Draw how much each label's minimum distance changed from the original to the end."""
    rows = panel.before_and_after("minimum_distances")
    changes = own(distance_changes(panel.tables, layers="all"))
    if changes.empty:
        return Absent(_GROWTH, "the run holds minimum distances of one snapshot only")
    change = changes.groupby(["label", "layer"])["change"].mean().rename("value").reset_index()
    return _figure(
        change,
        name="minimum-distance-change",
        title=_GROWTH,
        what="change",
        caption=f"Change of each minimum distance {_between(panel, rows)}, split "
        f"“{split_of(rows)}”; orange is closer, blue is further" + _seeds(rows),
        diverging=True,
    )


def _between(panel: Panel, rows: pd.DataFrame) -> str:
    if panel.compared:
        return "between the two models"
    return f"from the original to update {numbers.count(rows['update'].max())}"


def _seeds(rows: pd.DataFrame) -> str:
    n = rows["seed"].nunique()
    return f"; means over {n} seeds" if n > 1 else ""


def _figure(
    table: pd.DataFrame, *, name: str, title: str, what: str, caption: str, diverging: bool
) -> Figure:
    """Make the figure; labels stand in the order of the last layer."""
    top = highest_layer(table).sort_values("value", ascending=False)
    order = [str(label) for label in top["label"]]
    rest = sorted(set(table["label"]) - set(order))
    rank = {label: place for place, label in enumerate([*order, *rest])}
    table = table.assign(rank=table["label"].map(rank))
    most, least = top.iloc[0], top.iloc[-1]
    write = numbers.signed if diverging else numbers.significant
    return Figure(
        name=name,
        title=title,
        caption=f"{caption}. Labels in the order of the last layer.",
        description=f"Heat map of {len(order)} labels by {table['layer'].nunique()} layers. In "
        f"the last layer {named(most['label'])} has the largest {what} ({write(most['value'])}), "
        f"{named(least['label'])} the smallest ({write(least['value'])}).",
        spec=_spec(table, what, diverging, page=True),
        print_spec=_spec(table, what, diverging, page=False),
        rows=table,
    )


def _spec(table: pd.DataFrame, what: str, diverging: bool, *, page: bool) -> dict[str, Any]:
    reach = float(table["value"].abs().max()) or 1.0
    scale = (
        alt.Scale(scheme="blueorange", reverse=True, domain=[-reach, reach])
        if diverging
        else alt.Scale(scheme="blues", domain=[0, reach])
    )
    chart = (
        alt.Chart(alt.NamedData(ROWS))
        .mark_rect()
        .encode(
            x=alt.X(
                "layer:O",
                title="layer (0: embeddings)",
                axis=alt.Axis(labelAngle=0, orient="top", labelOverlap="greedy"),
            ),
            # a list of labels here would become part of an expression; a rank cannot
            y=alt.Y(
                "label:N",
                sort=alt.EncodingSortField("rank", op="min"),
                title=None,
                axis=alt.Axis(labelLimit=110),
            ),
            color=alt.Color(
                "value:Q",
                title=what,
                scale=scale,
                legend=alt.Legend(
                    orient="bottom", gradientLength=180, direction="horizontal", tickCount=4
                ),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="label"),
                alt.Tooltip("layer:O", title="layer"),
                alt.Tooltip("value:Q", title=what, format="+.4~g" if diverging else ".4~g"),
            ],
        )
    )
    size: dict[str, Any] = {"width": "container" if page else 420, "height": {"step": 17}}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec
