"""The tasks that have a name: the five of the paper, and those built in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from tunescope.errors import InputError, nearest
from tunescope.tasks.builtin import QUESTIONS, SENTENCES
from tunescope.tasks.corpora.places import find
from tunescope.tasks.corpora.sources import CORPORA, Corpus
from tunescope.tasks.draft import Draft, Kind
from tunescope.tasks.readers.files import AnyPath, read_bytes
from tunescope.tasks.readers.prepositions import read_prepositions
from tunescope.tasks.readers.questions import read_questions
from tunescope.tasks.readers.treebanks import read_treebank
from tunescope.tasks.task import Task

Reader: TypeAlias = Callable[[str, Mapping[str, Path]], Draft]


@dataclass(frozen=True)
class Entry:
    """A task of the catalogue.

    Parameters
    ----------
    name, kind : of the task.
    description : one line for people.
    source : name of its corpus in :mod:`tunescope.tasks.corpora.sources`; None if built in.
    read : reads the corpus' files.
    """

    name: str
    kind: Kind
    description: str
    source: str | None
    read: Reader

    @property
    def licence(self) -> str:
        """The licence of the data."""
        return CORPORA[self.source].licence if self.source else "CC0 1.0"


def _treebank(column: str) -> Reader:
    def read(name: str, paths: Mapping[str, Path]) -> Draft:
        (path,) = paths.values()
        return read_treebank(path, column=column, name=name)

    return read


def _prepositions(label: Literal["role", "function"]) -> Reader:
    return lambda name, paths: read_prepositions(paths, label=label, name=name)


def _questions(label: Literal["fine", "coarse"]) -> Reader:
    return lambda name, paths: read_questions(paths, label=label, name=name)


def _built_in_questions(name: str, paths: Mapping[str, Path]) -> Draft:
    return read_questions(paths, name=name, separator="\t", encoding="utf-8")


CATALOGUE: Final[Mapping[str, Entry]] = {
    entry.name: entry
    for entry in (
        Entry("pos", "word", "part of speech of a word", "ud-english-pud-2.7", _treebank("upos")),
        Entry(
            "dep",
            "pair",
            "relation of a word to its head",
            "ud-english-pud-2.7",
            _treebank("deprel"),
        ),
        Entry(
            "ps-role", "word", "scene role of a preposition", "streusle-4.2", _prepositions("role")
        ),
        Entry(
            "ps-fxn", "word", "function of a preposition", "streusle-4.2", _prepositions("function")
        ),
        Entry("trec-50", "text", "what a question asks for, 50 labels", "trec", _questions("fine")),
        Entry("trec-6", "text", "what a question asks for, 6 labels", "trec", _questions("coarse")),
        Entry(
            "demo-questions",
            "text",
            "what a question asks for, built in",
            None,
            _built_in_questions,
        ),
        Entry("demo-pos", "word", "part of speech, built in", None, _treebank("upos")),
        Entry("demo-dep", "pair", "relation to the head, built in", None, _treebank("deprel")),
    )
}


def task_names() -> tuple[str, ...]:
    """List the names that :func:`load_task` knows.

    Examples
    --------
    >>> "trec-50" in task_names()
    True
    """
    return tuple(CATALOGUE)


def entry(name: str) -> Entry:
    """Look a task up by its name.

    Raises
    ------
    InputError : if there is none with this name; says the nearest.
    """
    if not isinstance(name, str) or name not in CATALOGUE:
        raise InputError(f"no task is called {name!r:.60}; {nearest(str(name), CATALOGUE)}")
    return CATALOGUE[name]


def load_task(
    name: str,
    *,
    data: AnyPath | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
    limit: int | None = None,
) -> Task:
    """Load a task by its name.

    Parameters
    ----------
    name : one of :func:`task_names`.
    data : the folder that holds the corpus; by default ``TUNESCOPE_DATA``, then the platform's
        cache folder, where ``tunescope data get NAME`` puts it. Tasks that are built in need
        none.
    test_fraction, seed : of the division into train and test by sentence, for corpora that
        come as one file (the paper does not say how it divided UD English-PUD).
    limit : about how many examples to take, as for :meth:`tunescope.tasks.Task.from_draft`.

    Returns
    -------
    Task
        With the checksums of the files it was read from. A file that differs from the published
        one is trusted, and said so in ``notes``.

    Raises
    ------
    InputError : if the name is unknown, the data are not there, or a file is malformed.

    Examples
    --------
    >>> task = load_task("demo-questions")
    >>> task.kind, sorted(task.splits)
    ('text', ['test', 'train'])
    """
    found = entry(name)
    options: dict[str, Any] = {"test_fraction": test_fraction, "seed": seed, "limit": limit}
    if found.source is None:
        path = SENTENCES if found.kind != "text" else QUESTIONS
        draft = found.read(name, {"train": path})
        return Task.from_draft(draft, stratified=True, **options)
    source = CORPORA[found.source]
    paths = find(source, name, data)
    draft = found.read(name, paths)
    draft.notes += _differences(source, paths)
    return Task.from_draft(draft, **options)


def _differences(source: Corpus, paths: Mapping[str, Path]) -> list[str]:
    """Say which files are not the published ones, byte by byte."""
    notes = []
    for file in source.files:
        content = read_bytes(paths[file.split])
        if not file.matches(content):
            notes.append(
                f"{file.name} is {file.digest_of(content)}, not the published {file.digest}"
            )
    return notes
