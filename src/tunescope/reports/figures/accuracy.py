"""Accuracy of the classifier probe before and after (the paper's tables 2 and 7)."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tunescope.probes.registry import BLIND
from tunescope.reports import numbers
from tunescope.reports.figures.base import (
    CONFIG,
    ROWS,
    STAGES,
    Absent,
    Control,
    Figure,
    layer_name,
    seed_choice,
)
from tunescope.reports.panels import ALONE, SHOWN, Panel
from tunescope.tables import TUNED
from tunescope.tables.stages import highest_layer, on_split, own

TITLE = "Accuracy of the classifier probe"
ORDER = (*BLIND.values(), "random weights", "before", ALONE, "after")


def stages(panel: Panel) -> pd.DataFrame:
    """Rows of `accuracy` with a column `stage`; updates in between are left out.

    Of several splits the test split is kept.
    """
    table = panel.table("accuracy").dropna(subset=["accuracy"])
    table = own(on_split(table, "test")).copy()
    if table["layer"].isna().all():
        table["layer"] = 0
    blind = table["probe"].isin(list(BLIND))
    stage = table["stage"].map(SHOWN)
    stage[blind] = table["probe"].map(BLIND)
    table = table.assign(stage=stage).dropna(subset=["stage"])
    # what looks at no vector is the same for every encoder and layer
    blind = table["probe"].isin(list(BLIND))
    return table[~blind | ~table.duplicated(["seed", "probe"])]


def distinct(part: pd.DataFrame) -> pd.DataFrame:
    """Count once what is stored under every seed: only what was tuned depends on it."""
    of_seed = part["seed"].where(part["stage"] == SHOWN[TUNED])
    stored = ["probe", "layer", "restart", "accuracy", "lower", "upper"]
    return part[~part.assign(seed=of_seed).duplicated([*stored, "seed"])]


def summary(panel: Panel) -> pd.DataFrame:
    """One row a stage, probe and layer: what the page's table shows.

    Returns
    -------
    table : stage, probe, setting (every one that was chosen, each once), layer, accuracy (mean
        over restarts and seeds), spread (their standard deviation), lower, upper (means of the
        rows' intervals), n_restarts, n_seeds, n_examples.
    """
    table = stages(panel)
    if table.empty:
        return table
    out = []
    for (stage, probe, layer), rows in table.groupby(["stage", "probe", "layer"], sort=False):
        part = distinct(rows)
        out.append(
            {
                "stage": stage,
                "probe": probe,
                "setting": "; ".join(dict.fromkeys(part["setting"].dropna().map(str))) or None,
                "layer": layer,
                "accuracy": part["accuracy"].mean(),
                "spread": part["accuracy"].std() if len(part) > 1 else None,
                "lower": part["lower"].mean(),
                "upper": part["upper"].mean(),
                "n_restarts": len(part),
                "n_seeds": part["seed"].nunique(),
                "n_examples": part["n_examples"].max(),
            }
        )
    frame = pd.DataFrame(out)
    return (
        frame.assign(order=frame["stage"].map({name: i for i, name in enumerate(ORDER)}))
        .assign(first=~frame["probe"].isin(list(BLIND)))
        .sort_values(["first", "probe", "layer", "order"], kind="stable")
        .drop(columns=["first", "order"])
        .reset_index(drop=True)
    )


def figure(panel: Panel) -> Figure | Absent:
    """Draw every restart as a point over the interval, one line a stage."""
    table = panel.renamed(stages(panel))
    if table.empty:
        return Absent(TITLE, "the run holds no accuracies of a probe for this task and model")
    layers = sorted(int(layer) for layer in table["layer"].dropna().unique())
    probes = [name for name in dict.fromkeys(table["probe"]) if name not in BLIND]
    shown = [stage for stage in ORDER if stage in set(table["stage"])]
    names = ["stage", "probe", "layer", "seed", "restart", "accuracy", "lower", "upper"]
    rows = table[names].copy()
    rows["layer"] = rows["layer"].fillna(layers[-1] if layers else 0)
    probe = probes[0] if probes else next(iter(BLIND))
    n = numbers.count(table["n_examples"].max())
    restarts = int(rows[rows["probe"] == probe].groupby(["stage", "layer", "seed"]).size().max())
    caption = (
        f"Accuracy on {n} examples of split “{table['split'].iloc[0]}”. Each point is one of "
        f"{numbers.counted(restarts, 'start')} of the probe “{probe}”; bars are their 95 % "
        "intervals over test examples."
    )
    for stage, words in (
        ("majority label", "the commonest label"),
        ("random weights", "the untrained encoder"),
    ):
        if stage not in shown:
            caption += f" The run holds no accuracy of {words} to compare with."
    controls: list[Control] = []
    if len(probes) > 1:
        controls.append(
            Control("select", "pick_probe", "Probe", tuple((p, p) for p in probes), probe)
        )
    if len(layers) > 1:
        options = tuple((layer, layer_name(layer)) for layer in layers)
        controls.append(Control("select", "pick_layer", "Layer", options, layers[-1]))
    controls += seed_choice(rows)
    layer = layers[-1] if layers else 0
    return Figure(
        name="accuracy",
        title=TITLE,
        caption=caption,
        description=_describe(panel.renamed(summary(panel))),
        spec=_spec(rows, shown, probe, layer, page=True),
        print_spec=_spec(rows, shown, probe, layer, page=False),
        rows=rows,
        controls=tuple(controls),
    )


def _describe(table: pd.DataFrame) -> str:
    blind = table["probe"].isin(list(BLIND))
    last = pd.concat([highest_layer(table[~blind]), table[blind]]).sort_index()
    parts = [
        f"{row['stage']} {numbers.percent(row['accuracy'])}"
        if row["probe"] in BLIND
        else f"{row['probe']} {row['stage']} {numbers.percent(row['accuracy'])}"
        for row in last.to_dict("records")
    ]
    return f"Dot plot of accuracies: {', '.join(parts)}."


def _spec(
    rows: pd.DataFrame, shown: list[str], probe: str, layer: int, *, page: bool
) -> dict[str, Any]:
    blind = f"indexof({list(BLIND)}, datum.probe) >= 0"
    data = (
        alt.Chart(alt.NamedData(ROWS))
        .transform_filter(f"datum.probe === pick_probe || {blind}")
        .transform_filter(f"datum.layer === pick_layer || {blind}")
        .transform_filter("pick_seed === null || datum.seed === pick_seed")
        .encode(
            y=alt.Y(
                "stage:N",
                sort=shown,
                scale=alt.Scale(domain=shown),
                title=None,
                axis=alt.Axis(grid=True, ticks=False, domain=False, labelPadding=8),
            ),
            color=alt.Color(
                "stage:N",
                scale=alt.Scale(domain=shown, range=[STAGES[s][0] for s in shown]),
                legend=None,
            ),
        )
    )
    axis = alt.Axis(format=".0%", grid=True, tickCount=6)
    scale = alt.Scale(zero=False, nice=True)
    parts: list[Any] = []
    if rows["lower"].notna().any():
        parts.append(
            data.mark_rule(strokeWidth=9, opacity=0.18).encode(
                x=alt.X("lower:Q", title="accuracy", scale=scale, axis=axis), x2="upper:Q"
            )
        )
    parts.append(
        data.mark_point(filled=True, size=60, opacity=0.85).encode(
            x=alt.X("accuracy:Q", title="accuracy", scale=scale, axis=axis),
            shape=alt.Shape(
                "stage:N",
                scale=alt.Scale(domain=shown, range=[STAGES[s][1] for s in shown]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("stage:N", title="encoder"),
                alt.Tooltip("accuracy:Q", format=".1%"),
                alt.Tooltip("lower:Q", title="lower", format=".1%"),
                alt.Tooltip("upper:Q", title="upper", format=".1%"),
                alt.Tooltip("restart:N", title="start"),
                alt.Tooltip("seed:N", title="seed"),
            ],
        )
    )
    chart = alt.layer(*parts).add_params(
        alt.param(name="pick_probe", value=probe),
        alt.param(name="pick_layer", value=layer),
        alt.param(name="pick_seed", value=None),
    )
    size: dict[str, Any] = {"width": "container" if page else 560, "height": {"step": 40}}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec
