import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset

from tunescope.errors import InputError
from tunescope.tasks import Task

TEXTS = ["a dog", "a cat, they say", 'the "mouse"', "two\nlines"]
LABELS = ["no", "yes", "no", "yes"]
FRAME = pd.DataFrame({"text": TEXTS, "label": LABELS})


def whole(path, **options):
    return Task.from_csv(path, test_fraction=0, **options)["train"]


def test_all_formats_hold_the_same_texts(tmp_path):
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    FRAME.to_parquet(tmp_path / "a.parquet")
    FRAME.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    for ending in ("csv", "parquet", "jsonl"):
        split = whole(tmp_path / f"a.{ending}")
        assert split.texts == TEXTS
        assert split.labels.tolist() == [0, 1, 0, 1]


def test_lines_are_those_of_the_file_even_after_a_quoted_line_end(write):
    path = write("a.csv", 'text,label\na,x\n"b\nb",y\nc,x\n')
    assert whole(path).lines.tolist() == [2, 3, 5]


def test_a_tsv_file_has_no_quotes(write):
    path = write("a.tsv", 'text\tlabel\n"Well" she said\tx\n"a\ty\n')
    assert whole(path).texts == ['"Well" she said', '"a']


def test_blank_lines_are_skipped_and_counted(write):
    path = write("a.jsonl", '{"text": "a", "label": 1}\n\n{"text": "b", "label": 0}\n')
    split = whole(path)
    assert split.lines.tolist() == [1, 3]
    assert split.labels.tolist() == [1, 0]


def test_words_with_a_list_of_labels_are_words(write):
    rows = [
        {"tokens": ["A", "dog"], "tags": ["DET", "NOUN"]},
        {"tokens": ["It", "barks", "!"], "tags": ["PRON", "_", None]},
    ]
    path = write("a.jsonl", "\n".join(map(json.dumps, rows)))
    task = Task.from_csv(path, test_fraction=0)
    assert task.kind == "word"
    assert task["train"].positions.tolist() == [[0], [1], [0]]
    assert task["train"].ids.tolist() == ["a.jsonl:1#0", "a.jsonl:1#1", "a.jsonl:2#0"]


def test_lists_in_parquet_are_words(tmp_path):
    table = pa.table({"words": [["A", "dog"]], "labels": [["DET", "NOUN"]]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert whole(tmp_path / "a.parquet").texts == [["A", "dog"]]


def test_positions_make_words_and_pairs(write):
    path = write("a.csv", "tokens,head,dependent,label\nA dog barks,2,1,nsubj\n")
    pair = whole(path, tokens="tokens", positions=("head", "dependent"))
    assert pair.text(0) == "A [dog] [head: barks]"
    assert whole(path, positions="head").text(0) == "A dog [barks]"


def test_one_file_is_divided_by_text(write):
    lines = "\n".join(f"text {i // 2},{'xy'[i % 2]}" for i in range(20))
    task = Task.from_csv(write("a.csv", "text,label\n" + lines))
    assert (len(task["train"]), len(task["test"])) == (16, 4)
    assert not set(task["train"].texts) & set(task["test"].texts)


def test_a_column_can_name_the_split(write):
    path = write("a.csv", "text,label,part\na,x,train\nb,y,test\nc,x,train\n")
    task = Task.from_csv(path, split="part")
    assert task["train"].texts == ["a", "c"]
    assert task["test"].ids.tolist() == ["a.csv:3"]


def test_splits_may_have_files_of_different_formats(write):
    task = Task.from_csv(
        {
            "train": [write("a.csv", "text,label\na,x\n"), write("b.tsv", "text\tlabel\nb\ty\n")],
            "test": write("c.jsonl", '{"text": "c", "label": "x"}'),
        },
        name="mine",
    )
    assert task.name == "mine"
    assert task["train"].ids.tolist() == ["a.csv:2", "b.tsv:2"]
    assert set(task.provenance) == {"a.csv", "b.tsv", "c.jsonl"}


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", "text,label\na,x\nb,y,z\n", {}, r"a.csv:3: 3 columns; expected 2: text, label"),
        ("a.csv", "text,label\na\n", {}, r"a.csv:2: 1 columns; expected 2"),
        ("a.csv", 'text,label\na,x\n"b,y\n', {}, r"a.csv:3: not readable as CSV"),
        ("a.csv", "text,text\na,x\n", {}, r"a.csv:1: two columns are called 'text'"),
        (
            "a.csv",
            'text,"te\nxt",te xt\na,b,x\n',
            {},
            r"a.csv:1: two columns are called 'te xt'",
        ),
        ("a.jsonl", '{"": 1, "label": 2}\n', {}, r"a.jsonl:1: column name ''"),
        ("a.csv", "text,\na,x\n", {}, r"a.csv:2: 'x' is in column 2, which has no name"),
        ("a.csv", "text,label\n", {}, r"a.csv: no rows"),
        ("a.csv", "text,label\n,x\n", {}, r"a.csv:2: 'text' is empty; expected a text"),
        ("a.csv", "text,label\na, \n", {}, r"a.csv:2: 'label' is empty; expected a label"),
        (
            "a.csv",
            "text,lable\na,x\n",
            {"label": "label"},
            r"a.csv:1: no column 'label'; .*'lable'",
        ),
        ("a.csv", "a,b,label\na,b,x\n", {}, r"a.csv:1: which column holds the texts\?"),
        ("a.csv", "text,a,b\na,x,y\n", {}, r"a.csv:1: which column holds the labels\?"),
        ("a.csv", "text,label\na,x\n", {"split": "part"}, r"a.csv:1: no column 'part'"),
        ("a.csv", b"text,label\na,\xff\n", {}, r"a.csv:2: byte 0xFF is not utf-8"),
        ("a.csv", "text,label,p\na,x,0\n", {"positions": "p"}, "positions point at words"),
        ("a.csv", "text,label\na,x\n", {"text": "text", "tokens": "t"}, "name one of the two"),
        ("a.csv", "tokens,p,label\na b,2,x\n", {"positions": "p"}, r"a.csv:2: 'p' is '2'.*0 to 1"),
        ("a.csv", "tokens,p,label\na b,x,x\n", {"positions": "p"}, r"a.csv:2: 'p' is 'x'"),
        ("a.xlsx", "text", {}, r"a.xlsx: unknown kind of file '.xlsx'; expected one of .csv"),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text"\n', {}, r"a.jsonl:2: not JSON: .*column 8"),
        ("a.jsonl", "[1]\n", {}, r"a.jsonl:1: a list; expected an object"),
        (
            "a.jsonl",
            '{"text": "a", "label": 1}\n{"text": "a"}\n',
            {},
            r":2: no 'label' here; known: text",
        ),
        ("a.jsonl", '{"text": 3, "label": 1}\n', {}, r"a.jsonl:1: 'text' is 3; expected a text"),
        ("a.jsonl", '{"text": "a", "label": null}\n', {}, r"a.jsonl:1: 'label' is empty"),
        ("a.jsonl", '{"text": "a", "label": {}}\n', {}, r"a.jsonl:1: 'label' is \{\}"),
        ("a.jsonl", '{"tokens": [], "label": 1}\n', {}, r"a.jsonl:1: 'tokens' is empty"),
        ("a.jsonl", '{"tokens": ["a", ""], "label": 1}\n', {}, r"a.jsonl:1: 'tokens' holds ''"),
        ("a.jsonl", '{"tokens": ["a"], "tags": [1, 2]}\n', {}, r":1: 2 labels for 1 words"),
        ("a.jsonl", r'{"text": "\ud83d", "label": 1}', {}, r"a.jsonl:1: .* half of a surrogate"),
        ("a.jsonl", '{"text": "a", "tags": [1]}\n', {}, r"a.jsonl:1: 'tags' is a list"),
        ("a.parquet", "PAR1 but broken", {}, r"a.parquet: not readable as Parquet"),
    ],
)
@pytest.mark.slow
def test_a_malformed_file_is_refused_by_file_and_line(write, name, content, options, message):
    with pytest.raises(InputError, match=message):
        Task.from_csv(write(name, content), **options)


def test_a_column_whose_name_is_broken_over_lines_refuses_no_file(tmp_path):
    """Nobody asked for it; and who asks for it names it on one line."""
    frame = FRAME.assign(**{"a\r\n comment": ["w", "z", "w", "z"]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "a.parquet")
    said = "the name of column 'a comment' went over several lines, and is read as one"
    for options, labels in (({}, ("no", "yes")), ({"label": "a comment"}, ("w", "z"))):
        made = [
            Task.from_csv(tmp_path / f"a.{ending}", test_fraction=0, **options)
            for ending in ("csv", "tsv", "parquet")
        ]
        made.append(Task.from_dataset(frame, test_fraction=0, **options))
        made.append(Task.from_dataset(Dataset.from_pandas(frame), test_fraction=0, **options))
        for task in made:
            assert task.label_names == labels
            assert said in task.notes


@pytest.mark.parametrize(
    "kind",
    [pa.timestamp("us"), pa.timestamp("us", tz="Mars/Olympus"), pa.timestamp("us", tz="UTC")],
)
def test_a_column_that_nobody_asked_for_need_not_be_readable(tmp_path, kind):
    times = pa.array([2**62, 1, 2, 3], kind)
    table = pa.table({"text": TEXTS, "when": times, "label": LABELS})
    pq.write_table(table, tmp_path / "a.parquet")
    assert whole(tmp_path / "a.parquet").texts == TEXTS
    with pytest.raises(InputError, match=r"a.parquet: column 'when' cannot be read: "):
        whole(tmp_path / "a.parquet", label="when")
    task = Task.from_dataset(Dataset(table), test_fraction=0)
    assert task["train"].texts == TEXTS
    assert any("'when' cannot be read, and is left out" in note for note in task.notes)


def test_one_label_and_lists_of_labels_do_not_mix(write):
    rows = '{"tokens": ["a"], "label": ["x"]}\n{"tokens": ["a"], "label": "x"}\n'
    with pytest.raises(InputError, match=r"a.jsonl:2: 'label' holds one label here and a list"):
        Task.from_csv(write("a.jsonl", rows))


def test_a_split_with_no_rows_is_refused(write):
    paths = {"train": write("a.csv", "text,label\na,x\n"), "test": write("b.csv", "text,label\n")}
    with pytest.raises(InputError, match=r"b.csv: no rows"):
        Task.from_csv(paths)
