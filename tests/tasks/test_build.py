import logging

from tunescope.tasks import Task
from tunescope.tasks.draft import Draft, Example, SplitDraft, Text


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


def built(splits):
    return Task.from_draft(Draft("t", "text", splits, {}), test_fraction=0)


def test_labels_are_the_sorted_union_over_splits():
    drafts = [draft_of("cb"), SplitDraft("test", ("b.csv",), draft_of("ab").texts)]
    task = built(drafts)
    assert task.label_names == ("a", "b", "c")
    assert task["train"].labels.tolist() == [2, 1]
    assert task["test"].labels.tolist() == [0, 1]


def test_a_repeated_text_is_kept_once_with_all_its_examples():
    task = built([draft_of("aab", ["x", "y", "x"])])
    assert task["train"].texts == ["x", "y"]
    assert task["train"].text_index.tolist() == [0, 1, 0]
    assert task["train"].lines.tolist() == [1, 2, 3]


def test_a_text_without_examples_is_left_out():
    draft = draft_of("ab")
    draft.texts.insert(0, Text("nothing here", ()))
    assert built([draft])["train"].texts == ["text 0", "text 1"]


def test_a_text_with_two_labels_is_reported_by_line(caplog):
    with caplog.at_level(logging.WARNING, logger="tunescope"):
        task = built([draft_of("aba", ["x", "x", "y"])])
    note = task.notes[-1]
    assert note == "one text with 2 labels: 'x' is a (a.csv:1) and b (a.csv:2)"
    assert note in caplog.text


def test_a_text_twice_with_one_label_is_no_contradiction():
    notes = built([draft_of("aab", ["x", "x", "y"])]).notes
    assert not any("one text with" in note for note in notes)
