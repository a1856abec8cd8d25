"""Write the manual's page of speed: the work that people wait for, measured on this machine.

    TUNESCOPE_DATA=... python benchmarks/speed.py FOLDER                   # prints the tables
    TUNESCOPE_DATA=... python benchmarks/speed.py FOLDER --write           # into the page
    TUNESCOPE_DATA=... python benchmarks/speed.py FOLDER --only quick_probe

Each table is made by the benchmark of that name, in a process of its own, and dated. Vectors stay
in the folder for another time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from manual import put
from measuring import markdown

HERE = Path(__file__).parent
PAGE = "explanation/speed.md"
PARTS = {
    "separations": (
        ["--vectors", "{folder}/vectors"],
        (
            *("work", "n", "d", "labels", "processor s", "with clusters processor s", "clusters"),
            *("widest gap", "peak MiB"),
        ),
    ),
    "clustering": (
        ["--only", "words", "--layers", "1", "-1", "--vectors", "{folder}/vectors"],
        (
            *("work", "layer", "n", "labels", "contradictions", "meeting label pairs"),
            *("refused merges", "clusters", "checks", "processor s", "peak MiB"),
        ),
    ),
    "finetuning": (
        [],
        ("task", "updates", "as a whole, processor s", "in parts, processor s", "ratio"),
    ),
    "quick_probe": (
        ["--protocols", "quick"],
        ("task", "examples", "quick (%)", "quick, processor s"),
    ),
}
"""Benchmark → its options, and the columns that the page shows."""


def machine() -> str:
    """Say on what this is measured."""
    name = platform.processor() or platform.machine()
    told = Path("/proc/cpuinfo")
    if told.exists():
        lines = told.read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2] for line in lines if "model name" in line), name)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{one} {version(one)}" for one in ("torch", "numpy", "tunescope"))
    python = platform.python_version()
    return (
        f"{name.strip()}, {cores} cores; Python {python}, {packages}; {time.strftime('%Y-%m-%d')}"
    )


def measured(part: str, folder: Path) -> list[dict[str, Any]]:
    """Run a benchmark, and give the columns that the page shows."""
    options, columns = PARTS[part]
    out = folder / f"{part}.json"
    words = [option.format(folder=folder) for option in options]
    subprocess.run([sys.executable, HERE / f"{part}.py", *words, "--out", out], check=True)
    rows = json.loads(out.read_text(encoding="utf-8"))
    return [{name: row.get(name) for name in columns} for row in rows]


def main() -> None:
    """Read the options, measure, print or write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE}")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for part in given.only:
        text = f"{markdown(measured(part, given.folder.resolve()))}\n\n*{machine()}.*"
        print(text, flush=True)
        if given.write:
            put(PAGE, f"{part}.py", text)


if __name__ == "__main__":
    main()
