"""What an update of fine-tuning costs: a batch run in parts of similar lengths, or as a whole.

    TUNESCOPE_DATA=... python benchmarks/finetuning.py --out rows.json

One training a task, on the processor, whose updates take the two ways in turn. The gradients are
the same but for rounding and for what dropout draws.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from measuring import markdown
from tunescope.encoders import transformer
from tunescope.tasks import load_task
from tunescope.tuning import finetune

TASKS = ("trec-50", "ps-fxn", "ps-role", "pos", "dep")
WAYS = {"as a whole": 10**9, "in parts": transformer._PART}
"""Way → what a part costs in tokens; where it is more than the batch, there is one part."""
WARM = 2
"""Updates that are not counted: the first ones take memory anew."""


class Alternating:
    """Takes the ways in turn, and the processor seconds of each update."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {name: [] for name in WAYS}
        self._before = time.process_time()

    def __call__(self, done: int, _total: int) -> None:
        """Note the update that has ended, and choose the way of the next."""
        now = time.process_time()
        names = list(WAYS)
        if done > WARM:
            self.seconds[names[(done - 1) % len(names)]].append(now - self._before)
        transformer._PART = WAYS[names[done % len(names)]]
        self._before = time.process_time()


def measured(model: str, name: str, updates: int, batch_size: int) -> dict[str, Any]:
    """Train for some updates, and give a row of the table."""
    task = load_task(name)
    epochs = (2 * updates + WARM) * batch_size / len(task["train"].texts)
    settings: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "device": "cpu"}
    clock = Alternating()
    with mock.patch.object(transformer, "_PART", WAYS["as a whole"]):
        finetune(model, task, **settings, snapshots=[0], keep=False, evaluate=(), progress=clock)
    whole, parts = (statistics.mean(clock.seconds[way]) for way in WAYS)
    return {
        "task": name,
        "updates": min(map(len, clock.seconds.values())),
        **{
            f"{way}, processor s": round(mean, 2)
            for way, mean in zip(WAYS, (whole, parts), strict=True)
        },
        "ratio": round(whole / parts, 2),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--updates", type=int, default=20, help="of each of the two ways")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="file for the rows, as JSON")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    rows = []
    for name in given.tasks:
        rows.append(measured(given.model, name, given.updates, given.batch_size))
        print(rows[-1], flush=True)
        if given.out:
            given.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(markdown(rows))


if __name__ == "__main__":
    main()
