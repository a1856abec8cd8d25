"""A full disk is one line, and the same command goes on once there is room."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from robustness.calls import call
from robustness.kills import copied_without_run
from robustness.material import RUN, STUDY, differences, scratch, tables


def try_full_disks(material: Path, folder: Path, n_times: int, seed: int) -> list[str]:
    """Let a study run into a limit of a file's size, or of a small disk, then give it room.

    The small disk is a memory file system, which only root can mount; elsewhere every try is a
    limit of a file's size.
    """
    random = np.random.default_rng(seed)
    expected = tables(material)
    sizes = sorted({path.stat().st_size for path in (material / RUN).rglob("*") if path.is_file()})
    total = sum(path.stat().st_size for path in (material / RUN).rglob("*") if path.is_file())
    wrong = []
    for number in range(n_times):
        place = copied_without_run(material, folder / f"full-{number}")
        if number % 2 and _may_mount():
            kilobytes = int(random.uniform(8, 0.9 * total / 1024))
            with _small_disk(place / RUN, kilobytes) as grow:
                wrong += _try(place, expected, f"a disk of {kilobytes} KiB", None, grow)
        else:
            size = int(random.choice(sizes[:-1]))
            wrong += _try(place, expected, f"files of {size} bytes", size, lambda: None)
    return wrong


def _try(place: Path, expected: dict, what: str, size: int | None, grow) -> list[str]:  # type: ignore[no-untyped-def, type-arg]
    def limit() -> None:
        if size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    wrong = []
    ended = call(STUDY, place, first=limit)
    if ended.code not in (0, 1) or not ended.clear:
        wrong.append(f"{what}: {ended}")
    if left := scratch(place / RUN):
        wrong.append(f"{what}: left {left}")
    grow()
    ended = call(STUDY, place)
    if ended.code:
        wrong.append(f"{what}, then room: {ended}")
    elif different := differences(tables(place), expected):
        wrong.append(f"{what}, then room: other tables, {different}")
    return wrong


def _may_mount() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def _small_disk(place: Path, kilobytes: int) -> Iterator:  # type: ignore[type-arg]
    place.mkdir()

    def mount(options: str) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
            check=True,
            capture_output=True,
        )

    mount(f"size={kilobytes}k")
    try:
        yield lambda: mount("remount,size=256m")
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)
