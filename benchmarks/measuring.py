"""Clocks, memory, a process for each case, and tables: what the benchmarks have in common."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tunescope.geometry import Separations

MIB = 1 << 20


def clock(work: Callable[[], Any], repeats: int = 1) -> tuple[float, float, Any]:
    """Time a call: wall seconds, processor seconds of all threads, and what it gave.

    Both are medians of the repeats. On a machine that does other things as well, the processor
    seconds say more.
    """
    walls, processors = [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return median(walls), median(processors), result


def peak() -> float:
    """Return the most memory this process has had, in MiB.

    Where Linux says it of the program alone; `getrusage` counts what the process had that started
    it, before it became this program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB


def quality(found: Separations) -> dict[str, Any]:
    """Say what was proven: how many separations, and the widest gap of their bounds."""
    apart = found.status == "separable"
    return {
        "pairs": len(found),
        "separable": int(apart.sum()),
        "undecided": int((found.status == "undecided").sum()),
        "widest gap": widest_gap(found.lower[apart], found.upper[apart]),
    }


def widest_gap(lower: np.ndarray, upper: np.ndarray) -> float:
    """Return the largest gap between two bounds, relative to the upper one."""
    return float(((upper - lower) / upper).max(initial=0.0))


def in_own_process(script: str, *arguments: str, source: Path | None = None) -> dict[str, Any]:
    """Run a script that prints a row as JSON in its last line, and say when it is there.

    Parameters
    ----------
    source : folder of another version of the package, to run the script with.
    """
    paths = [] if source is None else [str(source.resolve())]
    paths += [path for path in [os.environ.get("PYTHONPATH")] if path]
    done = subprocess.run(
        [sys.executable, script, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(row), file=sys.stderr, flush=True)
    return row


def markdown(rows: list[dict[str, Any]]) -> str:
    """Write rows as a table in Markdown, with numbers as people read them."""

    def cell(value: Any) -> str:
        if isinstance(value, float) and abs(value) < 1000:
            return f"{value:.1e}" if 0 < abs(value) < 1e-3 else f"{value:.3g}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f"{round(value):,}"
        return "–" if value is None else str(value)

    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [[cell(row.get(name)) for name in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def show(rows: list[dict[str, Any]]) -> None:
    """Print rows as a table."""
    print(markdown(rows))
