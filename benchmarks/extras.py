"""What each extra weighs, and how long its first import takes: installed into empty environments.

    python benchmarks/extras.py WHEEL                     # prints the rows
    python benchmarks/extras.py WHEEL --write             # and puts them into the page
    python benchmarks/extras.py WHEEL --only study ...    # some extras; "" is none

Sizes are of what pip put into the environment, without pip itself. An import is timed in a new
process with warm file caches, the median of three; Python's own start is taken off.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
import venv
from pathlib import Path

from manual import between, put

ROOT = Path(__file__).parents[1]
PAGE = "reference/installing.md"
CALLS = {
    "": "import tunescope as ts; ts.DirectProbe",
    "classifier": "import numpy as np, tunescope as ts; ts.ClassifierProbe; import torch",
    "study": "import tunescope as ts; ts.compare; ts.Encoder",
    "demo": "import tunescope as ts; ts.compare; ts.Encoder",
    "peft": "import tunescope as ts, peft; ts.Encoder",
    "cluster": "import tunescope as ts, distributed; ts.compare",
}
"""What is imported with each extra; the shortest way to what it is for."""
HEAD = (
    "| installed | packages | size | `import tunescope` | what it is for, imported |",
    "| --- | --- | --- | --- | --- |",
)


def installed(wheel: Path, extra: str, folder: Path) -> Path:
    """Make an environment with the wheel and an extra; give its Python."""
    venv.create(folder, with_pip=True, clear=True)
    python = folder / "bin" / "python"
    what = f"tunescope[{extra}] @ {wheel.resolve().as_uri()}" if extra else str(wheel)
    constraints = str(ROOT / "constraints.txt")
    call = [str(python), "-m", "pip", "install", "--quiet", "--constraint", constraints, what]
    subprocess.run(call, check=True)
    return python


def size(folder: Path) -> float:
    """Give the megabytes of what is installed, without pip and setuptools."""
    (packages,) = folder.glob("lib/python*/site-packages")
    own = [one for one in packages.iterdir() if not one.name.startswith(("pip", "setuptools"))]
    files = [file for one in own for file in ([one] if one.is_file() else one.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def packages(python: Path) -> int:
    """Count what is installed, without pip and setuptools."""
    call = [str(python), "-m", "pip", "list", "--format=freeze"]
    lines = subprocess.run(call, check=True, capture_output=True, text=True).stdout.splitlines()
    return sum(not line.startswith(("pip=", "setuptools=")) for line in lines)


def seconds(python: Path, code: str, rounds: int = 3) -> float:
    """Time an import in new processes; the first, with cold caches, does not count."""
    taken = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run([str(python), "-c", code], check=True, cwd="/")
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def measured(wheel: Path, extra: str) -> str:
    """Give the row of an extra."""
    with tempfile.TemporaryDirectory() as folder:
        python = installed(wheel, extra, Path(folder))
        empty = seconds(python, "pass")
        plain = seconds(python, "import tunescope") - empty
        used = seconds(python, CALLS[extra]) - empty
        size_of = f"{size(Path(folder)):,.0f} MB"
        cells = (shown(extra), str(packages(python)), size_of, f"{plain:.2f} s", f"{used:.1f} s")
    return "| " + " | ".join(cells) + " |"


def shown(extra: str) -> str:
    """Name what is installed, as pip takes it."""
    return f"`tunescope[{extra}]`" if extra else "`tunescope`"


def write(rows: dict[str, str]) -> None:
    """Put rows into the page, in place of older ones of the same extras."""
    table = between(PAGE, "extras.py")
    old = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines()}
    kept = [rows.get(extra, old.get(shown(extra), "")) for extra in CALLS]
    put(PAGE, "extras.py", "\n".join([*HEAD, *filter(None, kept)]))


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE}")
    parser.add_argument("--only", nargs="+", choices=CALLS, default=list(CALLS))
    given = parser.parse_args()
    for extra in given.only:
        row = measured(given.wheel, extra)
        print(row, flush=True)
        if given.write:
            write({extra: row})


if __name__ == "__main__":
    main()
