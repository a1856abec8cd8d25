"""How like its original each layer stays, and how alike training and test data are."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures import two_points
from tunescope.reports.figures.base import (
    CONFIG,
    INK,
    PALE,
    ROWS,
    STAGES,
    Absent,
    Control,
    Figure,
    layer_name,
    seed_choice,
    sequential,
    split_choice,
    update_axis,
)
from tunescope.reports.panels import ALONE, SHOWN, Panel
from tunescope.tables import TUNED
from tunescope.tables.similarities import BEYOND_SIZES
from tunescope.tables.stages import at, highest_layer, on_split, split_of, was_tuned

MEASURES = {
    "spatial_pearson": "spatial similarity (Pearson)",
    "spatial_spearman": "spatial similarity (Spearman)",
    BEYOND_SIZES: "spatial similarity without what label sizes give",
    "linear_cka": "linear CKA",
    "rsa": "representational similarity (RSA)",
    "procrustes": "Procrustes similarity",
    "neighbour_overlap": "overlap of nearest neighbours",
}
"""How the page names the measures it knows; others keep their own name."""

_TITLES = {
    "with_original": "Similarity of each layer with its original",
    "train_test": "Similarity of training and test data",
    "alike": "How alike each layer is in the two models",
}


def comparison(panel: Panel, name: str) -> pd.DataFrame:
    """Rows of one comparison, where a number is known, its main measure first."""
    table = panel.geometry("similarity")
    table = table[table["comparison"] == name].copy()
    table["measure"] = table["measure"].fillna("similarity")
    # a measure that compares examples has no label pairs
    table["n_pairs"] = table["n_pairs"].where(table["n_pairs"] > 0)
    return table


def main_measure(table: pd.DataFrame) -> str:
    """Spatial similarity by Pearson where it is there, else the first measure."""
    found = list(dict.fromkeys(table["measure"]))
    return "spatial_pearson" if "spatial_pearson" in found else str(found[0])


def is_spatial(table: pd.DataFrame) -> bool:
    """Tell whether the rows, all of one measure, compare the arrangement of labels."""
    return str(table["measure"].iloc[0]).startswith("spatial")


def measured(table: pd.DataFrame) -> str:
    """Name the measure of the rows, all of one, as the page does."""
    measure = str(table["measure"].iloc[0])
    return MEASURES.get(measure, measure)


def beginning(table: pd.DataFrame) -> str:
    """Begin a sentence about the rows: similarity is of the labels' arrangement, unless named."""
    name = "similarity" if is_spatial(table) else measured(table)
    return name[:1].upper() + name[1:]


def with_original(panel: Panel) -> Figure | Absent:
    """Draw one line a layer over the updates (the paper's figure 4)."""
    title = _TITLES["with_original"]
    table = comparison(panel, "with_original")
    rows = _drawn(table)
    if rows.empty:
        return Absent(title, _why_empty(table))
    if not was_tuned(rows):
        return Absent(title, "the run holds only one snapshot, so nothing changes over updates")
    split, measure = split_of(rows), main_measure(at(rows, TUNED))
    if panel.two_points:
        controls = _measure_choice(rows, measure)
        title = _TITLES["alike"] if panel.compared else title
        return two_points.with_original(rows, title, _caption(rows, table), controls, measure)
    layers = sorted(int(layer) for layer in rows["layer"].unique())
    picked = [str(layer) for layer in (layers if len(layers) <= 7 else layers[::-1][::2][::-1])]
    rows["name"] = rows["layer"].astype(str)
    caption = _caption(rows, table) + (
        "" if len(picked) == len(layers) else " Every second layer is coloured at first."
    )
    pick = Control(
        "picks",
        "picked",
        "Layers",
        tuple((str(layer), layer_name(layer)) for layer in layers),
        picked,
        "From the lowest layer (dark) to the highest (light).",
        palette=tuple(sequential(len(layers))),
    )
    return Figure(
        name="similarity-with-original",
        title=title,
        caption=caption,
        description=_describe(rows, split, measure),
        spec=_lines(rows, layers, split, measure, picked, page=True),
        print_spec=_lines(rows, layers, split, measure, picked, page=False),
        rows=rows,
        controls=(
            *_measure_choice(rows, measure),
            *seed_choice(rows),
            *split_choice(rows, split),
            pick,
        ),
    )


def train_test(panel: Panel) -> Figure | Absent:
    """Draw before and after for each layer (the last column of the paper's table 2)."""
    title = _TITLES["train_test"]
    table = comparison(panel, "train_test")
    rows = _drawn(table)
    if rows.empty:
        return Absent(title, _why_empty(table))
    rows["stage"] = rows["stage"].map(SHOWN)
    rows = panel.renamed(rows.dropna(subset=["stage"]))
    measure = main_measure(rows)
    return Figure(
        name="similarity-train-test",
        title=title,
        caption=_caption(rows, table),
        description=f"Dot plot of the similarity of training and test data in "
        f"{rows['layer'].nunique()} layers{', before and after' if panel.tuned else ''}.",
        spec=_dots(rows, measure, page=True),
        print_spec=_dots(rows, measure, page=False),
        rows=rows,
        controls=(*_measure_choice(rows, measure), *seed_choice(rows)),
    )


def last_values(panel: Panel, *, unknown: bool = False) -> pd.DataFrame:
    """Similarity with the original at the last update, main measure, one row a layer and seed.

    Parameters
    ----------
    panel : where from.
    unknown : also the rows of layers whose similarity is missing.

    Returns
    -------
    table : as `similarity`; `beyond_sizes` has the same without what label sizes give, where it is
        known.
    """
    table = comparison(panel, "with_original")
    known = _drawn(table)
    if not was_tuned(known):
        return known.iloc[:0].assign(beyond_sizes=0.0)
    measure = main_measure(at(known, TUNED))
    last = on_split(at(table[known.columns] if unknown else known, TUNED))
    main = last[last["measure"] == measure].sort_values(["layer", "seed"])
    beyond = last[last["measure"] == BEYOND_SIZES].groupby(["layer", "seed"])["similarity"].first()
    return main.join(beyond.rename("beyond_sizes"), on=["layer", "seed"])


def in_last_layer(panel: Panel) -> pd.DataFrame:
    """Keep of `last_values` the last layer's, if every seed's is known: no lower one stands in."""
    top = highest_layer(last_values(panel, unknown=True))
    return top.iloc[:0] if top["similarity"].isna().any() else top


def unknown_layers(panel: Panel) -> list[int]:
    """Layers whose similarity with the original is missing at the last update, with any seed."""
    table = last_values(panel, unknown=True)
    return sorted(int(layer) for layer in table.loc[table["similarity"].isna(), "layer"].unique())


def unknown_in_words(panel: Panel) -> str:
    """Say of which layers the similarity is not known; empty where it is of all."""
    layers = unknown_layers(panel)
    if not layers:
        return ""
    *most, last = map(str, layers)
    named = f"layers {', '.join(most)} and {last}" if most else f"layer {last}"
    several = last_values(panel, unknown=True)["seed"].nunique() > 1
    return f"of {named} that is not known{' with every seed' * several}"


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    names = ["stage", "update", "layer", "seed", "split", "measure"]
    names += ["similarity", "lower", "upper", "n_pairs", "convention"]
    return table.dropna(subset=["similarity"])[names].copy()


def _why_empty(table: pd.DataFrame) -> str:
    reasons = [str(reason) for reason in table["reason"].dropna().unique()]
    if reasons:
        return "it could not be computed: " + "; ".join(reasons)
    return "the run holds no such comparison for this task and model"


def _caption(rows: pd.DataFrame, table: pd.DataFrame) -> str:
    text = _over_pairs(rows)
    if rows["lower"].notna().any():
        text += " Bands and bars are 95 % intervals."
    if (rows["similarity"] > 0).all():
        text += " The axis need not start at 0."
    lost = table[table["similarity"].isna() & (table["measure"] == main_measure(table))]
    for reason, part in lost.groupby(lost["reason"].fillna("no reason given")):
        where = ", ".join(str(layer) for layer in sorted(part["layer"].unique()))
        text += f" Missing in layer {where} ({reason})."
    return text.strip()


def _over_pairs(rows: pd.DataFrame) -> str:
    """Say of the measures that compare label pairs how many these are; others compare examples."""
    spatial = rows[rows["measure"].str.startswith("spatial")]
    if spatial.empty:
        return ""
    n = numbers.counts(spatial["n_pairs"])
    n = "an unknown number of" if n == numbers.ABSENT else n
    over = f"{n} label pair{'s' * (n != '1')}"
    named = {str(name) for name in spatial["convention"].dropna() if name}
    said = f"; convention: {', '.join(sorted(named))}" if named else ""
    whose = "Correlation" if len(spatial) == len(rows) else "Spatial similarity is a correlation"
    return f"{whose} over {over}{said}."


def _describe(rows: pd.DataFrame, split: str, measure: str) -> str:
    last = at(rows[(rows["split"] == split) & (rows["measure"] == measure)], TUNED)
    by_layer = last.groupby("layer")["similarity"].mean()
    parts = [f"layer {layer} {numbers.similarity(value)}" for layer, value in by_layer.items()]
    return (
        "Line chart of each layer's similarity with its original against the update. "
        f"At the last update: {', '.join(parts)}."
    )


def _measure_choice(rows: pd.DataFrame, measure: str) -> list[Control]:
    found = list(dict.fromkeys(rows["measure"]))
    if len(found) < 2:
        return []
    options = tuple((name, MEASURES.get(name, name)) for name in found)
    return [Control("select", "pick_measure", "Measure", options, measure)]


def _tips() -> list[Any]:
    return [
        alt.Tooltip("similarity:Q", title="similarity", format=".3f"),
        alt.Tooltip("lower:Q", title="lower", format=".3f"),
        alt.Tooltip("upper:Q", title="upper", format=".3f"),
        alt.Tooltip("n_pairs:Q", title="label pairs", format=",d"),
        alt.Tooltip("seed:N", title="seed"),
    ]


def _data(measure: str) -> tuple[Any, list[Any]]:
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter("datum.measure === pick_measure")
        .transform_filter("pick_seed === null || datum.seed === pick_seed")
    )
    parameters = [
        alt.param(name="pick_measure", value=measure),
        alt.param(name="pick_seed", value=None),
    ]
    return data, parameters


def _lines(
    rows: pd.DataFrame,
    layers: list[int],
    split: str,
    measure: str,
    picked: list[str],
    *,
    page: bool,
) -> dict[str, Any]:
    data, parameters = _data(measure)
    name = MEASURES.get(measure, measure) if rows["measure"].nunique() == 1 else "similarity"
    data = data.transform_filter("datum.split === pick_split").encode(
        x=alt.X("update:Q", **update_axis(list(rows["update"]))),
        y=alt.Y(
            "similarity:Q",
            title=name,
            scale=alt.Scale(zero=False),
        ),
        detail=["name:N", "seed:N"],
    )
    every = [str(layer) for layer in layers]
    colors = sequential(len(layers))
    shown = every if page else picked
    color = alt.Color(
        "name:N",
        scale=alt.Scale(domain=shown, range=[colors[every.index(name)] for name in shown]),
        legend=None
        if page
        else alt.Legend(title="layer", symbolType="stroke", symbolSize=400, symbolOpacity=1),
    )
    inside = "indexof(picked, datum.name) >= 0"
    chosen = data.transform_filter(inside).encode(color=color)
    parts: list[Any] = [data.transform_filter(f"!({inside})").mark_line(color=PALE, strokeWidth=1)]
    if rows["lower"].notna().any():
        parts.append(
            chosen.mark_area(opacity=0.1).encode(y=alt.Y("lower:Q", title=name), y2="upper:Q")
        )
    parts += [chosen.mark_line(strokeWidth=2.2), chosen.mark_point(filled=True, size=28, opacity=1)]
    if page:
        hover = alt.selection_point(
            name="hover",
            fields=["name"],
            nearest=True,
            on="pointerover",
            clear="pointerout",
            empty=False,
        )
        parts.append(data.transform_filter(hover).mark_line(color=INK, strokeWidth=3, opacity=0.75))
        tips = [
            alt.Tooltip("name:N", title="layer"),
            alt.Tooltip("update:Q", title="update", format=",d"),
            *_tips(),
        ]
        parts.append(data.mark_point(size=90, opacity=0).encode(tooltip=tips).add_params(hover))
    chart = alt.layer(*parts).add_params(
        *parameters,
        alt.param(name="pick_split", value=split),
        alt.param(name="picked", value=picked),
    )
    size: dict[str, Any] = {"width": "container" if page else 560, "height": 340 if page else 320}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec


def _dots(rows: pd.DataFrame, measure: str, *, page: bool) -> dict[str, Any]:
    data, parameters = _data(measure)
    shown = [stage for stage in ("before", ALONE, "after") if stage in set(rows["stage"])]
    color = alt.Color(
        "stage:N",
        scale=alt.Scale(domain=shown, range=[STAGES[s][0] for s in shown]),
        legend=alt.Legend(title=None, orient="top", symbolOpacity=1),
    )
    data = data.encode(
        x=alt.X(
            "layer:O",
            title="layer (0: embeddings)",
            axis=alt.Axis(labelAngle=0, labelOverlap="greedy"),
        ),
        xOffset=alt.XOffset("stage:N", sort=shown, scale=alt.Scale(domain=shown)),
        color=color,
    )
    y = alt.Y("similarity:Q", title="similarity", scale=alt.Scale(zero=False))
    bars = data.mark_rule(strokeWidth=2, opacity=0.6).encode(
        y=alt.Y("lower:Q", title="similarity", scale=alt.Scale(zero=False)), y2="upper:Q"
    )
    points = data.mark_point(filled=True, size=70, opacity=1).encode(
        y=y,
        shape=alt.Shape(
            "stage:N", scale=alt.Scale(domain=shown, range=[STAGES[s][1] for s in shown])
        ),
        tooltip=[
            alt.Tooltip("stage:N", title="encoder"),
            alt.Tooltip("layer:O", title="layer"),
            *_tips(),
        ],
    )
    parts = [bars, points] if rows["lower"].notna().any() else [points]
    chart = alt.layer(*parts).add_params(*parameters)
    size: dict[str, Any] = {"width": "container" if page else 560, "height": 260}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec
