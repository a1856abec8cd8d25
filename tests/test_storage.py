"""Whole or absent; and folder names that are safe and distinct."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tunescope.errors import InputError, TunescopeError
from tunescope.storage import (
    allocate,
    check_new_folder,
    discard,
    folder_name,
    recover,
    replacing,
    sweep,
    write_json,
)

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
@pytest.mark.slow
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
@pytest.mark.slow
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
@pytest.mark.slow
def test_a_plain_name_stands_for_itself(name: str) -> None:
    if name not in ("con", "prn", "aux", "nul") and not name.startswith(("com", "lpt")):
        assert folder_name(name) == name


def test_a_file_is_synced_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut a name must not be that of bytes that never reached the disk."""
    events: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: events.append(_name(handle)))
    rename = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda part, to: (events.append("rename"), rename(part, to))[1]
    )
    with replacing(tmp_path / "step") as part:
        part.mkdir()
        (part / "table").write_text("x")
    assert events[-2:] == ["rename", tmp_path.name]
    assert "table" in events[: events.index("rename")]
    assert any(name.startswith(".part-") for name in events[: events.index("rename")])


class KilledError(BaseException):
    """Stands for SIGKILL: nothing changes a file after it, whatever cleans up."""


def killed(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object], at: int) -> bool:
    """Do something until so many changes of files are done, and tell whether it was killed."""
    left = at

    def until_then(change: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: Any, **options: Any) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise KilledError
            return change(*arguments, **options)

        return counted

    with monkeypatch.context() as patched:
        for name in ("replace", "rename", "unlink", "rmdir", "mkdir"):
            patched.setattr(os, name, until_then(getattr(os, name)))
        try:
            work()
        except KilledError:
            return True
    return False


def fill(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    for name in "abc":
        (folder / name).write_text(text)


def replace(folder: Path) -> None:
    with replacing(folder) as part:
        fill(part, "new")


def swept(folder: Path) -> None:
    """As a run does it, which knows no more than its folder."""
    for left in folder.parent.glob(".part-*"):
        sweep(left)


LONG = "模[ab]*" * 15
"""More bytes than a temporary name keeps whole, and characters that a pattern would take."""


@pytest.mark.parametrize(
    ("work", "afterwards"), [(replace, "new"), (discard, None)], ids=["replaced", "discarded"]
)
@pytest.mark.parametrize(
    ("name", "mend"), [("update-3", recover), (LONG, recover), ("update-3", swept)]
)
def test_a_folder_is_the_old_or_the_new_one_whenever_the_process_is_killed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    mend: Callable[[Path], None],
    work: Callable[[Path], None],
    afterwards: str | None,
) -> None:
    found = []
    for at in range(100):
        folder = tmp_path / str(at) / name
        fill(folder, "old")
        dead = killed(monkeypatch, partial(work, folder), at)
        mend(folder)
        found.append({path.name: path.read_text() for path in folder.parent.rglob("?")})
        assert {path.name for path in folder.parent.iterdir()} <= {name}
        if not dead:
            break
    old, new = (dict.fromkeys("abc", text) if text else {} for text in ("old", afterwards))
    assert all(content in (old, new) for content in found)
    assert found[0] == old
    assert found[-1] == new


def test_what_others_are_writing_is_not_swept(tmp_path: Path) -> None:
    ours = tmp_path / LONG
    others = ["x-update-3", "update-3", "y" + LONG]
    with ExitStack() as stack:
        parts = [stack.enter_context(replacing(tmp_path / name)) for name in others]
        for part in parts:
            part.mkdir()
        recover(ours)
        recover(tmp_path / "3")
        assert all(part.is_dir() for part in parts)


def test_a_folder_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.replace

    def refuse(part: Path, to: Path) -> Path:
        if to == tmp_path / "step" and (part / "new").exists():
            raise OSError(28, "No space left on device")
        return rename(part, to)

    (tmp_path / "step").mkdir()
    (tmp_path / "step" / "old").write_text("x")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(TunescopeError, match="No space left"), replacing(tmp_path / "step") as part:
        part.mkdir()
        (part / "new").write_text("x")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [
        "step",
        "step/old",
    ]


def _name(handle: int) -> str:
    return Path(f"/proc/self/fd/{handle}").readlink().name


REFUSED = {
    "under a file": "file/inside",
    "a name too long": "x" * 300,
    "a path too long": "/".join(["y" * 200] * 30),
    "no such place": "/proc/tunescope-here",
    "a link to nothing": "dangling/inside",
}


@pytest.mark.parametrize("where", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_system_refuses_is_one_line_and_leaves_nothing(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(TunescopeError) as refused:
        write_json(tmp_path / where / "a.json", {})
    assert "\n" not in str(refused.value)
    with pytest.raises(TunescopeError):
        check_new_folder(tmp_path / where)
    assert sorted(tmp_path.iterdir()) == before


def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from tunescope.storage import write_json\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: write_json(Path(sys.argv[1]), {'new': 'x' * 10_000})\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("TunescopeError")
    assert "File too large" in done.stdout
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]
    assert json.loads(path.read_text()) == {"old": 1}


@pytest.mark.slow
@pytest.mark.parametrize("library", ["safetensors", "torch", "pandas"])
def test_a_full_disk_is_one_line_whatever_the_library_says_of_it(
    tmp_path: Path, library: str
) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from tunescope.storage import replacing\n"
        "import pandas, safetensors.torch, torch\n"
        "from tunescope.tuning.checkpoint import _save\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "many = {'a': torch.rand(100_000)}\n"
        "write = {'safetensors': lambda path: safetensors.torch.save_file(many, path),\n"
        "  'torch': lambda path: _save(many, path),\n"
        "  'pandas': lambda path: pandas.DataFrame({'a': many['a'].numpy()}).to_parquet(path)}\n"
        "try:\n"
        "    with replacing(Path(sys.argv[1])) as part: write[sys.argv[2]](part)\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a"), library],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"TunescopeError {tmp_path}")
    assert done.stdout.endswith("cannot write it: File too large\n")
    assert not list(tmp_path.iterdir())


def test_what_is_no_fault_of_the_disk_is_raised_as_it_is(tmp_path: Path) -> None:
    for error in (ValueError("os error"), KeyError("a"), RuntimeError("(os error 2)")):
        with pytest.raises(type(error)), replacing(tmp_path / "a"):
            raise error
    with pytest.raises(InputError, match="not this"), replacing(tmp_path / "a"):
        raise InputError("not this")


def test_a_new_folder_is_not_made_by_asking_for_it(tmp_path: Path) -> None:
    check_new_folder(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())
    (tmp_path / "full").mkdir()
    check_new_folder(tmp_path / "full")
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(InputError, match="exists already"):
        check_new_folder(tmp_path / "full")


def test_what_lies_below_a_file_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to("nowhere")
    for name, what in {"a": "a file", "b": "a link to nothing"}.items():
        for folder in (tmp_path / name, tmp_path / name / "c" / "d"):
            with pytest.raises(InputError, match=f"/{name}: is {what}; expected a folder"):
                check_new_folder(folder)


def test_the_space_of_a_mapped_file_is_taken_before_it_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        file.truncate(2**20)
    assert path.stat().st_blocks * 512 < 2**20
    allocate(path)
    assert path.stat().st_blocks * 512 >= 2**20
    path.write_bytes(b"some content")
    monkeypatch.delattr("os.posix_fallocate")
    allocate(path)
    assert path.read_bytes() == b"some content"
