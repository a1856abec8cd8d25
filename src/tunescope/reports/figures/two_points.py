"""Two snapshots beside each other: forms for two points, not lines over updates."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures.base import (
    BLUE,
    CONFIG,
    GREY,
    ORANGE,
    PALE,
    ROWS,
    STAGES,
    Absent,
    Control,
    Figure,
    choices,
    seed_choice,
    split_choice,
)
from tunescope.reports.naming import named
from tunescope.reports.panels import Panel
from tunescope.tables import ORIGINAL, TUNED
from tunescope.tables.stages import at, highest_layer, split_of

DISTANCES = "Each label's minimum distance, before and after"
LABELS = 60
"""Labels in one drawing, at most: those that changed most."""


def minimum_distances(panel: Panel) -> Figure | Absent:
    """Draw a dumbbell a label: where its minimum distance was, and where it is."""
    frame = panel.before_and_after("minimum_distances").dropna(subset=["minimum_distance"])
    keys = ["label", "layer", "seed", "split"]
    wide = frame.pivot_table(index=keys, columns="stage", values="minimum_distance")
    if not {ORIGINAL, TUNED} <= set(wide.columns):
        return Absent(DISTANCES, "the run holds the minimum distances of one model only")
    rows = wide.rename(columns={ORIGINAL: "before", TUNED: "after"}).dropna().reset_index()
    rows["change"] = rows["after"] - rows["before"]
    split = split_of(rows)
    last = highest_layer(rows[rows["split"] == split])
    order = last.groupby("label")["change"].mean().sort_values(ascending=False)
    kept = list(order.abs().sort_values(ascending=False).index[:LABELS])
    rank = {label: place for place, label in enumerate(order.index)}
    rows = rows[rows["label"].isin(kept)].assign(rank=lambda part: part["label"].map(rank))
    top, low = order.index[0], order.index[-1]
    left = f" The {LABELS} that changed most of {len(order)} labels." if len(order) > LABELS else ""
    layer = int(rows["layer"].max())
    return Figure(
        name="minimum-distances",
        title=DISTANCES,
        caption="A line a label, from the separation from its nearest other label before (blue "
        f"disc) to that after (orange diamond), split “{split}”, in the order of the change in "
        f"layer {layer}.{left}",
        description=f"Dumbbell plot of {len(kept)} labels. {named(top)} changed by "
        f"{numbers.signed(order.iloc[0])}, {named(low)} by {numbers.signed(order.iloc[-1])}.",
        spec=_dumbbells(layer, split, page=True),
        print_spec=_dumbbells(layer, split, page=False),
        rows=rows[[*keys, "before", "after", "change", "rank"]],
        controls=tuple(choices(rows, split=split)),
    )


def _dumbbells(layer: int, split: str, *, page: bool) -> dict[str, Any]:
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter("datum.layer === pick_layer && datum.split === pick_split")
        .transform_filter("pick_seed === null || datum.seed === pick_seed")
        .encode(
            y=alt.Y(
                "label:N",
                sort=alt.EncodingSortField("rank", op="min"),
                title=None,
                axis=alt.Axis(grid=True, ticks=False, domain=False, labelLimit=140),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="label"),
                alt.Tooltip("before:Q", format=".4~g"),
                alt.Tooltip("after:Q", format=".4~g"),
                alt.Tooltip("change:Q", format="+.4~g"),
                alt.Tooltip("seed:N", title="seed"),
            ],
        )
    )
    title = "minimum distance"
    line = data.mark_rule(strokeWidth=2).encode(
        x=alt.X("before:Q", title=title),
        x2="after:Q",
        color=alt.condition("datum.change < 0", alt.value(ORANGE), alt.value(BLUE)),
        strokeDash=alt.condition("datum.change < 0", alt.value([4, 3]), alt.value([1, 0])),
    )
    ends = [
        data.mark_point(
            filled=True, size=70, opacity=1, color=STAGES[stage][0], shape=STAGES[stage][1]
        ).encode(x=alt.X(f"{stage}:Q", title=title))
        for stage in ("before", "after")
    ]
    chart = alt.layer(line, *ends).add_params(
        alt.param(name="pick_layer", value=layer),
        alt.param(name="pick_split", value=split),
        alt.param(name="pick_seed", value=None),
    )
    return _sized(chart, page, {"step": 19})


def with_original(
    rows: pd.DataFrame, title: str, caption: str, controls: list[Control], measure: str
) -> Figure:
    """Draw how alike each layer is in the two models, as dots with their intervals."""
    rows = at(rows, TUNED)
    split = split_of(rows)
    last = rows[(rows["measure"] == measure) & (rows["split"] == split)]
    top = highest_layer(last)
    ends = "".join(
        f"; in layer {layer} {numbers.similarity(top['similarity'].mean())}"
        for layer in top["layer"].unique()
    )
    return Figure(
        name="similarity-with-original",
        title=title,
        caption=caption,
        description=f"Dot plot of the similarity of {last['layer'].nunique()} layers{ends}.",
        spec=_lollipops(split, measure, page=True),
        print_spec=_lollipops(split, measure, page=False),
        rows=rows.drop(columns=["stage", "update"]),
        controls=(*controls, *seed_choice(rows), *split_choice(rows, split)),
    )


def _lollipops(split: str, measure: str, *, page: bool) -> dict[str, Any]:
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter("datum.measure === pick_measure && datum.split === pick_split")
        .transform_filter("pick_seed === null || datum.seed === pick_seed")
        .transform_calculate(same="1")
        .encode(
            y=alt.Y("layer:O", sort="descending", title="layer (0: embeddings)"),
            tooltip=[
                alt.Tooltip("layer:O"),
                alt.Tooltip("similarity:Q", format=".3f"),
                alt.Tooltip("lower:Q", format=".3f"),
                alt.Tooltip("upper:Q", format=".3f"),
                alt.Tooltip("n_pairs:Q", title="label pairs", format=",d"),
            ],
        )
    )
    x = alt.X("similarity:Q", title="similarity (1: alike)", scale=alt.Scale(zero=False))
    stem = data.mark_rule(color=PALE, strokeDash=[2, 3]).encode(x=x, x2="same:Q")
    bars = data.mark_rule(color=BLUE, strokeWidth=3).encode(x="lower:Q", x2="upper:Q")
    dots = data.mark_point(filled=True, size=80, opacity=1, color=BLUE).encode(x=x)
    one = alt.Chart().mark_rule(color=GREY).encode(x=alt.datum(1))
    chart = alt.layer(stem, bars, dots, one, data=alt.NamedData(ROWS)).add_params(
        alt.param(name="pick_measure", value=measure),
        alt.param(name="pick_split", value=split),
        alt.param(name="pick_seed", value=None),
    )
    return _sized(chart, page, {"step": 24})


def _sized(chart: Any, page: bool, height: Any) -> dict[str, Any]:
    size: dict[str, Any] = {"width": "container" if page else 560, "height": height}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec
