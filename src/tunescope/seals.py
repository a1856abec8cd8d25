"""Checksums by which a file or folder is told from a damaged one.

JSON files carry a seal, the SHA-256 of what they say; of other files sizes and checksums are kept
and held against them later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunescope.errors import DamagedError, InputError
from tunescope.storage import IGNORED, reason, write_json

SEAL = "sha256"
"""Key of a JSON file's seal."""
CONTENTS = "contents.json"
"""In a sealed folder, the sizes and checksums of all its files."""


def write_sealed(path: Path, value: Mapping[str, Any]) -> None:
    """Write a mapping as JSON that carries the checksum of what it says."""
    plain = json.loads(json.dumps(value))
    write_json(path, {**plain, SEAL: _seal(plain)})


def read_sealed(path: Path) -> dict[str, Any]:
    """Read a mapping that `write_sealed` wrote; one without a seal is taken as it is.

    Raises
    ------
    DamagedError
        If it is missing, empty, cut, not JSON, or does not say what its seal is of.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DamagedError(f"{path}: damaged: the file is missing") from None
    except OSError as error:
        raise DamagedError(f"{path}: cannot read it: {reason(error)}") from None
    except RecursionError:
        raise DamagedError(f"{path}: damaged: not the JSON that was written") from None
    except ValueError as error:
        raise DamagedError(f"{path}: damaged: {' '.join(str(error).split())[:120]}") from None
    if not isinstance(value, dict):
        raise DamagedError(f"{path}: damaged: not the mapping that was written")
    seal = value.pop(SEAL, None)
    if seal not in (None, _seal(value)):
        raise DamagedError(f"{path}: damaged: its content is not what its checksum is of")
    return value


def _seal(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def stamp(path: Path) -> dict[str, Any]:
    """Give what tells a file from a damaged one: its ``size`` in bytes and its ``sha256``."""
    return {"size": path.stat().st_size, SEAL: checksum(path)}


def checksum(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damage(path: Path, stamped: Mapping[str, Any], *, content: bool = True) -> str | None:
    """Tell how a file differs from what it was when it was stamped, if it does.

    Parameters
    ----------
    path : of the file.
    stamped : what `stamp` gave.
    content : whether its checksum is computed too, or only its size looked at.
    """
    try:
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            return "the file is missing"
        if size != stamped.get("size"):
            return f"{size} bytes; {stamped.get('size')} were written"
        if content and checksum(path) != stamped.get(SEAL):
            return "other bytes than were written"
    except OSError as error:
        return f"cannot read it: {reason(error)}"
    return None


def seal_folder(folder: Path) -> None:
    """Write down the sizes and checksums of all files below a folder, as its last file."""
    files = {path.relative_to(folder).as_posix(): stamp(path) for path in _files(folder)}
    write_sealed(folder / CONTENTS, {"files": files})


def folder_damage(folder: Path) -> tuple[Path, str] | None:
    """Tell which file of a sealed folder is not what it was, and how; None if all are.

    Raises
    ------
    InputError
        If a file is there that was not.
    """
    if not (folder / CONTENTS).exists():
        return folder / CONTENTS, "the file is missing"
    try:
        files = read_sealed(folder / CONTENTS)["files"]
    except (DamagedError, KeyError):
        return folder / CONTENTS, "not what was written"
    for path in _files(folder):
        if path.relative_to(folder).as_posix() not in {*files, CONTENTS}:
            raise InputError(f"{path}: is not of this folder; take it out")
    for name, stamped in files.items():
        if what := damage(folder / name, stamped):
            return folder / name, what
    return None


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name not in IGNORED
    ]
