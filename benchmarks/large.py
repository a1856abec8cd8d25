"""Measure separations of vectors larger than the memory that may be used, and how they grow.

    python benchmarks/large.py                       # 10,000, 100,000 and a million × 768
    python benchmarks/large.py --write               # into docs/how-to/clusters.md
    python benchmarks/large.py --sizes 10000 100000 --memory 1073741824

The vectors are drawn: 50 labels, 768 dimensions whose standard deviations fall as one over the
root of their number, as the principal directions of an encoder do, and label means, some far out
and some nearer to the middle. They are written to disk in float32 and mapped. Each size runs in a
process of its own, after a small call that compiles what is compiled. Private memory is that of
the process beyond what it had before the call (on Linux, ``RssAnon``, looked at fifty times a
second): pages of the mapped file are the system's. The exponent is that of processor seconds in
the number of examples.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from manual import put
from measuring import MIB, clock, in_own_process, quality
from tunescope.geometry import separations

PAGE = "how-to/clusters.md"
SIZES = (10_000, 100_000, 1_000_000)
N_LABELS, N_FEATURES = 50, 768
BLOCK = 10_000


def make(folder: Path, n: int) -> None:
    """Write vectors and labels, a block at a time."""
    scale = (1.0 / np.sqrt(np.arange(1, N_FEATURES + 1))).astype(np.float32)
    far = np.geomspace(0.3, 3.0, N_LABELS)[:, None]
    means = far * scale * np.random.default_rng(0).normal(size=(N_LABELS, N_FEATURES))
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (n, N_FEATURES))
    y = np.random.default_rng(1).integers(0, N_LABELS, n)
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        drawn = np.random.default_rng((2, start)).normal(size=X[rows].shape)
        X[rows] = means[y[rows]] + scale * drawn
    X.flush()
    np.save(folder / "y.npy", y)


def private() -> float:
    """Return this process's private memory, in MiB; NaN where the system does not say it."""
    status = Path("/proc/self/status")
    found = re.search(r"RssAnon:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 / MIB if found else float("nan")


class Watched:
    """Looks at the private memory while something runs."""

    def __enter__(self) -> Watched:
        self.before = self.most = private()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            self.most = max(self.most, private())

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def measure(folder: Path, memory: int) -> dict[str, Any]:
    """Measure the vectors of a folder."""
    X, y = np.load(folder / "X.npy", mmap_mode="r"), np.load(folder / "y.npy")
    separations(np.asarray(X[:500]), y[:500])
    with Watched() as watched:
        wall, processor, found = clock(lambda: separations(X, y, memory=memory))
    return {
        "n": len(X),
        "wall s": wall,
        "processor s": processor,
        "private MiB": watched.most - watched.before,
        "bound MiB": memory / MIB,
        **quality(found),
    }


def page(table: pd.DataFrame) -> str:
    """Write the table as Markdown, and how the time grows."""
    lines = [
        "| examples | seconds | processor seconds | private memory (MiB) | asked (MiB) "
        "| separable pairs | widest gap |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in table.to_dict("records"):
        lines.append(
            f"| {row['n']:,} | {row['wall s']:.0f} | {row['processor s']:.0f} "
            f"| {row['private MiB']:,.0f} | {row['bound MiB']:,.0f} "
            f"| {row['separable']} of {row['pairs']} | {row['widest gap']:.1e} |"
        )
    if len(table) > 1:
        slope = np.polyfit(np.log(table["n"]), np.log(table["processor s"]), 1)[0]
        lines += ["", f"*Processor seconds grow as the number of examples to the {slope:.2f}.*"]
    return "\n".join(lines)


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--memory", type=int, default=2 << 30, help="bytes that may be used")
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE}")
    parser.add_argument("--case", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case, options.memory)))
        return
    rows = []
    for n in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), n)
            given = "--case", folder, "--memory", str(options.memory)
            rows.append(in_own_process(__file__, *given))
        print(json.dumps(rows[-1]), flush=True)
    text = page(pd.DataFrame(rows))
    print(text)
    if options.write:
        put(PAGE, "large.py", text)


if __name__ == "__main__":
    main()
