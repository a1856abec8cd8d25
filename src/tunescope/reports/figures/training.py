"""How the head fared while the encoder was fine-tuned."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures.base import (
    BLUE,
    CONFIG,
    ORANGE,
    ROWS,
    Absent,
    Control,
    Figure,
    seed_choice,
    update_axis,
)
from tunescope.reports.panels import Panel

TITLE = "While fine-tuning: accuracy and loss of the head"
_BATCH = "one batch"
_COLORS = (BLUE, ORANGE)
_MARKED = 60  # more points than this and a line says it better


def figure(panel: Panel) -> Figure | Absent:
    """Draw accuracy at the snapshots, and loss and accuracy of each update's batch."""
    rows = _rows(panel)
    if rows["update"].nunique() < 2:
        return Absent(TITLE, "the run holds no record of the training for this task and model")
    quantities = list(dict.fromkeys(rows["quantity"]))
    first = quantities[0]
    snapshots = [int(update) for update in panel.table("evaluations")["update"].unique()]
    controls = seed_choice(rows)
    if len(quantities) > 1:
        options = tuple((name, name) for name in quantities)
        controls.insert(0, Control("select", "pick_quantity", "Show", options, first))
    shown = rows[rows["quantity"] == first]
    final = shown.sort_values("update").groupby("of", sort=False).last()["value"]
    values = ", ".join(
        f"{of} {numbers.significant(value) if 'loss' in first else numbers.percent(value)}"
        for of, value in final.items()
    )
    return Figure(
        name="training",
        title=TITLE,
        caption="This is the classification head that was fine-tuned together with the encoder, "
        f"not the probe above; {numbers.counted(rows['seed'].nunique(), 'seed')}.",
        description=f"Line chart of {first} against the update; at the end: {values}.",
        spec=_spec(rows, first, snapshots, page=True),
        print_spec=_spec(rows, first, snapshots, page=False),
        rows=rows,
        controls=tuple(controls),
    )


def _rows(panel: Panel) -> pd.DataFrame:
    """Long rows: update, seed, quantity, of, value; the clearest quantity first."""
    scored = panel.table("evaluations")
    parts = [
        scored.assign(quantity="accuracy at the snapshots", of=scored["split"]).rename(
            columns={"accuracy": "value"}
        )
    ]
    history = panel.table("training")
    parts += [
        history.assign(quantity=f"{name} on each update’s batch", of=_BATCH, value=history[name])
        for name in ("loss", "accuracy")
    ]
    kept = [
        part[["update", "seed", "quantity", "of", "value"]].dropna(subset=["value"])
        for part in parts
    ]
    filled = [part for part in kept if len(part)]
    return pd.concat(filled or kept[:1], ignore_index=True)


def _spec(rows: pd.DataFrame, quantity: str, snapshots: list[int], *, page: bool) -> dict[str, Any]:
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter("datum.quantity === pick_quantity")
        .transform_filter("pick_seed === null || datum.seed === pick_seed")
    )
    shown = list(dict.fromkeys(rows["of"]))
    named = [name for name in shown if name != _BATCH]
    base = data.encode(
        x=alt.X("update:Q", **update_axis(snapshots or list(rows["update"]))),
        y=alt.Y("value:Q", title=None if page else quantity),
        detail="seed:N",
        color=alt.Color(
            "of:N",
            scale=alt.Scale(
                domain=[*named, _BATCH],
                range=[*(_COLORS[i % 2] for i in range(len(named))), BLUE],
            ),
            legend=alt.Legend(
                title=None, orient="top", symbolType="stroke", symbolSize=400, values=named
            )
            if named
            else None,
        ),
    )
    tips = [
        alt.Tooltip("of:N", title="of"),
        alt.Tooltip("value:Q", title="value", format=".4~g"),
        alt.Tooltip("update:Q", title="update", format=",d"),
        alt.Tooltip("seed:N", title="seed"),
    ]
    few = base.transform_joinaggregate(n="count()").transform_filter(f"datum.n <= {_MARKED}")
    parts: list[Any] = [base.mark_line(strokeWidth=1.8), few.mark_point(filled=True, size=30)]
    if page:
        parts.append(base.mark_point(size=90, opacity=0).encode(tooltip=tips))
    chart = alt.layer(*parts).add_params(
        alt.param(name="pick_quantity", value=quantity), alt.param(name="pick_seed", value=None)
    )
    size: dict[str, Any] = {"width": "container" if page else 560, "height": 220}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec
