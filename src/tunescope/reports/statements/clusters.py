"""How many clusters there are, and what would be so for any vectors."""

from __future__ import annotations

import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures import clusters
from tunescope.reports.panels import Panel


def clusters_sentence(panel: Panel) -> str:
    """Say which layers are linear, with every seed."""
    before, after = (_of(panel, stage) for stage in ("before", "after"))
    if before.empty or not before["counted"].any():
        return ""
    contradictions = _contradictions(before, after)
    if after.empty or not after["counted"].any():
        return linear_layers(panel) + contradictions
    n = len(before)
    labels = numbers.count(before["n_labels"].iloc[-1])
    if before["linear"].all() and after["linear"].all():
        return (
            f"All {numbers.counted(n, 'layer')} are linear before and after: every one of the "
            f"{labels} labels is one cluster, so a linear classifier can separate the training "
            f"data{'' if panel.compared else ' without any fine-tuning'}."
        )
    tuning = "" if panel.compared else " fine-tuning"
    text = (
        f"{_linear(before)} of {n} layers {_are(_linear(before))} linear before{tuning}, "
        f"{_linear(after)} after"
        f"{_not_with_every_seed(after)}. {_in_last_layer(before, after)} ({labels} labels)."
    )
    text += contradictions
    for part, when in ((before, "Before"), (after, "After")):
        crowded = part["crowded"].iloc[-1]
        if crowded and crowded != "none":
            text += f" {when}, more than one cluster: {crowded}."
    return text


def _of(panel: Panel, stage: str) -> pd.DataFrame:
    """Rows of one model, a layer each."""
    table = clusters.by_layer(panel)
    return table if table.empty else table[table["stage"] == stage]


def shown_clusters(panel: Panel) -> pd.DataFrame:
    """Rows of the model that the page's numbers are about: the one after, or the only one."""
    after = _of(panel, "after")
    return _of(panel, "before") if after.empty else after


def _linear(table: pd.DataFrame) -> int:
    return int(table["linear"].sum())


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _not_with_every_seed(table: pd.DataFrame) -> str:
    """Say how many layers more are linear with some seeds only."""
    partly = int(table["partly_linear"].sum())
    return f" and {partly} more not with every seed" if partly else ""


def _in_last_layer(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Say how many clusters the last layer has."""
    layer = f"layer {after['layer'].iloc[-1]}"
    old, new = before["clusters"].iloc[-1], after["clusters"].iloc[-1]
    if old == new:
        return f"{layer.capitalize()} has {old} clusters before and after"
    if " to " in old + new:
        return f"{layer.capitalize()} has {old} clusters before and {new} after"
    return f"In {layer} the number of clusters went from {old} to {new}"


def linear_layers(panel: Panel) -> str:
    """Say of a model that stands alone how many of its layers are linear."""
    table = _of(panel, "before")
    if table.empty or not table["counted"].any():
        return ""
    n, linear = len(table), _linear(table)
    labels = numbers.counted(table["n_labels"].iloc[-1], "label")
    if n > 1:
        said = f"All {n} layers are" if linear == n else f"{linear} of {n} layers {_are(linear)}"
        return f"{said} linear ({labels})."
    found = table["clusters"].iloc[0]
    found += " cluster" if found == "1" else " clusters"
    return f"The representation is {'linear' if linear else 'not linear'}: {found} of {labels}."


def _contradictions(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Say where examples contradict each other, once where both models have as many."""
    old, new = _torn(before), _torn(after)
    if after.empty or old == new:
        return "".join(f" In {said}" for said in old)
    return "".join(
        f" {when}, in {said}" for when, part in (("Before", old), ("After", new)) for said in part
    )


def _torn(table: pd.DataFrame) -> list[str]:
    """Say in which layers examples contradict each other, layers with as many together."""
    if table.empty:
        return []
    torn = table[table["n_contradictions"] > 0]
    said = []
    for count, part in torn.groupby("contradictions", sort=False):
        layers = [str(layer).split()[0] for layer in part["layer"]]
        where = f"layers {', '.join(layers[:-1])} and {layers[-1]}"
        if len(part) == len(table) > 1:
            where = "every layer"
        elif len(layers) == 1:
            where = f"layer {part['layer'].iloc[0]}"
        said.append(
            f"{where}, {count} {'example' if count == '1' else 'examples'} share their vector with "
            "an example of another label, which no clustering can part."
        )
    return said


def dimension(panel: Panel) -> str:
    """Say what random vectors of these counts and dimensions would do."""
    table = shown_clusters(panel)
    if table.empty or not numbers.known(table["capacity_pairs"].iloc[-1]):
        return ""
    last = table.iloc[-1]
    share = last["capacity_pairs"] / last["n_pairs"] if last["n_pairs"] else float("nan")
    text = (
        f"Random vectors of these counts in {numbers.count(last['n_features'])} dimensions would "
        f"leave {numbers.expected(last['capacity_pairs'], last['n_pairs'])} label "
        f"{'pair' if last['n_pairs'] == 1 else 'pairs'} separable"
    )
    if share > 0.99:
        text += ": here linearity alone says little about the model."
    elif share > 0.5:
        text += ": a good part of the linearity may be owed to the dimension."
    else:
        text += ": the dimension alone does not explain a linear representation."
    random = _of(panel, "random weights")
    if len(random) and random["counted"].iloc[-1]:
        text += (
            f" The same encoder with random weights needs {random['clusters'].iloc[-1]} clusters"
            f" in layer {random['layer'].iloc[-1]}."
        )
    return text
