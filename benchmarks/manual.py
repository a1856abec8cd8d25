"""Where the benchmarks write what they found: between two marks in a page of the manual."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def between(page: str | Path, name: str) -> str:
    """Read what stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->``."""
    return _found(DOCS / page, name)[1].strip("\n")


def put(page: str | Path, name: str, text: str) -> None:
    """Write a text between the two marks, in place of what stood there.

    Parameters
    ----------
    page : path of the page below ``docs/``, or from the root of the file system.
    name : as in the marks.
    """
    before, _, after = _found(DOCS / page, name)
    inside = text.strip("\n")
    (DOCS / page).write_text(f"{before}\n\n{inside}\n\n{after}", encoding="utf-8")


def _found(page: Path, name: str) -> tuple[str, str, str]:
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    found = re.fullmatch(f"(.*{re.escape(begin)})(.*)({re.escape(end)}.*)", text, re.S)
    if found is None:
        raise ValueError(f"{page}: expected the marks {begin.strip()} and {end}")
    return found[1].rstrip("\n"), found[2], found[3]
