"""Files and folders that are whole or absent, and names that are safe and distinct as folders.

What is written is synced to the disk before it gets its name, so that a name that is there after a
power cut is that of a whole file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tunescope.errors import InputError, TunescopeError

TEMPORARY = ".part-"
"""Beginning of the names of what is being written."""

_PLAIN = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
"""Names that stand for themselves: no capitals, since some file systems do not tell them apart."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_OF_RUST = re.compile(r"\(os error (\d+)\)")
"""How libraries written in Rust, as safetensors, tell the number of a system's error."""
_NOT_WRITTEN = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES)
"""Errors for which a system refuses to write, also behind an error that a library raises."""
_LONGEST = 64
_DIGEST = 16
_REPLACED = f"{TEMPORARY}replaced"
"""Beginning of the names of folders that are set aside while others take their names."""
_DRAWN = 8
"""Characters by which the temporary names of one name differ."""
_WHOLE, _SUFFIX = 100, 40
"""Bytes of a name that stands whole in its temporary name, and characters of a longer one's end."""
IGNORED = ("Thumbs.db", "desktop.ini")
"""What file managers leave; as are names that begin with a dot, it is nobody's file."""
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
def said(path: Path, doing: str = "write") -> Iterator[None]:
    """Say in one line what the operating system refuses.

    Parameters
    ----------
    path : what is named where the system names no file.
    doing : what could not be done with it.

    Raises
    ------
    TunescopeError
        A full disk, a folder that cannot be written to, a name that is too long, and so on.
    """
    try:
        yield
    except TunescopeError:
        raise
    except Exception as error:
        refused = _refused(error)
        if refused is None:
            raise
        name = refused.filename
        named = os.fsdecode(name) if isinstance(name, str | bytes) else path
        raise TunescopeError(f"{named}: cannot {doing} it: {reason(refused)}") from error


def _refused(error: BaseException) -> OSError | None:
    """Find what the operating system refused, also where a library raises an error of its own."""
    if isinstance(error, OSError):
        return error
    if (told := _OF_RUST.search(str(error))) and int(told[1]) in _NOT_WRITTEN:
        return OSError(int(told[1]), os.strerror(int(told[1])))
    behind = error.__context__
    while behind is not None:
        if isinstance(behind, OSError) and behind.errno in _NOT_WRITTEN:
            return behind
        behind = behind.__context__
    return None


def reason(error: OSError) -> str:
    """Give the system's own words for an error, and nothing that a library adds."""
    return os.strerror(error.errno) if error.errno else " ".join(str(error).split())


def check_folder(folder: Path) -> None:
    """Refuse what is no folder, and what lies below such and cannot be one.

    Raises
    ------
    InputError
        With what it is instead.
    """
    there = next((up for up in (folder, *folder.parents) if os.path.lexists(up)), folder)
    if os.path.lexists(there) and not there.is_dir():
        what = "a file" if there.exists() else "a link to nothing"
        raise InputError(f"{there}: is {what}; expected a folder")


def check_new_folder(folder: Path) -> None:
    """Refuse, before any work, a folder that results cannot be put into.

    Raises
    ------
    InputError
        If it holds something, or is no folder.
    TunescopeError
        If it cannot be made.
    """
    with said(folder, "make"):
        check_folder(folder)
        if folder.is_dir():
            if any(folder.iterdir()):
                raise InputError(f"{folder}: exists already; name a new or empty folder")
            return
        missing = [up for up in (folder, *folder.parents) if not up.exists()]
        folder.mkdir(parents=True)
        for made in missing:
            made.rmdir()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file or folder under a temporary name, sync it, and rename it once it is whole.

    Parameters
    ----------
    path : where it shall be; what was there is replaced.

    Yields
    ------
    Path
        The temporary name to write to. If the body raises, it is removed and ``path`` is as it was.

    Raises
    ------
    TunescopeError
        If the operating system refuses, such as where the disk is full.
    """
    with said(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(path, _drawn())
        try:
            yield part
            _sync(part)
            if path.is_dir() and part.is_dir():
                _replace_folder(path, part)
            else:
                part.replace(path)
                _sync_one(path.parent)
        finally:
            with suppress(OSError):
                remove(part)


def _replace_folder(path: Path, part: Path) -> None:
    """Put a folder in the place of another, of which one is whole at every moment."""
    aside = _beside(path, _REPLACED)
    remove(aside)
    path.replace(aside)
    try:
        part.replace(path)
        _sync_one(path.parent)
    finally:
        _settle(aside, path)


def _drawn() -> str:
    return f"{TEMPORARY}{uuid.uuid4().hex[:_DRAWN]}"


def _beside(path: Path, mark: str) -> Path:
    """Name a place beside a path: after a mark its own name, or what is left of a long one."""
    name = path.name
    if len(os.fsencode(name)) <= _WHOLE:
        return path.with_name(f"{mark}-{name}")
    digest = folder_name(name).rpartition(_MARK)[2]
    return path.with_name(f"{mark}{_MARK}{digest}-{name[-_SUFFIX:]}")


def _settle(aside: Path, path: Path) -> None:
    """Give a folder that was set aside its name back, or remove it where another has the name."""
    if os.path.lexists(path):
        remove(aside)
    elif os.path.lexists(aside):
        aside.replace(path)


def sweep(left: Path) -> None:
    """Remove what a killed process left under a temporary name; put back what it was replacing."""
    name = left.name.removeprefix(f"{_REPLACED}-")
    if name == left.name:
        remove(left)
    else:
        _settle(left, left.with_name(name))


def recover(path: Path) -> None:
    """Put back the folder that a killed process was replacing, and remove what it left beside it.

    Only the one process that writes to ``path`` may call it.
    """
    end = _beside(path, "").name
    with said(path):
        _settle(_beside(path, _REPLACED), path)
        for left in list(path.parent.iterdir()) if path.parent.is_dir() else ():
            if left.name.startswith(TEMPORARY) and left.name[len(TEMPORARY) + _DRAWN :] == end:
                remove(left)


def discard(path: Path) -> None:
    """Remove a folder so that it is whole or absent at every moment."""
    part = _beside(path, _drawn())
    with said(path, "remove"):
        if os.path.lexists(path):
            path.replace(part)
            remove(part)


def _sync(path: Path) -> None:
    """Have a file, or a folder and all that is in it, on the disk."""
    if path.is_dir():
        for inner in path.iterdir():
            _sync(inner)
    _sync_one(path)


def _sync_one(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return  # other systems open no folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # of folders, not every file system can
            raise
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    if any("\ud800" <= character <= "\udfff" for character in text):
        # a file's name that is no UTF-8 is in it; only escaped can that be written
        text = json.dumps(value, indent=2) + "\n"
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def allocate(path: Path) -> None:
    """Take the space of a file that is to be memory-mapped, so that a full disk is an error.

    Writing to a mapped file for which there is no space ends the process by a signal.

    Raises
    ------
    OSError
        If there is no space.
    """
    size = path.stat().st_size
    with path.open("r+b") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            return
        for begin in range(0, size, 2**24):  # other systems give none without writing to it
            kept = file.read(min(2**24, size - begin))
            file.seek(begin)
            file.write(kept)
