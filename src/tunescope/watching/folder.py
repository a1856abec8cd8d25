"""Where a watched training is kept: a run folder each, gone on with by one that is resumed."""

from __future__ import annotations

import re
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunescope.errors import TunescopeError
from tunescope.runs import DONE, RECORD, Run
from tunescope.runs.identity import differences
from tunescope.storage import check_folder, said
from tunescope.tuning.folder import new_superseded
from tunescope.watching.losses import LOSSES

_STEP = "update-{:07d}"
_UPDATE = re.compile(r"update-(\d+)")
START = "start"
"""Folder of the vectors before the training, among the run's vectors."""
TRAINING = "training"
"""In a run's record: the training's name, which a Trainer's checkpoints carry."""
WEIGHTS = "weights"
"""Among a look's notes: the checksum of the weights that were looked at."""


def step_key(update: int) -> str:
    """Name the step of a look, so that names sort as updates do."""
    return _STEP.format(update)


def looks_in(run: Run) -> list[int]:
    """Give the updates of the looks that a run holds."""
    found = run.path("steps").glob(f"update-*/{DONE}")
    numbers = (_UPDATE.fullmatch(path.parent.name) for path in found)
    return sorted(int(number[1]) for number in numbers if number)


@dataclass(frozen=True)
class Begun:
    """How far a training is that is to be watched, and what tells its folder from others."""

    update: int
    """Beyond 0 it is a training that goes on."""
    weights: str = ""
    """Checksum of the weights that it goes on with; empty: it is not known."""
    trainings: tuple[str, ...] | None = None
    """What its checkpoint says that it is named in the records, the newest last; None: there is
    none that could say it."""

    def is_of(self, run: Run) -> bool | None:
        """Tell whether a run is of this training; None where nothing decides."""
        if self.trainings is not None:
            return run.record.get(TRAINING) in self.trainings
        key = step_key(self.update)
        kept = run.notes(key).get(WEIGHTS) if run.is_done(key) else None
        return kept == self.weights if kept and self.weights else None


@dataclass(frozen=True)
class Opened:
    """The folder of a training."""

    run: Run
    remark: str = ""
    """What should be known of it, where it is not simply the folder that was named."""


def open_folder(
    base: Path, study: Mapping[str, Any], identity: Mapping[str, Any], begun: Begun
) -> Opened:
    """Begin the run folder of a training, or go on in the one that it is resumed from.

    A training that goes on does so in the folder that is its own by its checkpoint, or by the
    weights that were looked at. Where nothing decides, it does in the folder that was named, if no
    other could be meant. Looks at later updates are of a training that is no more; they are set
    aside in that folder, and never removed.

    Parameters
    ----------
    base : of the first training; a second is kept in ``base-2``, and so on.
    study, identity : as for `Run.start`.
    begun : how far it is.

    Raises
    ------
    InputError
        `base` is no folder.
    """
    check_folder(base)
    remark = ""
    if begun.update > 0:
        folder, remark = _own_folder(base, identity, begun)
        if folder is not None:
            try:
                return Opened(_gone_on_with(folder, study, identity, begun.update), remark)
            except TunescopeError as error:  # in use, or damaged
                remark = str(error)
    run = Run.start(_free(base), study, identity=identity)
    with _let_go_after_an_error(run):
        run.note(**{TRAINING: secrets.token_hex(8)})
    if remark:
        remark = f"the looks before update {begun.update} are not gone on with: {remark}"
    return Opened(run, remark)


def _own_folder(base: Path, identity: Mapping[str, Any], begun: Begun) -> tuple[Path | None, str]:
    """Find the folder that a training goes on in, and what is to be said of that."""
    own: list[Run] = []
    possible: list[Path] = []
    against: list[str] = []
    for folder in _there(base):
        why, is_own = _judged(folder, identity, begun)
        if is_own:
            own.append(Run.open(folder))
        elif is_own is None:
            possible.append(folder)
        else:
            against.append(why)
    if own:
        return _best(own, begun).folder, ""
    update = begun.update
    if possible == [base]:
        return base, (
            f"nothing tells whether the looks before update {update} in {base} are of the training "
            "that goes on: at that update there was none"
        )
    if possible:
        named = " and ".join(map(str, possible))
        against.append(f"those in {named} may be of it, or of another; name the folder itself")
    return None, "; ".join(against)


def _judged(folder: Path, identity: Mapping[str, Any], begun: Begun) -> tuple[str, bool | None]:
    """Tell whether a folder is of a training, None where nothing decides, and why it is not."""
    try:
        run = Run.open(folder)
        if named := differences(run.record.get("identity", {}), identity):
            return f"{folder} holds another study ({named})", False
        if not any(update <= begun.update for update in looks_in(run)):
            return f"{folder} holds no look at or before it", False
        by = "checkpoint" if begun.trainings is not None else "weights"
        return f"{folder} is of another training, by its {by}", begun.is_of(run)
    except TunescopeError as error:
        return str(error), False


def _best(own: list[Run], begun: Begun) -> Run:
    """Choose among folders of one training: the newest, or of equal weights one with no more."""
    if names := begun.trainings:
        return max(own, key=lambda run: names.index(run.record[TRAINING]))
    return min(own, key=lambda run: max(looks_in(run)) > begun.update)


def _gone_on_with(
    folder: Path, study: Mapping[str, Any], identity: Mapping[str, Any], update: int
) -> Run:
    run = Run.start(folder, study, identity=identity)
    with _let_go_after_an_error(run):
        _set_aside(run, update)
        run.note(complete=False, resumed_at=[*run.record.get("resumed_at", []), update])
    return run


def _set_aside(run: Run, update: int) -> None:
    """Put looks at later updates, and the losses up to now, where they are not taken for new."""
    later = [number for number in looks_in(run) if number > update]
    if not later:
        return
    place = new_superseded(run.folder)
    with said(place):
        place.mkdir(parents=True)
        if run.is_done(LOSSES):
            shutil.copytree(run.path("steps", LOSSES), place / LOSSES)
        for seen in later:
            run.path("steps", step_key(seen)).replace(place / step_key(seen))


@contextmanager
def _let_go_after_an_error(run: Run) -> Iterator[None]:
    try:
        yield
    except BaseException:
        run.__exit__(*sys.exc_info())
        raise


def _free(base: Path) -> Path:
    """Name the folder of a new training: the first one that holds nothing."""
    if not base.exists():
        return base
    with said(base, "read"):
        if not any(base.iterdir()):
            return base
    number = 2
    while (folder := _numbered(base, number)).exists():
        number += 1
    return folder


def _there(base: Path) -> Iterator[Path]:
    """Find the run folders of earlier trainings, the newest last."""
    number = 1
    while (folder := base if number == 1 else _numbered(base, number)).exists():
        if (folder / RECORD).exists():
            yield folder
        number += 1


def _numbered(base: Path, number: int) -> Path:
    base = base.resolve() if base.name in ("", "..") else base
    return base.with_name(f"{base.name}-{number}")
