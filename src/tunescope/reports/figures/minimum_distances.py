"""Each label's minimum distance over the updates (the paper's figures 2 and 6)."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures import two_points
from tunescope.reports.figures.base import (
    CONFIG,
    DASHES,
    INK,
    PALE,
    PALETTE,
    ROWS,
    Absent,
    Figure,
    choices,
    label_choice,
    update_axis,
)
from tunescope.reports.naming import named
from tunescope.reports.panels import Panel, thin_layers
from tunescope.tables import distance_changes
from tunescope.tables.stages import own, split_of, was_tuned

TITLE = "Each label's minimum distance over the updates"


def growth(panel: Panel) -> pd.DataFrame:
    """Say how each label's minimum distance changed in the last layer.

    Returns
    -------
    table : label, before, after, change, direction; one row a label, the most grown first, those
        whose change is open last. Of several seeds as `of_labels` says.
    """
    table = of_labels(own(distance_changes(panel.tables)))
    return table.sort_values("change", ascending=False, kind="stable").reset_index()


def of_labels(changes: pd.DataFrame) -> pd.DataFrame:
    """Take the changes of several seeds together.

    Parameters
    ----------
    changes : label, before, after, change, direction; a row a label and seed.

    Returns
    -------
    table : before, after, change, direction by label: means over the seeds with which the distance
        is known both times, missing where it is with none, and the direction that every seed has,
        else ``undecided``.
    """
    directions = changes.groupby("label")["direction"]
    direction = directions.first().where(directions.nunique() == 1, "undecided")
    known = changes.dropna(subset=["change"]).groupby("label")[["before", "after", "change"]].mean()
    return known.reindex(direction.index).assign(direction=direction)


def emphasised(panel: Panel, each: int = 3) -> list[str]:
    """Labels whose minimum distance grows most and least in the last layer, where it is known."""
    labels = list(growth(panel).dropna(subset=["change"])["label"])
    if not labels:
        labels = sorted(panel.geometry("minimum_distances")["label"].unique())
    if len(labels) <= 2 * each:
        return labels
    return labels[:each] + labels[-each:]


def figure(panel: Panel) -> Figure | Absent:
    """Draw one line a label; six are emphasised until the reader picks others."""
    frame = panel.geometry("minimum_distances").dropna(subset=["minimum_distance"])
    if frame.empty:
        return Absent(TITLE, "the run holds no table of minimum distances for this task and model")
    if not was_tuned(frame):
        return Absent(TITLE, "the run holds only one snapshot, so nothing changes over updates")
    if panel.two_points:
        return two_points.minimum_distances(panel)
    split = split_of(frame)
    frame, thinned = thin_layers(frame, panel.most_rows)
    layers = sorted(int(layer) for layer in frame["layer"].unique())
    picked = emphasised(panel)
    gap = _widest_gap(frame)
    names = ["label", "nearest_label", "layer", "update", "seed", "split", "minimum_distance"]
    rows = frame[[*names, *(["lower", "upper"] if gap > 1e-3 else [])]]
    rows = rows.sort_values(["split", "seed", "layer", "update", "label"], kind="stable")
    labels = sorted(rows["label"].unique())
    n_seeds = rows["seed"].nunique()
    caption = (
        f"Separation of each of {numbers.counted(len(labels), 'label')} from its nearest other "
        f"label, split “{split}”, Euclidean distance between convex hulls (0: they meet). "
        f"{_coloured(len(picked), len(labels), layers[-1])}{bounds_sentence(gap)}"
    )
    caption += thinned
    if n_seeds > 1:
        caption += f" One line a seed ({n_seeds} seeds)."
    note = "Colour and pattern follow the order of picking."
    pick = label_choice(labels, picked, note)
    return Figure(
        name="minimum-distances",
        title=TITLE,
        caption=caption,
        description=_describe(panel),
        spec=_spec(rows, layers[-1], split, picked, page=True),
        print_spec=_spec(rows, layers[-1], split, picked, page=False),
        rows=rows,
        controls=(*choices(rows, split=split), pick),
    )


def _coloured(n_picked: int, n_labels: int, layer: int) -> str:
    """Say which labels are coloured at first, unless all are."""
    if n_picked == n_labels:
        return ""
    each = n_picked // 2
    return (
        f"Coloured at first: of all changes in layer {layer} the {each} at the upper end and the "
        f"{each} at the lower. "
    )


def bounds_sentence(gap: float) -> str:
    """Say how far certified bounds are apart, at most."""
    if not numbers.known(gap):
        return "The table holds no bounds."
    if gap <= 0:
        return "The certified bounds of every distance coincide."
    return (
        "The certified lower and upper bounds of every distance differ by at most "
        f"{numbers.at_most(gap)} of its value."
    )


def _widest_gap(frame: pd.DataFrame) -> float:
    """Largest relative distance between the bounds; NaN without bounds."""
    width = (frame["upper"] - frame["lower"]) / frame["minimum_distance"].clip(lower=1e-12)
    return float(width[frame["minimum_distance"] > 0].max())


def _describe(panel: Panel) -> str:
    table = growth(panel).dropna(subset=["change"])
    if table.empty:
        return "Line chart of each label's minimum distance against the update."
    top, bottom = table.iloc[0], table.iloc[-1]
    return (
        f"Line chart of {len(table)} labels' minimum distances against the update. In the last "
        f"layer {named(top['label'])} goes from {numbers.significant(top['before'])} to "
        f"{numbers.significant(top['after'])}, {named(bottom['label'])} from "
        f"{numbers.significant(bottom['before'])} to {numbers.significant(bottom['after'])}: the "
        "two ends of all changes."
    )


def _spec(
    rows: pd.DataFrame, layer: int, split: str, picked: list[str], *, page: bool
) -> dict[str, Any]:
    """One description for both uses: the page colours by slot, print by name with a legend."""
    bounds = "lower" in rows.columns
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter("datum.layer === pick_layer && datum.split === pick_split")
        .transform_filter("pick_seed === null || datum.seed === pick_seed")
        .transform_calculate(slot="indexof(picked, datum.label)")
        .encode(
            x=alt.X("update:Q", **update_axis(list(rows["update"]))),
            y=alt.Y("minimum_distance:Q", title="minimum distance"),
            detail=["label:N", "seed:N"],
        )
    )
    if page:
        slots = list(range(len(PALETTE) * len(DASHES)))
        color: Any = alt.Color(
            "slot:O",
            scale=alt.Scale(domain=slots, range=[PALETTE[s % len(PALETTE)] for s in slots]),
            legend=None,
        )
        dash: Any = alt.StrokeDash(
            "slot:O",
            scale=alt.Scale(domain=slots, range=[list(DASHES[s // len(PALETTE)]) for s in slots]),
            legend=None,
        )
    else:
        color = alt.Color(
            "label:N",
            scale=alt.Scale(domain=picked, range=list(PALETTE[: len(picked)])),
            legend=alt.Legend(title=None, symbolType="stroke", symbolSize=400),
        )
        dash = alt.StrokeDash(
            "label:N",
            scale=alt.Scale(
                domain=picked, range=[list(DASHES[0 if i < 3 else 1]) for i in range(len(picked))]
            ),
            legend=alt.Legend(title=None, symbolType="stroke", symbolSize=400),
        )
    others = data.transform_filter("datum.slot < 0").mark_line(color=PALE, strokeWidth=1)
    chosen = data.transform_filter("datum.slot >= 0")
    lines = chosen.mark_line(strokeWidth=2.2).encode(color=color, strokeDash=dash)
    points = chosen.mark_point(filled=True, size=28, opacity=1).encode(color=color)
    layers: list[Any] = [others]
    if bounds:
        layers.append(chosen.mark_area(opacity=0.15).encode(y="lower:Q", y2="upper:Q", color=color))
    layers += [lines, points]
    if page:
        hover = alt.selection_point(
            name="hover",
            fields=["label"],
            nearest=True,
            on="pointerover",
            clear="pointerout",
            empty=False,
        )
        tips = [
            alt.Tooltip("label:N", title="label"),
            alt.Tooltip("minimum_distance:Q", title="minimum distance", format=".4~g"),
            alt.Tooltip("nearest_label:N", title="nearest label"),
            alt.Tooltip("update:Q", title="update", format=",d"),
            alt.Tooltip("seed:N", title="seed"),
        ]
        if bounds:
            tips[2:2] = [
                alt.Tooltip("lower:Q", title="lower bound", format=".4~g"),
                alt.Tooltip("upper:Q", title="upper bound", format=".4~g"),
            ]
        layers.append(
            data.transform_filter(hover).mark_line(color=INK, strokeWidth=3, opacity=0.75)
        )
        layers.append(data.mark_point(size=90, opacity=0).encode(tooltip=tips).add_params(hover))
    chart = alt.layer(*layers).add_params(
        alt.param(name="pick_layer", value=layer),
        alt.param(name="pick_split", value=split),
        alt.param(name="pick_seed", value=None),
        alt.param(name="picked", value=picked),
    )
    if page:
        chart = chart.properties(width="container", height=380)
    else:
        chart = chart.properties(width=560, height=320)
    spec: dict[str, Any] = chart.configure(**CONFIG).to_dict()
    return spec
