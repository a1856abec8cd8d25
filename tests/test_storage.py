"""Whole or absent; and folder names that are safe and distinct."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tunescope.storage import folder_name, replacing

NAMES = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="aAbB01._-/\\ :@~%\0\n", max_size=12),
    st.from_regex(r"\A[./~]*[a-z]{0,3}(@[0-9a-f]{16})?\Z"),
    st.text(alphabet="模型甲éÉßſİı́", max_size=6),
)


def test_a_file_that_is_there_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@given(NAMES, NAMES)
@example("ckpt_1", "ckpt-1")
@example("./bert", "../bert")
@example("Bert", "bert")
@example("", ".")
@example("a b", folder_name("a b"))
@example("x" * 200, "x" * 201)
def test_no_two_names_share_a_folder(one: str, other: str) -> None:
    same = folder_name(one).casefold() == folder_name(other).casefold()
    assert same == (one == other)


@given(NAMES)
@example(".")
@example("..")
@example("/etc")
@example("C:\\x")
@example("nul")
@example("")
def test_a_folder_is_one_component_below_its_parent(name: str) -> None:
    folder = folder_name(name)
    for flavour in (PurePosixPath, PureWindowsPath):
        assert (flavour("/run") / folder).parent == flavour("/run")
        assert flavour(folder).name == folder
    assert folder not in ("", ".", "..")
    assert not folder.startswith(".")
    assert len(folder.encode()) <= 100
    assert folder.isascii()
    assert folder.isprintable()


@given(st.from_regex(r"\A[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}\Z"))
def test_a_plain_name_stands_for_itself(name: str) -> None:
    if name not in ("con", "prn", "aux", "nul") and not name.startswith(("com", "lpt")):
        assert folder_name(name) == name
