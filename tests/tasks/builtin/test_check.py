import subprocess
import sys

import pytest

from tunescope.tasks.builtin import QUESTIONS, SENTENCES
from tunescope.tasks.builtin.check import check_file, main
from tunescope.tasks.builtin.labels import RELATIONS, TREC_LABELS, UPOS

TREE = """# sent_id = a
# text = Dogs bark.
1\tDogs\tdog\tNOUN\t_\t_\t2\tnsubj\t_\t_
2\tbark\tbark\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No
3\t.\t.\tPUNCT\t_\t_\t2\tpunct\t_\t_

"""


def messages(path, *, errors=True):
    problems, _ = check_file(path, partial=True)
    return [str(problem) for problem in problems if problem.is_error is errors]


def test_the_label_schemes_are_complete():
    assert len(TREC_LABELS) == 50
    assert len(UPOS) == 17
    assert len({relation for relation in RELATIONS if ":" not in relation}) == 37


@pytest.mark.parametrize("path", [QUESTIONS, SENTENCES], ids=lambda path: path.name)
@pytest.mark.slow
def test_the_built_in_corpus_has_no_errors(path):
    problems, _ = check_file(path)
    assert [str(problem) for problem in problems if problem.is_error] == []


def test_a_good_tree_passes(write):
    path = write("a.conllu", TREE)
    assert messages(path) == messages(path, errors=False) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\t_\t_\t2\tnsubj", "\t_\t2\tnsubj", ":3: error: 9 tab-separated columns; expected 10"),
        ("# sent_id = a\n", "", ":1: error: no '# sent_id = ...'"),
        ("# text = Dogs bark.\n", "", ":1: error: no '# text = ...'"),
        ("# text = Dogs", "# text = Cats", ":1: error: the words make 'Dogs bark.'"),
        ("SpaceAfter=No", "_", ":1: error: the words make 'Dogs bark .'"),
        ("\tNOUN", "\tNOUNS", ":3: error: unknown UPOS 'NOUNS'; did you mean 'NOUN'"),
        ("nsubj", "nsub", ":3: error: unknown relation 'nsub'; did you mean 'nsubj'"),
        ("2\tnsubj", "4\tnsubj", ":3: error: head '4'; expected a number from 0 to 3"),
        ("2\tnsubj", "1\tnsubj", ":3: error: word 1 (Dogs) is its own head"),
        ("2\tnsubj", "0\troot", ":1: error: 2 words with head 0; expected exactly one"),
        ("0\troot", "1\tdep", ":4: error: the head of 'bark' closes a cycle: 2 -> 1 -> 2"),
        ("0\troot", "0\tdep", ":4: error: head 0 with relation 'dep'"),
        ("2\tnsubj", "2\troot", ":3: error: head 2 with relation 'root'"),
        ("1\tDogs", "1-2\tDogs", ":3: error: word id '1-2'; expected 1 (no ranges"),
        ("\tdog\t", "\t\t", ":3: error: LEMMA is ''"),
        ("\n\n", "\n", ":5: error: a blank line must follow"),
    ],
)
@pytest.mark.slow
def test_an_error_in_a_tree_is_said_by_line(write, old, new, message):
    assert old in TREE
    path = write("a.conllu", TREE.replace(old, new, 1))
    assert any(found.startswith(f"a.conllu{message}") for found in messages(path)), messages(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("PUNCT", "SYM", ":5: warning: '.' is SYM with relation 'punct'"),
        ("2\tnsubj", "2\tdet", ":3: warning: 'Dogs' is NOUN with relation 'det'; usual are DET"),
        ("2\tnsubj", "2\tflat", ":3: warning: 'flat' has its head on the right"),
        ("2\tpunct", "1\tpunct", ":5: warning: the arc 1 -> 3 (punct) is crossed"),
    ],
)
def test_what_looks_doubtful_in_a_tree_is_a_warning(write, old, new, message):
    path = write("a.conllu", TREE.replace(old, new, 1))
    assert messages(path) == []
    assert any(found.startswith(f"a.conllu{message}") for found in messages(path, errors=False))


def test_a_repeated_sentence_is_an_error(write):
    path = write("a.conllu", TREE + TREE.replace("= Dogs", "= DOGS").replace("Dogs", "DOGS"))
    assert messages(path) == [
        "a.conllu:7: error: sent_id repeats that of the sentence at line 1",
        "a.conllu:7: error: text repeats that of the sentence at line 1",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("NUM:cuont\tHow many cats are there?", "unknown label 'NUM:cuont'; did you mean 'NUM:co"),
        ("NUM:count How many cats are there?", "0 tabs; expected one"),
        ("", "blank line"),
        ("NUM:count\tHow many cats are there", "the question ends with neither"),
        ("NUM:count\tHow  many cats are there?", "leading, trailing or doubled spaces"),
        ("NUM:count\tHow many?", "the question has fewer than 3 words"),
        ("NUM:dist\tHOW far is it, then ?", "repeats the question of line 1"),
    ],
)
def test_an_error_in_a_question_is_said_by_line(write, line, message):
    path = write("q.tsv", f"NUM:dist\tHow far is it then?\n{line}\n")
    assert messages(path)[0].startswith(f"q.tsv:2: error: {message}")


def test_templates_and_near_repeats_are_warnings(write):
    lines = [f"NUM:count\tHow many of the {word * 3} are there now?" for word in "abcdefghijklm"]
    (warning,) = messages(write("q.tsv", "\n".join(lines)), errors=False)
    assert warning.startswith("q.tsv:13: warning: 13 questions start with 'how many of the'")
    lines = ["NUM:count\tHow many cats are there on the old roof today?"] * 2
    lines[1] = lines[1].replace("today", "")
    (warning,) = messages(write("q.tsv", "\n".join(lines)), errors=False)
    assert "shares nearly all its words with line 1" in warning


def test_minimum_counts_are_left_out_of_a_partial_check(write):
    path = write("q.tsv", "NUM:count\tHow many cats are there?\n")
    assert check_file(path, partial=True)[0] == []
    whole = [str(problem) for problem in check_file(path)[0] if problem.is_error]
    assert whole == [
        "q.tsv: error: 1 questions; expected at least 700",
        "q.tsv: error: 1 labels; expected at least 12",
    ]


def test_the_exit_code_says_if_there_are_errors(write, capsys):
    good, bad = write("a.conllu", TREE), write("b.conllu", TREE.replace("root", "rot"))
    assert main(["--partial", str(good)]) == 0
    assert main(["--partial", str(good), str(bad)]) == 1
    assert "b.conllu:4: error: unknown relation 'rot'" in capsys.readouterr().out


@pytest.mark.slow
def test_it_runs_as_a_module(write):
    path = write("a.conllu", TREE)
    command = [sys.executable, "-m", "tunescope.tasks.builtin.check", "--partial", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "1 sentences, 3 words" in done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.conllu: error: the file is empty"),
        (b"\xff\n", "a.conllu:1: error: not UTF-8"),
        (TREE.replace("\n", "\r\n").encode(), "a.conllu:1: error: ends with CR LF"),
    ],
)
def test_a_file_that_is_no_plain_text_is_an_error(write, content, message):
    assert messages(write("a.conllu", content))[0].startswith(message)
