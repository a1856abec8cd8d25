"""Where the labels' centroids go (the paper's figures 3, 5 and 7 to 10)."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures.base import (
    CONFIG,
    DASHES,
    INK,
    PALE,
    PALETTE,
    ROWS,
    Absent,
    Control,
    Figure,
    label_choice,
    layer_name,
    seed_choice,
)
from tunescope.reports.figures.minimum_distances import emphasised
from tunescope.reports.panels import Panel, thin_layers
from tunescope.tables import TUNED
from tunescope.tables.stages import at, on_split, was_tuned

_PATHS = "Paths of the labels' centroids"
_MOVEMENTS = "Movement of the labels' centroids, layer by layer"


def paths(panel: Panel) -> Figure | Absent:
    """Draw each centroid's way in the plane of a layer, up to the update of a slider."""
    rows = _rows(panel)
    if rows.empty:
        return Absent(_PATHS, "the run holds no centroids for this task and model")
    if not was_tuned(rows):
        return Absent(_PATHS, "the run holds only one snapshot, so no centroid moves")
    rows, thinned = thin_layers(rows, panel.most_rows)
    updates = sorted(int(update) for update in rows["update"].unique())
    rows = rows.sort_values(["seed", "layer", "update", "label"], kind="stable")
    rows["step"] = rows["update"].map({update: step for step, update in enumerate(updates)})
    layers = sorted(int(layer) for layer in rows["layer"].unique())
    seeds = sorted(int(seed) for seed in rows["seed"].unique())
    labels = sorted(rows["label"].unique())
    picked = [label for label in emphasised(panel) if label in labels] or labels[:6]
    shares = _shares(rows)
    last = shares[shares["layer"] == layers[-1]].iloc[0]
    caption = (
        f"Centroids of {numbers.counted(len(labels), 'label')} (split “{rows['split'].iloc[0]}”) "
        "in the plane of their first two principal components; one plane a layer, shared by all "
        f"updates, equal units on both axes. In layer {layers[-1]} the plane holds "
        f"{_share(last)} of the variance"
    )
    if len(layers) > 1:
        first = shares[shares["layer"] == layers[0]].iloc[0]
        caption += f", in layer {layers[0]} {_share(first)}"
    caption += "; the rest is not seen. Planes of different layers cannot be compared by direction."
    caption += thinned
    controls = [
        Control(
            "slider",
            "pick_step",
            "Update",
            tuple((step, f"{update:,}") for step, update in enumerate(updates)),
            len(updates) - 1,
        )
    ]
    if len(layers) > 1:
        options = tuple((layer, layer_name(layer)) for layer in layers)
        controls.append(Control("select", "pick_layer", "Layer", options, layers[-1]))
    controls += seed_choice(rows, every=False)
    controls.append(label_choice(labels, picked))
    boxes = _boxes(rows)
    start = {"layer": layers[-1], "seed": seeds[0], "step": len(updates) - 1}
    drawn = rows[["label", "layer", "seed", "update", "step", "x", "y", "n_examples"]]
    return Figure(
        name="centroid-paths",
        title=_PATHS,
        caption=caption,
        description=(
            f"Scatter plot of {len(labels)} centroids in a plane, each with its path over "
            f"{len(updates)} updates."
        ),
        spec=_spec(start, picked, boxes, page=True),
        print_spec=_spec(start, picked, boxes, page=False),
        rows=drawn,
        controls=tuple(controls),
        square=True,
    )


def movements(panel: Panel) -> Figure | Absent:
    """Draw each label's movement from the original to the end, one small plot a layer."""
    rows = _rows(panel)
    if not was_tuned(rows) or rows["shift_x"].isna().all():
        return Absent(_MOVEMENTS, "the run holds no movements for this task and model")
    moved = at(rows, TUNED).dropna(subset=["shift_x", "shift_y"])
    layers = sorted(int(layer) for layer in moved["layer"].unique())
    while len(layers) > 8:
        layers = layers[::-1][::2][::-1]
    names = ["label", "layer", "seed", "shift_x", "shift_y"]
    moved = moved[moved["layer"].isin(layers)][names]
    moved = moved.assign(facet="layer " + moved["layer"].astype(str), origin=0.0)
    reach = float(moved[["shift_x", "shift_y"]].abs().max().max()) * 1.05 or 1.0
    spec = _arrows(emphasised(panel), [f"layer {layer}" for layer in layers], reach)
    return Figure(
        name="movements",
        title=_MOVEMENTS,
        caption="Difference of each centroid between the last update and the original, in the "
        "plane of each layer's differences; one scale for all layers.",
        description="Lines from the origin, one a label, in one small plot for each layer.",
        spec=spec,
        print_spec=spec,
        rows=moved.reset_index(drop=True),
    )


def _rows(panel: Panel) -> pd.DataFrame:
    table = panel.geometry("centroids").dropna(subset=["x", "y"])
    return on_split(table).reset_index(drop=True)


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby("layer", as_index=False)[["explained_x", "explained_y"]].mean()


def _share(row: Any) -> str:
    both = row["explained_x"] + row["explained_y"]
    if not numbers.known(both):
        return "an unknown part"
    return f"{100 * both:.0f} %"


def _boxes(rows: pd.DataFrame) -> dict[str, list[float]]:
    """Square limits [x0, x1, y0, y1] for each layer, so that both axes have one unit."""
    boxes = {}
    for layer, part in rows.groupby("layer"):
        x0, x1, y0, y1 = (
            float(v) for v in (part["x"].min(), part["x"].max(), part["y"].min(), part["y"].max())
        )
        half = max(x1 - x0, y1 - y0) * 0.56 or 1.0
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        boxes[str(layer)] = [round(v, 6) for v in (x - half, x + half, y - half, y + half)]
    return boxes


def _spec(
    start: dict[str, int], picked: list[str], boxes: dict[str, list[float]], *, page: bool
) -> dict[str, Any]:
    def limits(first: int) -> alt.Scale:
        return alt.Scale(
            domain=[alt.ExprRef(f"boxes['' + pick_layer][{first + i}]") for i in (0, 1)],
            nice=False,
            zero=False,
        )

    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter("datum.layer === pick_layer && datum.seed === pick_seed")
        .transform_filter("datum.step <= pick_step")
        .transform_calculate(slot="indexof(picked, datum.label)")
        .encode(
            x=alt.X("x:Q", title="first component", scale=limits(0), axis=alt.Axis(tickCount=5)),
            y=alt.Y("y:Q", title="second component", scale=limits(2), axis=alt.Axis(tickCount=5)),
        )
    )
    slots = list(range(len(PALETTE) * len(DASHES)))
    color: Any
    if page:
        color = alt.Color(
            "slot:O",
            scale=alt.Scale(domain=slots, range=[PALETTE[s % len(PALETTE)] for s in slots]),
            legend=None,
        )
    else:
        color = alt.Color(
            "label:N",
            scale=alt.Scale(domain=picked, range=list(PALETTE[: len(picked)])),
            legend=alt.Legend(title=None, symbolType="circle"),
        )
    others = data.transform_filter("datum.slot < 0")
    chosen = data.transform_filter("datum.slot >= 0")
    order = alt.Order("step:Q")
    tips = [
        alt.Tooltip("label:N", title="label"),
        alt.Tooltip("update:Q", title="update", format=",d"),
        alt.Tooltip("n_examples:Q", title="examples", format=",d"),
    ]
    now = "datum.step === pick_step"
    parts: list[Any] = [
        others.mark_line(color=PALE, strokeWidth=1).encode(detail="label:N", order=order),
        others.transform_filter(now).mark_point(filled=True, color=PALE, size=30, opacity=1),
        chosen.mark_line(strokeWidth=2).encode(color=color, detail="label:N", order=order),
        chosen.transform_filter("datum.step === 0")
        .mark_point(size=45, opacity=1, fill="transparent")
        .encode(color=color),
        chosen.transform_filter(now)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(color=color),
    ]
    if page:
        name = chosen.transform_filter(now).encode(text="label:N")
        place: dict[str, Any] = {"align": "left", "dx": 8, "dy": -7, "fontSize": 12}
        parts.append(name.mark_text(**place, color=INK))
        parts.append(
            data.transform_filter(now).mark_point(size=140, opacity=0).encode(tooltip=tips)
        )
    chart = alt.layer(*parts).add_params(
        alt.param(name="boxes", value=boxes),
        alt.param(name="pick_layer", value=start["layer"]),
        alt.param(name="pick_seed", value=start["seed"]),
        alt.param(name="pick_step", value=start["step"]),
        alt.param(name="picked", value=picked),
    )
    spec: dict[str, Any] = chart.properties(width=440, height=440).configure(**CONFIG).to_dict()
    return spec


def _arrows(picked: list[str], facets: list[str], reach: float) -> dict[str, Any]:
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    base = alt.Chart().transform_calculate(slot="indexof(picked, datum.label)")
    ways = {
        "x": alt.X("origin:Q", title=None, scale=scale, axis=alt.Axis(tickCount=3)),
        "y": alt.Y("origin:Q", title=None, scale=scale, axis=alt.Axis(tickCount=3)),
    }
    tips = {
        "x": alt.X("shift_x:Q", title=None, scale=scale),
        "y": alt.Y("shift_y:Q", title=None, scale=scale),
    }
    color = alt.Color(
        "label:N",
        scale=alt.Scale(domain=picked, range=list(PALETTE[: len(picked)])),
        legend=alt.Legend(title=None, orient="bottom", symbolType="circle"),
    )
    others = base.transform_filter("datum.slot < 0")
    chosen = base.transform_filter("datum.slot >= 0")
    chart = (
        alt.layer(
            others.mark_rule(color=PALE).encode(**ways, x2="shift_x:Q", y2="shift_y:Q"),
            others.mark_point(filled=True, color=PALE, size=16, opacity=1).encode(**tips),
            chosen.mark_rule(strokeWidth=1.6).encode(
                **ways, x2="shift_x:Q", y2="shift_y:Q", color=color
            ),
            chosen.mark_point(filled=True, size=34, opacity=1).encode(**tips, color=color),
            data=alt.NamedData(ROWS),
        )
        .properties(width=150, height=150)
        .facet(facet=alt.Facet("facet:N", sort=facets, title=None), columns=4)
        .add_params(alt.param(name="picked", value=picked))
    )
    spec: dict[str, Any] = chart.configure(**CONFIG).to_dict()
    return spec
