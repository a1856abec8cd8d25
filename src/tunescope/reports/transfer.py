"""What fine-tuning on other tasks did to the labels of this one, as a table."""

from __future__ import annotations

from typing import Any

from tunescope.reports import numbers
from tunescope.reports.panels import Panel, each_row
from tunescope.reports.tables import Table
from tunescope.tables import ORIGINAL, distance_growth
from tunescope.tables.stages import transferred


def transfer(panel: Panel) -> Table | None:
    """Set the encoder as it was, tuned on this task and tuned on others beside each other.

    Parameters
    ----------
    panel : where from; None is given where no other task was tuned on.
    """
    table = distance_growth(panel.tables)
    if transferred(table).empty:
        return None
    order = table["tuned_on"].map({"": 0, panel.task: 1}).fillna(2)
    table = table.assign(order=order).sort_values(["order", "tuned_on", "seed"], kind="stable")
    first = table["seed"].min()
    seeds = table["seed"].nunique() > 1
    rows = [
        _row(row, seeds) for row in each_row(table) if row.stage != ORIGINAL or row.seed == first
    ]
    return Table(
        "Labels whose certified minimum distance in the last layer grew or shrank, seen from the "
        "original, the mean change of all of them, the number of clusters, and the classifier "
        "probe’s accuracy with its 95 % interval.",
        [
            "tuned on",
            "grew",
            "shrank",
            "unchanged",
            "undecided",
            "mean change",
            "clusters",
            "accuracy",
            "interval",
        ],
        rows,
        frozenset(range(1, 9)),
    ).filled()


def _row(row: Any, seeds: bool) -> list[str]:
    tail = [
        numbers.count(row.n_clusters),
        numbers.percent(row.accuracy),
        numbers.percent_interval(row.lower, row.upper),
    ]
    if row.stage == ORIGINAL:
        return ["nothing (the original)", *[numbers.ABSENT] * 5, *tail]
    counts = (row.n_increased, row.n_decreased, row.n_unchanged, row.n_undecided)
    return [
        row.tuned_on + (f", seed {row.seed}" if seeds else ""),
        *(numbers.count(count) for count in counts),
        numbers.signed(row.mean_change),
        *tail,
    ]
