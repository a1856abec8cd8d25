"""What a run's tables are: columns with type, unit and meaning, and the check against them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict

from tunescope.errors import InputError, TunescopeError
from tunescope.tables.stages import BETWEEN, CELL, TUNED, stage_at

Type = Literal["text", "integer", "number", "truth", "list"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Part):
    """A column of a table; all texts are Markdown."""

    type: Type
    meaning: str
    unit: str = ""
    trust: str = ""
    """How far its values can be trusted."""
    missing: str = ""
    """Why a value may be missing; where it is empty, none is."""
    needed: bool = False
    """Whether a reader of the table cannot do without it."""
    verbatim: bool = False
    """Whether it holds texts of the data."""


class Table(_Part):
    """A table of a run."""

    about: str
    origin: tuple[str, ...]
    """The columns that say where a row is from, in order."""
    key: tuple[str, ...] = ()
    """Further columns that name a row."""
    columns: dict[str, Column]
    notes: str = ""


class Schema(_Part):
    """Every table of a run, and the columns that say where a row is from."""

    intro: str
    origin: dict[str, Column]
    after_origin: str
    tables: dict[str, Table]
    outro: str

    def columns(self, name: str) -> dict[str, Column]:
        """Give a table's columns by name, in order, with those that say where a row is from."""
        table = self.tables[name]
        return {column: self.origin[column] for column in table.origin} | table.columns


def verbatim_columns() -> dict[str, list[str]]:
    """Name the columns that hold texts of the data, by their tables."""
    found = {
        name: [column for column, described in table.columns.items() if described.verbatim]
        for name, table in schema().tables.items()
    }
    return {name: columns for name, columns in found.items() if columns}


@cache
def schema() -> Schema:
    """Read the schema of all tables."""
    text = (files(__package__) / "schema.yaml").read_text(encoding="utf-8")
    return Schema.model_validate(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.Loader)))


def conform(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Bring tables into the schema's order, and check them.

    Parameters
    ----------
    tables : name → rows. Columns that may be missing altogether are added; the rows are sorted by
        the columns that say where a row is from, so that the order in which they were found
        leaves no trace.

    Raises
    ------
    TunescopeError
        If a table or column is not in the schema, a column has another type, a value is missing
        that may not be, or two rows have one key.
    """
    known = schema()
    conformed = {}
    for name, table in tables.items():
        if name not in known.tables:
            raise TunescopeError(f"table {name!r} is not in the schema of a run's tables")
        columns = known.columns(name)
        absent = [c for c, column in columns.items() if c not in table and column.missing]
        full = table.assign(**dict.fromkeys(absent, np.nan))
        problems = _problems(full, known.tables[name], columns)
        if problems:
            raise TunescopeError(f"table {name!r}: {'; '.join(problems)}")
        origin = list(known.tables[name].origin)
        ordered = full[list(columns)]
        conformed[name] = ordered.sort_values(origin, kind="stable", ignore_index=True)
    return conformed


def _problems(table: pd.DataFrame, described: Table, columns: Mapping[str, Column]) -> list[str]:
    problems = []
    if unknown := [str(c) for c in table.columns if c not in columns]:
        problems.append(f"unknown columns {', '.join(unknown)}")
    if absent := [c for c in columns if c not in table.columns]:
        return [*problems, f"columns {', '.join(absent)} are absent"]
    for name, column in columns.items():
        values = table[name]
        there = values.notna()
        if not column.missing and not there.all():
            problems.append(f"column {name} has {int((~there).sum())} missing values")
        if not _fits(values[there], column.type):
            problems.append(f"column {name} is {values.dtype}, expected {column.type}")
    if described.key or "label" not in columns:
        key = [*described.origin, *described.key]
        if twice := int(table.duplicated(key).sum()):
            problems.append(f"{twice} rows repeat the key {', '.join(key)}")
    return problems


def _fits(values: pd.Series, wanted: Type) -> bool:
    types = pd.api.types
    if values.empty:
        return True
    if wanted == "text":
        return all(isinstance(value, str) for value in values.unique())
    if wanted == "integer":
        return types.is_integer_dtype(values.dtype)
    if wanted == "truth":
        return types.is_bool_dtype(values.infer_objects().dtype)
    if wanted == "number":
        return types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype)
    return True


def settle(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Prepare a table of whatever run for a reader: every column there, texts as text.

    Parameters
    ----------
    name : of the table.
    table : its rows, with all columns of the schema or at least the needed ones.

    Returns
    -------
    DataFrame
        With every column of the schema; where the run lacks one, its values are missing. An empty
        text is missing, except in the columns that say where a row is from. Where rows do not say
        their stage, the last update of each fine-tuning is `tuned`.

    Raises
    ------
    InputError
        If a needed column is absent.
    """
    columns = schema().columns(name)
    needed = [column for column, about in columns.items() if about.needed]
    if absent := [column for column in needed if column not in table.columns]:
        raise InputError(
            f"table {name}: column {', '.join(map(repr, absent))} is missing; "
            f"expected at least {', '.join(needed)}"
        )
    origin = schema().tables[name].origin
    settled = _staged(table) if "stage" in origin else table.copy()
    for column, about in columns.items():
        default = (0 if about.type == "integer" else "") if column in origin else None
        if column not in settled.columns:
            settled[column] = default if column != "layer" else None
        values = settled[column].astype("object")
        if about.type == "text":
            there = values.notna() & ((values != "") if column not in origin else True)
            settled[column] = values.map(str).astype("object").where(there, default)
        elif about.type in ("integer", "number"):
            settled[column] = pd.to_numeric(settled[column], errors="coerce")
    for column in ("update", "layer", "seed"):
        if column in settled.columns and settled[column].notna().all():
            settled[column] = settled[column].astype("int64")
    return settled


def _staged(table: pd.DataFrame) -> pd.DataFrame:
    """Fill in the stages that rows do not say, by their updates."""
    said = table.get("stage", pd.Series(None, index=table.index, dtype="object"))
    cell = [column for column in CELL if column in table.columns]
    last = table.groupby(cell)["update"].transform("max") if cell else table["update"].max()
    lasts = pd.Series(last, index=table.index)
    found = [stage_at(int(u), int(end)) for u, end in zip(table["update"], lasts, strict=True)]
    stage = said.where(said.notna(), pd.Series(found, index=table.index, dtype="object"))
    task = table.get("task", pd.Series("", index=table.index, dtype="object"))
    own = task.where(stage.isin([BETWEEN, TUNED]), "")
    tuned_on = table.get("tuned_on", own)
    return table.assign(stage=stage, tuned_on=tuned_on.where(tuned_on.notna(), own))
