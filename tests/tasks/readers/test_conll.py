import conllu
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.tasks.readers.conll import CONLLULEX, read_sentences

GOOD = """# sent_id = a
# text = I don't
1\tI\tI\tPRON\t_\t_\t2\tnsubj\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\t_\t_\t0\troot\t_\t_
2.1\tsay\tsay\tVERB\t_\t_\t_\t_\t_\t_
3\tn't\tnot\tPART\t_\t_\t2\tadvmod\t_\t_

# sent_id = b
1\tNo\tno\tINTJ\t_\t_\t0\troot\t_\t_
"""


def row(number, head="0", columns=10):
    cells = [str(number), "word", "_", "NOUN", "_", "_", head, "dep", "_", "_"]
    return "\t".join([*cells, *["_"] * 9][:columns])


def test_ranges_and_empty_nodes_are_not_words(write):
    first, second = read_sentences(write("a.conllu", GOOD))
    assert first.words == ["I", "do", "n't"]
    assert first.lines == [3, 5, 7]
    assert [first.head(i) for i in range(3)] == [1, -1, 1]
    assert (second.words, second.lines) == (["No"], [10])


def test_the_last_sentence_needs_no_blank_line(write):
    assert len(list(read_sentences(write("a.conllu", GOOD.rstrip("\n"))))) == 2


def test_windows_line_ends_change_nothing(write):
    unix, windows = write("a.conllu", GOOD), write("b.conllu", GOOD.replace("\n", "\r\n"))
    assert [(s.lines, s.rows) for s in read_sentences(unix)] == [
        (s.lines, s.rows) for s in read_sentences(windows)
    ]


WORD = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=5)


@given(st.lists(st.lists(WORD, min_size=1, max_size=5), min_size=1, max_size=4))
@pytest.mark.slow
def test_words_and_heads_agree_with_the_conllu_library(tmp_path_factory, sentences):
    path = tmp_path_factory.mktemp("t") / "a.conllu"
    path.write_text(
        "\n".join(
            "".join(
                f"{i}\t{word}\t_\tX\t_\t_\t{i - 1}\tdep\t_\t_\n" for i, word in enumerate(words, 1)
            )
            for words in sentences
        )
    )
    ours = [(s.words, [s.head(i) + 1 for i in range(len(s.rows))]) for s in read_sentences(path)]
    theirs = [
        ([token["form"] for token in s], [token["head"] for token in s])
        for s in conllu.parse(path.read_text())
    ]
    assert ours == theirs


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (row(1, columns=9), r"a:1: 9 tab-separated columns; expected 10: ID FORM LEMMA"),
        (row(1, columns=11), r"a:1: 11 tab-separated columns; expected 10"),
        (row(1).replace("\t", "  "), r"a:1: 1 tab-separated columns; expected 10"),
        ("\n".join([row(1), row("x")]), r"a:2: id 'x' is not a number; expected 2"),
        ("\n".join([row(1), row(3)]), r"a:2: id 3 after word 1; expected 2"),
        (row(2), r"a:1: id 2 at the start of a sentence; expected 1"),
        (row("1_2"), r"a:1: id '1_2' is not a number"),
        (row("١"), r"a:1: id '١' is not a number"),
        ("\n".join([row(1, "2"), row(2, "3")]), r"a:2: head '3'; expected a number from 0 .* to 2"),
        (row(1, "-1"), r"a:1: head '-1'; expected a number"),
        (row(1, "x"), r"a:1: head 'x'; expected a number"),
        ("\n".join([row(1), row(2, "2")]), r"a:2: word 2 \(word\) is its own head"),
        (row(1).replace("word", ""), r"a:1: the word is empty"),
        (f"{row(1)}\n# comment\n{row(2)}", r"a:2: 1 tab-separated columns"),
        ("# only a comment\n", r"a: no sentence; expected lines of 10 columns"),
        (b"\xff\n", r"a:1: byte 0xFF is not utf-8"),
    ],
)
def test_a_malformed_line_is_refused_by_file_and_line(write, content, message):
    with pytest.raises(InputError, match=message):
        list(read_sentences(write("a", content)))


def test_columns_are_counted_for_the_format_at_hand(write):
    path = write("a", row(1))
    with pytest.raises(InputError, match=r"a:1: 10 tab-separated columns; expected 19: .*LEXTAG"):
        list(read_sentences(path, CONLLULEX))


def test_a_missing_head_is_refused_where_heads_are_needed(write):
    (sentence,) = read_sentences(write("a", row(1, "_")))
    with pytest.raises(InputError, match=r"a:1: no head; expected a number from 0 to 1"):
        sentence.head(0)
