"""Hold the quick probe beside the whole grid: accuracy on held-out examples, and what it costs.

    TUNESCOPE_DATA=... python benchmarks/quick_probe.py                    # prints a table
    TUNESCOPE_DATA=... python benchmarks/quick_probe.py --tasks trec-50 pos
    TUNESCOPE_DATA=... python benchmarks/quick_probe.py --protocols quick  # without the grid

For each of the paper's tasks the last layer of ``minilm`` is probed under `Protocol.quick()` and
under the paper's grid, searched by halving.  Both are trained on the training split, and asked of
the test split.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from measuring import clock, show
from tunescope.encoders import Encoder
from tunescope.probes import ClassifierProbe, Protocol
from tunescope.tasks import load_task

TASKS = ("trec-50", "ps-fxn", "ps-role", "pos", "dep")


PROTOCOLS = {"quick": Protocol.quick, "grid": Protocol.halving}


def measure(task: str, protocols: Sequence[str]) -> dict[str, float | str]:
    """Probe one task's last layer under some protocols."""
    encoded = Encoder("minilm").encode(load_task(task), layers=[-1])
    train, test = encoded["train"], encoded["test"]
    X, X_test = np.asarray(train.layer(-1)), np.asarray(test.layer(-1))
    row: dict[str, float | str] = {"task": task, "examples": len(X)}
    for name in protocols:
        probe = ClassifierProbe(PROTOCOLS[name]())
        wall, seconds, _ = clock(lambda p=probe: p.fit(X, train.labels, train.groups))  # type: ignore[misc]
        row |= {f"{name} (%)": 100 * probe.score(X_test, test.labels)}
        row |= {f"{name}, wall s": wall, f"{name}, processor s": seconds}
        print(row, file=sys.stderr, flush=True)
    if len(protocols) > 1:
        row["difference"] = row["quick (%)"] - row["grid (%)"]  # type: ignore[operator]
        row["times faster"] = row["grid, processor s"] / row["quick, processor s"]  # type: ignore[operator]
    return row


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS))
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    options = parser.parse_args()
    rows = [measure(task, options.protocols) for task in options.tasks]
    show(rows)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
