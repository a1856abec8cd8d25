"""Calls of the command line, each in a forked process, so that nothing is imported twice."""

from __future__ import annotations

import io
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

IMPORTED = (
    *("sklearn.neural_network", "tunescope.cli", "tunescope.studies.conduct"),
    *("tunescope.studies.checkpoints", "tunescope.reports", "tunescope.paper"),
    "tunescope.studies.questions.vectors",
)
"""What calls import, once for all of them. Not what starts threads, which a fork would lose."""
MEGABYTES = 8 * 1024
"""Of private memory, more than a call has before it allocates anything large."""


class Patience:
    """How long a call may take before it counts as hung, on this machine as busy as it is."""

    FIRST, LEAST, TIMES = 1800.0, 120.0, 20
    """Seconds before anything was measured; the least; and how often the measured call's time."""

    def __init__(self) -> None:
        self.seconds = self.FIRST

    def measured(self, seconds: float) -> None:
        """Learn from a whole study."""
        self.seconds = max(self.LEAST, self.TIMES * seconds)


PATIENCE = Patience()


@dataclass(frozen=True)
class Ended:
    """How a call ended."""

    arguments: tuple[str, ...]
    code: int
    """Exit code; minus the number of the signal that ended it."""
    out: str
    err: str
    seconds: float

    @property
    def clear(self) -> bool:
        """Whether it worked, or said what is wrong in few lines, with an exit code of ours."""
        lines = self.err.strip().splitlines()
        few = not self.code or 0 < len(lines) <= 4
        return self.code in (0, 1, 2) and "Traceback" not in self.err and few

    def __str__(self) -> str:
        shown = " ".join(one if len(one) < 80 else f"{one[:80]}…" for one in self.arguments)
        return f"{shown!r} ended with {self.code} in {self.seconds:.1f} s: {self.err[-600:]!r}"


def call(
    arguments: Sequence[str],
    folder: Path,
    *,
    first: Callable[[], object] = lambda: None,
    last: Callable[[], object] = lambda: None,
    during: Callable[[int], object] = lambda _: None,
) -> Ended:
    """Call ``tunescope`` with a folder as the current one.

    Parameters
    ----------
    first, last : done in the process, before and after the call.
    during : done here once the process was started; gets its id.
    """
    _import()
    told = [folder.parent / f".{folder.name}-{what}" for what in ("out", "err")]
    begin = time.monotonic()
    process = os.fork()
    if not process:
        _in_the_child(arguments, folder, told, first, last)
    during(process)
    status = _waited_for(process)
    out, err = (path.read_bytes().decode("utf-8", "replace") for path in told)
    seconds = time.monotonic() - begin
    return Ended(tuple(arguments), os.waitstatus_to_exitcode(status), out, err, seconds)


@cache
def _import() -> None:
    import torch

    torch.set_num_threads(1)
    for name in IMPORTED:
        import_module(name)


def _in_the_child(
    arguments: Sequence[str],
    folder: Path,
    told: Sequence[Path],
    first: Callable[[], object],
    last: Callable[[], object],
) -> None:
    code = 1
    try:
        for number, path in enumerate(told, start=1):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(handle, number)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), write_through=True)  # noqa: SIM115
        sys.stderr = io.TextIOWrapper(
            open(2, "wb", closefd=False),  # noqa: SIM115
            errors="backslashreplace",
            write_through=True,
        )
        os.chdir(folder)
        first()
        from tunescope.cli import main

        main(list(arguments))
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - the parent finds the traceback
        traceback.print_exc()
    finally:
        last()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _waited_for(process: int) -> int:
    end = time.monotonic() + PATIENCE.seconds
    while time.monotonic() < end:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return status
        time.sleep(0.005)
    os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1]


def with_little_memory() -> None:
    """Bound what a call can allocate, for one that should allocate little.

    Address space that is only reserved, as the engine that draws figures does, is not counted.
    """
    size = MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
