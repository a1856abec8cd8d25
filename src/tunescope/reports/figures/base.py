"""What a figure is: one Vega-Lite description, its rows, its words and its controls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from tunescope.reports.naming import visible

ROWS = "rows"
"""Name under which a description expects its data."""

BLUE, ORANGE, GREEN, PINK, GOLD, VIOLET, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#C46A9C",
    "#A87900",
    "#7B61C4",
    "#767676",
)
PALETTE = (BLUE, ORANGE, GREEN, PINK, GOLD, VIOLET, GREY)
"""Colours after Okabe and Ito (2008), which people with the common colour-vision deficiencies tell
apart, each with a contrast of at least 3:1 to the page in the light and in the dark
(tests/reports/test_figures.py); shapes and line patterns go with them."""
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 3), (2, 2), (9, 3, 2, 3))
"""Line patterns; from the eighth line on colours repeat and the pattern differs."""
PALE = "#8a9199"
"""Of what is not emphasised: thin, but seen on a light page and on a dark one."""
INK = "currentColor"
"""What a drawing takes from the page around it; black in files."""
LIGHT, DARK = "#ffffff", "#14171c"
"""The page's backgrounds."""
STAGES: Mapping[str, tuple[str, str]] = {
    "before": (BLUE, "circle"),
    "this model": (BLUE, "circle"),
    "after": (ORANGE, "diamond"),
    "random weights": (GOLD, "square"),
    "majority label": (GREY, "triangle-up"),
    "majority label of the word": (GREEN, "triangle-down"),
}
"""Colour and shape of what is compared, the same in every figure."""

_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
CONFIG: dict[str, Any] = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": INK,
        "gridOpacity": 0.12,
        "domainColor": PALE,
        "tickColor": PALE,
        "labelLimit": 180,
    },
    "axisX": {"grid": False},
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 200,
        "symbolLimit": 0,
    },
    "header": {"labelColor": INK, "titleColor": INK},
    "title": {
        "color": INK,
        "fontSize": 14,
        "anchor": "start",
        "subtitleColor": PALE,
        "subtitleFontSize": 12,
    },
}


@dataclass(frozen=True)
class Control:
    """Something a reader sets beside a figure.

    Parameters
    ----------
    kind : "select", "slider" or "picks" (any number of the options).
    signal : the parameter of the description that it sets.
    label : what it is called on the page.
    options : (value, text) in order.
    value : the first value; for "picks" a list.
    note : one line under the control.
    """

    kind: str
    signal: str
    label: str
    options: tuple[tuple[Any, str], ...]
    value: Any
    note: str = ""
    palette: tuple[str, ...] = ()
    """For "picks": a fixed colour for each option; empty means colours by order of picking."""


@dataclass(frozen=True)
class Figure:
    """A figure as the page and the files show it.

    Parameters
    ----------
    name : stem of its files.
    title, caption : what it shows; the caption says n, bounds and convention.
    description : its content in words, for those who do not see it.
    spec : Vega-Lite for the page; its data is named `ROWS`.
    print_spec : Vega-Lite for PDF, SVG and PNG, without controls and with a legend.
    rows : the drawn numbers.
    square : keep width and height equal, because both axes have one unit.
    """

    name: str
    title: str
    caption: str
    description: str
    spec: dict[str, Any] = field(repr=False)
    print_spec: dict[str, Any] = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    controls: tuple[Control, ...] = ()
    square: bool = False


@dataclass(frozen=True)
class Absent:
    """Why a figure is not there."""

    title: str
    reason: str


def columns(rows: pd.DataFrame, digits: int = 5) -> dict[str, Any]:
    """Pack rows into columns for a small page.

    A column is a list, or distinct values with either an index for each row or runs of
    (index, length), whichever is shortest; numbers keep so many significant digits; what is
    missing is null.

    Examples
    --------
    >>> columns(pd.DataFrame({"x": [1.0, 0.123456789, None], "label": ["b", "a", "b"]}))
    {'x': [1, 0.12346, None], 'label': ['b', 'a', 'b']}
    >>> columns(pd.DataFrame({"layer": [12] * 30}))
    {'layer': {'values': [12], 'runs': [0, 30]}}
    """
    packed = {}
    for name in rows.columns:
        column = rows[name]
        if pd.api.types.is_numeric_dtype(column):
            cells: list[Any] = [_short(value, digits) for value in column.tolist()]
        else:
            cells = [None if pd.isna(value) else str(value) for value in column]
        packed[str(name)] = _shortest(cells)
    return packed


def _shortest(cells: list[Any]) -> Any:
    values = list(dict.fromkeys(cells))
    if len(values) > len(cells) / 2:
        return cells
    place = {value: index for index, value in enumerate(values)}
    index = [place[value] for value in cells]
    runs = [n for key, group in groupby(index) for n in (key, sum(1 for _ in group))]
    forms = (cells, {"values": values, "index": index}, {"values": values, "runs": runs})
    return min(forms, key=lambda form: len(json.dumps(form, separators=(",", ":"))))


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn rows into the list of objects that Vega-Lite reads, null where missing."""
    clean = rows.astype("object").where(rows.notna(), None)
    return [{str(k): _plain(v) for k, v in row.items()} for row in clean.to_dict("records")]


def complete(spec: Mapping[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    """Put the rows into a description, so that it can be drawn anywhere."""
    return {**spec, "datasets": {ROWS: records(rows)}}


def update_axis(updates: Sequence[int], title: str = "update") -> dict[str, Any]:
    """Choose a scale on which snapshots do not fall on each other.

    Evenly spaced updates get a linear scale; updates that grow by factors get a
    logarithmic one that still holds 0 (symlog).

    Returns
    -------
    encoding : keyword arguments `scale`, `axis` and `title` of `altair.X`.
    """
    known = sorted(set(updates))
    positive = [update for update in known if update > 0]
    logarithmic = len(positive) >= 3 and float(np.median(positive)) < positive[-1] / 3
    scale: dict[str, Any] = {"type": "linear", "nice": False}
    if logarithmic:
        scale = {"type": "symlog", "constant": max(1, positive[0]), "nice": False}
    axis: dict[str, Any] = {
        "labelOverlap": "greedy",
        "format": ",d",
        "tickCount": 8,
        "labelFlush": True,
        "labelSeparation": 6,
    }
    if logarithmic or len(known) <= 8:
        axis["values"] = known
    return {
        "scale": scale,
        "axis": axis,
        "title": f"{title} (logarithmic)" if logarithmic else title,
    }


def sequential(n: int) -> list[str]:
    """Return n colours from dark blue to green in even steps of lightness, for layers.

    The light end of viridis is left out, because lines in it vanish on white.
    """
    anchors = np.array(
        [[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81]], dtype=float
    )
    at = np.linspace(0, len(anchors) - 1.3, max(n, 2))[:n]
    channels = [np.interp(at, np.arange(len(anchors)), anchors[:, c]) for c in range(3)]
    return ["#" + "".join(f"{round(v):02x}" for v in rgb) for rgb in zip(*channels, strict=True)]


def layer_name(layer: int) -> str:
    """Name a layer as the page does: 0 is the embedding layer.

    Examples
    --------
    >>> layer_name(0), layer_name(3)
    ('0 (embeddings)', '3')
    """
    return "0 (embeddings)" if layer == 0 else str(layer)


def choices(frame: pd.DataFrame, *, split: str) -> list[Control]:
    """Controls for layer, seed and split, each where there is something to choose.

    The parameters `pick_layer`, `pick_seed` and `pick_split` are set by them.
    """
    controls = []
    layers = sorted(int(layer) for layer in frame["layer"].unique())
    if len(layers) > 1:
        controls.append(
            Control(
                "select",
                "pick_layer",
                "Layer",
                tuple((layer, layer_name(layer)) for layer in layers),
                layers[-1],
            )
        )
    return controls + seed_choice(frame) + split_choice(frame, split)


def label_choice(labels: Sequence[str], picked: Sequence[str], note: str = "") -> Control:
    """Offer the labels to pick from, those picked at first before the others."""
    order = [*picked, *(label for label in labels if label not in picked)]
    options = tuple((label, visible(label)) for label in order)
    return Control("picks", "picked", "Labels", options, list(picked), note)


def seed_choice(frame: pd.DataFrame, every: bool = True) -> list[Control]:
    """Offer the choice of a seed where there are several."""
    seeds = sorted(int(seed) for seed in frame["seed"].unique())
    if len(seeds) < 2:
        return []
    options: tuple[tuple[Any, str], ...] = tuple((seed, str(seed)) for seed in seeds)
    if every:
        options = ((None, "all"), *options)
    return [Control("select", "pick_seed", "Seed", options, options[0][0])]


def split_choice(frame: pd.DataFrame, split: str) -> list[Control]:
    """Offer the choice of a split where there are several."""
    splits = list(dict.fromkeys(frame["split"]))
    if len(splits) < 2:
        return []
    return [Control("select", "pick_split", "Split", tuple((s, s) for s in splits), split)]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _short(value: Any, digits: int) -> int | float | None:
    number = float(value)
    if not np.isfinite(number):
        return None
    short = float(f"{number:.{digits}g}")
    if abs(number) < 1e15 and number == round(number):
        return round(number)
    return round(short) if short == round(short) and abs(short) < 1e15 else short
