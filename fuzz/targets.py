"""What is fuzzed: each target takes any bytes and may refuse them, but in no other way than ours.

A target is right if it returns, or raises `TunescopeError` with one or two lines. Anything else
that it raises is a bug, as is taking longer or more memory than `run.py` allows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from tunescope import directprobe
from tunescope.errors import DamagedError, TunescopeError
from tunescope.paper.latex import escape
from tunescope.reports.page import embed
from tunescope.seals import read_sealed
from tunescope.storage import folder_name
from tunescope.studies.reading import read_study
from tunescope.tasks import Task
from tunescope.tasks.readers.vectors import read_labelled

Target = Callable[[bytes, Path], None]
"""Takes bytes and an empty folder to put them in."""

LONGEST_MESSAGE = 2000


def refusing(read: Callable[[bytes, Path], object]) -> Target:
    """Let a target refuse its input, in a line or two that name the file."""

    def target(data: bytes, folder: Path) -> None:
        try:
            read(data, folder)
        except TunescopeError as error:
            said = str(error)
            assert said and len(said.splitlines()) <= 2, said
            assert len(said) <= LONGEST_MESSAGE, said

    return target


def stored(data: bytes, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read_table(suffix: str) -> Target:
    return refusing(lambda data, folder: Task.from_csv(stored(data, folder / f"t{suffix}")))


def vectors(suffix: str) -> Target:
    """Vectors of a file that holds their labels, or has them beside it as text."""

    def read(data: bytes, folder: Path) -> None:
        path = stored(data, folder / f"v{suffix}")
        labels = stored(LABELS, folder / "labels.txt") if suffix == ".npy" else None
        found = read_labelled(path, labels)
        assert found.vectors.dtype.kind in "fiu"
        assert found.vectors.shape[0] == len(found.labels) > 0

    return refusing(read)


LABELS = b"animal\nfood\nanimal\nfood\n"


def treebank(data: bytes, folder: Path) -> object:
    path = stored(data, folder / "bank.conllu")
    return [Task.from_conllu(path, column=column) for column in ("upos", "deprel", "feats.Number")]


FILES = (
    *("clusters.txt", "dis.txt", "prediction.txt", "vec.txt", "outside_min.txt", "inside_mean.txt"),
    *("log.txt", "config.ini", "entities/train.txt", "labels/tags.txt", "embeddings/train.txt"),
)
"""Of a published folder, in the order in which an input holds them."""
BETWEEN = b"\n=====\n"


def published(data: bytes, folder: Path) -> object:
    """The files of a folder, one after the other, with a line between them."""
    for name, content in zip(FILES, data.split(BETWEEN), strict=False):
        if content:
            stored(content, folder / name)
    found = directprobe.read_folder(folder)
    return directprobe.verify(found, budget=0.1) if found.train.vectors is None else found


def record(data: bytes, folder: Path) -> None:
    try:
        read_sealed(stored(data, folder / "record.json"))
    except DamagedError as error:
        assert "record.json" in str(error)
        assert len(str(error).splitlines()) == 1


class _Page(HTMLParser):
    """Finds what a browser would take from a script element of data."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.data = ""

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.data += data


def report_text(data: bytes, _: Path) -> None:
    """A text of the data stays a text: in the page's script, in LaTeX, in the names of files."""
    text = data.decode("utf-8", "replace")
    page = _Page()
    page.feed(f'<script type="application/json">{embed([text])}</script>')
    page.close()
    assert page.tags == ["script"]
    assert json.loads(page.data) == [text]
    latex = escape(text)
    assert not re.search(r"\\(input|write|include|openout|catcode|def|csname)\b", latex), latex
    name = folder_name(text)
    assert "/" not in name
    assert name not in ("", ".", "..")


TARGETS: dict[str, Target] = {
    "csv": read_table(".csv"),
    "tsv": read_table(".tsv"),
    "jsonl": read_table(".jsonl"),
    "conllu": refusing(treebank),
    "study": refusing(lambda data, folder: read_study(stored(data, folder / "study.yaml"))),
    "published": refusing(published),
    "npy": vectors(".npy"),
    "npz": vectors(".npz"),
    "parquet": vectors(".parquet"),
    "texts-parquet": read_table(".parquet"),
    "vectors": vectors(".csv"),
    "vectors-jsonl": vectors(".jsonl"),
    "record": record,
    "text": report_text,
}
