"""How well labels are read, and what that is owed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tunescope.probes.registry import BLIND
from tunescope.reports import accuracy_change, numbers
from tunescope.reports.figures import accuracy
from tunescope.reports.panels import SHOWN, Panel
from tunescope.tables import ORIGINAL, TUNED
from tunescope.tables.stages import highest_layer, last_layer, was_tuned


def main_accuracy(panel: Panel) -> dict[str, Any]:
    """The first probe's summary in the last layer, by stage."""
    table = accuracy.summary(panel)
    if table.empty:
        return {}
    probed = table[~table["probe"].isin(list(BLIND))]
    if probed.empty:
        return {}
    probe = probed["probe"].iloc[0]
    last = highest_layer(probed[probed["probe"] == probe])
    return {str(row["stage"]): row for _, row in last.iterrows()}


def accuracy_sentence(panel: Panel) -> str:
    """Say how the first probe's accuracy changed."""
    by_stage = main_accuracy(panel)
    if not {"before", "after"} <= set(by_stage):
        return ""
    old, new = by_stage["before"], by_stage["after"]

    def value(row: Any) -> str:
        text = numbers.percent(row["accuracy"])
        if numbers.known(row["lower"]):
            text += f" ({numbers.percent_interval(row['lower'], row['upper'])})"
        return text

    moved = f"from {value(old)} to {value(new)}"
    n = ""
    if numbers.known(new["n_examples"]):
        n = f" on {numbers.counted(new['n_examples'], 'example')}"
    fell = "" if panel.compared else ": an exception to “fine-tuning always helps”"
    change = accuracy_change.change(panel, str(new["probe"]))
    if change is not None:
        word = {1: "rose", 0: "went", -1: "fell"}[change.direction]
        text = f"The probe’s accuracy {word} {moved}{n}{fell if change.direction < 0 else ''}. "
        text += change.sentence
    elif not (numbers.known(old["lower"]) and numbers.known(new["lower"])):
        return f"The probe’s accuracy went {moved}{n} (no intervals stored)."
    elif new["lower"] > old["upper"]:
        text = f"The probe’s accuracy rose {moved}{n}."
    elif new["upper"] < old["lower"]:
        text = f"The probe’s accuracy fell {moved}{n}{fell}."
    else:
        text = f"The probe’s accuracy went {moved}{n}; the intervals overlap, so no clear change."
    if "random weights" in by_stage:
        text += f" With random weights it is {value(by_stage['random weights'])}."
    return text


def only_accuracy(panel: Panel) -> str:
    """Say what a probe reaches where there is one model only."""
    by_stage = main_accuracy(panel)
    row = by_stage.get("before", by_stage.get("after"))
    if row is None:
        return ""
    text = f"The probe “{row['probe']}” is right about {numbers.percent(row['accuracy'])} of "
    text += f"{numbers.counted(row['n_examples'], 'test example')}"
    known = numbers.known(row["lower"])
    interval = numbers.percent_interval(row["lower"], row["upper"])
    return f"{text} (95 % interval {interval})." if known else f"{text}."


def controls(panel: Panel) -> str:
    """Say what a probe reaches without vectors, without a curve, and on random labels."""
    table = accuracy.summary(panel)
    if table.empty:
        return ""
    blind = table["probe"].isin(list(BLIND))
    table = pd.concat([table[blind], highest_layer(table[~blind])])
    text = ""
    for probe, words in (
        ("word majority", "The most frequent label of each word alone is right in"),
        ("linear", "A linear probe reaches"),
        ("nearest neighbour", "The nearest training vector’s label is right in"),
    ):
        part = table[table["probe"] == probe].set_index("stage")["accuracy"]
        known = [stage for stage in ("before", "after") if stage in part]
        values = [f"{numbers.percent(part[stage])} {stage}" for stage in known]
        if len(known) < 2:
            values = [numbers.percent(value) for value in part[known[:1] or part.index[:1]]]
        if values:
            text += f"{words} {' and '.join(values)}. "
    if selective := _before_after(panel, "selectivity", "selectivity"):
        text += f"On random labels of the words the probe does {_worse(selective)} (selectivity). "
    if factors := _before_after(panel, "description_length", "compression"):
        text += f"Sent with the vectors, the labels are {_shorter(factors)}."
    return text.strip()


def _worse(differences: Mapping[str, float]) -> str:
    """Say by how much a probe does worse, or better, in each model."""
    said = {when: _way(value) for when, value in differences.items()}
    if len({way for way, _ in said.values()}) > 1:
        return " and ".join(f"{way}{by} {when}" for when, (way, by) in said.items())
    way, by = next(iter(said.values()))
    if not by:
        return way
    return way + " and".join(f"{by} {when}".rstrip() for when, (_, by) in said.items())


def _way(value: float) -> tuple[str, str]:
    if abs(value) < accuracy_change.LEAST_SHOWN:
        return "as well", ""
    return ("worse by", "better by")[value < 0], f" {accuracy_change.points(abs(value))}"


def _shorter(factors: Mapping[str, float]) -> str:
    """Say by which factor something is shorter in each model, unless it is not."""
    said = {when: accuracy_change.times(value) for when, value in factors.items()}
    together = " and ".join(f"{factor} {when}".strip() for when, factor in said.items())
    if min(factors.values()) > 1:
        return f"shorter by a factor of {together}"
    if max(factors.values()) <= 1:
        return f"not shorter (factor {together})"
    return " and ".join(
        f"shorter by a factor of {said[when]} {when}"
        if value > 1
        else f"not shorter (factor {said[when]}) {when}"
        for when, value in factors.items()
    )


def _before_after(panel: Panel, name: str, column: str) -> dict[str, float]:
    """Give a quantity in the last layer before and after, means over seeds; empty if absent.

    Of a model that stands alone it is under an empty name.
    """
    table = last_layer(panel.before_and_after(name))
    means = table.dropna(subset=[column]).groupby("stage")[column].mean()
    if not was_tuned(table):
        return {"": float(means.iloc[0])} if len(means) else {}
    return {SHOWN[stage]: float(means[stage]) for stage in (ORIGINAL, TUNED) if stage in means}
