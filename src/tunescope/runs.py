"""The run folder: what is in it, whole or absent, and what is done already.

::

    RUN/
      record.json        the resolved study, versions, checksums, models, seconds of each step
      steps/KEY/         one finished step: its tables, and done.json; written elsewhere, renamed
      tables/NAME.parquet  each table whole: the steps' parts in one
      vectors/           representations, where the study keeps them
      report.html figures/ csv/

A file that is there is whole: everything is written to a temporary name beside it and renamed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Self

import pandas as pd
from filelock import FileLock, Timeout

from tunescope.errors import InputError
from tunescope.storage import TEMPORARY, remove, replacing, write_json

RECORD = "record.json"
LAYOUT = 2
"""How steps and tables are named in the folder; a run of another layout is refused."""
VERSIONS_OF = (
    "tunescope",
    "torch",
    "transformers",
    "tokenizers",
    "accelerate",
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "pandas",
)

SHOWN = 3
"""Differences between two studies that a refusal names."""

Tables = Mapping[str, pd.DataFrame]


class Run:
    """A study's folder of results; use it as a context manager, which locks it."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._lock = FileLock(self.folder / ".lock", timeout=0)

    @classmethod
    def start(
        cls,
        folder: str | os.PathLike[str],
        study: Mapping[str, Any],
        *,
        identity: Mapping[str, Any],
        may_grow: Collection[str] = (),
    ) -> Self:
        """Create a run folder, or go on in one that holds the same study, and lock it.

        Parameters
        ----------
        folder : where; created if it is missing.
        study : the resolved study, as it shall stand in the record.
        identity : that part of it which decides the results; a folder with another one is refused.
        may_grow : names of the identity's lists and mappings to which more may have come since
            the folder was begun. What is finished stays so; the run is then not complete.

        Raises
        ------
        InputError
            If the folder holds something else or another study, or another process works in it.
        """
        run = cls(folder)
        if run.folder.exists() and not run.folder.is_dir():
            raise InputError(f"{folder}: is a file; a run needs a folder")
        started = (run.folder / RECORD).exists()
        if not started and run.folder.is_dir() and _holds_something(run.folder):
            raise InputError(
                f"{folder}: the folder is not empty and holds no run; name a new or empty folder"
            )
        if started:
            run._check_layout()
        old = run.record.get("identity", {}) if started else identity
        if differences := _differences(old, _without_growth(old, identity, may_grow)):
            named = "; ".join(differences[:SHOWN])
            more = f"; and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
            settings = [key for key in may_grow if key in study]
            growth = f", or more of {', '.join(settings)}," if settings else ""
            raise InputError(
                f"{folder}: holds another study ({named}{more}); name another folder, "
                f"or give the same options{growth} to go on with this one"
            )
        run._hold()
        if started:
            run._sweep()
            if identity != old:
                run.note(study=study, identity=identity, complete=False)
            if not run.record.get("complete"):
                run._note_versions()
        else:
            run.note(
                layout=LAYOUT,
                study=study,
                identity=identity,
                created=_now(),
                versions=versions(),
            )
        return run

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Self:
        """Open a run to read it.

        Raises
        ------
        InputError
            If the folder holds no run.
        """
        run = cls(folder)
        if not (run.folder / RECORD).exists():
            raise InputError(f"{folder}: holds no run ({RECORD} is missing)")
        run._check_layout()
        return run

    def _check_layout(self) -> None:
        """Refuse a run whose steps and tables are laid out in another way."""
        if self.record.get("layout") != LAYOUT:
            raise InputError(
                f"{self.folder}: holds a run of an earlier version, whose steps and tables have "
                "other names; run its study again in a new folder"
            )

    def __enter__(self) -> Self:
        """Give the run; its lock is held since it was started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the lock."""
        self._lock.release()

    def _hold(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise InputError(
                f"{self.folder}: another process is working in this folder; "
                "wait for it, or name another folder"
            ) from None

    def _sweep(self) -> None:
        """Remove what a killed process left half-written."""
        for part in list(self.folder.rglob(f"{TEMPORARY}*")):
            remove(part)

    @property
    def record(self) -> dict[str, Any]:
        """What made this run, as stored in ``record.json``."""
        text = (self.folder / RECORD).read_text(encoding="utf-8")
        record: dict[str, Any] = json.loads(text)
        return record

    def note(self, **entries: Any) -> None:
        """Add entries to the record; mappings are merged one level deep."""
        record = self.record if (self.folder / RECORD).exists() else {}
        for key, value in entries.items():
            old = record.get(key)
            record[key] = {**old, **value} if isinstance(old, dict) else value
        write_json(self.folder / RECORD, record)

    def _note_versions(self) -> None:
        """Note the versions that the run goes on with, where they are others than before."""
        record, now = self.record, versions()
        later = record.get("later_versions", [])
        before = later[-1]["versions"] if later else record.get("versions")
        if now != before:
            self.note(later_versions=[*later, {"since": _now(), "versions": now}])

    def path(self, *parts: str) -> Path:
        """Name a place in the folder."""
        return self.folder.joinpath(*parts)

    def _step(self, key: str) -> Path:
        place = self.folder.joinpath("steps", *key.split("/"))
        if not all(part.strip(".") for part in key.split("/")):
            raise ValueError(f"step {key!r}: leads out of the run's folder")
        return place

    def is_done(self, key: str) -> bool:
        """Tell whether a step is finished."""
        return (self._step(key) / "done.json").exists()

    def finish(self, key: str, tables: Tables, *, seconds: float, **notes: Any) -> None:
        """Store a step's tables; from then on it is done.

        Parameters
        ----------
        key : name of the step, such as ``minilm/pos/seed-0/update-000012``.
        tables : its part of each table.
        seconds : how long it took.
        notes : anything else that the step wants to be asked later, as JSON.
        """
        with replacing(self._step(key)) as part:
            part.mkdir()
            for name, table in tables.items():
                table.to_parquet(part / f"{name}.parquet", index=False)
            write_json(part / "done.json", {"seconds": round(seconds, 3), **notes})

    def step(self, key: str) -> dict[str, pd.DataFrame]:
        """Read the tables of a finished step."""
        return {
            path.stem: pd.read_parquet(path) for path in sorted(self._step(key).glob("*.parquet"))
        }

    def notes(self, key: str) -> dict[str, Any]:
        """Read what a finished step noted."""
        text = (self._step(key) / "done.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def write_tables(self, tables: Tables) -> None:
        """Store the whole tables, each as one Parquet file."""
        for name, table in tables.items():
            with replacing(self.folder / "tables" / f"{name}.parquet") as part:
                table.to_parquet(part, index=False)
        self.__dict__.pop("tables", None)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The whole tables by name; empty before the run has ended."""
        paths = sorted((self.folder / "tables").glob("[!.]*.parquet"))
        return {path.stem: pd.read_parquet(path) for path in paths}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _holds_something(folder: Path) -> bool:
    return any(path.name != ".lock" for path in folder.iterdir())


def _without_growth(
    old: Mapping[str, Any], new: Mapping[str, Any], may_grow: Collection[str]
) -> dict[str, Any]:
    """Leave out of a study's identity what came to it since the folder was begun."""
    kept = dict(new)
    for key in may_grow:
        was, now = old.get(key), new.get(key)
        if isinstance(was, list) and isinstance(now, list) and all(one in now for one in was):
            kept[key] = was
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            kept[key] = {name: value for name, value in now.items() if name in was}
    return kept


def _differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Name the settings in which two studies differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = dict.fromkeys([*old, *new])
        return [
            line
            for key in keys
            for line in _differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
        ]
    return [] if old == new else [f"{path} is {old!r} there and {new!r} here"]


def versions() -> dict[str, str]:
    """Give the versions of what makes the numbers, as installed."""
    found = {}
    for name in VERSIONS_OF:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
