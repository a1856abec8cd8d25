"""Whether fine-tuning changed a probe's accuracy, in words: paired, with its p-value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.panels import Panel
from tunescope.tables.stages import last_layer, own

LEVEL = 0.05

LEAST_SHOWN = 5e-4
"""Differences of shares below this are 0.0 points."""

ABOUT = 0.02
"""Accuracies are about the same where every seed's 95 % interval of their difference lies within so
much of 0: what is not clear would be small."""


@dataclass(frozen=True)
class Change:
    """What the comparisons of one probe in the last layer say together."""

    direction: int
    """1 if the accuracy rose, -1 if it fell, with every seed; 0 if that is not sure."""
    sentence: str


def change(panel: Panel, probe: str) -> Change | None:
    """Sum up the comparisons of a probe before and after; None where none is stored."""
    table = in_last_layer(panel, probe)
    if table.empty:
        return None
    signs = np.sign(table["difference"]) * (table["p_corrected"] < LEVEL)
    direction = int(signs.iloc[0]) if signs.nunique() == 1 else 0
    mean = points(table["difference"].mean(), signed=True)
    by = "the two differ by" if panel.compared else "fine-tuning changed it by"
    if len(table) == 1:
        (row,) = table.itertuples()
        bounds = " to ".join(points(bound, signed=True) for bound in (row.lower, row.upper))
        known = numbers.known(row.lower) and numbers.known(row.upper)
        sure = f"{f'95 % interval {bounds}; ' if known else ''}{p_value(row.p_corrected)}"
        text = f"On the same examples {by} {mean} ({sure}, corrected"
    else:
        text = (
            f"On the same examples {by} {mean}, the mean of {len(table)} "
            f"seeds ({p_values(table['p_corrected'])}, each corrected"
        )
    text += " for the number of such comparisons in the run)"
    if direction == 0:
        text += ": no clear change" if len(table) == 1 else ": no clear change with every seed"
    return Change(direction, f"{text}.")


def in_last_layer(panel: Panel, probe: str) -> pd.DataFrame:
    """Give the comparisons of a probe in the last layer, one a seed, where they could be made."""
    table = own(panel.table("accuracy_change"))
    table = last_layer(table[table["probe"] == probe])
    return table.dropna(subset=["difference", "p_corrected"])


def about_the_same(table: pd.DataFrame) -> bool:
    """Tell whether no comparison leaves room for a difference of more than `ABOUT`.

    Examples
    --------
    >>> bounds = pd.DataFrame({"lower": [-0.01, -0.005], "upper": [0.01, 0.015]})
    >>> about_the_same(bounds), about_the_same(bounds * 10)
    (True, False)
    """
    return bool(((table["lower"] >= -ABOUT) & (table["upper"] <= ABOUT)).all())


def sentences(panel: Panel) -> str:
    """Write the change of every probe of the last layer, to stand under a table."""
    table = last_layer(own(panel.table("accuracy_change")))
    table = table.dropna(subset=["difference", "p_corrected"])
    if table.empty:
        return ""
    parts = []
    for probe, rows in table.groupby("probe", sort=True):
        worst = p_value(rows["p_corrected"].max())
        seeds = f", the largest of {len(rows)} seeds" if len(rows) > 1 else ""
        parts.append(f"{probe} {points(rows['difference'].mean(), signed=True)} ({worst}{seeds})")
    what = "The accuracies differ" if panel.compared else "Fine-tuning changed the accuracy"
    return f" {what} on the same examples: {'; '.join(parts)}."


def points(value: Any, *, signed: bool = False) -> str:
    """Write a difference of shares in percentage points.

    Examples
    --------
    >>> points(0.0314), points(-0.002, signed=True)
    ('3.1 points', '−0.2 points')
    """
    if not numbers.known(value):
        return numbers.ABSENT
    text = f"{100 * float(value):{'+' if signed else ''}.1f}".replace("-", "−")
    return f"{text} points"


def times(value: Any) -> str:
    """Write a factor; none is rounded to 1 or across it.

    Examples
    --------
    >>> times(2.6954), times(0.994), times(1.0003), times(1)
    ('2.7', '0.99', '1.0003', '1.0')
    """
    if not numbers.known(value):
        return numbers.ABSENT
    factor = float(value)
    written = (f"{factor:.{digits}f}" for digits in range(1, 9))
    return next((text for text in written if (float(text) == 1) == (factor == 1)), "1.0")


def p_value(value: Any) -> str:
    """Write a p-value.

    Examples
    --------
    >>> p_value(0.0316), p_value(0.00001), p_value(1.0)
    ('p = 0.032', 'p < 0.0001', 'p = 1')
    """
    number = float(value)
    if number < 0.0001:
        return "p < 0.0001"
    return f"p = {number:.2g}"


def p_values(values: pd.Series) -> str:
    """Write p-values by their least and their greatest.

    Examples
    --------
    >>> p_values(pd.Series([0.2, 0.01])), p_values(pd.Series([0.01]))
    ('p = 0.01 to 0.2', 'p = 0.01')
    """
    low, high = p_value(values.min()), p_value(values.max())
    return low if low == high else f"{low} to {high.removeprefix('p = ')}"
