"""Hold several processes of this machine beside one: the same study, its time, where it goes.

    TUNESCOPE_DATA=... python benchmarks/processes.py FOLDER               # prints the table
    TUNESCOPE_DATA=... python benchmarks/processes.py FOLDER --write       # into the manual

The study is ``reproduce --models minilm --tasks trec-50,ps-fxn --quick``. What was measured stays
in the folder and is not measured again. With another number of threads sums have another order, so
that two trainings are alike and not equal.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from manual import put
from measuring import markdown, show
from tunescope.runs import Run
from tunescope.studies.spending import SPENT

PAGE = "how-to/clusters.md"
WORKERS = (1, 2)
STUDY = ("reproduce", "--models", "minilm", "--tasks", "trec-50,ps-fxn", "--quick", "--quiet")


def done(folder: Path, workers: int) -> dict[str, Any]:
    """Do the study with so many processes, unless it was done, and say what it took."""
    told, out = folder / f"workers-{workers}.json", folder / f"workers-{workers}"
    if not told.exists():
        command = [sys.executable, "-m", "tunescope", *STUDY, "--out", str(out)]
        command += ["--workers", str(workers)] if workers > 1 else []
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
        wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        told.write_text(json.dumps({"wall s": wall, "processor s": used}), encoding="utf-8")
    measured = json.loads(told.read_text(encoding="utf-8"))
    record = Run.open(out).record
    longest = max(record["timings"], key=lambda step: step["seconds"])
    return {
        "processes": workers,
        "wall s": round(measured["wall s"]),
        "processor s": round(measured["processor s"]),
        "of it fine-tuning": round(record[SPENT]["fine-tuning"]),
        "the longest step": longest["step"].removeprefix("minilm/"),
        "of s": round(longest["seconds"]),
    }


def main() -> None:
    """Read the options, measure, print or write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE}")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    rows = [done(given.folder, workers) for workers in WORKERS]
    show(rows)
    one, several = (row["wall s"] for row in rows)
    said = f"{WORKERS[1]} processes take {several / one:.2f} of the time of one."
    print(said)
    if given.write:
        put(PAGE, Path(__file__).name, f"{markdown(rows)}\n\n*{said}*")


if __name__ == "__main__":
    main()
