"""Which model a row is about, written once, and the few ways to choose rows by it.

Every row of a run says its `stage`: `original`, `between`, `tuned` or `random`; and `tuned_on`, the
task that the model was fine-tuned on, empty where it was on none or nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

ORIGINAL, BETWEEN, TUNED, RANDOM = "original", "between", "tuned", "random"
STAGES = (ORIGINAL, BETWEEN, TUNED, RANDOM)

CELL = ["model", "task", "seed"]
"""What names one fine-tuning, and the labels it is looked at with."""
KEYS = [*CELL, "tuned_on", "stage"]

Tables = Mapping[str, pd.DataFrame]


def stage_at(update: int, last: int) -> str:
    """Name the stage of a snapshot.

    Parameters
    ----------
    update : of the snapshot.
    last : update of the same fine-tuning.

    Examples
    --------
    >>> [stage_at(update, 50) for update in (0, 25, 50)]
    ['original', 'between', 'tuned']
    """
    if update == 0:
        return ORIGINAL
    return TUNED if update == last else BETWEEN


def with_origin(
    table: pd.DataFrame, *, model: str, task: str, seed: int, update: int | None, **origin: Any
) -> pd.DataFrame:
    """Put the columns that say where a step's rows are from before the others.

    Parameters
    ----------
    table : of one step.
    model, task, seed : of the step.
    update : of the step's snapshot; None where the rows have a column of updates, and `last`
        among `origin` then tells their stages.
    origin : `stage`, or `last`; and `tuned_on`.
    """
    table = table.copy()
    last = origin.pop("last", None)
    columns: dict[str, Any] = {"model": model, "task": task, "tuned_on": origin["tuned_on"]}
    columns["seed"] = seed
    if update is None:
        columns["stage"] = [stage_at(int(u), int(last)) for u in table["update"]]
        columns["tuned_on"] = [
            "" if stage == ORIGINAL else origin["tuned_on"] for stage in columns["stage"]
        ]
    else:
        columns |= {"stage": origin["stage"], "update": update}
    for position, (column, value) in enumerate(columns.items()):
        table.insert(position, column, value)
    return table


def at(table: pd.DataFrame, *stages: str) -> pd.DataFrame:
    """Keep the rows of some stages."""
    return table[table["stage"].isin(stages)]


def trained(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows about the model that was fine-tuned, without those of random weights."""
    return table[table["stage"].isin([ORIGINAL, BETWEEN, TUNED])]


def own(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows about a task under a model tuned on that task, on none, or nobody knows."""
    return table[table["tuned_on"].isin(["", None]) | (table["tuned_on"] == table["task"])]


def transferred(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows about a task under a model that was tuned on another."""
    return table[~table.index.isin(own(table).index)]


def last_layer(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of each model's and task's last layer; rows without a layer are kept."""
    if table.empty:
        return table
    last = table.groupby(["model", "task"], dropna=False)["layer"].transform("max")
    return table[(table["layer"] == last) | table["layer"].isna()]


def highest_layer(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the highest layer that a table has."""
    highest: pd.DataFrame = table[table["layer"] == table["layer"].max()]
    return highest


def first_block(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the lowest layer above the embeddings, or of these if there is no other."""
    blocks = table[table["layer"] > 0]
    blocks = table if blocks.empty else blocks
    lowest: pd.DataFrame = blocks[blocks["layer"] == blocks["layer"].min()]
    return lowest


def upper_half(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the layers above the middle."""
    upper: pd.DataFrame = table[table["layer"] > table["layer"].max() / 2]
    return upper


def on_split(table: pd.DataFrame, prefer: str = "train") -> pd.DataFrame:
    """Keep the rows of one split: the preferred one, else the first there is."""
    return table[table["split"] == split_of(table, prefer)]


def split_of(table: pd.DataFrame, prefer: str = "train") -> str:
    """Name the split to show first: the preferred one, else the first there is."""
    splits = list(dict.fromkeys(table["split"]))
    return prefer if prefer in splits or not splits else str(splits[0])


def was_tuned(table: pd.DataFrame) -> bool:
    """Tell whether a table holds both the original and the tuned model."""
    return {ORIGINAL, TUNED} <= set(table["stage"])


def side_by_side(table: pd.DataFrame, index: list[str], column: str) -> pd.DataFrame:
    """Set a column's mean before fine-tuning beside that after.

    Parameters
    ----------
    table : rows of stages; `index` and `column` among their columns.
    index : what names a row of the result; what is not in it (seeds, restarts) is averaged.
    column : what is compared.

    Returns
    -------
    DataFrame
        `before, after` by `index`, for what is known both times.
    """
    found = at(table, ORIGINAL, TUNED)
    wide = found.groupby([*index, "stage"])[column].mean().unstack("stage")
    wide = wide.reindex(columns=[ORIGINAL, TUNED])
    return pd.DataFrame({"before": wide[ORIGINAL], "after": wide[TUNED]}).dropna()
