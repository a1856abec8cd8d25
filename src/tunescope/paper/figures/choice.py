"""Which model and which tasks of a run the paper's figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import altair as alt
import pandas as pd

from tunescope.tables.stages import highest_layer, on_split, own, trained


@dataclass(frozen=True)
class Choice:
    """The deepest model of a run and its tasks."""

    FOUR: ClassVar[tuple[str, ...]] = ("pos", "dep", "ps-role", "ps-fxn")
    """The paper's tasks without TREC-50, which it leaves out as not linear."""

    model: str
    present: tuple[str, ...]

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame]) -> Choice:
        """Choose from the run's tables; without any, there is no model and no task."""
        for table in of_choice(tables):
            model = str(highest_layer(table)["model"].iloc[0])
            tasks = table.loc[table["model"] == model, "task"]
            return cls(model, tuple(dict.fromkeys(map(str, tasks))))
        return cls("", ())

    def tasks(self, wanted: Sequence[str], at_most: int) -> list[str]:
        """Take the paper's tasks that are there; if none is, the first that are."""
        there = [task for task in wanted if task in self.present]
        others = [task for task in self.FOUR if task in self.present]
        return there or others[:at_most] or list(self.present[:at_most])


def of_choice(tables: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Give the tables with rows by which a model is chosen, the best first."""
    found = (tables.get(name) for name in ("minimum_distances", "centroids", "similarity"))
    return [table for table in found if table is not None and len(table)]


def heading(text: str) -> alt.Title:
    """Set the heading of one panel, smaller than the figure's title."""
    return alt.Title(text, fontSize=12, fontWeight="normal", anchor="middle")


def of_tasks(table: pd.DataFrame | None, model: str, tasks: Sequence[str]) -> pd.DataFrame:
    """Take a table's rows of a model and tasks, each under its own tuning; empty if none."""
    if table is None:
        return pd.DataFrame(columns=["task", "stage", "update", "layer", "seed"])
    rows = own(trained(table[(table["model"] == model) & table["task"].isin(tasks)]))
    return on_split(rows) if "split" in rows else rows


def over_seeds(rows: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
    """Average a value over seeds, with the smallest and the largest as ``low`` and ``high``."""
    found = rows.groupby(list(by), sort=True)[value].agg(["mean", "min", "max"])
    names = {"mean": value, "min": "low", "max": "high"}
    return found.rename(columns=names).reset_index()
