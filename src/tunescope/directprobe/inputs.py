"""What DirectProbe is given: ``entities``, ``labels`` and ``embeddings``, as text files.

::

    entities/train.txt     one example a line: TEXT <tab> LABEL
    labels/tags.txt        one label a line; the labels that may occur
    embeddings/train.txt   one vector a line: numbers with white space between them

The lines of ``entities`` and ``embeddings`` belong together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray

from tunescope.directprobe.lines import numbered_lines, write_lines
from tunescope.errors import InputError, place
from tunescope.storage import replacing

ROWS = 2048
"""Vectors that are turned into text, or back, at a time."""

NOT_IN_A_FIELD = re.compile("[\t\n\r\0\ud800-\udfff]")
"""Characters that end a field or a line of ``entities``, or a numpy string, or are not in UTF-8."""

EXACT: dict[str, Any] = (
    {}
    if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    else {"float_precision": "round_trip"}
)
"""Reads every number to the last bit; from pandas 3.1 on, it always does."""


def read_entities(path: Path) -> tuple[tuple[str, ...], NDArray[np.str_]]:
    """Read examples: their texts and their labels.

    Returns
    -------
    texts, labels
        Of one length; the example of index i stands in line i + 1.

    Raises
    ------
    InputError
        If a line is not a text, a tab and a label.
    """
    texts, labels = [], []
    for number, line in numbered_lines(path):
        fields = line.split("\t")
        if len(fields) != 2:
            raise InputError(
                f"{place(path, number)}: {len(fields)} field(s) with tabs between them; "
                "expected 2: a text and its label"
            )
        texts.append(fields[0])
        labels.append(fields[1])
    return tuple(texts), np.array(labels)


def write_entities(path: Path, texts: Sequence[str], labels: Iterable[Any]) -> None:
    """Write examples: their texts and their labels.

    Raises
    ------
    InputError
        If a text or label holds what the format has no way to say (a tab, the end of a line,
        white space around it, nothing at all), or their counts differ.
    """
    names = [str(label) for label in labels]
    check_entities(texts, names)
    lines = (f"{text}\t{name}" for text, name in zip(texts, names, strict=True))
    write_lines(path, lines)


def check_entities(texts: Sequence[str], names: Sequence[str]) -> None:
    """Refuse what `write_entities` refuses, and write nothing."""
    if len(texts) != len(names):
        raise InputError(f"texts: {len(texts)} for {len(names)} labels; expected one for each")
    for what, values in (("texts", texts), ("labels", names)):
        for index, value in enumerate(values):
            check_field(value, f"{what}[{index}]")


def check_field(value: str, where: str) -> None:
    """Refuse a text that a field of this format has no way to say.

    Raises
    ------
    InputError
        With `where` it stands.
    """
    if not value or value != value.strip() or NOT_IN_A_FIELD.search(value):
        raise InputError(
            f"{where} is {value!r}; a field of this format can hold no tab, no end of line, "
            "no white space around it, no lone surrogate, and cannot be empty"
        )


def read_label_set(path: Path) -> tuple[str, ...]:
    """Read the labels that may occur, sorted, each once.

    Raises
    ------
    InputError
        If a line is empty.
    """
    labels = set()
    for number, line in numbered_lines(path):
        if not line:
            raise InputError(f"{place(path, number)}: empty; expected one label a line")
        labels.add(line)
    return tuple(sorted(labels))


def write_label_set(path: Path, labels: Iterable[Any]) -> None:
    """Write the labels that may occur, sorted, each once."""
    names = sorted({str(label) for label in labels})
    for name in names:
        check_field(name, "labels: one")
    write_lines(path, names)


def read_embeddings(path: Path, *, dtype: DTypeLike = np.float32) -> NDArray[np.floating[Any]]:
    """Read vectors.

    Parameters
    ----------
    path : of a text file.
    dtype : of the result. The authors' code keeps float32, so this is what their results are of.

    Returns
    -------
    array of shape (n_examples, n_features)
        The vector of index i stands in line i + 1.

    Raises
    ------
    InputError
        If a line is empty, has another number of values than the first, or a value is not a
        finite number.
    """
    _, first = next(iter(numbered_lines(path)))
    n_features = len(first.split())
    if not n_features:
        _complain(path, n_features)
    parts: list[NDArray[Any]] = []
    try:
        with pd.read_csv(
            path,
            sep=r"\s+",
            header=None,
            names=range(n_features),
            dtype=np.float64,
            engine="c",
            quoting=3,
            skip_blank_lines=False,
            chunksize=ROWS,
            encoding="utf-8",
            on_bad_lines="error",
            **EXACT,
        ) as chunks:
            for chunk in chunks:
                values = chunk.to_numpy()
                if not np.isfinite(values).all():
                    _complain(path, n_features)
                with np.errstate(over="ignore"):  # found below, with its line
                    parts.append(values.astype(dtype))
    except (ValueError, pd.errors.ParserError) as error:
        _complain(path, n_features)
        raise InputError(f"{path}: not a file of numbers: {error}") from None
    vectors = np.concatenate(parts)
    if not np.isfinite(vectors).all():
        row, column = np.argwhere(~np.isfinite(vectors))[0]
        raise InputError(
            f"{place(path, int(row) + 1)}: value {column + 1} is too large for {vectors.dtype}"
        )
    return vectors


def _complain(path: Path, n_features: int) -> None:
    """Find the line that is wrong, and say so."""
    for number, line in numbered_lines(path):
        values = line.split()
        if not values or len(values) != n_features:
            raise InputError(
                f"{place(path, number)}: {len(values)} numbers; expected "
                f"{n_features or 'at least 1'}"
            )
        for value in values:
            if not _is_finite_number(value):
                raise InputError(f"{place(path, number)}: {value!r}; expected a finite number")


def _is_finite_number(text: str) -> bool:
    try:
        return "_" not in text and bool(np.isfinite(float(text)))
    except ValueError:
        return False


def write_embeddings(path: Path, vectors: NDArray[Any]) -> None:
    """Write vectors, each number with as many digits as it takes to read the same one again.

    Those of float16 have the digits of float32, in which the authors' code reads them.

    Raises
    ------
    InputError
        If `vectors` is not a matrix of finite numbers.
    """
    if vectors.ndim != 2 or 0 in vectors.shape or vectors.dtype.kind not in "fiu":
        raise InputError(
            f"vectors: shape {vectors.shape} and type {vectors.dtype}; "
            "expected numbers of shape (n_examples, n_features)"
        )
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        for start in range(0, len(vectors), ROWS):
            block = np.asarray(vectors[start : start + ROWS])
            if not np.isfinite(block).all():
                row = start + int(np.argmin(np.isfinite(block).all(axis=1)))
                raise InputError(f"vectors[{row}] holds a NaN or an infinity; expected numbers")
            if block.dtype == np.float16:
                block = block.astype(np.float32)
            file.writelines(f"{' '.join(row)}\n" for row in block.astype(np.str_))
