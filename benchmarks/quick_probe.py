"""Hold the quick probe beside the whole grid: accuracy on held-out examples, and what it costs.

    TUNESCOPE_DATA=... python benchmarks/quick_probe.py                    # prints a table
    TUNESCOPE_DATA=... python benchmarks/quick_probe.py --tasks trec-50 pos

For each of the paper's tasks the last layer of ``minilm`` is probed under `Protocol.quick()` and
under the paper's grid, searched by halving.  Both are trained on the training split, and asked of
the test split.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from measuring import clock
from tunescope.encoders import Encoder
from tunescope.probes import ClassifierProbe, Protocol
from tunescope.tasks import load_task

TASKS = ("trec-50", "ps-fxn", "ps-role", "pos", "dep")


def measure(task: str) -> dict[str, float | str]:
    """Probe one task's last layer under both protocols."""
    encoded = Encoder("minilm").encode(load_task(task), layers=[-1])
    train, test = encoded["train"], encoded["test"]
    X, X_test = np.asarray(train.layer(-1)), np.asarray(test.layer(-1))
    row: dict[str, float | str] = {"task": task}
    for name, protocol in (("quick", Protocol.quick()), ("grid", Protocol.halving())):
        probe = ClassifierProbe(protocol)
        _, seconds, _ = clock(lambda p=probe: p.fit(X, train.labels, train.groups))  # type: ignore[misc]
        row |= {name: 100 * probe.score(X_test, test.labels), f"{name} s": seconds}
        print(task, name, f"{row[name]:.2f} %, {seconds:.0f} processor seconds", flush=True)
    return row


def page(table: pd.DataFrame) -> str:
    """Write the table as Markdown, and what follows from it."""
    lines = [
        "| task | `quick` (%) | whole grid, by halving (%) | difference | processor seconds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in table.to_dict("records"):
        lines.append(
            f"| {row['task']} | {row['quick']:.2f} | {row['grid']:.2f} "
            f"| {row['quick'] - row['grid']:+.2f} | {row['quick s']:.0f} and {row['grid s']:.0f} |"
        )
    below = (table["grid"] - table["quick"]).max()
    times = (table["grid s"] / table["quick s"]).median()
    end = f"*At most {max(below, 0.0):.2f} points below the grid, in a {times:.0f}th of its time.*"
    return "\n".join([*lines, "", end])


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    options = parser.parse_args()
    print(page(pd.DataFrame([measure(task) for task in options.tasks])))


if __name__ == "__main__":
    main()
