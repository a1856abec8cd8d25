import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.tasks import Split

SENTENCES = [["A", "dog", "barks"], ["It", "rains"]]


def words(**changes):
    columns = {
        "name": "train",
        "texts": SENTENCES,
        "text_index": [0, 0, 1],
        "positions": [[1], [2], [1]],
        "labels": [0, 1, 1],
        "files": ("a.conllu",),
        "file_index": [0, 0, 0],
        "lines": [2, 3, 7],
    }
    return Split(**(columns | changes))


def test_columns_become_int64_arrays():
    split = words()
    for column in (split.text_index, split.positions, split.labels, split.lines):
        assert column.dtype == np.int64
    assert split.positions.shape == (3, 1)
    assert len(split) == 3


def test_the_target_is_marked():
    assert words().text(1) == "A dog [barks]"
    assert words().text(1, mark=False) == "A dog barks"


def test_marking_leaves_the_text_as_it_was():
    split = words()
    split.text(0)
    assert split.texts[0] == ["A", "dog", "barks"]


def test_of_a_pair_both_words_are_marked_and_the_head_says_so():
    pair = words(positions=[[2, 1], [1, 0], [1, 0]])
    assert pair.text(0) == "A [dog] [head: barks]"


def test_ids_are_places():
    assert words().ids.tolist() == ["a.conllu:2", "a.conllu:3", "a.conllu:7"]


def test_ids_tell_examples_of_one_line_apart():
    split = words(lines=[2, 2, 3])
    assert split.ids.tolist() == ["a.conllu:2#1", "a.conllu:2#2", "a.conllu:3#1"]


@pytest.mark.parametrize("lines", [[0, 0, 0], [0, 4, 0]])
def test_ids_are_unique_without_lines(lines):
    assert len(set(words(lines=lines).ids.tolist())) == 3


def test_an_unknown_line_is_not_named():
    assert words(lines=[0, 0, 0]).place(0) == "a.conllu"


def test_a_subset_keeps_ids_texts_and_labels():
    split = words()
    part = split.subset([2, 1])
    assert part.ids.tolist() == split.ids[[2, 1]].tolist()
    assert [part.text(0), part.text(1)] == [split.text(2), split.text(1)]
    assert part.labels.tolist() == [1, 1]


@pytest.mark.parametrize("lines", [[2, 2, 3], [0, 0, 0], [2, 3, 7], [1, 2, 2]])
@pytest.mark.parametrize("positions", [[[1], [2], [1]], [[1], [1], [0]]])
def test_a_subset_has_the_ids_of_the_whole(lines, positions):
    split = words(lines=lines, positions=positions)
    for rows in ([0, 2], [1], [2, 1, 0], []):
        part = split.subset(rows)
        assert part.ids.tolist() == split.ids[rows].tolist()
        assert part.subset([-1] if rows else []).ids.tolist() == part.ids[-1:].tolist()


def test_ids_are_unique_where_a_subset_takes_a_row_twice():
    assert len(set(words().subset([1, 1, 2]).ids.tolist())) == 3


def test_a_subset_drops_texts_that_nothing_lives_in():
    assert words().subset([2]).texts == [["It", "rains"]]


def test_a_subset_by_mask_is_that_by_rows():
    split = words()
    by_mask = split.subset(np.array([True, False, True]))
    assert by_mask.ids.tolist() == split.subset([0, 2]).ids.tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": [[1], [3], [1]]}, r"a.conllu:3: position \[3\] .* expected 0 to 2"),
        ({"positions": [[1], [-1], [1]]}, r"a.conllu:3: position \[-1\]"),
        ({"text_index": [0, 0, 2]}, r"text_index\[2\] is 2, but there are 2 texts"),
        ({"file_index": [0, 1, 0]}, r"file_index\[1\] is 1, but there are 1 files"),
        ({"labels": [0, 1]}, "rows, but labels has 2"),
        ({"labels": [0.5, 1.0, 1.0]}, "labels has type float64; expected integers"),
        ({"lines": [2, -3, 7]}, "lines must be at least 1"),
        ({"texts": [["A", "dog", " "], ["It", "rains"]]}, "a.conllu:2: the text is empty"),
        ({"texts": ["A dog barks", "It rains"]}, "need texts that are lists of words"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        words(**changes)


@pytest.mark.parametrize(
    ("indices", "said"),
    [
        ([0.9], "indices has type float64; expected integers"),
        (["0"], "indices has type <U1; expected integers"),
        ([0, 3], r"indices\[1\] is 3, but there are 3 examples"),
        ([-4], r"indices\[0\] is -4, but there are 3 examples"),
        (np.ones(2, dtype=bool), r"indices is a mask of shape \(2,\); expected \(3,\)"),
        (np.ones((3, 1), dtype=bool), r"indices is a mask of shape \(3, 1\)"),
    ],
)
def test_a_subset_of_rows_that_are_not_there_is_refused(indices, said):
    with pytest.raises(InputError, match=said):
        words().subset(indices)
