"""Names of a report's files, made of names of the data."""

from __future__ import annotations

import re
from collections.abc import Sequence


def file_stem(*names: str) -> str:
    """Make a file name from names of the data, with nothing in it that a shell minds.

    Examples
    --------
    >>> file_stem("clusters", "ps-role", "google/bert tiny")
    'clusters_ps-role_google-bert-tiny'
    """
    parts = [re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") for name in names]
    return "_".join(part[:60] for part in parts if part)


def file_stems(named: Sequence[Sequence[str]]) -> list[str]:
    """Make a file name of each of some names, and no two alike.

    What `file_stem` leaves alike, also where a file system ignores case, gets its number.

    Examples
    --------
    >>> file_stems([["問", "m"], ["題", "m"], ["a b", "m"], ["A-b", "m"]])
    ['m', 'm_1', 'a-b_m', 'A-b_m_3']
    """
    made: list[str] = []
    taken: set[str] = set()
    for number, names in enumerate(named):
        stem = file_stem(*names)
        while stem.lower() in taken:
            stem = f"{stem}_{number}".strip("_")
        taken.add(stem.lower())
        made.append(stem)
    return made
