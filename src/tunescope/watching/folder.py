"""Where a watched training is kept: a run folder each, gone on with by one that is resumed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tunescope.errors import InputError, TunescopeError
from tunescope.runs import DONE, RECORD, Run
from tunescope.storage import remove

_STEP = "update-{:07d}"
_UPDATE = re.compile(r"update-(\d+)")
START = "start"
"""Folder of the vectors before the training, among the run's vectors."""


def step_key(update: int) -> str:
    """Name the step of a look, so that names sort as updates do."""
    return _STEP.format(update)


def looks_in(run: Run) -> list[int]:
    """Give the updates of the looks that a run holds."""
    found = run.path("steps").glob(f"update-*/{DONE}")
    numbers = (_UPDATE.fullmatch(path.parent.name) for path in found)
    return sorted(int(number[1]) for number in numbers if number)


def open_folder(
    base: Path, study: Mapping[str, Any], identity: Mapping[str, Any], update: int
) -> Run:
    """Begin the run folder of a training, or go on in the one that it is resumed from.

    Parameters
    ----------
    base : of the first training; a second is kept in ``base-2``, and so on.
    study, identity : as for `Run.start`.
    update : at which the training begins; beyond 0 it is one that goes on, and looks that were
        taken after it are of a training that is no more.
    """
    if update > 0:
        for folder in reversed(list(_there(base))):
            run = _resumed(folder, study, identity, update)
            if run is not None:
                return run
    *_, newest = [None, *_there(base)]
    if newest is None and (not base.exists() or not any(base.iterdir())):
        return Run.start(base, study, identity=identity)
    number = 2
    while (folder := _numbered(base, number)).exists():
        number += 1
    return Run.start(folder, study, identity=identity)


def _resumed(
    folder: Path, study: Mapping[str, Any], identity: Mapping[str, Any], update: int
) -> Run | None:
    """Go on in a folder, if it holds looks of this training at or before an update."""
    try:
        if not any(number <= update for number in looks_in(Run.open(folder))):
            return None
        run = Run.start(folder, study, identity=identity)
    except (InputError, TunescopeError):
        return None  # of another training, or in use
    for number in looks_in(run):
        if number > update:
            remove(run.path("steps", step_key(number)))
    run.note(complete=False, resumed_at=[*run.record.get("resumed_at", []), update])
    return run


def _there(base: Path) -> Iterator[Path]:
    """Find the run folders of earlier trainings, the newest last."""
    number = 1
    while (folder := base if number == 1 else _numbered(base, number)).exists():
        if (folder / RECORD).exists():
            yield folder
        number += 1


def _numbered(base: Path, number: int) -> Path:
    return base.with_name(f"{base.name}-{number}")
