"""What a task's notes say of its examples."""

import pandas as pd

from tunescope.tasks import Task


def frame(**rows: str) -> pd.DataFrame:
    return pd.DataFrame({"text": list(rows), "label": list(rows.values())})


def notes(train: pd.DataFrame, test: pd.DataFrame) -> tuple[str, ...]:
    return Task.from_dataset({"train": train, "test": test}).notes


def pairs(**rows: str) -> pd.DataFrame:
    texts = [key.split("|") for key in rows]
    return pd.DataFrame(
        {
            "premise": [first for first, _ in texts],
            "hypothesis": [second for _, second in texts],
            "label": list(rows.values()),
        }
    )


def test_test_texts_from_training_are_counted_with_their_labels() -> None:
    found = notes(frame(a="x", b="y", c="x"), frame(a="x", b="x", d="y"))
    assert (
        "2 of 3 texts of test are texts of train, too; 1 of 3 examples of test have another label "
        "there"
    ) in found


def test_nothing_is_said_where_no_text_is_on_both_sides() -> None:
    assert notes(frame(a="x", b="y"), frame(c="x", d="y")) == ()


def test_labels_of_one_split_are_said() -> None:
    found = notes(frame(a="x", b="y", e="y"), frame(c="x", d="z", f="z"))
    assert "labels in train only: 'y'" in found
    assert "labels in test only: 'z'" in found


def test_many_labels_are_not_all_listed() -> None:
    found = notes(frame(**{f"t{i}": f"l{i // 2}" for i in range(40)}), frame(a="x", b="x"))
    assert any(note.endswith("and 12 more") for note in found if "train only" in note)


def test_many_contradictions_are_not_all_listed() -> None:
    texts = [f"text {i // 2}" for i in range(200)]
    table = pd.DataFrame({"text": texts, "label": ["x", "y"] * 100})
    found = Task.from_dataset(table, test_fraction=0).notes
    assert sum("one text with 2 labels" in note for note in found) == 50
    assert "50 more texts of train have several labels" in found


def test_texts_that_differ_in_white_space_only_are_the_same_text() -> None:
    train, test = frame(**{"a b": "x", "c": "y"}), frame(**{" a  b ": "y", "d": "x"})
    assert (
        "1 of 2 texts of test are texts of train, too; 1 of 2 examples of test have another label "
        "there"
    ) in notes(train, test)


def test_so_are_pairs_that_differ_in_white_space_only() -> None:
    train = pairs(**{"a b|c": "x", "c|d": "y"})
    test = pairs(**{"a  b |c": "y", "d|c": "x"})
    assert (
        "1 of 2 texts of test are texts of train, too; 1 of 2 examples of test have another label "
        "there"
    ) in notes(train, test)


def test_a_text_whose_words_are_given_is_the_running_text() -> None:
    train = pd.DataFrame({"tokens": [["a", "b"], ["c"]], "label": ["x", "y"]})
    assert (
        "1 of 2 texts of test are texts of train, too; 0 of 2 examples of test have another label "
        "there"
    ) in notes(train, frame(**{"a b": "x", "d": "y"}))


def test_texts_of_any_two_splits_are_counted_those_of_train_first() -> None:
    held_out = frame(a="x", b="y")
    splits = {"dev": held_out, "test": held_out, "train": frame(a="y", c="x")}
    assert [note for note in Task.from_dataset(splits).notes if "texts of" in note] == [
        "1 of 2 texts of dev are texts of train, too; 1 of 2 examples of dev have another label "
        "there",
        "1 of 2 texts of test are texts of train, too; 1 of 2 examples of test have another label "
        "there",
        "2 of 2 texts of test are texts of dev, too; 0 of 2 examples of test have another label "
        "there",
    ]


def test_words_with_a_blank_inside_are_told_from_two_words() -> None:
    table = pd.DataFrame(
        {"tokens": [["a b", "c"], ["a", "b c"]], "place": [0, 0], "label": ["x", "y"]}
    )
    task = Task.from_dataset(table, tokens="tokens", positions="place", test_fraction=0)
    assert not any("2 labels" in note for note in task.notes)
