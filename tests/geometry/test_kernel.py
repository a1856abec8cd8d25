"""What is compiled into a function counts for what is kept of it on disk."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tunescope.geometry import kernel
from tunescope.geometry.hulls.nearest_point import nearest_points

INNER = """\
from kernel import kernel

@kernel()
def inner(x):
    return x + {}
"""
OUTER = """\
from inner import inner
from kernel import kernel

@kernel()
def outer(x):
    return 10 * inner(x)

print(outer(1))
"""


@pytest.mark.slow
def test_an_edit_of_what_is_called_is_noticed(tmp_path: Path) -> None:
    shutil.copy(kernel.__file__, tmp_path / "kernel.py")
    (tmp_path / "outer.py").write_text(OUTER)
    for added in (1, 5):
        (tmp_path / "inner.py").write_text(INNER.format(added))
        done = subprocess.run(
            [sys.executable, tmp_path / "outer.py"], capture_output=True, text=True, check=True
        )
        assert int(done.stdout) == 10 * (1 + added)


def test_the_solver_is_kept_with_the_sources_of_all() -> None:
    if not hasattr(nearest_points, "_cache"):
        pytest.skip("numba is told not to compile")
    assert nearest_points._cache._cache_file._source_stamp[1] == kernel.DIGEST


@pytest.mark.parametrize("private", [{}, {"_cache": None}, {"_cache": type("Cache", (), {})()}])
def test_a_numba_that_cannot_be_told_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, private: dict[str, Any]
) -> None:
    asked: list[dict[str, Any]] = []

    def njit(**options: Any) -> Any:
        asked.append(options)

        def compiled(function: Any) -> Any:
            dispatcher = type("Dispatcher", (), private)()
            dispatcher.function = function
            return dispatcher

        return compiled

    monkeypatch.setattr(kernel, "njit", njit)
    dispatcher = kernel.kernel(fastmath=True)(abs)
    assert dispatcher.function is abs
    assert asked[-1] == {"nogil": True, "error_model": "numpy", "fastmath": True}
