"""Which columns are taken without being named, and what is said of it."""

import pytest

from tunescope.errors import InputError
from tunescope.tasks.readers.columns import Columns, Wanted, choose_columns
from tunescope.tasks.readers.table import Table


def table_of(*names: str) -> Table:
    return Table("a.csv", {name: ["x"] for name in names}, [2], header_line=1)


@pytest.mark.parametrize(
    ("names", "text", "label", "n_notes"),
    [
        (("text", "label"), "text", "label", 0),
        (("Text", "Label"), "Text", "Label", 2),
        (("TEXT", "label"), "TEXT", "label", 1),
        (("question", "category"), "question", "category", 2),
        (("review", "sentiment"), "review", "sentiment", 2),
        (("id", "text", "label"), "text", "label", 0),
        (("body text", "label"), "body text", "label", 1),
        (("text", "klass"), "text", "klass", 1),
        (("utterance", "intent"), "utterance", "intent", 2),
        (("text", "coarse", "label"), "text", "label", 0),
        (("label", "text", "category"), "text", "label", 1),
        (("title", "text", "label"), "text", "label", 1),
        (("Text", "text", "label"), "text", "label", 1),
    ],
)
def test_usual_names_are_found_in_any_case(
    names: tuple[str, ...], text: str, label: str, n_notes: int
) -> None:
    table = table_of(*names)
    assert choose_columns(table, Wanted()) == Columns(text, None, label)
    assert len(table.notes) == n_notes


def test_words_are_found() -> None:
    assert choose_columns(table_of("tokens", "ner_tags"), Wanted()).tokens == "tokens"
    assert choose_columns(table_of("Words", "upos"), Wanted()).tokens == "Words"


def test_what_is_named_is_no_guess() -> None:
    table = table_of("a", "b", "c")
    assert choose_columns(table, Wanted(text="c", label="a")) == Columns("c", None, "a")
    assert table.notes == []


@pytest.mark.parametrize(
    ("names", "wanted", "both", "n_notes"),
    [
        (("premise", "hypothesis", "label"), Wanted(), ("premise", "hypothesis"), 2),
        (("idx", "Sentence1", "sentence2", "label"), Wanted(), ("Sentence1", "sentence2"), 2),
        (("question1", "question2", "same"), Wanted(), ("question1", "question2"), 3),
        (("text", "text_pair", "label"), Wanted(), ("text", "text_pair"), 0),
        (("a", "b", "label"), Wanted(text="b", text_pair="a"), ("b", "a"), 0),
        (("premise", "hypothesis", "label"), Wanted(text_pair="hypothesis"), None, 1),
        (("text", "other", "label"), Wanted(text_pair="other"), ("text", "other"), 0),
        (("premise", "hypothesis", "label"), Wanted(text="premise"), ("premise", None), 0),
        (("text", "sentence1", "sentence2", "label"), Wanted(), ("text", None), 0),
        (("sentence1", "label"), Wanted(), ("sentence1", None), 1),
    ],
)
def test_two_columns_are_read_together_by_their_names(
    names: tuple[str, ...], wanted: Wanted, both: tuple[str, str | None] | None, n_notes: int
) -> None:
    table = table_of(*names)
    found = choose_columns(table, wanted)
    assert (found.text, found.text_pair) == (both or ("premise", "hypothesis"))
    assert len(table.notes) == n_notes, table.notes


def test_with_one_column_left_it_is_the_other() -> None:
    assert choose_columns(table_of("a", "b"), Wanted(text="b")).label == "a"
    assert choose_columns(table_of("a", "b"), Wanted(label="b")).text == "a"
    assert choose_columns(table_of("a", "b", "part"), Wanted(label="b"), split="part").text == "a"


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (("a", "b"), Wanted(), "which column holds the texts"),
        (("text", "b", "c"), Wanted(), "which column holds the labels"),
        (("a", "b", "label"), Wanted(), "which column holds the texts"),
        (("text",), Wanted(), "which column holds the labels"),
        (("label",), Wanted(), "which column holds the texts"),
        (("text", "label"), Wanted(text="label", label="label"), "cannot hold both"),
        (("text", "label"), Wanted(text="txt"), "no column 'txt'; did you mean 'text'"),
        (("text", "label"), Wanted(label="lable"), "no column 'lable'; did you mean 'label'"),
        (("tokens", "label", "p"), Wanted(positions="q"), "no column 'q'"),
        (("text", "label", "p"), Wanted(positions="p"), "positions point at words"),
        (("text", "label", "p"), Wanted(text="text", positions="p"), "positions point at words"),
        (("tokens", "label"), Wanted(positions=("a", "b", "c")), "expected one column, or"),
        (("tokens", "label"), Wanted(positions=(1,)), "expected one column, or"),  # type: ignore[arg-type]
        (("tokens", "label"), Wanted(positions=3), "expected the names of columns"),  # type: ignore[arg-type]
        (("text", "label"), Wanted(text="text", tokens="label"), "name one of the two"),
        (("a", "tokens", "label"), Wanted(tokens="tokens", text_pair="a"), "of a pair of texts"),
        (("text", "b", "label"), Wanted(text_pair="c"), "no column 'c'"),
        (("text", "label"), Wanted(text="text", text_pair="text"), "both texts of a pair"),
        (("text", "b", "label"), Wanted(text_pair="b", positions="b"), "positions point at words"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(
    names: tuple[str, ...], wanted: Wanted, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        choose_columns(table_of(*names), wanted)
