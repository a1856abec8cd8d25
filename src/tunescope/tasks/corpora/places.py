"""Where a corpus lies on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from tunescope.errors import InputError
from tunescope.tasks.corpora.sources import Corpus, CorpusFile
from tunescope.tasks.readers.files import AnyPath, as_path

VARIABLE = "TUNESCOPE_DATA"
"""The environment variable that names the folder of the corpora."""


def cache_folder() -> Path:
    """Return the platform's folder for downloaded corpora."""
    return Path(platformdirs.user_cache_dir("tunescope")) / "data"


def data_folder() -> Path:
    """Return where downloads are kept: ``TUNESCOPE_DATA``, or the platform's cache folder."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else cache_folder()


def find_in(folder: AnyPath, source: Corpus) -> dict[str, Path] | None:
    """Find all files of a source in a folder, each split's path; None if one is missing.

    A file may lie in a folder with the source's name, or in the folder itself, flat or in the
    folders it has where it is published.
    """
    root = Path(folder).expanduser()
    found: dict[str, Path] = {}
    for file in source.files:
        path = _first_there(root, source, file)
        if path is None:
            return None
        found[file.split] = path
    return found


def _first_there(root: Path, source: Corpus, file: CorpusFile) -> Path | None:
    for folder in (root / source.name, root):
        for path in (folder / file.name, folder / file.path):
            if path.is_file():
                return path
    return None


def find(source: Corpus, task: str, data: AnyPath | None = None) -> dict[str, Path]:
    """Find the files of a source: in ``data``, else ``TUNESCOPE_DATA``, else the cache folder.

    Parameters
    ----------
    source : a corpus.
    task : its name in the advice that is given if the files are nowhere.
    data : a folder to look in, and nowhere else; or the file, of a source with only one.

    Raises
    ------
    InputError : if the files are not there; says how to get them.
    """
    names = ", ".join(file.name for file in source.files)
    if data is not None:
        path = as_path(data).expanduser()
        if path.is_file() and len(source.files) == 1:
            return {source.files[0].split: path}
        if not path.is_dir():
            raise InputError(f"data={str(data)!r}: no such folder; expected one that holds {names}")
        found = find_in(path, source)
        if found is None:
            raise InputError(f"data={str(data)!r}: the folder does not hold all of {names}")
        return found
    folders = dict.fromkeys((data_folder(), cache_folder()))
    for folder in folders:
        found = find_in(folder, source)
        if found is not None:
            return found
    where = " or ".join(str(folder) for folder in folders)
    raise InputError(
        f"task {task!r} needs {names}, not found in {where}; get it with: tunescope data get {task}"
    )
