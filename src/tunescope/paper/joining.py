"""Several runs as one: models, tasks or seeds that were run apart, in one set of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tunescope.errors import InputError
from tunescope.paper.records import data_checksums, model_checksums, reading_of
from tunescope.runs.files import WITHOUT_TEXTS
from tunescope.tables import Tables
from tunescope.tables.stages import CELL
from tunescope.tasks.content import CONTENT

Parts = Mapping[str, tuple[Tables, Mapping[str, Any]]]
EXAMPLES = "examples"
EXAMPLE = ["task", "split", "example"]
"""What names an example."""


def join(runs: Parts) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Put the tables and records of several runs together.

    Parameters
    ----------
    runs : name → tables and record of each run. Their settings may differ; `settings` tells them.

    Returns
    -------
    tables, record : as of one run; the record has ``models``, ``tasks``, ``runs``, the records,
        and ``cells``, which models, tasks and seeds the tables of each run are about.

    Raises
    ------
    InputError
        If two runs have the same model, task and seed, the same model with other bytes or of
        another commit, or the same task with other examples.
        Of these are compared the counts, the checksums of the files, how they are read, and the
        texts and labels themselves, as far as the runs have them.
    """
    owners: dict[tuple[str, str, int], str] = {}
    parts: dict[str, list[pd.DataFrame]] = {}
    record: dict[str, Any] = {"models": {}, "tasks": {}, "runs": {}, "cells": {}}
    for name, (tables, described) in runs.items():
        record["cells"][name] = _cells(tables)
        for cell in record["cells"][name]:
            if cell in owners:
                model, task, seed = cell
                raise InputError(
                    f"{owners[cell]} and {name} both hold {model} on {task} with seed {seed}; "
                    "join runs that have different models, tasks or seeds"
                )
            owners[cell] = name
        _check(name, described, record)
        record["models"] |= described.get("models", {})
        record["runs"][name] = described
        for table, rows in tables.items():
            left_out = described.get(WITHOUT_TEXTS, {}).get(table, [])
            known = rows.assign(**dict.fromkeys(left_out, None)) if table == EXAMPLES else rows
            parts.setdefault(table, []).append(known)
    return {name: _together(name, several) for name, several in parts.items()}, record


def _check(name: str, described: Mapping[str, Any], record: dict[str, Any]) -> None:
    """Refuse a run whose tasks or models are others than those of the same name before it."""
    for task, sizes in described.get("tasks", {}).items():
        if record["tasks"].setdefault(task, sizes) != sizes:
            raise _other_examples(name, task)
    for earlier in record["runs"].values():
        for task in _other_data(earlier, described):
            raise _other_examples(name, task)
        for model in _other_models(earlier, described):
            raise InputError(
                f"{name}: its {model} has other weights, configuration or tokenizer than that "
                "of the runs before it, or is another commit; join runs of the same models"
            )


def _together(name: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put rows of several runs together; what does not name a model and seed, once."""
    rows = pd.concat(parts, ignore_index=True)
    if name == EXAMPLES:
        rows = _with_texts(rows)
    if len(parts) == 1 or set(CELL) <= set(rows.columns):
        return rows
    rows = rows.drop_duplicates(ignore_index=True)
    if name == EXAMPLES and (again := rows.duplicated(EXAMPLE)).any():
        task, split, example = rows.loc[again, EXAMPLE].iloc[0]
        raise InputError(
            f"the runs have other texts, labels or places for example {example} of {task}, split "
            f"{split}; join runs on the same data"
        )
    return rows


def _with_texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the examples of an archive the texts that another run has of them."""
    if "text" not in rows:
        return rows
    known = rows.groupby(EXAMPLE, dropna=False)["text"].transform("first")
    return rows.assign(text=rows["text"].fillna(known).fillna(""))


def _other_examples(name: str, task: str) -> InputError:
    return InputError(
        f"{name}: its {task} has other examples than that of the runs before it; "
        "join runs on the same data"
    )


def _other_data(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Name the tasks of two records whose sources have other checksums, or are read otherwise."""
    left, right = data_checksums(one), data_checksums(other)
    return [
        task
        for task in sorted(left.keys() & right.keys())
        if _differ(left[task], right[task]) or _read_otherwise(one, other, task)
    ]


def _other_models(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Name the models, and bases of adapters, of two records whose bytes or commits differ."""
    left, right = model_checksums(one), model_checksums(other)
    return [model for model in left if left[model] != right.get(model, left[model])]


def _differ(left: Mapping[str, str], right: Mapping[str, str]) -> bool:
    """Compare checksums of the content where both have it, else of sources, wherever they lie.

    Where one names no sources, and the other no content, they cannot be told apart.
    """
    if CONTENT in left and CONTENT in right:
        return left[CONTENT] != right[CONTENT]
    sources = [sorted(one[name] for name in one if name != CONTENT) for one in (left, right)]
    return all(sources) and sources[0] != sources[1]


def _read_otherwise(one: Mapping[str, Any], other: Mapping[str, Any], task: str) -> bool:
    ways = [reading_of(record, task) for record in (one, other)]
    return None not in ways and ways[0] != ways[1]


def _cells(tables: Tables) -> list[tuple[str, str, int]]:
    found = [
        table[CELL].drop_duplicates()
        for table in tables.values()
        if set(CELL) <= set(table.columns)
    ]
    if not found:
        return []
    rows = pd.concat(found).drop_duplicates()
    return [(str(m), str(t), int(s)) for m, t, s in rows.itertuples(index=False)]
