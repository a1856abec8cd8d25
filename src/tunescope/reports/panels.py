"""The tables of a run, checked once and cut into one panel for each task and model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pandas as pd

from tunescope.errors import InputError
from tunescope.tables import ORIGINAL, RANDOM, TUNED, schema, settle
from tunescope.tables.stages import at, own, trained, was_tuned

KEYS = ("run", "task", "model")

SHOWN = {ORIGINAL: "before", TUNED: "after", RANDOM: "random weights"}
"""What the page calls a stage."""
ALONE = "this model"
"""What it calls the original where there is no other."""

TABLES = (
    *("training", "evaluations", "clusters", "linearity", "separations", "minimum_distances"),
    *("nearest_pairs", "centroids", "accuracy", "accuracy_change", "selectivity"),
    *(
        "description_length",
        "similarity",
        "similarity_change",
        "spread",
        "cluster_members",
        "plane",
        "plane_examples",
    ),
    *("suspects", "predictions", "confusions", "label_scores", "dynamics"),
)
"""The tables that the page shows; the others are left to the CSV folder."""

PAGE_ROWS = 120_000
"""So many rows all panels' figures of one kind may draw together: about 3 MB of the page."""


@dataclass(frozen=True)
class Panel:
    """What one run holds about one task and model.

    Parameters
    ----------
    run, task, model : the names; `run` is empty where the page shows one run.
    tables : the rows of each table that belong here.
    most_rows : so many rows a figure may draw.
    """

    run: str
    task: str
    model: str
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    most_rows: int = 40_000
    """So many rows a figure may draw; more make the page heavy and no picture clearer."""

    @property
    def title(self) -> str:
        """The names in one line."""
        return " · ".join(name for name in (self.task, self.model, self.run) if name)

    def table(self, name: str) -> pd.DataFrame:
        """Rows of a table; an empty frame with the table's columns where it is absent."""
        return self.tables.get(name, pd.DataFrame())

    def geometry(self, name: str) -> pd.DataFrame:
        """Rows of a table about the encoder that was fine-tuned, on this task or on none."""
        return own(trained(self.table(name)))

    @property
    def compared(self) -> bool:
        """Whether two models are compared of which nobody said that one was tuned on the task."""
        rows = (at(table, TUNED) for table in self.tables.values() if "stage" in table)
        nobody_says = ((part["tuned_on"] == "") & (part["task"] != "") for part in rows)
        return any(rows.any() for rows in nobody_says)

    @property
    def two_points(self) -> bool:
        """Whether there are two snapshots only, so that nothing is a line over updates."""
        names = ("minimum_distances", "similarity", "plane")
        updates = {update for name in names for update in self.geometry(name)["update"]}
        return len(updates) == 2

    @property
    def watched(self) -> bool:
        """Whether a training is in the tables, not only what it made."""
        return len(self.table("training")) > 0 or len(self.table("evaluations")) > 0

    @property
    def tuned(self) -> bool:
        """Whether there is a model before and one after."""
        return any(was_tuned(table) for table in self.tables.values() if "stage" in table)

    def renamed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Call a model that stands alone itself, not that before another."""
        if self.tuned:
            return table
        return table.assign(stage=table["stage"].replace({SHOWN[ORIGINAL]: ALONE}))

    def before_and_after(self, name: str) -> pd.DataFrame:
        """Rows of `geometry` before and after fine-tuning."""
        return at(self.geometry(name), ORIGINAL, TUNED)


def panels(tables: Mapping[str, pd.DataFrame]) -> list[Panel]:
    """Cut the tables into panels, in the order in which tasks and models appear.

    Parameters
    ----------
    tables : name -> rows; names that are not in `TABLES` are left to the CSV folder.

    Returns
    -------
    panels : one for each run, task and model that any table mentions.

    Raises
    ------
    InputError : if a table lacks a column, or no table has a row.
    """
    settled = {}
    for name in (name for name in TABLES if name in schema().tables):
        table = settle(name, tables.get(name, pd.DataFrame(columns=list(schema().columns(name)))))
        runs = table["run"].map(str) if "run" in table.columns else ""
        settled[name] = table.assign(run=runs)
    found = dict.fromkeys(key for table in settled.values() for key in _keys(table))
    if not found:
        raise InputError(
            "no table of this run has a row; run the study first, then write its report"
        )
    return [
        Panel(
            *key,
            tables={
                name: table[(table[list(KEYS)] == list(key)).all(axis=1)].reset_index(drop=True)
                for name, table in settled.items()
            },
            most_rows=min(Panel.most_rows, PAGE_ROWS // len(found)),
        )
        for key in found
    ]


def thin_layers(table: pd.DataFrame, most_rows: int) -> tuple[pd.DataFrame, str]:
    """Keep every second layer, from the last down, until the rows are few enough.

    Returns
    -------
    table : the kept rows.
    note : a sentence that says which layers are drawn; empty if all are.
    """
    layers = sorted(table["layer"].unique(), reverse=True)
    kept = layers
    while len(table) > most_rows and len(kept) > 2:
        kept = kept[::2]
        table = table[table["layer"].isin(kept)]
    if len(kept) == len(layers):
        return table, ""
    names = ", ".join(str(layer) for layer in reversed(kept))
    return table, f" To keep the page small it holds layers {names} only."


def of_first_seed(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the first of several seeds."""
    return table[table["seed"] == table["seed"].min()] if len(table) else table


def which_seed(table: pd.DataFrame) -> str:
    """Name the seed that `of_first_seed` keeps, where the tuned model has several; else nothing."""
    if table.empty:
        return ""
    seeds = at(own(table), TUNED)["seed"]
    return f" (seed {seeds.min()})" if seeds.nunique() > 1 else ""


def each_row(table: pd.DataFrame) -> Iterator[Any]:
    """Go through the rows as named tuples."""
    yield from table.itertuples(index=False)


def _keys(table: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for key in table[list(KEYS)].drop_duplicates().itertuples(index=False, name=None):
        yield cast("tuple[str, str, str]", key)
