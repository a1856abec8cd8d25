"""What DirectProbe is given, read and written."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from tunescope.directprobe import inputs
from tunescope.errors import InputError

FIELDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0"), min_size=1
).filter(lambda text: text == text.strip())


def written(folder: Path, text: str) -> Path:
    path = folder / "file.txt"
    path.write_text(text, encoding="utf-8", newline="")
    return path


@settings(deadline=None)
@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1))
@pytest.mark.slow
def test_entities_come_back(tmp_path_factory: pytest.TempPathFactory, pairs: list) -> None:
    path = tmp_path_factory.mktemp("entities") / "train.txt"
    texts, labels = zip(*pairs, strict=True)
    inputs.write_entities(path, texts, labels)
    again = inputs.read_entities(path)
    assert again[0] == texts
    assert again[1].tolist() == list(labels)


def test_a_line_separator_that_is_no_line_end_stays_in_its_text(tmp_path: Path) -> None:
    path = written(tmp_path, "one\u2028two\x0cthree\tA\nfour\tB\n")
    assert inputs.read_entities(path)[0] == ("one\u2028two\x0cthree", "four")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a\tX\nb\n", "file.txt:2: 1 field"),
        ("a\tX\n\nb\tX\n", "file.txt:2: 1 field"),
        ("a\tb\tX\n", "file.txt:1: 3 field"),
        ("", "empty"),
    ],
)
def test_wrong_entities_are_named_by_line(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        inputs.read_entities(written(tmp_path, text))


def test_bytes_that_are_not_utf8_are_named_by_file(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(b"caf\xe9\tX\n")
    with pytest.raises(InputError, match="not UTF-8"):
        inputs.read_entities(path)


@pytest.mark.parametrize("text", ["a\tb", "a\nb", " a", "a\u3000", "", "a\rb", "a\0", "a\ud800"])
def test_a_text_that_the_format_cannot_hold_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train.txt"
    with pytest.raises(InputError, match=r"texts\[1\]"):
        inputs.write_entities(path, ["fine", text], ["X", "X"])
    assert list(tmp_path.iterdir()) == []


def test_texts_and_labels_must_be_equally_many(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 for 1 labels"):
        inputs.write_entities(tmp_path / "train.txt", ["a", "b"], ["X"])


def test_the_set_of_labels_is_sorted_and_has_each_once(tmp_path: Path) -> None:
    inputs.write_label_set(tmp_path / "tags.txt", ["b", "a", "b"])
    assert inputs.read_label_set(tmp_path / "tags.txt") == ("a", "b")
    with pytest.raises(InputError, match=r"file.txt:2: empty"):
        inputs.read_label_set(written(tmp_path, "a\n\n"))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.slow
def test_vectors_come_back_to_the_last_bit(tmp_path: Path, dtype: type) -> None:
    width = np.finfo(dtype).bits
    shapes = of_numpy.array_shapes(min_dims=2, max_dims=2, max_side=6)
    numbers = st.floats(width=width, allow_nan=False, allow_infinity=False)

    @settings(deadline=None)
    @given(of_numpy.arrays(dtype, shapes, elements=numbers))
    def come_back(vectors: np.ndarray) -> None:
        inputs.write_embeddings(tmp_path / "v.txt", vectors)
        for wide in {dtype, np.float64 if dtype is np.float64 else np.float32}:
            again = inputs.read_embeddings(tmp_path / "v.txt", dtype=wide)
            np.testing.assert_array_equal(again, vectors)

    come_back()


def test_vectors_longer_than_a_block_come_back_in_order(tmp_path: Path) -> None:
    vectors = np.arange(3 * inputs.ROWS + 5, dtype=np.float32)[:, None]
    inputs.write_embeddings(tmp_path / "v.txt", vectors)
    np.testing.assert_array_equal(inputs.read_embeddings(tmp_path / "v.txt"), vectors)


def test_any_white_space_stands_between_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, "  1\t2 \r\n3   4e0\r\n")
    np.testing.assert_array_equal(inputs.read_embeddings(path), [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1 2\n3\n", "file.txt:2: 1 numbers; expected 2"),
        ("1 2\n3 4 5\n", "file.txt:2: 3 numbers; expected 2"),
        ("1 2\n\n3 4\n", "file.txt:2: 0 numbers; expected 2"),
        ("\n1 2\n", "file.txt:1: 0 numbers; expected at least 1"),
        ("1 2\n3 x\n", "file.txt:2: 'x'"),
        ("1 2\n3 nan\n", "file.txt:2: 'nan'"),
        ("1 2\n-inf 3\n", "file.txt:2: '-inf'"),
        ("1 2\n1_0 3\n", "file.txt:2: '1_0'"),
        ('1 2\n3 "4\n', "file.txt:2: '\"4'"),
        ("1 2\n3 1e99\n", "file.txt:2: value 2 is too large"),
        ("1 2 3\n" * (2 * inputs.ROWS) + "1 2\n", f"file.txt:{2 * inputs.ROWS + 1}: 2 numbers"),
    ],
)
def test_wrong_vectors_are_named_by_line(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        inputs.read_embeddings(written(tmp_path, text))


def test_vectors_that_are_no_numbers_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"vectors\[1\]"):
        inputs.write_embeddings(tmp_path / "v.txt", np.array([[1.0], [np.nan]]))
    with pytest.raises(InputError, match="expected numbers of shape"):
        inputs.write_embeddings(tmp_path / "v.txt", np.array([1.0]))
    assert list(tmp_path.iterdir()) == []
