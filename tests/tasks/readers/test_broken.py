"""Whatever is done to a file, a reader makes a task of it or refuses it with an InputError."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.readers.prepositions import read_prepositions
from tunescope.tasks.readers.questions import read_questions

TREE = (
    b"# sent_id = a\n1\tDogs\tdog\tNOUN\t_\tNumber=Plur\t2\tnsubj\t_\t_\n"
    b"2\tbark\tbark\tVERB\t_\t_\t0\troot\t_\t_\n\n"
)
PREPOSITION = (
    b"1\tin\tin\tADP\tIN\t_\t0\troot\t_\t_\t_\tP\tin\tp.Locus\tp.Goal\t_\t_\t_\tO-P-p.Locus\n\n"
)
GOOD = {
    "a.conllu": TREE + TREE.replace(b"Dogs", b"Cats"),
    "b.conllu": TREE + TREE.replace(b"Dogs", b"Cats"),
    "a.conllulex": PREPOSITION,
    "a.label": b"NUM:count How many ?\nLOC:city Where ?\n",
    "a.csv": b'text,label\n"a, b",x\nc,y\n',
    "a.tsv": b"tokens\thead\tlabel\na b\t1\tx\nc\t0\ty\n",
    "a.jsonl": b'{"tokens": ["a", "b"], "label": ["x", null]}\n{"tokens": ["c"], "label": [1]}\n',
}


def read(path):
    if path.suffix == ".conllu":
        column = "deprel" if path.stem == "b" else "feats.Number"
        return Task.from_conllu(path, column=column, test_fraction=0)
    if path.suffix == ".conllulex":
        return Task.from_draft(
            read_prepositions({"train": path}, label="function", name="ps"), test_fraction=0
        )
    if path.suffix == ".label":
        return Task.from_draft(read_questions({"train": path}, name="q"), test_fraction=0)
    positions = "head" if path.suffix == ".tsv" else None
    return Task.from_csv(path, positions=positions, test_fraction=0)


CHANGE = st.tuples(
    st.integers(0, 400), st.integers(0, 12), st.binary(max_size=4) | st.sampled_from(b'\t\n",:[]')
)


def test_the_files_are_good_before_anything_is_done_to_them(write):
    for name, content in GOOD.items():
        assert len(read(write(name, content))["train"])


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.sampled_from(sorted(GOOD)), changes=st.lists(CHANGE, min_size=1, max_size=3))
@example(name="a.csv", changes=[(0, 400, b"\0")])
@pytest.mark.slow
def test_a_damaged_file_is_read_or_refused(write, name, changes):
    content = GOOD[name]
    for where, length, new in changes:
        start = where % (len(content) + 1)
        inserted = new if isinstance(new, bytes) else bytes([new])
        content = content[:start] + inserted + content[start + length :]
    path = write(name, content)
    try:
        task = read(path)
    except InputError as error:
        assert str(path.name) in str(error)
        assert len(str(error).splitlines()) <= 2
    else:
        assert len(task["train"].ids) == len(set(task["train"].ids.tolist()))
