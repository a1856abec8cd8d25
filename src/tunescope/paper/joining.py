"""Several runs as one: models, tasks or seeds that were run apart, in one set of tables."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pandas as pd

from tunescope.errors import InputError
from tunescope.tables import Tables
from tunescope.tables.stages import CELL

Parts = Mapping[str, tuple[Tables, Mapping[str, Any]]]
SETTINGS = ["models", "tasks", "seeds", "epochs", "snapshots", "probe", "random weights"]


def join(runs: Parts) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Put the tables and records of several runs together.

    Parameters
    ----------
    runs : name → tables and record of each run. Their settings may differ; `settings` tells them.

    Returns
    -------
    tables, record : as of one run; the record has ``models``, ``tasks`` and ``runs``, the records.

    Raises
    ------
    InputError
        If two runs have the same model, task and seed, or the same task with other examples.
    """
    owners: dict[tuple[str, str, int], str] = {}
    parts: dict[str, list[pd.DataFrame]] = {}
    record: dict[str, Any] = {"models": {}, "tasks": {}, "runs": {}}
    for name, (tables, described) in runs.items():
        for cell in _cells(tables):
            if cell in owners:
                model, task, seed = cell
                raise InputError(
                    f"{owners[cell]} and {name} both hold {model} on {task} with seed {seed}; "
                    "join runs that have different models, tasks or seeds"
                )
            owners[cell] = name
        for task, sizes in described.get("tasks", {}).items():
            if record["tasks"].setdefault(task, sizes) != sizes:
                raise InputError(
                    f"{name}: its {task} has other examples than that of the runs before it; "
                    "join runs on the same data"
                )
        record["models"] |= described.get("models", {})
        record["runs"][name] = described
        for table, rows in tables.items():
            parts.setdefault(table, []).append(rows)
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}, record


def settings(record: Mapping[str, Any]) -> pd.DataFrame:
    """Say what each run was: a row a run, with the columns `SETTINGS`.

    Parameters
    ----------
    record : of one run, or of several that were joined.
    """
    return pd.DataFrame(
        [_settings(one) for one in record.get("runs", {"": record}).values()], columns=SETTINGS
    )


def by_protocol(tables: Tables, record: Mapping[str, Any] | None) -> dict[str, Tables]:
    """Part the tables by the protocol under which their cells were run.

    Parameters
    ----------
    tables : of one run, or of several that were joined.
    record : of the same; None where they are known to share one protocol.

    Returns
    -------
    dict
        Epochs, snapshots and probe in words → the rows of the models, tasks and seeds that were
        run so. Where all share one protocol it is not named: the key is empty.
    """
    owners: dict[str, set[tuple[str, str, int]]] = {}
    for one in (record or {}).get("runs", {}).values():
        study = one.get("study", {})
        tasks = [task if isinstance(task, str) else task["name"] for task in study.get("tasks", [])]
        cells = product(study.get("models", []), tasks, study.get("seeds", []))
        _, _, _, epochs, snapshots, probe, _ = _settings(one)
        name = f"{epochs} epochs, {snapshots} snapshots, probe {probe or 'none'}"
        owners.setdefault(name, set()).update(cells)
    if len(owners) < 2:
        return {"": tables}
    return {
        name: {table: rows[_inside(rows, cells)] for table, rows in tables.items()}
        for name, cells in owners.items()
    }


def _inside(rows: pd.DataFrame, cells: set[tuple[str, str, int]]) -> pd.Series:
    """Tell which rows are of some models, tasks and seeds."""
    there = [c in rows.columns for c in CELL]
    if not all(there):
        return pd.Series(True, index=rows.index)
    key = zip(rows["model"], rows["task"], rows["seed"], strict=True)
    return pd.Series([cell in cells for cell in key], index=rows.index, dtype=bool)


def _settings(record: Mapping[str, Any]) -> list[str]:
    study = record.get("study", {})
    tuning = study.get("tuning", {})
    tasks = [task if isinstance(task, str) else task["name"] for task in study.get("tasks", [])]
    return [
        ", ".join(study.get("models", [])),
        ", ".join(tasks),
        ", ".join(str(seed) for seed in study.get("seeds", [])),
        f"{tuning['epochs']:g}" if tuning.get("epochs") else "the paper's",
        str(tuning.get("snapshots", "")),
        study.get("probing", {}).get("protocol", ""),
        "measured" if study.get("random_baseline") else "not measured",
    ]


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
