"""Delimited files as people and programs write them: one meaning, and what was guessed is said."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.readers.delimited import read_delimited

Write = Callable[[str, str | bytes], Path]

ROWS = [["a dog", "x"], ["a cat; it sleeps", "y"], ["one, two", "x"], ['say "hi"', "y"]]


def written(delimiter: str, **options: object) -> str:
    content = StringIO()
    writer = csv.writer(content, delimiter=delimiter, **options)  # type: ignore[arg-type]
    writer.writerows([["text", "label"], *ROWS])
    return content.getvalue()


def cells(path: Path) -> list[list[str]]:
    table = read_delimited(path)
    return [list(row) for row in zip(*table.columns.values(), strict=True)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.slow
def test_the_delimiter_is_found(write: Write, delimiter: str, quoting: int, end: str) -> None:
    path = write("a.csv", written(delimiter, quoting=quoting, lineterminator=end))
    assert cells(path) == ROWS


def test_a_delimiter_that_is_no_comma_is_said(write: Write) -> None:
    assert read_delimited(write("a.csv", written(";"))).notes == ["cells are parted by semicolons"]
    assert read_delimited(write("b.csv", written(","))).notes == []


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_a_tsv_file_that_was_written_with_quotes_has_quotes(write: Write, quoting: int) -> None:
    assert cells(write("a.tsv", written("\t", quoting=quoting))) == ROWS


def test_a_tsv_file_without_quotes_has_none(write: Write) -> None:
    path = write("a.tsv", 'text\tlabel\n"Well" she said\tx\n"Well"\ty\n5" pipe\tz\n')
    assert [row[0] for row in cells(path)] == ['"Well" she said', '"Well"', '5" pipe']


@pytest.mark.parametrize(
    "content",
    [
        ",text,label\n0,a,x\n1,b,y\n",
        ",text,label\n7,a,x\n3,b,y\n",  # of rows that were shuffled or chosen
        '"","text","label"\n"1","a","x"\n"2","b","y"\n',  # as R writes
        "text,label\n1,a,x\n2,b,y\n",  # as R writes, too
    ],
)
def test_an_index_is_no_column_and_said(write: Write, content: str) -> None:
    table = read_delimited(write("a.csv", content))
    assert dict(table.columns) == {"text": ["a", "b"], "label": ["x", "y"]}
    assert table.notes == [
        "the first column has no name and numbers the rows: it is an index, and left out"
    ]


@pytest.mark.parametrize("first", ["5,a,x\n5,b,y\n", "0.5,a,x\n1.5,b,y\n", "-1,a,x\n1,b,y\n"])
def test_a_first_column_that_is_no_index_needs_a_name(write: Write, first: str) -> None:
    with pytest.raises(InputError, match=r"a.csv:1: column 1 has no name"):
        read_delimited(write("a.csv", ",text,label\n" + first))


def test_a_delimiter_at_the_end_of_each_line_is_no_column(write: Write) -> None:
    assert cells(write("a.csv", "text,label,\na,x,\nb,y,\n")) == [["a", "x"], ["b", "y"]]
    assert cells(write("a.csv", "text,label,\na,x\nb,y\n")) == [["a", "x"], ["b", "y"]]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("index", [False, True])
def test_columns_at_the_end_without_a_name_and_cells_are_none(
    write: Write, sign: str, n: int, index: bool
) -> None:
    first = ["", "3", "5", "7"] if index else [None] * 4
    rows = [("text", "label"), ("a", "x"), ("b", "y"), ("c", "x")]
    ends = [n, n, 0, 1]
    lines = [
        sign.join([*([number] if number is not None else []), *row, *[""] * end])
        for number, row, end in zip(first, rows, ends, strict=True)
    ]
    table = read_delimited(write("a.tsv" if sign == "\t" else "a.csv", "\n".join(lines)))
    assert dict(table.columns) == {"text": ["a", "b", "c"], "label": ["x", "y", "x"]}


def test_rows_of_empty_cells_only_are_left_out_and_counted(write: Write) -> None:
    content = ",,\ntext,label,\na,x,\n,,\n , \t,\nb,y,\n,\n,,,,\n"
    table = read_delimited(write("a.csv", content))
    assert dict(table.columns) == {"text": ["a", "b"], "label": ["x", "y"]}
    assert (table.header_line, list(table.lines)) == (2, [3, 6])
    assert table.notes == ["5 rows of empty cells only are left out; the first is in line 1"]


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_may_be_said_as_for_excel(write: Write, said: str, end: str) -> None:
    lines = [said, "text;label", "a, b, c;x", "d, e, f;y", ""]
    table = read_delimited(write("a.csv", end.join(lines)))
    assert dict(table.columns) == {"text": ["a, b, c", "d, e, f"], "label": ["x", "y"]}
    assert (table.header_line, list(table.lines)) == (2, [3, 4])
    assert table.notes == ["cells are parted by semicolons"]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_what_is_said_of_the_delimiter_is_so(write: Write, sign: str) -> None:
    table = read_delimited(write("a.csv", f"sep={sign}\n" + written(sign)))
    assert [list(row) for row in zip(*table.columns.values(), strict=True)] == ROWS


def test_a_cell_may_be_long(write: Write) -> None:
    before = csv.field_size_limit()
    assert len(cells(write("a.csv", f"text,label\n{'word ' * 40_000},x\n"))[0][0]) == 200_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85"])
def test_only_line_feeds_end_lines(write: Write, separator: str) -> None:
    path = write("a.csv", f"text,label\na{separator}b,x\nc,y\n")
    table = read_delimited(path)
    assert table.columns["text"] == [f"a{separator}b", "c"]
    assert list(table.lines) == [2, 3]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize(
    "row", ["good,Nice\rAgain, really", "go\rod,Nice", "good,Nice\rx,y", "\rgood,x"]
)
def test_a_carriage_return_alone_ends_no_row_and_is_refused_by_line(
    write: Write, name: str, row: str
) -> None:
    sign = "\t" if name == "a.tsv" else ","
    content = f"label,text\nfine,a\n{row}\nbad,awful\n".replace(",", sign)
    with pytest.raises(InputError, match=rf"{name}:3: a CR alone, where LF ends lines"):
        read_delimited(write(name, content))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_carriage_return_in_quotes_is_part_of_the_cell(write: Write, end: str) -> None:
    rows = ["label,text", 'good,"a\rb"', 'bad,"c\r"', 'good,"\rd\n\re"', "bad,f"]
    table = read_delimited(write("a.csv", end.join(rows) + end))
    assert table.columns["text"] == ["a\rb", "c\r", "\rd\n\re", "f"]
    assert list(table.lines) == [2, 3, 4, 6]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0\r"))] * 2),
        min_size=1,
        max_size=6,
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    ending=st.sampled_from([".csv", ".tsv"]),
)
@example(rows=[("'", '"'), ('""', ",;|")], delimiter=";", ending=".csv")
@example(rows=[("", ""), ("a", " "), (" ", "\n")], delimiter=",", ending=".csv")
@example(rows=[("", " ")], delimiter=",", ending=".tsv")
@pytest.mark.slow
def test_what_is_written_with_all_quotes_is_read_as_it_was(
    write: Write, rows: list[tuple[str, str]], delimiter: str, ending: str
) -> None:
    delimiter = "\t" if ending == ".tsv" else delimiter
    content = StringIO()
    writer = csv.writer(content, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("first", "second"), *rows])
    filled = [list(row) for row in rows if any(cell.strip() for cell in row)]
    path = write(f"a{ending}", content.getvalue())
    if filled:
        assert cells(path) == filled
    else:
        with pytest.raises(InputError, match="no rows"):
            cells(path)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    labels=st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1),
        min_size=2,
        max_size=6,
    )
)
@example(labels=["01", "1", "1.0", "NA", "None", "nan", "-1", "=1+1", "[x]", "a:b", "true"])
@pytest.mark.slow
def test_labels_are_text_as_written(write: Write, labels: list[str]) -> None:
    content = StringIO()
    rows = [("text", "label"), *((f"text {i}", label) for i, label in enumerate(labels))]
    csv.writer(content).writerows(rows)
    path = write("a.csv", content.getvalue())
    if "-100" in labels or "<NA>" in labels or set(labels) <= {"-1"}:
        return
    task = Task.from_csv(path, test_fraction=0)
    assert [task.label_names[i] for i in task["train"].labels] == labels


@pytest.mark.parametrize("sign", [",", "\t"])
def test_a_header_among_the_rows_is_refused(write: Write, sign: str) -> None:
    content = "text,label\na,x\nb,y\ntext,label\nc,x\n".replace(",", sign)
    path = write("a.csv" if sign == "," else "a.tsv", content)
    with pytest.raises(InputError, match=r"a\.[ct]sv:4: the header again"):
        read_delimited(path)


def test_a_quote_that_swallows_lines_is_said(write: Write) -> None:
    table = read_delimited(write("a.csv", 'text,label\na,x\n"b,y\nc",z\n'))
    assert len(table.lines) == 2
    assert "1 rows go over several lines, in quotes; the first is in line 3" in table.notes
