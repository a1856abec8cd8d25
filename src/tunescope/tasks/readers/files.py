"""Read text files so that whatever is wrong is said by file and line."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

from tunescope.errors import InputError, place

AnyPath: TypeAlias = str | PathLike[str]


def as_path(path: AnyPath) -> Path:
    """Take a path, which has to be a text or path-like, without NUL."""
    if not isinstance(path, (str, PathLike)):
        raise InputError(f"{path!r:.60} is a {type(path).__name__}; expected the path of a file")
    whole = Path(path)
    if "\0" in str(whole):
        raise InputError(f"{str(whole)!r:.60} holds a NUL character; expected the path of a file")
    return whole


def check_file(path: AnyPath) -> Path:
    """Give the path of a file that is there and regular: no folder, pipe or device.

    A named pipe is not opened, since that would wait for whoever writes to it.

    Raises
    ------
    InputError : if there is no such file, or it is something else.
    """
    path = as_path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"{path}: no such file{_nearest_file(path.name, siblings)}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not stat.S_ISREG(mode):
        found = next((what for is_it, what in _ODD if is_it(mode)), "no regular file")
        raise InputError(f"{path}: is {found}; expected a file")
    return path


_ODD: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bytes(path: AnyPath) -> bytes:
    """Read a whole file that must exist and not be empty.

    Raises
    ------
    InputError : as :func:`check_file`, or if it cannot be read, or is empty.
    """
    path = check_file(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    return content


def _nearest_file(name: str, siblings: list[str]) -> str:
    close = get_close_matches(name, siblings, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def read_lines(path: AnyPath, encoding: str = "utf-8") -> list[str]:
    """Read the lines of a text file, without their ends (LF or CR LF) and byte order mark.

    A form feed or U+2028 inside a text does not end a line. CR alone does, in a file that has no
    LF, as old Macintosh programs wrote.

    Raises
    ------
    InputError : as :func:`read_bytes`, or if a line is not text in ``encoding``, or holds NUL.
    """
    content = read_bytes(path)
    for mark, name in _OTHER_MARKS:
        if content.startswith(mark):
            raise InputError(f"{path}: is {name}; expected {encoding}: save it as that")
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        message = f"byte 0x{byte:02X} is not {encoding}; expected {encoding} text"
        raise InputError(f"{place(path, line)}: {message}") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{place(path, line)}: holds a NUL character; expected text")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


LONE_CR: Final = "a CR alone, where LF ends lines; expected LF or CR LF at the end of a line"
"""What is said of one that may end a line or be part of it."""

_OTHER_MARKS: Final = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"PK\x03\x04", "a zip file or a spreadsheet"),
)
"""How files begin that are not UTF-8, and what they are."""


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
    whole = [as_path(path) for path in paths]
    names = [path.name for path in whole]
    if len(set(names)) < len(set(whole)):
        names = [path.as_posix() for path in whole]
    return [unicode_name(name) for name in names]


def unicode_name(name: str) -> str:
    """Write what is not Unicode text in a file's name as ``\\udcff``, so that all of it is."""
    return name.encode("utf-8", "backslashreplace").decode()


def files_by_split(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
) -> dict[str, list[AnyPath]]:
    """Bring one file, or a mapping from split to file or files, to lists of files by split."""
    if not isinstance(paths, Mapping):
        as_path(paths)
        return {"train": [paths]}
    if not paths:
        raise InputError("no files: expected a path, or a mapping from split to path")
    named: dict[str, list[AnyPath]] = {}
    for split, files in paths.items():
        if not isinstance(split, str) or not split.strip():
            raise InputError(f"{split!r:.60} names a split; expected a text, such as 'train'")
        is_several = isinstance(files, Sequence) and not isinstance(files, str)
        named[split] = list(files) if is_several else [files]  # type: ignore[arg-type, list-item]
        if not named[split]:
            raise InputError(f"split {split!r} has no files; expected at least one")
        paths_of_split = [as_path(path) for path in named[split]]
        for number, path in enumerate(paths_of_split):
            if path in paths_of_split[:number]:
                raise InputError(f"split {split!r}: {path} is named twice; expected it once")
    return named


def stem(path: AnyPath) -> str:
    """Name a task after its file."""
    return unicode_name(as_path(path).stem)


def first_line(error: Exception) -> str:
    """Shorten the message of a library's exception to a line."""
    return f"{(str(error).splitlines() or [type(error).__name__])[0]:.200}"
