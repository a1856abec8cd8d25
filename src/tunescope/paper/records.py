"""What records say of runs of every kind: a study, an inspection, or a training that was watched.

Their keys are those of `Study`, of `Inspection`, and of what `watch` writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]
_COMMIT = re.compile(r"[0-9a-f]{40}")
"""Checksums of folders are no commits: earlier versions made them otherwise."""


def watched(record: Record) -> bool:
    """Tell whether a run is a training that was watched."""
    return "watched" in record.get("study", {})


def model_names(record: Record) -> list[str]:
    """Name the models of a run; those of an inspection of two are the original and the tuned."""
    study = record.get("study", {})
    return [study["model"]] if watched(record) else list(study.get("models", []))


def task_names(record: Record) -> list[str]:
    """Name the tasks of a run."""
    asked = record.get("study", {}).get("tasks")
    if asked is None:
        return list(record.get("tasks", {}))
    return [task if isinstance(task, str) else task["name"] for task in asked]


def seeds(record: Record) -> list[int]:
    """Give the seeds of a run's trainings; an inspection has none."""
    if watched(record):
        seed = record.get("identity", {}).get("seed")
        return [] if seed is None else [seed]
    return list(record.get("study", {}).get("seeds", []))


def data_checksums(record: Record) -> Mapping[str, Mapping[str, str]]:
    """Give the checksums of each task's sources, as far as a record has them."""
    data: Mapping[str, Any] = record.get("identity", {}).get("data", {})
    return {record["study"]["watched"]: data} if watched(record) else data


def model_checksums(record: Record) -> Mapping[str, str]:
    """Give what tells the bytes of each model, as far as a record has it.

    Of a model on the Hub that is the commit that was loaded, or that was noted as the run was
    begun; of any other the checksum of its files. Bases of adapters are among them.
    """
    found = record.get("identity", {}).get("bytes", {})
    named = (
        found if isinstance(found, Mapping) else dict(zip(model_names(record), found, strict=True))
    )
    loaded = {
        model: about["revision"]
        for model, about in record.get("models", {}).items()
        if isinstance(about, Mapping) and _COMMIT.fullmatch(about.get("revision") or "")
    }
    every = {**named, **record.get("revisions", {}), **loaded}
    return {model: checksum for model, checksum in every.items() if checksum}


def reading_of(record: Record, task: str) -> dict[str, Any] | None:
    """Say how a task's files are read, wherever they lie, where it is not the usual way.

    Returns
    -------
    dict
        The keys of an `OwnTask` that are not as usual; None where the record does not say it.
    """
    if watched(record):
        return None
    usual: tuple[Any, ...] = (None, "keep", {})
    study = record.get("study", {})
    for one in study.get("tasks", [study.get("task")]):
        if isinstance(one, Mapping) and one["name"] == task:
            read = {key: one[key] for key in one if key not in ("name", "files", "dataset")}
            return {key: value for key, value in read.items() if value not in usual}
    return {}
