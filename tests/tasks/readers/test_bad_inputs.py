"""Files that no task can be made of: one line that names the file and the place, and no more."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunescope.errors import InputError
from tunescope.tasks import Task

Write = Callable[[str, str | bytes], Path]


def tree(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows) + "\n"


def word(
    number: str = "1", form: str = "dog", upos: str = "NOUN", feats: str = "_", head: str = "0"
) -> str:
    return "\t".join([number, form, "_", upos, "_", feats, head, "root", "_", "_"])


LONG = "9" * 5000
DEEP = 100_000

JSON_LINES = [
    ('{"text": "a", "label": ' + LONG + "}", "1: a number of 5000 digits"),
    ('{"text": "a", "label": -' + LONG + "}", "1: a number of 5001 digits"),
    ('{"text": "a", "label": ' + "[" * DEEP + "]" * DEEP + "}", "1: nested too deeply"),
    ('{"a": ' * DEEP + "1" + "}" * DEEP, "1: nested too deeply"),
    (r'{"text": "a", "label": "\ud800"}', "1: 'label' .* is half of a surrogate pair"),
    (r'{"text": "\udfff", "label": "x"}', "1: .* is half of a surrogate pair"),
    (r'{"text": "a", "lab\ud800el": "x"}', "1: column name .*expected one line"),
    (r'{"text": "a", "la\u0007bel": "x"}', "1: column name .*expected one line"),
    ('{"text": "a", "label": "x", "label": "y"}', "1: the key 'label' is there twice"),
    ('{"text": "a", "label": {"b": 1, "b": 2}}', "1: the key 'b' is there twice"),
    ('{"text": "a", "label": NaN}', "1: 'label' is empty"),
    ('{"text": "a", "label": Infinity}', "1: 'label' is inf; expected a label"),
    ('{"text": "a", "label": -Infinity}', "1: 'label' is -inf; expected a label"),
    ('{"text": "a", "label": [[1]]}', "1: 'label' is .*expected a label"),
    ('{"text": ["a"], "label": 1}', r"1: 'text' is \['a'\]; expected a text"),
    ('{"text": true, "label": 1}', "1: 'text' is True; expected a text"),
    ('{"text": "a"} {"text": "b"}', "1: not JSON: Extra data"),
    ('{"text": "a", "label": 1,}', "1: not JSON"),
    ("{'text': 'a'}", "1: not JSON"),
    ('[{"text": "a", "label": 1}]', "1: a list; expected an object"),
    ("null", "1: a NoneType; expected an object"),
    ('"text"', "1: a str; expected an object"),
    ("{}", "no rows|which column holds the texts"),
    ('{"tokens": "", "label": 1}', "1: 'tokens' is empty"),
    ('{"tokens": [1, 2], "label": 1}', "1: 'tokens' holds 1"),
    ('{"tokens": ["a"], "tags": [""]}', "1: 'tags' holds an empty label"),
    ('{"tokens": ["a"], "tags": [{}]}', "1: 'tags' is {}; expected a label"),
    ('{"tokens": ["a"], "tags": ["\\ud800"]}', "1: 'tags' .* is half of a surrogate pair"),
    ('{"tokens": ["a"], "tags": [null]}', "split 'train' has no examples"),
]

TREES = [
    (tree(word(number=LONG)), "1: id '9+.* is not a number; expected 1"),
    (tree(word(number="0")), "1: id '0' is not a number"),
    (tree(word(number="-1")), "1: id '-1' is not a number"),
    (tree(word(number="1.5.2")), "1: id '1.5.2' is not a number"),
    (tree(word(number="\u0661")), "1: id .* is not a number"),
    (tree(word(number="2")), "1: id 2 at the start of a sentence; expected 1"),
    (tree(word(), word()), "2: id 1 after word 1; expected 2"),
    (tree(word(head=LONG)), "1: head '9+.*expected a number from 0"),
    (tree(word(head="-1")), "1: head '-1'; expected a number from 0"),
    (tree(word(head="\u00b2")), "1: head .*expected a number from 0"),
    (tree(word(head="")), "1: head ''; expected a number from 0"),
    (tree(word(head="1")), "1: word 1 .* is its own head"),
    (tree(word(form="")), "1: the word is empty"),
    (tree(word(form="\u00a0")), "1: the word is empty"),
    (tree(word(upos="")), "1: UPOS is empty; expected a label, or '_' for none"),
    (tree(word(upos=" ")), "1: UPOS is empty; expected a label, or '_' for none"),
    (tree(word().replace("\t", "    ")), "1: 1 tab-separated columns; expected 10"),
    (tree(word() + "\t"), "1: 11 tab-separated columns; expected 10"),
    (tree(word(form="_"), word(number="2", form="_")), "2 of 2 words are withheld"),
    ("# nothing but a comment\n", "no sentence; expected lines of 10 columns"),
    (tree(word(upos="_")), "split 'train' has no examples"),
]

TABLES: list[tuple[str, str | bytes, str]] = [
    ("a.csv", b"\xff\xfet\0e\0", "is UTF-16; expected utf-8"),
    ("a.csv", b"\xfe\xff\0t", "is UTF-16; expected utf-8"),
    ("a.csv", b"\xff\xfe\0\0t\0\0\0", "is UTF-32; expected utf-8"),
    ("a.csv", b"\x1f\x8b\x08\0", "is compressed by gzip"),
    ("a.csv", b"PK\x03\x04\0", "is a zip file or a spreadsheet"),
    ("a.csv", "text,label\na\0b,x\n", "2: holds a NUL character"),
    ("a.csv", b"text,label\ncaf\xe9,x\n", "2: byte 0xE9 is not utf-8"),
    ("a.csv", b"text,label\n\xed\xa0\x80,x\n", "2: byte 0xED is not utf-8"),
    ("a.csv", "text,label\na,x\nb,<NA>\n", "3: 'label' is '<NA>'; expected a label"),
    ("a.csv", "text,label\na,x\nb,-100\n", "3: 'label' is '-100', which marks a missing label"),
    ("a.csv", "text,label\na,-1\nb,-1\n", "2: 'label' is -1 .*withheld"),
    ("a.csv", "text,label\na,x\n\u2003,y\n", "3: 'text' is empty"),
    ("a.csv", 'text,label\n"a"b,x\n', "2: not readable as CSV"),
    ("a.csv", 'text,label\n"a,x\n', "2: not readable as CSV"),
    ("a.csv", "text;label\na;x;y\n", "2: 3 columns; expected 2"),
    ("a.csv", "text,label,,\na,x,,b\n", "2: 'b' is in column 4, which has no name"),
    ("a.csv", "text,,label,\na,,x,\n", "1: column 2 has no name"),
    ("a.csv", "text,label,,\na,x,,,\n", "2: 5 columns; expected 2"),
    ("a.csv", "sep=;\n", "no rows; expected a header"),
    ("a.csv", "sep=;\ntext;label\na;\n", "3: 'label' is empty"),
    ("a.csv", "sep=;\nfirst;second\na;x\n", "2: which column holds the texts"),
    ("a.csv", ",,\n,,\n", "no rows; expected a header"),
    ("a.csv", "text,,label\na,b,x\n", "1: column 2 has no name"),
    ("a.csv", "text,te\x07xt,label\na,b,c\n", "1: column name .*expected one line"),
    ("a.csv", "\n\n", "the file is empty"),
    ("a.csv", b"\xef\xbb\xbf", "the file is empty"),
    ("a.csv", "I love it,good\nI hate it,bad\n", "1: which column holds the texts"),
    ("a.tsv", "text,label\na,x\n", "1: which column holds the texts"),
    ("a.csv", "tokens,label\n\"['a', 1]\",x\n", "2: 'tokens' holds 1"),
    ("a.csv", "tokens,label\n[],x\n", "2: 'tokens' is empty"),
    ("a.parquet", b"PAR1" + b"\0" * 50 + b"PAR1", "not readable as Parquet"),
    ("a.parquet", "", "the file is empty"),
    ("a.json", "[]", "unknown kind of file '.json'; expected one of .csv"),
    ("a", "text", "unknown kind of file ''"),
]


@pytest.mark.parametrize(("content", "message"), JSON_LINES, ids=range(len(JSON_LINES)))
def test_bad_json_lines(write: Write, content: str, message: str) -> None:
    refused(lambda: Task.from_csv(write("a.jsonl", content), test_fraction=0), "a.jsonl", message)


@pytest.mark.parametrize(("content", "message"), TREES, ids=range(len(TREES)))
def test_bad_treebanks(write: Write, content: str, message: str) -> None:
    path = write("a.conllu", content)
    refused(lambda: Task.from_conllu(path, test_fraction=0), "a.conllu", message)


@pytest.mark.parametrize(("name", "content", "message"), TABLES, ids=range(len(TABLES)))
def test_bad_tables(write: Write, name: str, content: str | bytes, message: str) -> None:
    refused(lambda: Task.from_csv(write(name, content), test_fraction=0), name, message)


@pytest.mark.parametrize("feats", ["Number=", "Case=Nom|Number= "])
def test_a_feature_without_a_value(write: Write, feats: str) -> None:
    path = write("a.conllu", tree(word(feats=feats)))
    refused(
        lambda: Task.from_conllu(path, column="feats.Number"), "a.conllu", "1: FEATS has 'Number="
    )


def test_a_feature_that_is_there_twice(write: Write) -> None:
    path = write("a.conllu", tree(word(feats="Number=Sing|Number=Plur")))
    refused(
        lambda: Task.from_conllu(path, column="feats.Number"),
        "a.conllu",
        "1: FEATS has 'Number' tw",
    )


def test_a_file_that_is_named_twice(write: Write) -> None:
    path = write("a.csv", "text,label\na,x\nb,y\n")
    refused(lambda: Task.from_csv({"train": [path, path]}), "a.csv", "is named twice")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.conllu"])
def test_what_is_no_file(tmp_path: Path, name: str) -> None:
    read = Task.from_conllu if name.endswith(".conllu") else Task.from_csv
    path = tmp_path / name
    refused(lambda: read(path), name, "no such file")
    os.mkfifo(path)
    refused(lambda: read(path), name, "is a named pipe; expected a file")
    path.unlink()
    path.mkdir()
    refused(lambda: read(path), name, "is a folder; expected a file")
    path.rmdir()
    path.symlink_to(path)
    refused(lambda: read(path), name, "cannot be read")
    path.unlink()
    path.symlink_to("/dev/null")
    refused(lambda: read(path), name, "is a device; expected a file")


def test_white_space_around_cells_of_a_treebank_is_left_out_and_counted(write: Write) -> None:
    path = write("a.conllu", tree(word(form=" dog", upos="NOUN ")) + tree(word()))
    task = Task.from_conllu(path, test_fraction=0)
    assert task.label_names == ("NOUN",)
    assert task["train"].texts == [["dog"]]
    assert "2 cells had white space around them, which is left out" in task.notes


def test_some_withheld_words_are_said(write: Write) -> None:
    path = write("a.conllu", tree(word(), word("2", "_", head="1"), word("3", "it", head="1")))
    assert (
        "1 of 3 words are '_', as where text is withheld"
        in Task.from_conllu(path, test_fraction=0).notes
    )


def refused(call: Callable[[], Any], name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as found:
        call()
    said = str(found.value)
    assert name in said
    assert len(said.splitlines()) == 1
    assert len(said) < 700
    said.encode()
