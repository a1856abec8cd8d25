"""The run folder: what is in it, whole or absent, and what is done already.

::

    RUN/
      record.json        the resolved study, versions, checksums, models, seconds of each step,
                         sizes and checksums of the tables
      steps/KEY/         one finished step: its tables, and done.json with their sizes and
                         checksums; written elsewhere, renamed
      tables/NAME.parquet  each table whole: the steps' parts in one
      vectors/           representations, where the study keeps them
      report.html figures/ csv/

A file that is there is whole: everything is written to a temporary name beside it, synced and
renamed. What became of it since then is found by its size and its checksum: a damaged step is not
done, and a damaged table is named and not read.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pandas as pd
from filelock import FileLock, Timeout

from tunescope.errors import DamagedError, InputError
from tunescope.runs.files import (
    DONE,
    FILES,
    RECORD,
    WITHOUT_TEXTS,
    WRITING,
    damaged_steps,
    damaged_tables,
    finished_steps,
    own_tables,
    read_tables,
)
from tunescope.runs.identity import differences, without_growth
from tunescope.runs.versions import versions
from tunescope.seals import damage, read_sealed, stamp, write_sealed
from tunescope.storage import IGNORED, TEMPORARY, remove, replacing, said, sweep

log = logging.getLogger(__name__)

FAILURES = "failures"
"""Folder in which is told whole what went wrong on workers."""
LAYOUT = 2
"""How steps and tables are named in the folder; a run of another layout is refused."""
Tables = Mapping[str, pd.DataFrame]


class Run:
    """A study's folder of results; use it as a context manager, which locks it."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._before: bytes | None = None
        self._finished = 0
        self._made: list[Path] = []
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
        run._check(study, identity, may_grow)
        run._hold()
        try:  # another process may have begun it since
            started = run._check(study, identity, may_grow)
        except BaseException:
            run._lock.release()
            raise
        try:
            run._begin(started, study, identity)
        except BaseException:
            run.__exit__(*sys.exc_info())
            raise
        return run

    def _check(
        self, study: Mapping[str, Any], identity: Mapping[str, Any], may_grow: Collection[str]
    ) -> bool:
        """Refuse a folder that this study cannot be in; tell whether it was begun there."""
        folder = self.folder
        with said(folder, "use"):
            if os.path.lexists(folder) and not folder.is_dir():
                what = "a link to nothing" if folder.is_symlink() else "a file"
                raise InputError(f"{folder}: is {what}; a run needs a folder")
            holds = folder.is_dir() and any(map(_is_somebodys, folder.iterdir()))
            started = (folder / RECORD).exists()  # asked last: one that is begun meanwhile is a run
        if not started:
            if holds:
                raise InputError(
                    f"{folder}: the folder is not empty and holds no run; name a new or empty "
                    "folder"
                )
            return False
        self._check_layout()
        old = self.record.get("identity", {})
        if named := differences(old, without_growth(old, identity, may_grow)):
            settings = [key for key in may_grow if key in study]
            growth = f", or more of {', '.join(settings)}," if settings else ""
            raise InputError(
                f"{folder}: holds another study ({named}); name another folder, "
                f"or give the same options{growth} to go on with this one"
            )
        return True

    def _begin(self, started: bool, study: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
        """Write the record, or look at what is there already."""
        if not started:
            self._sweep(links=True)
            created, now = _now(), versions()
            self.note(layout=LAYOUT, study=study, identity=identity, created=created, versions=now)
            return
        self._before = (self.folder / RECORD).read_bytes()
        self._sweep()
        self._set_aside_damage()
        if identity != self.record.get("identity", {}):
            self.note(study=study, identity=identity, complete=False)
        if not self.record.get("complete"):
            self.note_versions()

    def _set_aside_damage(self) -> None:
        """Have what is damaged done again."""
        for path, what in damaged_steps(self.folder):
            log.warning("%s: damaged (%s); the step is done again", path, what)
            (path.parent / DONE).unlink(missing_ok=True)
            self.note(complete=False)
        for path, what in damaged_tables(self.folder, self.record):
            log.warning("%s: damaged (%s); it is put together again", path, what)
            self.note(complete=False)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Self:
        """Open a run to read it.

        Raises
        ------
        InputError
            If the folder holds no run.
        """
        run = cls(folder)
        with said(run.folder, "read"):
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

    def __exit__(self, kind: type[BaseException] | None = None, *error: object) -> None:
        """Let go of the lock; after an error, leave no more than what can be gone on with."""
        try:
            if kind is not None:
                self._leave(error[0] if error else None, wrong=issubclass(kind, InputError))
        finally:
            self._lock.release()

    def _leave(self, error: object, *, wrong: bool) -> None:
        """Take back what a call began that finished nothing; else say what is kept."""
        if not self.folder.is_dir():
            return
        self._sweep(links=True)
        n_steps = sum(1 for _ in finished_steps(self.folder))
        began = self._before is None
        kept = n_steps or (not wrong and (self._holds("vectors") or self._holds(FAILURES)))
        if began and not kept:
            for path in filter(_is_somebodys, list(self.folder.iterdir())):
                remove(path)
            (self.folder / ".lock").unlink(missing_ok=True)
            for folder in self._made:
                with suppress(OSError):
                    folder.rmdir()
        elif self._before is not None and not self._finished:
            with replacing(self.folder / RECORD) as part:
                part.write_bytes(self._before)
        if kept and isinstance(error, BaseException):
            others = "the vectors" if self._holds("vectors") else "what is told of the failure"
            what = f"{n_steps} finished step{'s' * (n_steps != 1)}" if n_steps else others
            error.add_note(f"kept in {self.folder}: {what}; the same command goes on from there")

    def _holds(self, part: str) -> bool:
        return any(path.is_file() for path in self.folder.glob(f"{part}/**/*"))

    def _hold(self) -> None:
        missing = [up for up in (self.folder, *self.folder.parents) if not up.exists()]
        with said(self.folder, "make"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._made = missing
            try:
                self._lock.acquire()
            except Timeout:
                raise InputError(
                    f"{self.folder}: another process is working in this folder; "
                    "wait for it, or name another folder"
                ) from None

    def _sweep(self, *, links: bool = False) -> None:
        """Remove what a killed process left half-written, and put back what it was replacing.

        Raises
        ------
        InputError
            If a link leads out of the folder, unless `links` may.
        """
        inside = self.folder.resolve()
        for folder, inner, files in os.walk(self.folder):
            for name in (*inner, *files):
                path = Path(folder, name)
                if name.startswith(TEMPORARY):
                    sweep(path)
                elif not links and path.is_symlink() and not path.resolve().is_relative_to(inside):
                    raise InputError(f"{path}: a link that leads out of the run's folder")

    @property
    def record(self) -> dict[str, Any]:
        """What made this run, as stored in ``record.json``.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        return read_sealed(self.folder / RECORD)

    def note(self, **entries: Any) -> None:
        """Add entries to the record; mappings are merged one level deep."""
        record = self.record if (self.folder / RECORD).exists() else {}
        for key, value in entries.items():
            old = record.get(key)
            record[key] = {**old, **value} if isinstance(old, dict) else value
        write_sealed(self.folder / RECORD, record)

    def note_versions(self) -> None:
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
        """Tell whether a step is finished, and its files are still of the sizes they had."""
        step = self._step(key)
        if not (step / DONE).exists():
            return False
        try:
            files = read_sealed(step / DONE).get(FILES, {})
        except DamagedError:
            return False
        return not any(damage(step / name, files[name], content=False) for name in files)

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
            files = {path.name: stamp(path) for path in sorted(part.iterdir())}
            write_sealed(part / DONE, {"seconds": round(seconds, 3), **notes, FILES: files})
        self._finished += 1

    def heard(self) -> None:
        """Hear that another process has finished a step in this folder."""
        self._finished += 1

    def step(self, key: str) -> dict[str, pd.DataFrame]:
        """Read the tables of a finished step.

        Raises
        ------
        InputError
            If one is not what was written.
        """
        return read_tables(self._step(key), self._done(key).get(FILES))

    def notes(self, key: str) -> dict[str, Any]:
        """Read what a finished step noted."""
        return {name: value for name, value in self._done(key).items() if name != FILES}

    def _done(self, key: str) -> dict[str, Any]:
        return read_sealed(self._step(key) / DONE)

    def write_tables(self, tables: Tables) -> None:
        """Store the whole tables, each as one Parquet file, in place of those that are there."""
        folder, record = self.folder / "tables", self.record
        names = {f"{name}.parquet" for name in tables}
        own = own_tables(record)
        # noted before the first is written: stopped halfway, the folder still holds only its own
        record[WRITING] = sorted(own | names)
        record.pop(WITHOUT_TEXTS, None)  # an archive that is gone on with has its texts again
        write_sealed(self.folder / RECORD, record)
        self._finished += 1  # from here on the record is not put back
        for name in own - names:
            remove(folder / name)
        files = {}
        for name, table in tables.items():
            with replacing(folder / f"{name}.parquet") as part:
                table.to_parquet(part, index=False)
                files[f"{name}.parquet"] = stamp(part)
        del record[WRITING]
        write_sealed(self.folder / RECORD, {**record, FILES: files})
        self.__dict__.pop("tables", None)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The whole tables by name; empty before they were all written.

        Raises
        ------
        InputError
            If one is not what was written.
        """
        if WRITING in self.record:
            return {}
        return read_tables(self.folder / "tables", self.record.get(FILES))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _is_somebodys(path: Path) -> bool:
    """Tell a file from the lock, what a killed process left, and what file managers leave."""
    return path.name not in (".lock", *IGNORED) and not path.name.startswith(TEMPORARY)
