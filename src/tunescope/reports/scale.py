"""How the whole space grew, beside how the labels' distances did, in words."""

from __future__ import annotations

import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.panels import Panel, ends, one_split


def scale(panel: Panel) -> str:
    """Compare the growth of the space with that of the minimum distances, in the last layer."""
    spread = panel.geometry("spread").dropna(subset=["total"])
    span = ends(spread)
    if span is None:
        return ""
    layer = int(spread["layer"].max())
    before, after = (_mean(spread, layer, update, "total") for update in span)
    if not before or after is None:
        return ""
    text = (
        f"In layer {layer} the examples’ distance from their common mean (root mean square) went "
        f"from {numbers.significant(before)} to {numbers.significant(after)}, "
        f"{numbers.significant(after / before)} times what it was"
    )
    distances = panel.geometry("minimum_distances").dropna(subset=["minimum_distance"])
    near, far = (_mean(distances, layer, update, "minimum_distance") for update in span)
    if near and far is not None:
        text += (
            "; the labels’ mean minimum distance became "
            f"{numbers.significant(far / near)} times what it was"
        )
    inside = [_mean(spread, layer, update, "share_within") for update in span]
    if None not in inside:
        old, new = (numbers.percent(share) for share in inside)
        text += f". Of the variance {old} lay inside the labels, now {new}"
    return text + "."


def _mean(table: pd.DataFrame, layer: int, update: int, column: str) -> float | None:
    """Average over labels and seeds; None where there is nothing."""
    here = (table["layer"] == layer) & (table["update"] == update)
    values = table[here & (table["split"] == one_split(table))][column].dropna()
    return float(values.mean()) if len(values) else None
