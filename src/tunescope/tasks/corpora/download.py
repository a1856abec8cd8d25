"""Get the corpora from where they are published, and say which are here.

The only code that uses the network besides the Hugging Face client.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunescope.errors import InputError, TunescopeError, nearest
from tunescope.tasks.builtin import QUESTIONS, SENTENCES
from tunescope.tasks.corpora.catalogue import CATALOGUE
from tunescope.tasks.corpora.places import cache_folder, data_folder, find_in
from tunescope.tasks.corpora.sources import CORPORA, Corpus, CorpusFile
from tunescope.tasks.readers.files import AnyPath, checksums

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

TIMEOUT = 30.0
"""Seconds without a byte after which a download is given up."""

CHUNK = 2**16
"""Bytes between two calls of ``progress``."""

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are here, and its size (0 if it is not known)."""


def get(
    name: str,
    folder: AnyPath | None = None,
    progress: Progress | None = None,
    *,
    base_url: str | None = None,
) -> list[Path]:
    """Download the corpus of a task.

    A file is written under a temporary name, checked against its pinned id and renamed, so a
    file that is there is whole. One that is there already is not downloaded again.

    Parameters
    ----------
    name : of a task, or of a source (``ud-english-pud-2.7``, ``streusle-4.2``, ``trec``).
    folder : where to keep it; by default ``TUNESCOPE_DATA``, else the platform's cache folder.
    progress : called as bytes arrive.
    base_url : another address for the files, for a mirror.

    Returns
    -------
    list of Path
        The files; none for a task that is built in.

    Raises
    ------
    InputError : if the name is unknown, or another file is where one should go.
    TunescopeError : if the download fails, or brings other bytes; nothing is kept of it.
    """
    source = _source(name)
    if source is None:
        return []
    target = (Path(folder).expanduser() if folder is not None else data_folder()) / source.name
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{target}: cannot be made: {error.strerror or error}") from error
    paths = []
    for file in source.files:
        path = target / file.name
        if path.exists():
            _refuse_other_bytes(path, file)
            logger.info("%s is here already", path)
        else:
            _download(source.url(file, base_url), path, file, progress)
        paths.append(path)
    return paths


def _source(name: str) -> Corpus | None:
    if name in CORPORA:
        return CORPORA[name]
    if name not in CATALOGUE:
        raise InputError(f"no task is called {name!r}; {nearest(name, [*CATALOGUE, *CORPORA])}")
    source = CATALOGUE[name].source
    return CORPORA[source] if source else None


def _refuse_other_bytes(path: Path, file: CorpusFile) -> None:
    if not path.is_file():
        raise InputError(f"{path}: is not a file; expected nothing there, or the published file")
    content = path.read_bytes()
    if not file.matches(content):
        raise InputError(
            f"{path}: is here already with {file.digest_of(content)}; the published file has "
            f"{file.digest}. It is used as it is; move it away to download the published one"
        )


def _download(url: str, path: Path, file: CorpusFile, progress: Progress | None) -> None:
    import pooch
    import requests

    meter = _Meter(file.name, progress) if progress is not None else False
    fetch = pooch.HTTPDownloader(progressbar=meter, timeout=TIMEOUT, chunk_size=CHUNK)
    handle, temporary = tempfile.mkstemp(prefix=f".{file.name}-", dir=path.parent)
    os.close(handle)
    try:
        fetch(url, temporary, None)
        content = Path(temporary).read_bytes()
        if not file.matches(content):
            raise TunescopeError(
                f"{url}: {len(content)} bytes with {file.digest_of(content)}; expected "
                f"{file.digest}. Nothing was kept"
            )
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except (requests.RequestException, OSError) as error:
        reason = " ".join(str(error).split())
        raise TunescopeError(f"{url}: the download failed: {reason[:300]}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    logger.info("%s is %s", path, file.digest)


class _Meter:
    """What pooch calls while bytes arrive."""

    def __init__(self, name: str, progress: Progress) -> None:
        self.name = name
        self.progress = progress
        self.total = 0
        self.done = 0

    def update(self, n: int) -> None:
        """Count more bytes."""
        self.done += n  # pooch counts the last, shorter chunk as a whole one
        if self.total:
            self.done = min(self.done, self.total)
        self.progress(self.name, self.done, self.total)

    def reset(self) -> None:
        """Start again: pooch counts the whole file once more when it is complete."""
        self.done = 0

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class DataStatus:
    """What there is for a task, and whether it is here.

    Parameters
    ----------
    task, kind, description : as in the catalogue.
    source : the corpus, for people.
    page : where the corpus is described; empty if it is built in.
    urls : what ``tunescope data get`` downloads.
    licence : of the data.
    here : whether all files are on this machine.
    files : the path of each file that is here, and its checksums.
    published : whether each file that is here is, byte by byte, the published one.
    """

    task: str
    kind: str
    description: str
    source: str
    page: str
    urls: tuple[str, ...]
    licence: str
    here: bool
    files: Mapping[str, str]
    published: bool


def status() -> list[DataStatus]:
    """Say for every task of the catalogue what there is and whether it is here."""
    found = {name: _find(source) for name, source in CORPORA.items()}
    rows = []
    for entry in CATALOGUE.values():
        if entry.source is None:
            path = QUESTIONS if entry.kind == "text" else SENTENCES
            contents = {str(path): path.read_bytes()}
            source_title, page, published = "built in", "", True
            urls: tuple[str, ...] = ()
        else:
            source = CORPORA[entry.source]
            paths = found[source.name] or {}
            contents = {str(path): path.read_bytes() for path in paths.values()}
            source_title, page = source.title, source.page
            urls = tuple(source.url(file) for file in source.files)
            published = bool(paths) and all(
                file.matches(contents[str(paths[file.split])]) for file in source.files
            )
        rows.append(
            DataStatus(
                task=entry.name,
                kind=entry.kind,
                description=entry.description,
                source=source_title,
                page=page,
                urls=urls,
                licence=entry.licence,
                here=bool(contents),
                files={path: checksums(content) for path, content in contents.items()},
                published=published,
            )
        )
    return rows


def _find(source: Corpus) -> dict[str, Path] | None:
    for folder in (data_folder(), cache_folder()):
        paths = find_in(folder, source)
        if paths is not None:
            return paths
    return None
