"""Number of clusters in each layer, before and after (the paper's tables 3 and 4)."""

from __future__ import annotations

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
from tunescope.reports.panels import SHOWN, Panel, each_row
from tunescope.tables.stages import highest_layer, on_split, own, split_of

TITLE = "Number of clusters in each layer"
FEW_TICKS = 8
"""So many whole numbers or fewer each get a tick; left to itself the axis would show halves."""


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
    rows["crowded"] = [_crowded(panel, row) for row in each_row(table)]
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
    return f"every one of {layers} has {n} of {labels}{when}"


def _crowded(panel: Panel, row: Any) -> str:
    """The labels with more than one cluster, most first, for the tooltip."""
    if row.stage == "random weights":
        return ""
    if not numbers.known(row.n_clusters):
        return "not counted to the end"
    table = panel.geometry("clusters")
    here = table[
        (table["update"] == row.update)
        & (table["layer"] == row.layer)
        & (table["split"] == row.split)
        & (table["seed"] == row.seed)
        & (table["n_clusters"] > 1)
    ].sort_values("n_clusters", ascending=False, kind="stable")
    parts = [f"{r.label} {numbers.count(r.n_clusters)}" for r in each_row(here.head(5))]
    rest = len(here) - len(parts)
    return ", ".join(parts) + (f" and {rest} more" if rest > 0 else "") or "none"


def _in_words(row: Any) -> str:
    """The number of clusters, or its bounds where the clustering was stopped early."""
    if row is None:
        return numbers.ABSENT
    if numbers.known(row.least_clusters) and not numbers.known(row.n_clusters):
        return f"{numbers.count(row.least_clusters)} to {numbers.count(row.most_clusters)}"
    return numbers.count(row.n_clusters)


def _is_linear(row: Any) -> bool:
    """What the table says; where it does not, as many clusters as labels."""
    if numbers.known(row.is_linear):
        return bool(row.is_linear)
    return bool(row.n_clusters == row.n_labels)


def _describe(rows: pd.DataFrame) -> str:
    last = highest_layer(rows)
    parts = [
        f"{stage} {numbers.count(part['n_clusters'].mean())}"
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
    """What the page's table of clusters shows: one row a layer.

    Returns
    -------
    table : layer, before, after, random (number of clusters), words_before, words_after,
        words_random (the same as text, or its bounds where it is missing), linear_before,
        linear_after, crowded_before and crowded_after (labels with more than one cluster),
        n_labels, n_features, n_pairs, capacity_pairs, n_contradictions. Of several seeds the first.
    """
    table = stages(panel)
    if table.empty:
        return table
    table = on_split(table[table["seed"] == table["seed"].min()])
    single = table["layer"].nunique() == 1  # vectors from anywhere: 0 says nothing then
    out = []
    for layer, part in table.groupby("layer"):
        by_stage = {row.stage: row for row in each_row(part)}
        any_row = next(iter(by_stage.values()))
        out.append(
            {
                "layer": str(layer) if single else layer_name(int(str(layer))),
                **{
                    stage.split(maxsplit=1)[0]: getattr(by_stage.get(stage), "n_clusters", None)
                    for stage in ("before", "after", "random weights")
                },
                **{
                    f"words_{stage.split(maxsplit=1)[0]}": _in_words(by_stage.get(stage))
                    for stage in ("before", "after", "random weights")
                },
                **{
                    f"linear_{stage}": stage in by_stage and _is_linear(by_stage[stage])
                    for stage in ("before", "after")
                },
                **{
                    f"crowded_{stage}": _crowded(panel, by_stage[stage])
                    if stage in by_stage
                    else None
                    for stage in ("before", "after")
                },
                **{
                    column: getattr(any_row, column)
                    for column in (
                        "n_labels",
                        "n_features",
                        "n_pairs",
                        "capacity_pairs",
                        "n_contradictions",
                    )
                },
            }
        )
    return pd.DataFrame(out)
