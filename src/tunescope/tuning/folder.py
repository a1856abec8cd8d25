"""Where snapshots are kept: a folder each, and what is in the way of a training that goes on."""

from __future__ import annotations

from pathlib import Path

from tunescope.storage import said

SUPERSEDED = "superseded"
"""Folder of what was seen at updates that a resumed training does again."""


def snapshot_folder(folder: Path, update: int) -> Path:
    """Name a snapshot's folder, so that names sort as updates do."""
    return folder / f"update-{update:07d}"


def trainings_in(folder: Path) -> int:
    """Count the trainings whose snapshots a folder holds, up to the last that has a number."""
    found = [1 for _ in folder.glob("update-*")]
    for place in folder.glob("training-*"):
        number = place.name.removeprefix("training-")
        found += [int(number)] if number.isdecimal() else []
    return max(found, default=0)


def set_aside(folder: Path, update: int) -> Path | None:
    """Put the snapshots of later updates where they are not taken for those of this training.

    Returns
    -------
    Path or None
        Where they are now; None if there were none.
    """
    numbers = {path: path.name.removeprefix("update-") for path in folder.glob("update-*")}
    later = [path for path, n in numbers.items() if n.isdecimal() and int(n) > update]
    if not later:
        return None
    place = new_superseded(folder)
    with said(place):
        place.mkdir(parents=True)
        for path in later:
            path.replace(place / path.name)
    return place


def new_superseded(folder: Path) -> Path:
    """Name the folder for what a training that goes on finds in its way; it is not there yet."""
    number = 1
    while (place := folder / SUPERSEDED / str(number)).exists():
        number += 1
    return place
