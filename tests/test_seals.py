"""What was written is told from what became of it: JSON files, files, and whole folders."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunescope.errors import DamagedError, InputError
from tunescope.seals import (
    damage,
    folder_damage,
    read_sealed,
    seal_folder,
    stamp,
    write_sealed,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text() | st.integers(0, 99), JSON))
@example({10: "x", 9: "y", "name": "\udc80"})
@pytest.mark.slow
def test_what_is_sealed_is_read_again(value: dict[Any, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.json")
        write_sealed(path, {k: v for k, v in value.items() if k != "sha256"})
        assert read_sealed(path) == {str(k): v for k, v in value.items() if k != "sha256"}


@settings(max_examples=40, deadline=None)
@given(st.data())
@pytest.mark.slow
def test_no_changed_byte_of_a_sealed_file_changes_what_is_read(data: st.DataObject) -> None:
    value = {"seconds": 1.5, "files": {"a.parquet": {"size": 12}}, "text": "ü\u2028"}
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.json")
        write_sealed(path, value)
        whole = path.read_bytes()
        at = data.draw(st.integers(0, len(whole) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "empty", "more"]))
        if kind == "flip":
            flipped = bytes([whole[at] ^ (1 << data.draw(st.integers(0, 7)))])
            path.write_bytes(whole[:at] + flipped + whole[at + 1 :])
        else:
            path.write_bytes({"cut": whole[:at], "empty": b"", "more": whole + b"}"}[kind])
        try:
            read = read_sealed(path)
        except DamagedError as error:
            assert str(path) in str(error)
        else:  # white space, or the name of the seal itself
            assert {key: read[key] for key in value} == value


def test_a_stamp_tells_what_became_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"content")
    stamped = stamp(path)
    assert damage(path, stamped) is None
    path.write_bytes(b"cOntent")
    assert damage(path, stamped, content=False) is None
    assert damage(path, stamped) == "other bytes than were written"
    path.write_bytes(b"cont")
    assert damage(path, stamped) == "4 bytes; 7 were written"
    path.unlink()
    assert damage(path, stamped) == "the file is missing"
    path.mkdir()
    assert damage(path, stamped) == "the file is missing"


def _spoiled(folder: Path, how: str) -> Path:
    path = folder / "inner" / "b.npy"
    content = path.read_bytes()
    match how:
        case "emptied":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(content[:-1])
        case "flipped":
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "missing":
            path.unlink()
        case "foreign":
            path = folder / "inner" / "c.npy"
            path.write_bytes(b"x")
    return path


@pytest.mark.parametrize("how", ["emptied", "cut", "flipped", "missing"])
def test_a_sealed_folder_tells_what_became_of_its_files(tmp_path: Path, how: str) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "inner" / "b.npy").write_bytes(b"numbers")
    assert folder_damage(tmp_path) == (tmp_path / "contents.json", "the file is missing")
    seal_folder(tmp_path)
    (tmp_path / "inner" / ".DS_Store").write_bytes(b"x")
    assert folder_damage(tmp_path) is None
    path = _spoiled(tmp_path, how)
    found = folder_damage(tmp_path)
    assert found is not None
    assert found[0] == path


def test_a_file_that_came_to_a_sealed_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.npy").write_bytes(b"numbers")
    seal_folder(tmp_path)
    path = _spoiled(tmp_path, "foreign")
    with pytest.raises(InputError, match=re.escape(str(path))):
        folder_damage(tmp_path)
