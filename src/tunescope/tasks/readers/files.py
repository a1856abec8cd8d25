"""Read text files so that whatever is wrong is said by file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from tunescope.errors import InputError, place

AnyPath: TypeAlias = str | PathLike[str]


def read_bytes(path: AnyPath) -> bytes:
    """Read a whole file that must exist and not be empty.

    Raises
    ------
    InputError : if there is no such file, it cannot be read, or it is empty.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"{path}: no such file{_nearest_file(path.name, siblings)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    return content


def _nearest_file(name: str, siblings: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, siblings, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def read_lines(path: AnyPath, encoding: str = "utf-8") -> list[str]:
    """Read the lines of a text file, without their ends (LF or CR LF).

    Only LF ends a line: a form feed or U+2028 inside a text does not shift line numbers.

    Raises
    ------
    InputError : as :func:`read_bytes`, or if a line is not text in ``encoding``.
    """
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        message = f"byte 0x{byte:02X} is not {encoding}; expected {encoding} text"
        raise InputError(f"{place(path, line)}: {message}") from error
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def git_blob_id(content: bytes) -> str:
    r"""Compute the id that git gives to a file with these bytes.

    Examples
    --------
    >>> git_blob_id(b"hello\n")
    'ce013625030ba8dba906f756967f9e9ca394464a'
    """
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def sha256(content: bytes) -> str:
    """Compute the SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def checksums(content: bytes) -> str:
    """Name bytes by both ids, as ``git:... sha256:...``."""
    return f"git:{git_blob_id(content)} sha256:{sha256(content)}"


def provenance(paths: Iterable[AnyPath]) -> dict[str, str]:
    """Map the name of each file to its checksums."""
    paths = list(paths)
    names = display_names(paths)
    return {name: checksums(read_bytes(path)) for name, path in zip(names, paths, strict=True)}


def display_names(paths: Iterable[AnyPath]) -> list[str]:
    """Shorten paths to file names, unless two of them would then be the same.

    Examples
    --------
    >>> display_names(["a/train.csv", "a/test.csv"])
    ['train.csv', 'test.csv']
    >>> display_names(["a/x.csv", "b/x.csv"])
    ['a/x.csv', 'b/x.csv']
    """
    whole = [Path(path) for path in paths]
    names = [path.name for path in whole]
    return names if len(set(names)) == len(set(whole)) else [path.as_posix() for path in whole]


def files_by_split(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
) -> dict[str, list[AnyPath]]:
    """Bring one file, or a mapping from split to file or files, to lists of files by split."""
    if not isinstance(paths, Mapping):
        return {"train": [paths]}
    if not paths:
        raise InputError("no files: expected a path, or a mapping from split to path")
    named: dict[str, list[AnyPath]] = {}
    for split, files in paths.items():
        is_one = isinstance(files, str) or not isinstance(files, Sequence)
        named[split] = [files] if is_one else list(files)  # type: ignore[list-item, arg-type]
        if not named[split]:
            raise InputError(f"split {split!r} has no files; expected at least one")
    return named
