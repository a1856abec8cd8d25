"""Hold the quick probe beside the whole grid: accuracy on held-out examples, and what it costs.

    TUNESCOPE_DATA=... python benchmarks/quick_probe.py --write   # into docs/explanation/probes.md

For each of the paper's tasks the last layer of ``minilm`` is probed under `Protocol.quick()` and
under the paper's grid, searched by halving.  Both are trained on the training split, and asked of
the test split.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from measuring import clock
from tunescope.encoders import Encoder
from tunescope.probes import ClassifierProbe, Protocol
from tunescope.tasks import load_task

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "probes.md"
BEGIN, END = "<!-- quick_probe.py -->", "<!-- end of quick_probe.py -->"
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
    parser.add_argument("--write", action="store_true", help=f"into docs/explanation/{PAGE.name}")
    options = parser.parse_args()
    text = page(pd.DataFrame([measure(task) for task in options.tasks]))
    print(text)
    if options.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
