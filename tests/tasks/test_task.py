import pytest

from tunescope.errors import InputError
from tunescope.tasks import Split, Task


def words(name="train"):
    return Split(
        name=name,
        texts=[["A", "dog", "barks"], ["It", "rains"]],
        text_index=[0, 0, 1],
        positions=[[1], [2], [1]],
        labels=[0, 1, 1],
        files=("a.conllu",),
        file_index=[0, 0, 0],
        lines=[2, 3, 7],
    )


def test_a_task_gives_its_splits():
    task = Task("dogs", "word", ("NOUN", "VERB"), {"train": words()})
    assert task["train"] is task.splits["train"]
    with pytest.raises(InputError, match="no split 'trian'; did you mean 'train'"):
        task["trian"]


@pytest.mark.parametrize(
    ("kind", "names", "changes", "message"),
    [
        ("words", ("NOUN", "VERB"), {}, "kind 'words'; expected one of pair, text, word"),
        ("word", ("NOUN", "NOUN"), {}, "label 'NOUN' is named twice"),
        ("word", ("NOUN",), {}, "a.conllu:3: label 1; expected 0 to 0"),
        ("pair", ("NOUN", "VERB"), {}, "1 positions an example; kind 'pair' needs 2"),
        ("word", ("NOUN", "VERB"), {"name": "test"}, "calls itself 'test'"),
    ],
)
def test_a_task_that_does_not_fit_together_is_refused(kind, names, changes, message):
    with pytest.raises(InputError, match=message):
        Task("dogs", kind, names, {"train": words(**changes)})


def test_a_split_without_examples_is_refused():
    empty = words().subset([])
    with pytest.raises(InputError, match=r"split 'train' has no examples \(from a.conllu\)"):
        Task("dogs", "word", ("NOUN", "VERB"), {"train": empty})
    with pytest.raises(InputError, match="no splits"):
        Task("dogs", "word", ("NOUN", "VERB"), {})
