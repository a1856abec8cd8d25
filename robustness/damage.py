"""A damaged file of a run is named, or its step done again; never read as if it were whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from robustness.calls import Ended, call
from robustness.kills import Watch, copied_without_run
from robustness.material import RUN, STUDY, copied, differences, tables

Spoil = Callable[[Path, np.random.Generator], object]


def _flip(path: Path, random: np.random.Generator) -> None:
    content = bytearray(path.read_bytes())
    if content:
        content[int(random.integers(len(content)))] ^= 1 << int(random.integers(8))
    path.write_bytes(content)


def _cut(path: Path, random: np.random.Generator) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(random.integers(max(len(content), 1)))])


def _swap(path: Path, random: np.random.Generator) -> None:
    others = sorted(one for one in path.parent.glob(f"*{path.suffix}") if one != path)
    content = others[int(random.integers(len(others)))].read_bytes() if others else b"PAR1"
    path.write_bytes(content)


def _as_folder(path: Path, _: np.random.Generator) -> None:
    path.unlink()
    path.mkdir()


SPOIL: dict[str, Spoil] = {
    "emptied": lambda path, _: path.write_bytes(b""),
    "cut": _cut,
    "flipped": _flip,
    "missing": lambda path, _: path.unlink(),
    "swapped": _swap,
    "foreign": lambda path, _: path.with_name(f"foreign{path.suffix}").write_bytes(b"x"),
    "a folder": _as_folder,
}


def try_damage(material: Path, folder: Path, n_files: int, seed: int) -> list[str]:
    """Damage a file of a run, whole or killed half-way, and call report and the study again.

    Returns
    -------
    list of str
        What is wrong: a call that is not clear, or tables that are silently others.
    """
    random = np.random.default_rng(seed)
    expected = tables(material)
    half = copied_without_run(material, folder / "half")
    watch = Watch(half / RUN, 0, 0)
    counted = folder / "count"
    call(STUDY, half, first=watch.begin, last=lambda: watch.tell(counted))
    half = copied_without_run(material, folder / "half-way")
    at = int(0.7 * int(counted.read_text()))
    call(STUDY, half, first=Watch(half / RUN, at, 9).begin)
    wrong = []
    for number in range(n_files):
        source = half if number % 3 == 2 else material
        place = copied(source, folder / f"damaged-{number}")
        kind = list(SPOIL)[number % len(SPOIL)]
        files = [
            path
            for part in ("record.json", "steps", "tables", "vectors", "checkpoints")
            for path in sorted([place / RUN / part, *(place / RUN / part).rglob("*")])
            if path.is_file() and not path.name.startswith(".")
        ]
        path = files[int(random.integers(len(files)))]
        SPOIL[kind](path, random)
        what = f"{path.relative_to(place)} {kind}"
        if source == material:
            ended = call(("report", RUN), place)
            if not ended.clear or (ended.code and not _names(ended, path)):
                wrong.append(f"{what}: {ended}")
            if not ended.code and (different := differences(tables(place), expected)):
                wrong.append(f"{what}: a report of other tables, {different}")
        ended = call(STUDY, place)
        if ended.code:
            if not ended.clear or not _names(ended, path):
                wrong.append(f"{what}, then gone on with: {ended}")
        elif different := differences(tables(place), expected):
            wrong.append(f"{what}, then gone on with: silently other tables, {different}")
    return wrong


def _names(ended: Ended, path: Path) -> bool:
    """Whether what is damaged is named."""
    return any(name in ended.err for name in (path.name, f"foreign{path.suffix}", str(path.parent)))
