import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file into the test's folder and return its path."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def corpora() -> Path:
    """Return the folder of the real corpora, or skip the test."""
    folder = os.environ.get("TUNESCOPE_DATA")
    if not folder:
        pytest.skip("the corpora are not here: TUNESCOPE_DATA is not set")
    return Path(folder)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take the corpora away: no TUNESCOPE_DATA, and an empty cache folder, which is returned."""
    monkeypatch.delenv("TUNESCOPE_DATA", raising=False)
    cache = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(cache / name))
    return cache / "tunescope" / "data"
