"""Arrays from ``.npy`` and ``.npz`` files, whole or refused."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tunescope.errors import InputError
from tunescope.tasks.readers.files import check_file, first_line

_DAMAGED: Final = (
    *(ValueError, EOFError, KeyError, AttributeError, TypeError, SyntaxError, RuntimeError),
    *(OverflowError, MemoryError, zipfile.BadZipFile, zlib.error, TokenError, RecursionError),
)
"""What numpy and zipfile raise on damaged, encrypted or oddly compressed members."""


def load_npy(path: Path) -> NDArray[Any]:
    """Open an array of a ``.npy`` file, memory-mapped; nothing is unpickled."""
    check_file(path)
    try:
        found: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror or error}") from None
    except _DAMAGED as error:
        raise InputError(f"{path}: not a .npy file of numbers: {first_line(error)}") from None
    if not isinstance(found, np.ndarray):
        raise InputError(f"{path}: not a .npy file, but a zip file; expected an array")
    if isinstance(found, np.memmap) and found.size:
        there, needed = path.stat().st_size, found.offset + found.nbytes
        if there != needed:
            raise InputError(
                f"{path}: {there} bytes; its header needs {needed} (one array a file is read)"
            )
    return np.asanyarray(found)


def load_npz(path: Path) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Read ``X`` and ``y`` of a ``.npz`` file, or its only array; nothing is unpickled."""
    check_file(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = list(arrays)
            if len(set(names)) < len(names):
                raise InputError("holds two arrays of one name")
            wanted = "X" if "X" in names else names[0] if len(names) == 1 else None
            X = _member(arrays, wanted) if wanted else None
            y = _member(arrays, "y") if wanted == "X" and "y" in names else None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror or error}") from None
    except _DAMAGED as error:
        raise InputError(f"{path}: not a .npz file of numbers: {first_line(error)}") from None
    if X is None:
        found = ", ".join(names) or "none"
        raise InputError(f"{path}: holds the arrays {found:.200}; expected X and y, or one array")
    return X, y


def _member(arrays: Any, name: str) -> NDArray[Any]:
    """Read an array of a ``.npz`` file, but none that claims more numbers than are there."""
    member = next(m for m in arrays.zip.infolist() if m.filename.removesuffix(".npy") == name)
    with arrays.zip.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        reader = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = reader(stream)
        size = int(dtype.itemsize)
        for length in shape:
            size *= length
        if stream.tell() + size != member.file_size:
            raise InputError(
                f"the array {name!r} has {member.file_size} bytes; its header needs "
                f"{stream.tell() + size}"
            )
    found = arrays[name]
    if not isinstance(found, np.ndarray):
        raise InputError(f"{name!r} is no array")
    return found
