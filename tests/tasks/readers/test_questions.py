import pytest

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.readers.questions import read_questions

GOOD = "NUM:count How many ?\nLOC:city Which city ?\n"


def read(path, **options):
    return Task.from_draft(read_questions({"train": path, "test": path}, name="q", **options))


def test_fine_and_coarse_labels(write):
    path = write("q.label", GOOD)
    assert read(path).label_names == ("LOC:city", "NUM:count")
    assert read(path, label="coarse").label_names == ("LOC", "NUM")
    assert read(path)["train"].texts == ["How many ?", "Which city ?"]


def test_latin_1_is_read_byte_by_byte(write):
    task = read(write("q.label", b"ENTY:word What is \xf0 ?\n"))
    assert task["train"].texts == ["What is \u00f0 ?"]


def test_comments_may_stand_at_the_top_alone(write):
    path = write("q.tsv", "# CC0\n#\nNUM:count\tHow many?\nLOC:city\tWhere?\n")
    task = read(path, separator="\t", encoding="utf-8")
    assert task["train"].lines.tolist() == [3, 4]
    with pytest.raises(InputError, match=r"q.tsv:3: no tab after the label"):
        read(write("q.tsv", "NUM:count\tHow many?\nLOC:city\tWhere?\n# late"), separator="\t")


def test_one_file_is_divided_with_its_proportions_kept(write):
    lines = [f"NUM:count How many {i} ?" for i in range(20)]
    lines += [f"LOC:city Which city {i} ?" for i in range(10)]
    draft = read_questions({"train": write("q.label", "\n".join(lines))}, name="q")
    task = Task.from_draft(draft, stratified=True)
    assert sorted(task["test"].labels.tolist()) == [0] * 2 + [1] * 4


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "NUMcount How many ?",
            "label 'NUMcount' has no ':'; expected COARSE:fine, e.g. NUM:count",
        ),
        ("NUM: How many ?", "label 'NUM:' is half empty"),
        (":count How many ?", "label ':count' is half empty"),
        ("", "the line is blank; expected COARSE:fine question"),
        ("NUM:count", "no question after 'NUM:count'"),
        ("NUM:count  ", "no question after 'NUM:count'"),
    ],
)
def test_a_malformed_line_is_refused_by_file_and_line(write, line, message):
    path = write("trec.label", GOOD + line + "\n" + GOOD)
    with pytest.raises(InputError, match=rf"trec.label:3: {message}"):
        read(path)


def test_an_empty_file_is_refused(write):
    with pytest.raises(InputError, match=r"q.label: the file is empty"):
        read(write("q.label", ""))
