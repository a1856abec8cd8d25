import pytest

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.readers.prepositions import read_prepositions


def row(number, form, smwe="_", ss="_", ss2="_"):
    ten = [str(number), form, form, "ADP", "IN", "_", "0" if number == 1 else "1", "dep", "_", "_"]
    return "\t".join([*ten, smwe, "P", form, ss, ss2, "_", "_", "_", "O"])


GOOD = "\n".join(
    [
        "# sent_id = a",
        row(1, "He"),
        row(2, "sat", ss="v.stative"),
        row(3, "in", ss="p.Locus", ss2="p.Goal"),
        row(4, "front", smwe="1:1", ss="p.Locus", ss2="p.Locus"),
        row(5, "at", ss="`$"),
    ]
)


@pytest.mark.parametrize(("label", "name"), [("role", "p.Locus"), ("function", "p.Goal")])
def test_single_word_prepositions_are_the_examples(write, label, name):
    draft = read_prepositions({"train": write("a.conllulex", GOOD)}, label=label, name="ps")
    task = Task.from_draft(draft, test_fraction=0)
    assert task.label_names == (name,)
    assert task["train"].positions.tolist() == [[2]]
    assert task["train"].ids.tolist() == ["a.conllulex:4"]


def test_a_role_without_a_function_is_refused(write):
    path = write("a.conllulex", row(1, "in", ss="p.Locus"))
    with pytest.raises(InputError, match=r"a.conllulex:1: SS2 is '_' for a preposition with SS"):
        read_prepositions({"train": path}, label="function", name="ps")


def test_a_wrong_number_of_columns_is_refused(write):
    path = write("a.conllulex", GOOD + "\n" + row(6, "x") + "\t_")
    with pytest.raises(InputError, match=r"a.conllulex:7: 20 tab-separated columns; expected 19"):
        read_prepositions({"train": path}, label="role", name="ps")
