"""How the whole space grew, beside how the labels' distances did, in words."""

from __future__ import annotations

from tunescope.reports import numbers
from tunescope.reports.panels import Panel
from tunescope.tables import growth_of_space
from tunescope.tables.stages import highest_layer


def scale(panel: Panel) -> str:
    """Compare the growth of the space with that of the minimum distances, in the last layer."""
    table = growth_of_space(panel.tables)
    if table.empty or not table["space_before"].mean():
        return ""
    found = table.mean(numeric_only=True)  # over seeds
    layer = int(highest_layer(panel.geometry("spread"))["layer"].iloc[0])
    text = (
        f"In layer {layer} the examples’ distance from their common mean (root mean square) went "
        f"from {numbers.significant(found['space_before'])} to "
        f"{numbers.significant(found['space_after'])}, "
        f"{numbers.significant(found['space_after'] / found['space_before'])} times what it was"
    )
    if found["distance_before"] and numbers.known(found["distance_before"]):
        text += (
            "; the labels’ mean minimum distance became "
            f"{numbers.significant(found['distance_after'] / found['distance_before'])} times what "
            "it was"
        )
    if numbers.known(found["within_before"]) and numbers.known(found["within_after"]):
        old, new = (numbers.percent(found[f"within_{when}"]) for when in ("before", "after"))
        text += f". Of the variance {old} lay inside the labels, now {new}"
    return text + "."
