import pytest

from tunescope.errors import InputError
from tunescope.tasks import Task

TREE = """1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t_\t_
2\tbark\tbark\tVERB\tVBP\tTense=Pres|Number=Plur\t0\troot\t_\tSpaceAfter=No
3\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_
"""


@pytest.fixture
def splits(write):
    return {"train": write("a.conllu", TREE), "test": write("b.conllu", TREE)}


def labels(task, split="train"):
    return [task.label_names[i] for i in task[split].labels]


def test_a_word_has_its_part_of_speech(splits):
    task = Task.from_conllu(splits)
    assert (task.name, task.kind) == ("a", "word")
    assert labels(task) == ["NOUN", "VERB", "PUNCT"]
    assert task["test"].ids.tolist() == ["b.conllu:1", "b.conllu:2", "b.conllu:3"]


def test_an_arc_is_head_and_dependent_without_the_root(splits):
    task = Task.from_conllu(splits, column="deprel")
    assert task.kind == "pair"
    assert labels(task) == ["nsubj", "punct"]
    assert task["train"].positions.tolist() == [[1, 0], [1, 2]]


def test_any_column_and_any_feature_can_be_the_label(splits):
    assert labels(Task.from_conllu(splits, column="xpos")) == ["NNS", "VBP", "."]
    assert labels(Task.from_conllu(splits, column="feats.Tense")) == ["Pres"]
    assert labels(Task.from_conllu(splits, column="deprel", kind="word"))[1] == "root"
    assert labels(Task.from_conllu(splits, column="upos", kind="pair")) == ["NOUN", "PUNCT"]


@pytest.mark.parametrize("column", ["DEPREL", "Deprel", "deprel"])
def test_relations_are_of_pairs_however_their_column_is_written(splits, column):
    task = Task.from_conllu(splits, column=column)
    assert task.kind == "pair"
    assert labels(task) == ["nsubj", "punct"]


def test_several_files_make_one_split(write):
    files = [write("a.conllu", TREE), write("b.conllu", TREE)]
    task = Task.from_conllu({"train": files}, test_fraction=0)
    assert task["train"].files == ("a.conllu", "b.conllu")
    assert task["train"].place(3) == "b.conllu:1"
    assert set(task.provenance) == {"a.conllu", "b.conllu"}


def test_one_file_is_divided_by_sentence(write):
    trees = "\n".join(TREE.replace("Dogs", f"Dogs{i}") for i in range(10))
    task = Task.from_conllu(write("a.conllu", trees), seed=1)
    assert (len(task["train"]), len(task["test"])) == (24, 6)
    assert not {t[0] for t in task["train"].texts} & {t[0] for t in task["test"].texts}
    assert "test_fraction 0.2, seed 1" in task.notes[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": "dep_rel"}, "column 'dep_rel': did you mean 'deprel'"),
        ({"column": "head"}, "column 'head': .*known: deprel, feats, lemma"),
        ({"column": "deprel."}, "column 'deprel.': no key after the '.'; expected deprel or"),
        ({"column": "feats. "}, "column 'feats. ': no key after the '.'; expected feats or"),
        ({"kind": "text"}, "kind='text'; known: 'word', 'pair'"),
        ({"column": "feats.Mood"}, r"split 'train' has no examples \(from a.conllu\)"),
    ],
)
def test_a_wrong_choice_is_refused(splits, options, message):
    with pytest.raises(InputError, match=message):
        Task.from_conllu(splits, **options)


def test_no_files_are_refused():
    with pytest.raises(InputError, match="no files"):
        Task.from_conllu({})
    with pytest.raises(InputError, match="split 'test' has no files"):
        Task.from_conllu({"test": []})
