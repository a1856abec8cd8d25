"""How well each label is recognised, before and after, as a table of the page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.panels import Panel, each_row, of_first_seed, which_seed
from tunescope.reports.tables import Table
from tunescope.tables import ORIGINAL, TUNED
from tunescope.tables.stages import at, last_layer, on_split, own

HEAD, PROBE = "head", "probe"


def recognition(panel: Panel) -> Table | None:
    """Precision, recall and F1 of every label, the worst first, with F1 before and of the head."""
    table = panel.table("label_scores")
    if table.empty:
        return None
    whose = which_seed(table)
    table = of_first_seed(on_split(last_layer(own(table)), "test"))
    stage = TUNED if TUNED in set(table["stage"]) else ORIGINAL
    shown = PROBE if PROBE in set(table["source"]) else HEAD
    of_source = table[table["source"] == shown]
    last = at(of_source, stage).sort_values("f1", kind="stable")
    if last.empty:
        return None
    beside: dict[str, pd.Series] = {}
    if stage == TUNED:
        beside["F1 before"] = _f1(at(of_source, ORIGINAL))
    if shown != HEAD:
        beside["F1 of its own head"] = _f1(at(table[table["source"] == HEAD], stage))
    beside = {name: values for name, values in beside.items() if len(values)}
    rows = [
        [
            str(row.label),
            numbers.count(row.n_given),
            *map(numbers.percent, (row.precision, row.recall, row.f1)),
            *(numbers.percent(values.get(row.label)) for values in beside.values()),
        ]
        for row in each_row(last)
    ]
    who = "the classifier probe" if shown == PROBE else "the model’s own head"
    return Table(
        f"How well {who} recognises each label in the last layer, split "
        f"“{last['split'].iloc[0]}”{whose}, the worst first. Precision: how many of those called "
        "so are; recall: how many of those that are are called so; F1: the harmonic mean of both.",
        ["label", "examples", "precision", "recall", "F1", *beside],
        rows,
        frozenset(range(1, 5 + len(beside))),
    )


def _f1(table: pd.DataFrame) -> Any:
    return table.set_index("label")["f1"]
