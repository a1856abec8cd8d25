import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tasks.divide import divide
from tunescope.tasks.draft import Example, SplitDraft, Text


def draft_of(labels, texts=None):
    texts = texts or [f"text {i}" for i in range(len(labels))]
    return SplitDraft(
        "train",
        ("a.csv",),
        [
            Text(t, (Example(label, i + 1),))
            for i, (t, label) in enumerate(zip(texts, labels, strict=True))
        ],
    )


def lines_of(draft):
    return [text.examples[0].line for text in draft.texts]


def test_division_is_exact_and_keeps_file_order():
    (train, test), note = divide(draft_of("ab" * 50), test_fraction=0.2, seed=0)
    assert (len(train.texts), len(test.texts)) == (80, 20)
    assert lines_of(train) == sorted(lines_of(train))
    assert sorted(lines_of(train) + lines_of(test)) == list(range(1, 101))
    assert "80 train and 20 test" in note
    assert "seed 0" in note


def test_division_depends_on_the_seed_alone():
    draft = draft_of("ab" * 50)
    first, again, other = (
        lines_of(divide(draft, test_fraction=0.2, seed=seed)[0][1]) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_division_follows_the_stated_generator():
    (_, test), _ = divide(draft_of("ab" * 50), test_fraction=0.2, seed=3)
    order = np.argsort(np.random.PCG64(3).random_raw(100))
    assert lines_of(test) == sorted(int(i) + 1 for i in order[:20])


@given(st.lists(st.integers(0, 12), min_size=2, max_size=40), st.integers(0, 5))
@pytest.mark.slow
def test_repetitions_of_a_text_never_fall_on_both_sides(numbers, seed):
    draft = draft_of("a" * len(numbers), [str(n) for n in numbers])
    try:
        (train, test), _ = divide(draft, test_fraction=0.3, seed=seed)
    except InputError:
        assert not 0 < round(0.3 * len(set(numbers))) < len(set(numbers))
        return
    assert not {t.words for t in train.texts} & {t.words for t in test.texts}
    assert len(train.texts) + len(test.texts) == len(numbers)


@given(
    st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6), min_size=5, max_size=40),
    st.integers(0, 5),
)
@pytest.mark.slow
def test_stratified_every_label_with_two_texts_is_in_train(sentences, seed):
    texts = [
        Text(
            [*"".join(labels), str(i)],
            tuple(Example(label, i + 1, (j,)) for j, label in enumerate(labels)),
        )
        for i, labels in enumerate(sentences)
    ]
    (train, test), _ = divide(
        SplitDraft("train", ("a.conllu",), texts), test_fraction=0.2, seed=seed, stratified=True
    )
    seen = {example.label for text in train.texts for example in text.examples}
    assert seen == {label for labels in sentences for label in labels}
    assert len(test.texts) <= round(0.2 * len(texts))


def test_stratified_keeps_the_proportions_of_single_labels():
    (_, test), _ = divide(
        draft_of("a" * 50 + "b" * 30 + "c" * 20), test_fraction=0.2, seed=0, stratified=True
    )
    labels = [text.examples[0].label for text in test.texts]
    assert {label: labels.count(label) for label in "abc"} == {"a": 10, "b": 6, "c": 4}


@pytest.mark.parametrize("stratified", [False, True])
@given(seed=st.integers(0, 20))
def test_only_texts_with_an_example_are_numbered_and_counted(stratified, seed):
    draft = draft_of("ab" * 10)
    bare = [Text(f"bare {i}", ()) for i in range(90)]
    mixed = SplitDraft("train", ("a.csv",), [*bare[:50], *draft.texts, *bare[50:]])
    options = {"test_fraction": 0.2, "seed": seed, "stratified": stratified}
    found, note = divide(mixed, **options)
    expected, said = divide(draft, **options)
    assert found == expected
    assert note == said
    assert "16 train and 4 test" in note


def test_what_rare_labels_leave_bare_is_neither_divided_nor_counted():
    rows = [(f"t{i}", f"once{i}" if i < 30 else "ab"[i % 2]) for i in range(40)]
    frame = pd.DataFrame(rows, columns=["text", "label"])
    for seed in range(10):
        task = Task.from_dataset(frame, rare="drop", seed=seed)
        assert (len(task["train"]), len(task["test"])) == (8, 2)
        assert any("into 8 train and 2 test" in note for note in task.notes)


def test_where_no_text_has_an_example_it_is_said():
    draft = SplitDraft("train", ("a.csv",), [Text("bare", ())])
    assert divide(draft, test_fraction=0.2, seed=0)[0] == [draft]


def test_without_a_test_fraction_nothing_is_divided():
    draft = draft_of("ab")
    assert divide(draft, test_fraction=0, seed=0)[0] == [draft]


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(InputError, match="expected at least 0 and less than 1"):
        divide(draft_of("ab"), test_fraction=fraction, seed=0)


def test_too_few_texts_to_divide_are_refused():
    with pytest.raises(InputError, match=r"a.csv: 1 texts cannot be divided"):
        divide(draft_of("a"), test_fraction=0.2, seed=0)
