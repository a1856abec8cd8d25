import subprocess

import pytest

from tunescope.errors import InputError
from tunescope.tasks.readers.files import display_names, git_blob_id, read_lines


def test_the_blob_id_is_what_git_says(write):
    path = write("x", b"some \xf0 bytes\n")
    said = subprocess.run(["git", "hash-object", path], capture_output=True, text=True, check=True)
    assert git_blob_id(path.read_bytes()) == said.stdout.strip()


def test_only_line_feeds_end_lines(write):
    path = write("x", "a\u2028b\x0cc\r\nd\n")
    assert read_lines(path) == ["a\u2028b\x0cc", "d"]


def test_a_byte_order_mark_is_no_text(write):
    assert read_lines(write("x", b"\xef\xbb\xbfa\n")) == ["a"]


def test_what_cannot_be_decoded_is_said_by_line(write):
    with pytest.raises(InputError, match=r"x:3: byte 0xF0 is not utf-8"):
        read_lines(write("x", b"a\nb\nc \xf0 d\n"))


def test_a_missing_file_names_the_nearest(write):
    path = write("train.csv", "a")
    with pytest.raises(InputError, match=r"trian.csv: no such file; did you mean 'train.csv'"):
        read_lines(path.with_name("trian.csv"))


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file_is_refused(write, content):
    with pytest.raises(InputError, match="x: the file is empty"):
        read_lines(write("x", content))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder; expected a file"):
        read_lines(tmp_path)


def test_equal_file_names_are_told_apart_by_their_folders():
    assert display_names(["a/x.csv", "b/y.csv"]) == ["x.csv", "y.csv"]
    assert display_names(["a/x.csv", "b/x.csv"]) == ["a/x.csv", "b/x.csv"]
