"""Number of clusters in each layer, before and after (the paper's tables 3 and 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures.base import (
    CONFIG,
    INK,
    ROWS,
    STAGES,
    Absent,
    Figure,
    layer_name,
    seed_choice,
    split_choice,
)
from tunescope.reports.naming import named
from tunescope.reports.panels import SHOWN, Panel, each_row
from tunescope.tables.stages import highest_layer, on_split, own, split_of

TITLE = "Number of clusters in each layer"
FEW_TICKS = 8
"""So many whole numbers or fewer each get a tick; left to itself the axis would show halves."""
OF_SPACE = ("n_labels", "n_features", "n_pairs", "capacity_pairs")
"""What the number of clusters is weighed against."""


def stages(panel: Panel) -> pd.DataFrame:
    """Rows of `linearity` before and after fine-tuning and with random weights.

    Returns
    -------
    table : the rows, their `stage` named as the page does.
    """
    table = own(panel.table("linearity"))
    return table.assign(stage=table["stage"].map(SHOWN)).dropna(subset=["stage"])


def figure(panel: Panel) -> Figure | Absent:
    """Draw a point a layer and stage, against the number of labels."""
    everything = stages(panel)
    table = everything.dropna(subset=["n_clusters"])
    if table.empty:
        return Absent(TITLE, "the run holds no table of clusters for this task and model")
    if table["layer"].nunique() == 1 and table["stage"].nunique() == 1:
        return Absent(TITLE, "the run holds one layer of one snapshot: the table below says it all")
    if len(table) == len(everything) and table["n_clusters"].nunique() == 1:
        return Absent(TITLE, _all_equal(panel, table))
    split = split_of(table)
    rows = table[["layer", "stage", "seed", "split", "n_clusters", "n_labels"]].copy()
    rows["crowded"] = [_crowded(panel, [row]) for row in each_row(table)]
    rows = panel.renamed(rows)
    shown = [stage for stage in STAGES if stage in set(rows["stage"])]
    n_labels = int(rows[rows["split"] == split]["n_labels"].max())
    n_examples = numbers.count(table[table["split"] == split]["n_examples"].max())
    caption = (
        f"Clusters of the {n_examples} examples of split “{split}”; the dashed line is the number "
        f"of labels ({n_labels}), reached where every label is one cluster (the representation is "
        "linear)."
    )
    if "random weights" in shown:
        caption += " “Random weights” is the same encoder, untrained."
    elif "random weights" not in set(everything["stage"]):
        caption += " The run holds no clustering of an encoder with random weights."
    if len(table) < len(everything):
        caption += (
            " Where the clustering was stopped early there is no point; the table has bounds."
        )
    if rows["seed"].nunique() > 1:
        caption += f" One point a seed ({rows['seed'].nunique()} seeds)."
    return Figure(
        name="clusters",
        title=TITLE,
        caption=caption,
        description=_describe(rows[rows["split"] == split]),
        spec=_spec(rows, split, shown, page=True),
        print_spec=_spec(rows, split, shown, page=False),
        rows=rows,
        controls=(*seed_choice(rows), *split_choice(rows, split)),
    )


def _all_equal(panel: Panel, table: pd.DataFrame) -> str:
    """Say that every layer and stage has as many clusters, which no picture makes clearer."""
    n = numbers.counted(table["n_clusters"].iloc[0], "cluster")
    labels = numbers.counted(table["n_labels"].max(), "label")
    layers = numbers.counted(table["layer"].nunique(), "layer")
    shown = [stage for stage in STAGES if stage in set(table["stage"])] if panel.tuned else []
    when = f", {' and '.join(shown)}" if shown else ""
    torn = (table["n_contradictions"] > 0).any()
    meet = ", which meet where examples contradict each other" if torn else ""
    return f"every one of {layers} has {n} of {labels}{when}{meet}"


def _crowded(panel: Panel, rows: Sequence[Any]) -> str:
    """The labels with more than one cluster with any seed, most first."""
    if rows[0].stage == "random weights":
        return ""
    found = [_of_labels(panel, row) for row in rows if numbers.known(row.n_clusters)]
    if not found:
        return "not counted to the end"
    of_label = pd.concat(found).groupby("label", sort=False)["n_clusters"].agg(["min", "max"])
    here = of_label[of_label["max"] > 1].sort_values("max", ascending=False, kind="stable")
    parts = [
        f"{named(r.Index)} {numbers.counts([r.min, r.max])}" for r in here.head(5).itertuples()
    ]
    rest = len(here) - len(parts)
    return ", ".join(parts) + (f" and {rest} more" if rest > 0 else "") or "none"


def _of_labels(panel: Panel, row: Any) -> pd.DataFrame:
    """Rows of `clusters` that a row of `linearity` sums up."""
    table = panel.geometry("clusters")
    here: pd.DataFrame = table[
        (table["update"] == row.update)
        & (table["layer"] == row.layer)
        & (table["split"] == row.split)
        & (table["seed"] == row.seed)
    ]
    return here


def _in_words(rows: Sequence[Any]) -> str:
    """The number of clusters; bounds where the clustering was stopped early, or seeds differ."""
    ends = [
        (row.n_clusters, row.n_clusters)
        if numbers.known(row.n_clusters)
        else (row.least_clusters, row.most_clusters)
        for row in rows
    ]
    return numbers.counts(end for both in ends for end in both)


def _is_linear(row: Any) -> bool:
    """What the table says; where it does not, as many clusters as labels."""
    if numbers.known(row.is_linear):
        return bool(row.is_linear)
    return bool(row.n_clusters == row.n_labels)


def _describe(rows: pd.DataFrame) -> str:
    last = highest_layer(rows)
    parts = [
        f"{stage} {numbers.counts(part['n_clusters'])}"
        for stage, part in last.groupby("stage", sort=False)
    ]
    return (
        f"Dot plot of the number of clusters in {rows['layer'].nunique()} layers. "
        f"In the last layer: {', '.join(parts)}; {numbers.count(last['n_labels'].max())} labels."
    )


def _spec(rows: pd.DataFrame, split: str, shown: list[str], *, page: bool) -> dict[str, Any]:
    low, high = rows["n_labels"].min(), rows["n_clusters"].max()
    scale = alt.Scale(type="log") if high > 8 * low else alt.Scale(zero=False, nice=True)
    few = range(int(low), int(high) + 1)
    ticks: dict[str, Any] = {"values": list(few)} if len(few) <= FEW_TICKS else {}
    span = sorted(int(layer) for layer in rows["layer"].unique())
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter("datum.split === pick_split")
        .transform_filter("pick_seed === null || datum.seed === pick_seed")
    )
    x = alt.X(
        "layer:O",
        title="layer (0: embeddings)",
        axis=alt.Axis(labelAngle=0, labelOverlap="greedy"),
        scale=alt.Scale(domain=span),
    )
    y = alt.Y(
        "n_clusters:Q",
        title="clusters",
        scale=scale,
        axis=alt.Axis(format=",d", tickMinStep=1, **ticks),
    )
    offset = alt.XOffset("stage:N", sort=shown, scale=alt.Scale(domain=shown))
    color = alt.Color(
        "stage:N",
        scale=alt.Scale(domain=shown, range=[STAGES[s][0] for s in shown]),
        legend=alt.Legend(title=None, orient="top", symbolOpacity=1),
    )
    shape = alt.Shape("stage:N", scale=alt.Scale(domain=shown, range=[STAGES[s][1] for s in shown]))
    stems = data.mark_rule(strokeWidth=2, opacity=0.5).encode(
        x=x, xOffset=offset, y=y, y2="n_labels:Q", color=color
    )
    points = data.mark_point(filled=True, size=70, opacity=1).encode(
        x=x,
        xOffset=offset,
        y=y,
        color=color,
        shape=shape,
        tooltip=[
            alt.Tooltip("stage:N", title="encoder"),
            alt.Tooltip("layer:O", title="layer"),
            alt.Tooltip("n_clusters:Q", title="clusters", format=",d"),
            alt.Tooltip("n_labels:Q", title="labels", format=",d"),
            alt.Tooltip("crowded:N", title="more than one"),
            alt.Tooltip("seed:N", title="seed"),
        ],
    )
    labels = data.mark_rule(strokeDash=[5, 4], color=INK).encode(
        y=alt.Y("max(n_labels):Q", title="clusters")
    )
    chart = alt.layer(stems, labels, points).add_params(
        alt.param(name="pick_split", value=split), alt.param(name="pick_seed", value=None)
    )
    size: dict[str, Any] = {"width": "container" if page else 560, "height": 280}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec


def by_layer(panel: Panel) -> pd.DataFrame:
    """Sum up the clusters of each layer and model over the seeds.

    Returns
    -------
    table : a row a layer and stage: layer, stage, clusters (as text: their number, or the least
        and the most where the clustering was stopped or seeds differ), counted (with any seed),
        linear (with every seed), partly_linear (with some seeds only), crowded (labels with more
        than one cluster), contradictions (as text), n_contradictions (the most of any seed),
        n_labels, n_features, n_pairs, capacity_pairs.
    """
    table = stages(panel)
    if table.empty:
        return table
    table = on_split(table)
    single = table["layer"].nunique() == 1  # vectors from anywhere: 0 says nothing then
    out = []
    for (layer, stage), part in table.groupby(["layer", "stage"]):
        rows = list(each_row(part))
        linear = [_is_linear(row) for row in rows]
        out.append(
            {
                "layer": str(layer) if single else layer_name(int(str(layer))),
                "stage": stage,
                "clusters": _in_words(rows),
                "counted": bool(part["n_clusters"].notna().any()),
                "linear": all(linear),
                "partly_linear": any(linear) and not all(linear),
                "crowded": _crowded(panel, rows),
                "contradictions": numbers.counts(part["n_contradictions"]),
                "n_contradictions": part["n_contradictions"].max(),
                **{name: part[name].max() for name in OF_SPACE},
            }
        )
    return pd.DataFrame(out)


def several_seeds(panel: Panel) -> bool:
    """Tell whether clusters were counted with several seeds."""
    return bool(stages(panel)["seed"].nunique() > 1)
