"""Under which protocol the cells of several runs were run, where that is not the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tunescope.paper.records import model_names, seeds, task_names
from tunescope.tables import Tables
from tunescope.tables.stages import CELL

SETTINGS = ["models", "tasks", "seeds", "epochs", "snapshots", "probe", "random weights"]
WORDS = {
    "epochs": "{} epochs",
    "snapshots": "{} snapshots",
    "batch size": "batches of {}",
    "long texts": "long texts: {}",
    "missing words": "missing words: {}",
}
"""How the settings of a protocol are named; others by what they are called."""
OF_PROBE = "probe "
"""How what is called begins that belongs to the probe's protocol."""
UNKNOWN = "unknown"
"""What a record does not say."""


def settings(record: Mapping[str, Any]) -> pd.DataFrame:
    """Say what each run was: a row a run.

    Parameters
    ----------
    record : of one run, or of several that were joined.

    Returns
    -------
    DataFrame
        With the columns `SETTINGS`, and those of a protocol's others in which the runs differ.
    """
    runs = list(record.get("runs", {"": record}).values())
    others = [key for key in _differing(runs) if key not in SETTINGS]
    rows = [
        [*_settings(one), *(_protocol(one).get(key, UNKNOWN) for key in others)] for one in runs
    ]
    return pd.DataFrame(rows, columns=[*SETTINGS, *others])


def by_protocol(tables: Tables, record: Mapping[str, Any] | None) -> dict[str, Tables]:
    """Part the tables by the protocol under which their cells were run.

    A protocol is how models were fine-tuned, texts encoded, and the probe trained.

    Parameters
    ----------
    tables : of one run, or of several that were joined.
    record : of the same; None where they are known to share one protocol.

    Returns
    -------
    dict
        In words, what is not the same in all protocols → the rows of the models, tasks and seeds
        that were run so. Where all share one protocol it is not named: the key is empty.
    """
    runs = list((record or {}).get("runs", {}).values())
    differing = _differing(runs)
    if not differing:
        return {"": tables}
    assert record is not None
    owners: dict[str, set[tuple[str, str, int]]] = {}
    for run, one in record["runs"].items():
        name = _named(_protocol(one), differing)
        owners.setdefault(name, set()).update(record["cells"][run])
    return {
        name: {table: rows[_inside(rows, cells)] for table, rows in tables.items()}
        for name, cells in owners.items()
    }


def _differing(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name what is not the same in the protocols of all runs."""
    protocols = [_protocol(one) for one in runs]
    keys = dict.fromkeys(key for protocol in protocols for key in protocol)
    return [key for key in keys if _differs(protocols, key)]


def _differs(protocols: Sequence[Mapping[str, str]], key: str) -> bool:
    """Tell whether protocols differ in a setting; in one of the probe, if it has the same name."""
    named = key.startswith(OF_PROBE)
    values = {(one["probe"] if named else "", one.get(key, UNKNOWN)) for one in protocols}
    return len(values) > len({probe for probe, _ in values})


def _named(protocol: Mapping[str, str], differing: Sequence[str]) -> str:
    values = {key: protocol.get(key, UNKNOWN) for key in differing}
    return ", ".join(
        f"{key} {value}" if value == UNKNOWN else WORDS.get(key, f"{key} {{}}").format(value)
        for key, value in values.items()
    )


def _protocol(record: Mapping[str, Any]) -> dict[str, str]:
    """Give what changes the numbers of a run, as text, by what it is called."""
    study = record.get("study", {})
    split, probe = study.get("split", {}), (record.get("probe") or {}).get("protocol", {})
    return {
        **_training(study.get("tuning", {})),
        "probe": study.get("probing", {}).get("protocol", "") or "none",
        **_encoding(study),
        "test split": " by seed ".join(str(value) for value in split.values()) or UNKNOWN,
        **{OF_PROBE + key.replace("_", " "): str(value) for key, value in probe.items()},
    }


def _training(tuning: Mapping[str, Any]) -> dict[str, str]:
    """Give how models were trained; a watched or inspected training is not in the record."""
    epochs = tuning.get("epochs", UNKNOWN)
    if epochs != UNKNOWN:
        epochs = f"{epochs:g}" if epochs else "the paper's"
    return {
        "epochs": epochs,
        "snapshots": str(tuning.get("snapshots", UNKNOWN)),
        "batch size": str(tuning.get("batch_size", UNKNOWN)),
        "learning rate": str(tuning.get("learning_rate", UNKNOWN)),
        "warm-up": str(tuning.get("warmup", UNKNOWN)),
    }


def _encoding(study: Mapping[str, Any]) -> dict[str, str]:
    """Give how texts are read; a watched training says of it the pooling alone."""
    encoding = study.get("encoding", {})
    pooling = encoding.get("pooling", study.get("pooling", UNKNOWN))
    return {
        "pooling": str(pooling or "by default"),
        "long texts": str(encoding.get("on_long", UNKNOWN)),
        "missing words": str(encoding.get("on_missing", UNKNOWN)),
        "precision": str(encoding.get("dtype", UNKNOWN)),
    }


def _inside(rows: pd.DataFrame, cells: set[tuple[str, str, int]]) -> pd.Series:
    """Tell which rows are of some models, tasks and seeds."""
    there = [c in rows.columns for c in CELL]
    if not all(there):
        return pd.Series(True, index=rows.index)
    key = zip(rows["model"], rows["task"], rows["seed"], strict=True)
    return pd.Series([cell in cells for cell in key], index=rows.index, dtype=bool)


def _settings(record: Mapping[str, Any]) -> list[str]:
    study, protocol = record.get("study", {}), _protocol(record)
    return [
        ", ".join(model_names(record)),
        ", ".join(task_names(record)),
        ", ".join(str(seed) for seed in seeds(record)) or "none",
        protocol["epochs"],
        protocol["snapshots"],
        protocol["probe"],
        "measured" if study.get("random_baseline") else "not measured",
    ]
