"""Questions with a coarse and a fine label: the TREC files, and the built-in questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tunescope.errors import InputError, place
from tunescope.tasks.draft import Draft, Example, SplitDraft, Text
from tunescope.tasks.readers.files import AnyPath, display_names, provenance, read_lines


def read_questions(
    paths: Mapping[str, AnyPath],
    *,
    name: str,
    label: Literal["fine", "coarse"] = "fine",
    separator: str = " ",
    encoding: str = "latin-1",
) -> Draft:
    """Read files of one ``COARSE:fine question`` a line.

    Parameters
    ----------
    paths : split to its file.
    name : of the task.
    label : ``"fine"`` for ``NUM:count``, ``"coarse"`` for ``NUM``.
    separator : between label and question: a space in TREC, a tab in the built-in file.
    encoding : of the files.

    Raises
    ------
    InputError : if a line has no label or no question; says file and line.
    """
    splits = [
        SplitDraft(split, tuple(display_names([path])), _read(path, label, separator, encoding))
        for split, path in paths.items()
    ]
    return Draft(name, "text", splits, provenance(paths.values()))


def _read(path: AnyPath, label: str, separator: str, encoding: str) -> list[Text]:
    texts: list[Text] = []
    shape = "COARSE:fine" + ("<TAB>" if separator == "\t" else separator) + "question"
    for number, line in enumerate(read_lines(path, encoding), start=1):
        if line.startswith("#") and not texts:
            continue
        where = place(path, number)
        full, found, question = line.partition(separator)
        coarse, colon, fine = full.partition(":")
        if not line.strip():
            raise InputError(f"{where}: the line is blank; expected {shape}")
        if not found and separator == "\t":
            raise InputError(f"{where}: no tab after the label; expected {shape}")
        if not (colon and coarse and fine):
            raise InputError(
                f"{where}: label {full!r} has no ':'; expected COARSE:fine, e.g. NUM:count"
                if not colon
                else f"{where}: label {full!r} is half empty; expected COARSE:fine, e.g. NUM:count"
            )
        if not question.strip():
            raise InputError(f"{where}: no question after {full!r}; expected {shape}")
        example = Example(full if label == "fine" else coarse, number)
        texts.append(Text(question.strip(), (example,)))
    return texts
