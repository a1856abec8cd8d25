"""The counts of the real corpora, as the data page states them."""

import conllu
import pytest

from tunescope.tasks import Task, load_task

pytestmark = pytest.mark.data


def n_labels(split):
    return len(set(split.labels.tolist()))


def total(task):
    return sum(map(len, task.splits.values()))


@pytest.mark.slow
def test_pos(corpora):
    task = load_task("pos")
    assert sum(len(split.texts) for split in task.splits.values()) == 1000
    assert [len(split.texts) for split in task.splits.values()] == [800, 200]
    assert total(task) == 21_176
    assert len(task.label_names) == 17
    assert task.kind == "word"
    assert task.provenance["en_pud-ud-test.conllu"].startswith(
        "git:247242b138048db7f37e1215a4aea519477c0f92 "
    )


@pytest.mark.slow
def test_pos_agrees_with_the_conllu_library(corpora):
    path = corpora / "ud-english-pud-2.7" / "en_pud-ud-test.conllu"
    split = Task.from_conllu(path, test_fraction=0)["train"]
    words = [
        [token["form"] for token in sentence if isinstance(token["id"], int)]
        for sentence in conllu.parse(path.read_text(encoding="utf-8"))
    ]
    assert split.texts == words


@pytest.mark.slow
def test_every_line_is_that_of_its_word(corpora):
    path = corpora / "ud-english-pud-2.7" / "en_pud-ud-test.conllu"
    lines = path.read_text(encoding="utf-8").split("\n")
    task = Task.from_conllu(path, test_fraction=0)
    split = task["train"]
    for i in range(0, len(split), 97):
        cells = lines[split.lines[i] - 1].split("\t")
        assert cells[1] == split.texts[split.text_index[i]][split.positions[i, 0]]
        assert cells[3] == task.label_names[split.labels[i]]


@pytest.mark.slow
def test_dep(corpora):
    task = load_task("dep")
    assert total(task) == 20_176
    assert len(task.label_names) == 46
    assert "nmod:poss" in task.label_names
    assert "root" not in task.label_names
    assert task.kind == "pair"


@pytest.mark.slow
def test_sentences_are_on_one_side_and_on_the_same_for_pos_and_dep(corpora):
    pos, dep = load_task("pos"), load_task("dep")
    sides = {side: {tuple(text) for text in pos[side].texts} for side in ("train", "test")}
    assert not sides["train"] & sides["test"]
    for side in ("train", "test"):
        assert {tuple(text) for text in dep[side].texts} <= sides[side]


@pytest.mark.parametrize(("name", "train", "test"), [("ps-role", 46, 40), ("ps-fxn", 40, 35)])
@pytest.mark.slow
def test_prepositions(corpora, name, train, test):
    task = load_task(name)
    assert {split: len(task[split]) for split in task.splits} == {
        "train": 4_282,
        "dev": 433,
        "test": 457,
    }
    assert n_labels(task["train"]) == train
    assert n_labels(task["test"]) == test
    assert "streusle.ud_train.conllulex is git:d5d1224b" in task.notes[0]


@pytest.mark.parametrize(("name", "train", "test"), [("trec-50", 50, 42), ("trec-6", 6, 6)])
@pytest.mark.slow
def test_questions(corpora, name, train, test):
    task = load_task(name)
    assert (len(task["train"]), len(task["test"])) == (5_452, 500)
    assert (n_labels(task["train"]), n_labels(task["test"])) == (train, test)
    assert task.kind == "text"


@pytest.mark.slow
def test_the_one_contradiction_is_reported_by_line(corpora):
    fine, coarse = load_task("trec-50"), load_task("trec-6")
    assert fine.notes[-1] == (
        "one text with 2 labels: 'What is the chromosome number of an elephant ?' is NUM:count "
        "(train_5500.label:900) and NUM:other (train_5500.label:5242)"
    )
    assert not any("2 labels" in note for note in coarse.notes)
    train = fine["train"]
    rows = [i for i, line in enumerate(train.lines.tolist()) if line in (900, 5242)]
    assert train.text_index[rows[0]] == train.text_index[rows[1]]


@pytest.mark.slow
def test_63_questions_occur_more_than_once(corpora):
    index = load_task("trec-50")["train"].text_index.tolist()
    assert sum(index.count(text) > 1 for text in set(index)) == 63


@pytest.mark.slow
def test_the_one_byte_that_is_not_ascii_is_in_line_66(corpora):
    train = load_task("trec-50")["train"]
    (row,) = [i for i, text in enumerate(train.texts) if not text.isascii()]
    assert train.place(train.text_index.tolist().index(row)) == "train_5500.label:66"
    assert "\u00f0" in train.texts[row]


@pytest.mark.slow
def test_ids_are_unique(corpora):
    for name in ("pos", "dep", "ps-role", "trec-50"):
        for split in load_task(name).splits.values():
            assert len(set(split.ids.tolist())) == len(split)
