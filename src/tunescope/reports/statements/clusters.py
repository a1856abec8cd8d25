"""How many clusters there are, and what would be so for any vectors."""

from __future__ import annotations

import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures import clusters
from tunescope.reports.panels import Panel


def clusters_sentence(panel: Panel) -> str:
    """Say which layers are linear."""
    table = clusters.by_layer(panel)
    if table.empty or table["before"].isna().all():
        return ""
    n = len(table)
    labels = numbers.count(table["n_labels"].iloc[-1])

    def linear(stage: str) -> int:
        return int(table[f"linear_{stage}"].sum())

    old = linear("before")
    contradictions = _contradictions(table)
    if table["after"].isna().all():
        return linear_layers(panel) + contradictions
    new = linear("after")
    last = table.iloc[-1]
    layer = f"layer {last['layer']}"
    if old == n and new == n:
        return (
            f"All {numbers.counted(n, 'layer')} are linear before and after: every one of the "
            f"{labels} labels is one cluster, so a linear classifier can separate the training "
            f"data{'' if panel.compared else ' without any fine-tuning'}."
        )
    tuning = "" if panel.compared else " fine-tuning"
    text = f"{old} of {n} layers are linear before{tuning}, {new} after. "
    if last["before"] == last["after"]:
        text += (
            f"{layer.capitalize()} has {numbers.count(last['after'])} clusters before and after "
        )
    else:
        text += (
            f"In {layer} the number of clusters went from {numbers.count(last['before'])} to "
            f"{numbers.count(last['after'])} "
        )
    text += f"({labels} labels)."
    text += contradictions
    for stage, when in (("crowded_before", "Before"), ("crowded_after", "After")):
        if last[stage] and last[stage] != "none":
            text += f" {when}, more than one cluster: {last[stage]}."
    return text


def linear_layers(panel: Panel) -> str:
    """Say of a model that stands alone how many of its layers are linear."""
    table = clusters.by_layer(panel)
    if table.empty or table["before"].isna().all():
        return ""
    n, linear = len(table), int(table["linear_before"].sum())
    labels = numbers.counted(table["n_labels"].iloc[-1], "label")
    if n > 1:
        return f"{f'All {n}' if linear == n else f'{linear} of {n}'} layers are linear ({labels})."
    found = numbers.counted(table["before"].iloc[0], "cluster")
    return f"The representation is {'linear' if linear else 'not linear'}: {found} of {labels}."


def _contradictions(table: pd.DataFrame) -> str:
    """Say in which layers examples contradict each other, layers with as many together."""
    torn = table[table["n_contradictions"] > 0]
    said = []
    for count, part in torn.groupby("n_contradictions", sort=False):
        layers = [str(layer).split()[0] for layer in part["layer"]]
        where = f"layers {', '.join(layers[:-1])} and {layers[-1]}"
        if len(part) == len(table) > 1:
            where = "every layer"
        elif len(layers) == 1:
            where = f"layer {part['layer'].iloc[0]}"
        said.append(
            f" In {where}, {numbers.counted(count, 'example')} share their vector with an example "
            "of another label, which no clustering can part."
        )
    return "".join(said)


def dimension(panel: Panel) -> str:
    """Say what random vectors of these counts and dimensions would do."""
    table = clusters.by_layer(panel)
    if table.empty or not numbers.known(table["capacity_pairs"].iloc[-1]):
        return ""
    last = table.iloc[-1]
    share = last["capacity_pairs"] / last["n_pairs"] if last["n_pairs"] else float("nan")
    text = (
        f"Random vectors of these counts in {numbers.count(last['n_features'])} dimensions would "
        f"leave {numbers.expected(last['capacity_pairs'], last['n_pairs'])} label pairs separable"
    )
    if share > 0.99:
        text += ": here linearity alone says little about the model."
    elif share > 0.5:
        text += ": a good part of the linearity may be owed to the dimension."
    else:
        text += ": the dimension alone does not explain a linear representation."
    if numbers.known(last["random"]):
        text += (
            f" The same encoder with random weights needs {numbers.count(last['random'])} clusters"
            f" in layer {last['layer']}."
        )
    return text
