"""Vectors from files: every format gives the same, and a mistake is named with its place."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.readers.vectors import read_labelled

X = np.array([[0.0, 1], [0, 2], [3, 1], [3, 2]])
Y = ["a", "a", "b", "b"]


def write_all(folder: Path) -> dict[str, tuple[Path, Path | None]]:
    labels = folder / "labels.txt"
    labels.write_text("\n".join(Y) + "\n")
    np.save(folder / "v.npy", X)
    np.save(folder / "l.npy", np.array(Y))
    np.savez(folder / "v.npz", X=X, y=np.array(Y))
    table = pd.DataFrame(X, columns=["f0", "f1"]).assign(label=Y)
    table.to_csv(folder / "v.csv", index=False)
    table.to_csv(folder / "v.tsv", index=False, sep="\t")
    table.to_csv(folder / "i.csv")
    table.to_csv(folder / "s.csv", index=False, sep=";")
    table.to_parquet(folder / "v.parquet")
    table.to_json(folder / "v.jsonl", orient="records", lines=True)
    pd.DataFrame({"vector": X.tolist(), "Label": Y}).to_parquet(folder / "lists.parquet")
    pd.DataFrame({"Label": Y, "f0": X[:, 0], "f1": X[:, 1]}).to_csv(folder / "c.csv", index=False)
    pd.DataFrame({"id": range(4), "label": Y}).to_csv(folder / "labels.csv", index=False)
    np.savetxt(folder / "v.txt", X)
    return {
        "npy": (folder / "v.npy", labels),
        "npy labels": (folder / "v.npy", folder / "l.npy"),
        "npz": (folder / "v.npz", None),
        "csv": (folder / "v.csv", None),
        "csv with its index": (folder / "i.csv", None),
        "semicolons": (folder / "s.csv", None),
        "labels first": (folder / "c.csv", None),
        "json": (folder / "v.jsonl", None),
        "lists": (folder / "lists.parquet", None),
        "labels in a table": (folder / "v.npy", folder / "labels.csv"),
        "tsv": (folder / "v.tsv", None),
        "parquet": (folder / "v.parquet", None),
        "txt": (folder / "v.txt", labels),
    }


def test_every_format_gives_the_same(tmp_path: Path) -> None:
    for vectors, labels in write_all(tmp_path).values():
        found = read_labelled(vectors, labels)
        np.testing.assert_array_equal(found.vectors, X)
        assert found.labels.tolist() == Y


def test_labels_mean_the_same_in_every_format(tmp_path: Path) -> None:
    labels = ["01", "1", "NA", "None", "é", "a:b", "[x]", "1.0"]
    numbers = np.arange(16.0).reshape(8, 2) ** 2
    np.save(tmp_path / "v.npy", numbers)
    np.save(tmp_path / "l.npy", np.array(labels))
    (tmp_path / "l.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(labels).encode())
    np.savez(tmp_path / "v.npz", X=numbers, y=np.array(labels))
    table = pd.DataFrame(numbers, columns=["f", "g"]).assign(label=labels)
    table.to_csv(tmp_path / "v.csv", index=False)
    table.to_csv(tmp_path / "v.tsv", sep="\t")
    table.to_parquet(tmp_path / "v.parquet")
    read = [
        read_labelled(tmp_path / "v.npy", tmp_path / "l.npy"),
        read_labelled(tmp_path / "v.npy", tmp_path / "l.txt"),
        *(read_labelled(tmp_path / f"v.{end}") for end in ("npz", "csv", "tsv", "parquet")),
    ]
    for found in read:
        assert found.labels.tolist() == labels
        np.testing.assert_array_equal(found.vectors, numbers)


def test_an_index_is_no_feature_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",f,label\n0,5,a\n1,3,b\n2,4,a\n")
    (tmp_path / "b.csv").write_text("id,f,label\n1,5,a\n2,3,b\n3,4,a\n")
    (tmp_path / "c.csv").write_text("f,step,label\n5,0,a\n3,1,b\n4,2,a\n")
    (tmp_path / "d.csv").write_text("id,f,label\n0.5,5,a\n1.5,3,b\n2.5,4,a\n")
    for name, width, said in (
        ("a.csv", 1, "has no name and numbers the rows"),
        ("b.csv", 1, "'id' counts the rows: it is an index, and left out"),
        ("c.csv", 2, "'step' counts the rows, and is read as a feature"),
    ):
        found = read_labelled(tmp_path / name)
        assert found.vectors.shape == (3, width)
        assert any(said in note for note in found.notes)
    assert read_labelled(tmp_path / "d.csv").vectors.shape == (3, 2)  # 0.5, 1.5, … are no count


def test_true_and_false_are_numbers_and_said(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("f,flag,label\n5,True,a\n3,False,b\n")
    found = read_labelled(tmp_path / "v.csv")
    assert found.vectors.tolist() == [[5, 1], [3, 0]]
    assert "True and False are read as 1 and 0, in 'flag'" in found.notes


CSV = "f,g,label\n"
MANY = "1,2,a\n3,4,b\n5,7,a\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v.txt", "1 2\n3 x\n", r"v\.txt:2: .*'x'"),
        ("v.txt", "1 2\n3\n", r"v\.txt:2: 1 numbers; expected 2"),
        ("v.txt", "1 2\n\n3 4\n", r"v\.txt:2: 0 numbers; expected 2"),
        ("v.txt", "1 nan\n", r"v\.txt:1: 'nan' is no number"),
        ("v.txt", "1 1_0\n", r"v\.txt:1: '1_0' is no number"),
        ("v.csv", "f,label\nlow,a\n", r"v\.csv:2: column 'f' is 'low'; expected a number"),
        ("v.csv", "f,g\n1,2\n", r"holds no labels"),
        ("v.csv", "f,kind\n1,a\n", r"column 'kind' is 'a'.*--label \(kind\)"),
        ("v.csv", CSV + "1,,a\n", r"v\.csv:2: column 'g' is empty"),
        ("v.csv", CSV + "1,nan,a\n", r"v\.csv:2: column 'g' is 'nan'"),
        ("v.csv", CSV + "1,inf,a\n", r"v\.csv:2: column 'g' is 'inf'"),
        ("v.csv", CSV + "1,1_000,a\n", r"v\.csv:2: column 'g' is '1_000'"),
        ("v.csv", CSV + "1,٣,a\n", r"v\.csv:2: column 'g' is '٣'"),
        ("v.csv", CSV + "1,<NA>,a\n", r"v\.csv:2: column 'g' is '<NA>'"),
        ("v.csv", "f;label\n1,5;a\n2,5;b\n", r"v\.csv:2: column 'f' is '1,5'"),
        ("v.csv", CSV + MANY + "1,2,\n1,2,\n", r"v\.csv:5: 'label' is empty \(and 1 more rows\)"),
        ("v.csv", CSV + MANY + "1,2,<NA>\n", r"v\.csv:5: 'label' is '<NA>'"),
        ("v.csv", CSV + MANY + "1,2,-100\n", r"v\.csv:5: 'label' is '-100', which marks"),
        ("v.csv", CSV + "1,2,0\n1,3,1\n1,4,2\n1,5,-1\n", r"v\.csv:5: 'label' is -1"),
        ("v.csv", CSV + "1,2\n", r"v\.csv:2: 2 columns; expected 3"),
        ("v.csv", CSV, r"v\.csv: no rows"),
        ("v.csv", "label\na\n", r"array of shape \(1, 0\)"),
        ("v.csv", ",f,label\n1,2,a\n1,3,b\n", r"v\.csv:1: column 1 has no name"),
        ("v.csv", "f,f,label\n1,2,a\n", r"v\.csv:1: two columns are called 'f'"),
        ("v.csv", b"\xff\xfef\0", r"v\.csv: is UTF-16"),
        ("v.tsv", "f\tlabel\n1\0\ta\n", r"v\.tsv:2: holds a NUL"),
        ("v.jsonl", '{"f": "1", "label": "a"}', r"v\.jsonl:1: column 'f' is '1'; expected numbers"),
        (
            "v.jsonl",
            '{"f": [1, 2], "label": "a"}\n{"f": [1], "label": "b"}',
            r":2: 1 numbers in 'f'",
        ),
        ("v.jsonl", '{"f": null, "label": "a"}', r"v\.jsonl:1: column 'f' is None"),
        ("v.jsonl", '{"f": [1], "g": [1, 2], "label": "a"}', r"'g' holds lists beside other"),
        ("v.jsonl", '{"label": "a"}', r"no column besides 'label'"),
        ("v.parquet", "PAR1", r"v\.parquet: not readable as Parquet"),
        ("v.npy", "not an array", r"not a \.npy file"),
        ("v.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8'", r"not a \.npy file"),
        ("v.npy", "", r"not a \.npy file"),
        ("v.npz", "not a zip", r"not a \.npz file"),
        ("v.bin", "x", r"unknown kind of file"),
    ],
)
@pytest.mark.slow
def test_a_bad_file_is_named(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message):
        read_labelled(path)


@pytest.mark.parametrize(
    "array",
    [
        np.array([["a", "b"]]),
        np.array([[1 + 2j]]),
        np.array([1.0, 2.0]),
        np.zeros((0, 3)),
        np.zeros((3, 0)),
        np.zeros(3, dtype=[("x", "f4")]),
        np.array([["2020-01-01"]], dtype="M8[D]"),
        np.array([[True, False]]),
    ],
)
def test_arrays_that_are_no_vectors_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "v.npy", array)
    (tmp_path / "l.txt").write_text("a\nb\nc\n")
    with pytest.raises(InputError, match=r"v\.npy: (holds an array|not a)"):
        read_labelled(tmp_path / "v.npy", tmp_path / "l.txt")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((4, 1)), r"shape \(4, 1\)"),
        (np.array(4), r"shape \(\)"),
        (np.array([0, 1, 2, -1]), r":4: 'label' is -1"),
        (np.array([0, 1, 2, -100]), r":4: 'label' is -100"),
        (np.array([0, 1, np.nan, 1]), r":3: 'label' is empty"),
        (np.array(["a", "b", "", "b"]), r":3: 'label' is empty"),
        (np.array([1j] * 4), "type complex128"),
    ],
)
def test_arrays_that_are_no_labels_are_refused(
    tmp_path: Path, labels: np.ndarray, message: str
) -> None:
    np.save(tmp_path / "v.npy", X)
    np.save(tmp_path / "l.npy", labels)
    with pytest.raises(InputError, match=message):
        read_labelled(tmp_path / "v.npy", tmp_path / "l.npy")


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npy")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "v.txt").write_text("1\n")
    for name, what in (("pipe.npy", "a named pipe"), ("pipe.csv", "a named pipe")):
        with pytest.raises(InputError, match=what):
            read_labelled(tmp_path / name)
        with pytest.raises(InputError, match=what):
            read_labelled(tmp_path / "v.txt", tmp_path / name)
    with pytest.raises(InputError, match="is a folder"):
        read_labelled(tmp_path / "folder.npz")
    with pytest.raises(InputError, match="no such file"):
        read_labelled(tmp_path / "nothing.npy")


def good_npz(path: Path) -> bytes:
    np.savez(path, X=X, y=np.array(Y))
    return path.read_bytes()


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(good_npz(tmp_path / "v.npz"))
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(header)
        while start >= 0:
            content[start + at] |= 1
            start = content.find(header, start + 1)
    (tmp_path / "v.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"v\.npz: .*encrypted"):
        read_labelled(tmp_path / "v.npz")


def test_members_that_are_no_arrays_are_refused(tmp_path: Path) -> None:
    for name, member in (("X.npy", b"text"), ("X", b"text"), ("Z", b""), ("X.npy", b"")):
        with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
            archive.writestr(name, member)
        with pytest.raises(InputError, match=r"v\.npz: "):
            read_labelled(tmp_path / "v.npz")


def test_a_header_that_claims_more_numbers_than_are_there_is_refused(tmp_path: Path) -> None:
    header = (
        str({"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**3)}).ljust(117) + "\n"
    )
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
        archive.writestr("X.npy", array + b"\0" * 16)
    with pytest.raises(InputError, match=r"v\.npz: the array 'X' has 144 bytes; its header needs"):
        read_labelled(tmp_path / "v.npz")
    (tmp_path / "v.npy").write_bytes(array + b"\0" * 16)
    with pytest.raises(InputError, match=r"v\.npy: not a \.npy file"):
        read_labelled(tmp_path / "v.npy")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1))
@pytest.mark.slow
def test_a_damaged_archive_is_read_or_refused(
    tmp_path: Path, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(good_npz(tmp_path / "v.npz"))
    for where, byte in changes:
        content[where % len(content)] = byte
    (tmp_path / "v.npz").write_bytes(content)
    try:
        read_labelled(tmp_path / "v.npz")
    except InputError as error:
        assert "v.npz" in str(error)
        assert len(str(error).splitlines()) == 1


def test_counts_that_differ_are_refused(tmp_path: Path) -> None:
    vectors, labels = write_all(tmp_path)["npy"]
    assert labels is not None
    labels.write_text("a\nb\n")
    with pytest.raises(InputError, match=r"2 labels for the 4 vectors"):
        read_labelled(vectors, labels)
    labels.write_text("a\n\nb\nb\n")
    with pytest.raises(InputError, match=r"labels\.txt:2: 'label' is empty"):
        read_labelled(vectors, labels)


def test_an_array_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"not a \.npy file"):
        read_labelled(path)


def test_bytes_after_an_array_are_refused(tmp_path: Path) -> None:
    labels = tmp_path / "l.txt"
    labels.write_text("a\na\nb\nb\n")
    path = tmp_path / "v.npy"
    with path.open("wb") as file:  # two arrays, as np.save writes them one after the other
        np.save(file, X)
        np.save(file, X)
    with pytest.raises(InputError, match=r"v\.npy: 384 bytes; its header needs 192"):
        read_labelled(path, labels)
    np.save(path, X)
    path.write_bytes(path.read_bytes().replace(b"(4, 2)", b"(2, 2)"))
    with pytest.raises(InputError, match="its header needs"):
        read_labelled(path, labels)


def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", X)
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(tmp_path / "v.npz", "w") as archive,
    ):
        archive.write(tmp_path / "X.npy", "X.npy")
        archive.write(tmp_path / "X.npy", "X.npy")
    with pytest.raises(InputError, match="two arrays of one name"):
        read_labelled(tmp_path / "v.npz")


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ("id,a,label\n7,1,x\n3,2,y\n", "column 'id' does not count the rows, and is read as a"),
        ("label_id,a,label\n3,1,x\n0,2,y\n3,5,x\n", "column 'label_id' has one value for each"),
        ("a,b,label\n9007199254740993,1,x\n2,3,y\n", "numbers beyond 2^53 are rounded, in 'a'"),
        ("a,b,label\n1,2,01\n2,3,1\n", "labels that look alike are different labels: '01' and '1'"),
        ("a,b,label\n1,2,NA\n2,3,x\n", "read as written, though it may stand for no label: 'NA'"),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_what_columns_may_be_is_said(tmp_path: Path, rows: str, note: str, ending: str) -> None:
    path = tmp_path / f"v{ending}"
    if ending == ".parquet":
        (tmp_path / "v.csv").write_text(rows)
        table = pd.read_csv(tmp_path / "v.csv", dtype={"label": str}, keep_default_na=False)
        table.to_parquet(path, index=False)
    else:
        path.write_text(rows.replace(",", "," if ending == ".csv" else "\t"))
    assert any(said.startswith(note) for said in read_labelled(path).notes)


def test_an_index_with_a_name_is_no_feature(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=["a", "b"], index=pd.Index([9, 4, 2, 7], name="row"))
    frame.assign(label=Y).to_parquet(tmp_path / "v.parquet")
    found = read_labelled(tmp_path / "v.parquet")
    assert found.vectors.shape == (4, 2)
    assert "column 'row' is the index of a data frame, and left out" in found.notes


INDICES = {
    "whole numbers": pd.Index([9, 4, 2, 7], name="row"),
    "numbers from below zero": pd.Index([-1, 4, 2, 7], name="row"),
    "the same twice": pd.Index([1, 1, 2, 2], name="row"),
    "fractions": pd.Index([0.5, 1.5, 2.5, 9.0], name="row"),
    "texts": pd.Index(list("abcd"), name="row"),
    "times": pd.DatetimeIndex(["2020", "2021", "2022", "2023"], name="row"),
    "several": pd.MultiIndex.from_product([[0, 1], [0.5, 2.5]], names=["row", "column"]),
    "without a name": pd.Index([0.5, 1.5, 2.5, 9.0]),
    "several without a name": pd.MultiIndex.from_product([[0, 1], [5, 6]]),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_no_index_of_a_data_frame_is_a_feature(tmp_path: Path, index: pd.Index) -> None:
    frame = pd.DataFrame(X, columns=["a", "b"], index=index)
    frame.assign(label=Y).to_parquet(tmp_path / "v.parquet")
    found = read_labelled(tmp_path / "v.parquet")
    np.testing.assert_array_equal(found.vectors, X)
    for name in filter(None, index.names):
        assert f"column {name!r} is the index of a data frame, and left out" in found.notes
    pd.DataFrame({"kind": Y}, index=index).to_parquet(tmp_path / "l.parquet")
    np.save(tmp_path / "v.npy", X)
    assert read_labelled(tmp_path / "v.npy", tmp_path / "l.parquet").labels.tolist() == Y


def test_an_index_may_hold_the_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=["a", "b"], index=pd.Index(Y, name="label"))
    frame.to_parquet(tmp_path / "v.parquet")
    found = read_labelled(tmp_path / "v.parquet")
    assert found.labels.tolist() == Y
    assert found.vectors.shape == (4, 2)
    texts = pd.DataFrame({"text": list("abcd")}, index=pd.Index(Y, name="kind"))
    texts.to_parquet(tmp_path / "t.parquet")
    task = Task.from_csv(tmp_path / "t.parquet", label="kind", test_fraction=0)
    assert task.label_names == ("a", "b")


def test_rows_of_empty_cells_are_no_vectors(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("sep=;\nf;g;label;;\n0;1;a;;\n;;;;\n3;2;b;;\n;;\n")
    found = read_labelled(tmp_path / "v.csv")
    assert found.vectors.tolist() == [[0, 1], [3, 2]]
    assert "2 rows of empty cells only are left out; the first is in line 4" in found.notes


def test_labels_of_two_places_are_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", X=X, y=np.array(Y))
    (tmp_path / "l.txt").write_text("c\nc\nd\nd\n")
    found = read_labelled(tmp_path / "v.npz", tmp_path / "l.txt")
    assert found.labels.tolist() == ["c", "c", "d", "d"]
    assert any("are not used" in note for note in found.notes)


def test_a_line_with_two_cells_is_no_label(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", X)
    (tmp_path / "l.txt").write_text("0\ta\n1\ta\n2\tb\n3\tb\n")
    with pytest.raises(InputError, match=r"l\.txt:1: two cells; expected one label a line"):
        read_labelled(tmp_path / "v.npy", tmp_path / "l.txt")


@pytest.mark.parametrize(
    ("vectors", "labels", "where"),
    [("1 2\r3 4\n5 6\r7 8\n", "a\nb\n", "v.txt:1"), ("1 2\n3 4\n", "a\nb\rc\n", "l.txt:2")],
)
def test_a_carriage_return_alone_is_refused_in_files_of_lines(
    tmp_path: Path, vectors: str, labels: str, where: str
) -> None:
    (tmp_path / "v.txt").write_bytes(vectors.encode())
    (tmp_path / "l.txt").write_bytes(labels.encode())
    with pytest.raises(InputError, match=f"{where}: a CR alone"):
        read_labelled(tmp_path / "v.txt", tmp_path / "l.txt")
    (tmp_path / "v.txt").write_bytes(b"1 2\r3 4\r")
    (tmp_path / "l.txt").write_bytes(b"a\rb\r")
    assert len(read_labelled(tmp_path / "v.txt", tmp_path / "l.txt").labels) == 2


def test_true_and_false_among_numbers_are_said_in_every_format(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [True, False], "b": [1.0, 2.0], "label": ["x", "y"]})
    frame.to_parquet(tmp_path / "v.parquet")
    frame.to_json(tmp_path / "v.jsonl", orient="records", lines=True)
    frame.to_csv(tmp_path / "v.csv", index=False)
    for ending in ("parquet", "jsonl", "csv"):
        notes = read_labelled(tmp_path / f"v.{ending}").notes
        assert "True and False are read as 1 and 0, in 'a'" in notes


def test_lists_that_were_turned_into_text_are_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    pd.DataFrame({"embedding": X.tolist(), "label": Y}).to_csv(path)
    found = read_labelled(path)
    assert (found.vectors == X).all()
    assert any("lists that were turned into text" in note for note in found.notes)
    pd.DataFrame({"embedding": list(X), "label": Y}).to_csv(path)
    with pytest.raises(InputError, match=r"v\.csv:2: 'embedding' is '\[0. 1.\]'; expected .* list"):
        read_labelled(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_a_number_that_cannot_be_measured_is_named_with_its_file(
    tmp_path: Path, value: float
) -> None:
    (tmp_path / "l.txt").write_text("\n".join(Y))
    spoiled = X.copy()
    spoiled[2, 1] = value
    np.save(tmp_path / "v.npy", spoiled)
    np.savez(tmp_path / "v.npz", X=spoiled)
    for name in ("v.npy", "v.npz"):
        with pytest.raises(InputError, match=rf"{name}: row 2, column 1 is .*expected finite"):
            read_labelled(tmp_path / name, tmp_path / "l.txt")


def test_a_single_label_is_refused_as_in_a_task(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", X)
    (tmp_path / "l.txt").write_text("a\na\na\na\n")
    with pytest.raises(InputError, match=r"l\.txt: all 4 examples have the label 'a'; expected at"):
        read_labelled(tmp_path / "v.npy", tmp_path / "l.txt")


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), } \x93NUMPY {'",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4L, 2",
        "(" * 300,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-4, 2)}",
        "{'descr': 'O', 'fortran_order': False, 'shape': (4, 2)}",
        "{}",
    ],
)
def test_a_header_that_is_none_is_refused(tmp_path: Path, header: str) -> None:
    (tmp_path / "l.txt").write_text("\n".join(Y))
    text = header.encode("latin-1") + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + X.tobytes()
    (tmp_path / "v.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
        archive.writestr("X.npy", content)
    for name in ("v.npy", "v.npz"):
        with pytest.raises(InputError, match=rf"{name}: "):
            read_labelled(tmp_path / name, tmp_path / "l.txt")
