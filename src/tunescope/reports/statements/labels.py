"""How far labels are from each other, and how far they moved."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures import minimum_distances
from tunescope.reports.naming import named
from tunescope.reports.panels import Panel
from tunescope.tables import ORIGINAL, TUNED, relative_changes
from tunescope.tables.stages import at, highest_layer, last_layer, on_split, side_by_side, was_tuned


def relative(panel: Panel) -> str:
    """Say for how many labels the room grew by more than the whole space did."""
    changed = relative_changes(panel.tables)
    if changed.empty:
        return ""
    of_label = minimum_distances.of_labels(changed)
    counts = of_label["direction"].value_counts()
    known = of_label.dropna(subset=["change"])
    factor = known["after"].mean() / known["before"].mean() if known["before"].any() else None
    text = (
        f"Measured by the size of the space, {counts.get('increased', 0)} of "
        f"{numbers.counted(len(of_label), 'label')} stand further from their nearest other than "
        f"before and {counts.get('decreased', 0)} nearer (certified)"
    )
    if factor is not None:
        text += f"; on average the distance is × {numbers.significant(factor, 2)}"
    return text + "." + _seeds(changed)


def distances(panel: Panel) -> str:
    """Say how the labels' minimum distances changed."""
    table = minimum_distances.growth(panel)
    if table.empty:
        return ""
    frame = panel.geometry("minimum_distances")
    layer = int(highest_layer(frame)["layer"].iloc[0])
    counts = table["direction"].value_counts()
    text = (
        f"In layer {layer}, the certified distance to the nearest other label grew for "
        f"{counts.get('increased', 0)} of {numbers.counted(len(table), 'label')}"
    )
    text += f" and shrank for {counts['decreased']}" if "decreased" in counts else ""
    text += f"; for {counts['undecided']} that is undecided" if "undecided" in counts else ""
    return f"{text}.{_ends(table)}" + _seeds(frame)


def _ends(table: pd.DataFrame) -> str:
    """Say whose distance grew most and whose least, unless all went the same way as far."""
    known = table.dropna(subset=["change"])
    if known.empty:
        return ""
    top, low = known.iloc[0], known.iloc[-1]

    def went(row: Any) -> str:
        return f"from {numbers.significant(row['before'])} to {numbers.significant(row['after'])}"

    if all(math.isclose(top[at], low[at]) for at in ("before", "after")):  # as with one pair
        return f" It went {went(top)}."
    most = {1: "gained most", 0: "stayed where it was", -1: "lost least"}[_sign(top)]
    least = {1: "gained least", 0: "stayed where it was", -1: "lost most"}[_sign(low)]
    return (
        f" {named(top['label'])} {most}: {went(top)}; {named(low['label'])} {least}: {went(low)}."
    )


def _sign(row: Any) -> int:
    return int(row["change"] > 0) - int(row["change"] < 0)


def apart(panel: Panel) -> str:
    """Say which label pairs moved furthest apart and closer."""
    table = last_layer(on_split(panel.before_and_after("separations")))
    table = table.dropna(subset=["separation"])
    pairs = side_by_side(table, ["label_a", "label_b"], "separation").reset_index()
    if pairs.empty:
        return ""
    pairs["change"] = pairs["after"] - pairs["before"]
    ordered = pairs.sort_values("change", kind="stable").to_dict("records")
    closest, furthest = ordered[0], ordered[-1]

    layer = int(table["layer"].iloc[0])

    def went(pair: dict[Any, Any]) -> str:
        return f"{numbers.significant(pair['before'])} to {numbers.significant(pair['after'])}"

    if len(pairs) == 1:
        return (
            f"In layer {layer} the separation of {_both(furthest)} "
            f"went from {went(furthest)}." + _seeds(table)
        )
    how = {1: "moved furthest apart", 0: "stayed as far apart", -1: "came least closer"}
    text = (
        f"Of {numbers.counted(len(pairs), 'label pair')} in layer {layer}, "
        f"{_both(furthest)} {how[_sign(furthest)]}: their separation "
        f"went from {went(furthest)}."
    )
    closer = int((pairs["change"] < 0).sum())
    if closer:
        most = ", most of all" if closer > 1 else ":"
        text += (
            f" {numbers.counted(closer, 'pair')} came closer{most} "
            f"{_both(closest)} ({went(closest)})."
        )
    return text + _seeds(table)


def nearest(panel: Panel) -> str:
    """Say which labels are nearest to each other at the end."""
    every = on_split(panel.before_and_after("separations"))
    table = last_layer(at(every, TUNED if TUNED in set(every["stage"]) else ORIGINAL))
    table = table.dropna(subset=["separation"])
    if table.empty:
        return ""
    seed, several = int(table["seed"].min()), table["seed"].nunique() > 1
    table, layer = table[table["seed"] == seed], table["layer"].iloc[0]
    meeting = table[table["separation"] == 0]
    row = table.sort_values("separation", kind="stable").iloc[0]
    when = "After fine-tuning, in" if was_tuned(every) and not panel.compared else "In"
    when = "After, in" if panel.compared else when
    text = f"{when} layer {int(layer)}{f', seed {seed},' * several} "
    if len(meeting) == 1:
        return text + f"the hulls of one label pair meet: {_both(row)}."
    if len(meeting):
        return text + (
            f"the hulls of {numbers.count(len(meeting))} of "
            f"{numbers.counted(len(table), 'label pair')} meet."
        )
    value = numbers.certified(row["separation"], row["lower"], row["upper"])
    if len(table) == 1:
        return text + f"{_both(row)} are {value} apart."
    return text + f"the nearest labels are {_both(row)}, {value} apart."


def movement(panel: Panel) -> str:
    """Say which labels' means moved furthest."""
    table = on_split(at(panel.geometry("centroids").dropna(subset=["displacement"]), TUNED))
    if table.empty:
        return ""
    means = table.groupby("layer")["displacement"].median()
    last = last_layer(table).groupby("label")["displacement"].mean()
    text = (
        f"In layer {int(table['layer'].max())}, {named(last.idxmax())} moved "
        f"{'furthest ' * (len(last) > 1)}from where it was ({numbers.significant(last.max())})"
    )
    if len(last) > 1:
        text += f", {named(last.idxmin())} least ({numbers.significant(last.min())})"
    text += "."
    if len(means) > 1:
        text += (
            f" The median label moved {numbers.significant(means.iloc[0])} in layer "
            f"{means.index[0]} and {numbers.significant(means.iloc[-1])} in layer "
            f"{means.index[-1]}."
        )
    return text + _seeds(table)


def _both(pair: Any) -> str:
    return f"{named(pair['label_a'])} and {named(pair['label_b'])}"


def _seeds(table: pd.DataFrame) -> str:
    n = table["seed"].nunique()
    return f" (Means over {n} seeds.)" if n > 1 else ""
