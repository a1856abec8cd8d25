"""Rows of cells from CSV and TSV files: which sign parts the cells, quotes, an index column."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from tunescope.errors import InputError, place
from tunescope.tasks.readers.files import LONE_CR, AnyPath, read_lines
from tunescope.tasks.readers.table import Table, check_name, folded, is_index, one_line

_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAID: Final = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)
"""The first line by which Excel is told the delimiter."""
_SAMPLE: Final = 50
"""Rows that are looked at to find the delimiter."""


@dataclass
class Delimited:
    """A file of rows: its header, and its rows one after another.

    Parameters
    ----------
    source : the file as messages name it.
    header : the names of the columns; the first is empty if it is an index.
    notes : what was guessed or left out, so far.
    """

    source: str
    lines: Sequence[str]
    delimiter: str
    quoted: bool
    header: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    width: int = 0
    """Columns that the header has, with those at its end that have no name."""
    header_line: int = 1

    @property
    def has_index(self) -> bool:
        """Whether the first column has no name, and therefore has to be an index."""
        return self.header[0] == ""

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give the 1-based line and the cells of each row, as many as the header has.

        Rows of empty cells only, as spreadsheets leave them below a table, are left out and
        counted.

        Raises
        ------
        InputError : if a row has more or fewer cells, or quotes do not close; says the line.
        """
        empty: list[int] = []
        for line, row in parse(self.source, self.lines, self.delimiter, self.quoted):
            if line == self.header_line:
                continue
            if _is_empty(row):
                empty.append(line)
                continue
            named = len(self.header) if len(row) <= self.width else len(row)
            cells, beyond = row[:named], row[named:]
            for number, cell in enumerate(beyond, start=named + 1):
                if cell.strip():
                    raise InputError(
                        f"{place(self.source, line)}: {cell!r:.60} is in column {number}, which "
                        "has no name; expected a header"
                    )
            if [cell.strip() for cell in cells] == self.header and len(cells) > 1:
                raise InputError(
                    f"{place(self.source, line)}: the header again, as where files were joined; "
                    "expected a row"
                )
            if len(cells) != len(self.header):
                names = ", ".join(name or "(index)" for name in self.header)
                raise InputError(
                    f"{place(self.source, line)}: {len(row)} columns; expected "
                    f"{len(self.header)}: {names}"
                )
            yield line, cells
        if empty:
            self.notes.append(
                f"{len(empty)} rows of empty cells only are left out; the first is in line "
                f"{empty[0]}"
            )


def open_delimited(path: AnyPath) -> Delimited:
    """Find out how a CSV or TSV file is written, and read its header.

    A ``.tsv`` file is parted by tabs; any other by the sign that parts its first rows into as
    many cells as the header has, or by that which a first line such as ``sep=;`` names, as Excel
    writes and reads it. A first column without a name (as ``DataFrame.to_csv()`` writes)
    is an index; so is a first cell in each row for which the header has none (as R writes).
    Columns at the end without a name and without cells, from delimiters at the end of each line,
    are left out.

    Raises
    ------
    InputError : if the header has an empty name or the same name twice; says file and line.
    """
    source, lines = str(path), read_lines(path)
    said = _SAID.fullmatch(lines[0])
    if said:
        lines[0] = ""  # which is skipped, and counted as a line
    if Path(path).suffix.lower() == ".tsv":
        delimiter, quoted = "\t", _has_quotes(lines)
    else:
        delimiter, quoted = said[1] if said else _delimiter(lines), True
    found = Delimited(source, lines, delimiter, quoted)
    if Path(path).suffix.lower() == ".csv" and delimiter != ",":
        found.notes.append(f"cells are parted by {_DELIMITERS[delimiter]}")
    records = parse(source, lines, delimiter, quoted)
    first = list(islice((record for record in records if not _is_empty(record[1])), 2))
    if not first:
        raise InputError(f"{source}: no rows; expected a header")
    found.header_line, names = first[0][0], [name.strip() for name in first[0][1]]
    found.notes += folded([name for name in names if name])
    header = [one_line(name) for name in names]
    found.width = len(header)
    while len(header) > 1 and header[-1] == "":
        header.pop()
    if len(first) > 1 and header[0] and len(first[1][1]) == len(header) + 1:
        is_row_name = is_index([first[1][1][0]]) and first[1][1][-1].strip()
        header = ["", *header] if is_row_name else header
        found.width = max(found.width, len(header))
    _check_header(place(source, found.header_line), header)
    found.header = header
    return found


def _is_empty(row: Sequence[str]) -> bool:
    return len(row) > 1 and not any(cell.strip() for cell in row)


def _check_header(where: str, header: Sequence[str]) -> None:
    for number, name in enumerate(header, start=1):
        if not name and (number > 1 or len(header) == 1):
            raise InputError(f"{where}: column {number} has no name; expected a header")
        if header.count(name) > 1:
            hint = "; expected a header, not a row of data" if is_number(name) else ""
            raise InputError(f"{where}: two columns are called {name!r}{hint}")
        if name:
            check_name(name, where)


def is_number(cell: str) -> bool:
    """Tell if a cell is read as a number: digits of ASCII without ``_``, or True and False."""
    try:
        float(cell)
    except ValueError:
        return cell.strip() in ("True", "False")
    return cell.isascii() and "_" not in cell


def read_delimited(path: AnyPath) -> Table:
    """Read a CSV or TSV file; every cell stays the text that it is.

    Raises
    ------
    InputError : as :func:`open_delimited` and :meth:`Delimited.rows`.
    """
    found = open_delimited(path)
    lines: list[int] = []
    columns: list[list[str]] = [[] for _ in found.header]
    long: list[int] = []
    for line, cells in found.rows():
        lines.append(line)
        if any("\n" in cell for cell in cells):
            long.append(line)
        for column, cell in zip(columns, cells, strict=True):
            column.append(cell)
    named = dict(zip(found.header, columns, strict=True))
    if long:
        found.notes.append(
            f"{len(long)} rows go over several lines, in quotes; the first is in line {long[0]}"
        )
    numbering = {"": named.pop("")} if found.has_index else {}
    if found.has_index:
        found.notes.append(index_note(found, numbering[""]))
    return Table(
        found.source, named, lines, found.header_line, numbering=numbering, notes=found.notes
    )


def index_note(found: Delimited, cells: Sequence[str]) -> str:
    """Say that the column without a name is an index, or refuse it."""
    if not is_index(cells):
        raise InputError(
            f"{place(found.source, found.header_line)}: column 1 has no name; expected a header "
            "(without one, it is taken for an index if it holds whole numbers, all distinct)"
        )
    return "the first column has no name and numbers the rows: it is an index, and left out"


def parse(
    source: str, lines: Sequence[str], delimiter: str, quoted: bool
) -> Iterator[tuple[int, list[str]]]:
    """Give the line and the cells of each row that is not blank.

    Raises
    ------
    InputError : if a quote is not closed, something follows one, or a CR alone is in a cell without
        quotes; says the line.
    """
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    start = 1
    with _long_cells():
        ended = (f"{line}\n" for line in lines)  # a CR inside ends none, as it would in a file
        reader = csv.reader(ended, delimiter=delimiter, quoting=quoting, strict=True)
    while True:
        try:
            with _long_cells():
                row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "new-line character" in str(error):
                inside = place(source, reader.line_num)
                raise InputError(
                    f"{inside}: {LONE_CR}{', or quotes around it' * quoted}"
                ) from error
            raise InputError(f"{place(source, start)}: not readable as CSV: {error}") from error
        if row:  # a line with nothing on it is skipped, as csv readers do
            yield start, row
        start = reader.line_num + 1


@contextmanager
def _long_cells() -> Iterator[None]:
    """Lift the limit of 131,072 characters a cell, which Python sets for all readers at once."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _delimiter(lines: Sequence[str]) -> str:
    """Choose the sign that parts the first rows alike; a comma if none or several do."""
    shapes = {sign: _shape(lines, sign) for sign in _DELIMITERS}
    alike = [sign for sign, (width, same) in shapes.items() if width > 1 and same]
    if alike:
        return "," if "," in alike else max(alike, key=lambda sign: shapes[sign][0])
    return max(_DELIMITERS, key=lambda sign: (shapes[sign][0], sign == ","))


def _shape(lines: Sequence[str], delimiter: str) -> tuple[int, bool]:
    """Give the cells of the header, and whether the first rows have as many."""
    widths = []
    try:
        for _, row in islice(parse("", lines, delimiter, quoted=True), _SAMPLE):
            widths.append(len(row))
    except InputError:
        return (widths[0] if widths else 0), False
    same = all(width - widths[0] in (0, 1) for width in widths) if widths else False
    return (widths[0] if widths else 0), same and len(set(widths[1:])) <= 1


def _has_quotes(lines: Sequence[str]) -> bool:
    """Tell if a TSV file has quotes as CSV has them; plain TSV has none.

    It does if its header is in quotes, or if writing its cells with quotes where a quote, a tab
    or a line end needs them gives the file again.
    """
    if not any('"' in line for line in lines):
        return False
    written = StringIO()
    writer = csv.writer(written, delimiter="\t", lineterminator="\n")
    try:
        writer.writerows(row for _, row in parse("", lines, "\t", quoted=True))
    except (InputError, csv.Error):
        return False
    header = next((line for line in lines if line), "").split("\t")
    in_quotes = all(len(name) > 1 and name[0] == name[-1] == '"' for name in header)
    return in_quotes or written.getvalue().split("\n")[:-1] == [line for line in lines if line]
