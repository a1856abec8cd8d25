"""Files and folders that are whole or absent, and names that are safe and distinct as folders."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TEMPORARY = ".part-"
"""Beginning of the names of what is being written."""

_PLAIN = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
"""Names that stand for themselves: no capitals, since some file systems do not tell them apart."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST = 64
_DIGEST = 16
_MARK = "@"
"""Between what is left of a name and its digest; no plain name holds it."""


def folder_name(name: str) -> str:
    """Give the folder in which things about a name are kept.

    Different names give different folders, also where a file system ignores case, and a folder
    is always one component of a path, never empty, ``.`` or ``..``.

    Parameters
    ----------
    name : any text, such as a model's or a task's name or a path.

    Returns
    -------
    str
        The name itself where it is plain (small Latin letters and digits with single dots and
        hyphens between them); else what is readable of it with 16 hexadecimal digits of its
        SHA-256.

    Examples
    --------
    >>> folder_name("bert-tiny")
    'bert-tiny'
    >>> folder_name("./bert"), folder_name("../bert")
    ('bert@e3498ede10df5117', 'bert@f32d999c9c2a65e9')
    >>> folder_name(".")
    '@cdb4ee2aea69cc6a'
    """
    plain = _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name) and len(name) <= _LONGEST
    if plain:
        return name
    readable = re.sub(r"[^a-z0-9.-]+", "-", name.lower())[:_LONGEST].strip("-.")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{readable}{_MARK}{digest}"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file or folder under a temporary name and rename it once it is whole.

    Parameters
    ----------
    path : where it shall be; what was there is replaced.

    Yields
    ------
    Path
        The temporary name to write to. If the body raises, it is removed and ``path`` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{TEMPORARY}{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        yield part
        if path.is_dir() and part.is_dir():
            shutil.rmtree(path)
        part.replace(path)
    finally:
        remove(part)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole."""
    with replacing(path) as part:
        part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
