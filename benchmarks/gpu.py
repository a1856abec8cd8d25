"""What a GPU brings: encoding, fine-tuning and the classifier probe, on it and on the CPU.

    TUNESCOPE_DATA=... python benchmarks/gpu.py           # prints a table; minutes
    python benchmarks/gpu.py --device cpu --task demo-pos # tries the script itself without one

Without a GPU it says so and measures nothing.  Each row is the same work on both devices, once to
warm up on a part of it and once for the clock, which waits until the device has ended; and how far
the two results are from each other.  The model is ``minilm``, the words those of UD English-PUD.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tunescope import finetune
from tunescope.encoders import Encoder
from tunescope.probes import ClassifierProbe, Protocol
from tunescope.tasks import Task, load_task

MODEL = "minilm"


def clock(device: str, work: Callable[[], Any]) -> tuple[float, Any]:
    """Time a call until its device has nothing left to do."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    begin = time.perf_counter()
    found = work()
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter() - begin, found


def encoding(task: Task, device: str, dtype: str = "float32") -> tuple[float, np.ndarray]:
    """Encode the training split in every layer."""
    encoder = Encoder(MODEL, device=device, dtype=dtype)
    encoder.encode(task, splits=["test"])
    seconds, found = clock(device, lambda: encoder.encode(task, splits=["train"]))
    return seconds, np.asarray(found["train"].layer(-1), dtype=np.float32)


def tuning(task: Task, device: str) -> tuple[float, np.ndarray]:
    """Fine-tune for a tenth of an epoch, and give the training losses."""
    seconds, tuned = clock(device, lambda: finetune(MODEL, task, epochs=0.1, device=device))
    return seconds, tuned.history["loss"].dropna().to_numpy()


def probe(X: np.ndarray, y: np.ndarray, device: str, protocol: Protocol) -> tuple[float, Any]:
    """Search and train a classifier probe; give its accuracy on what it was trained on."""
    made = ClassifierProbe(protocol, device=device)
    seconds, fitted = clock(device, lambda: made.fit(X, y))
    return seconds, np.array([fitted.score(X, y)])


def row(work: str, on_cpu: tuple[float, Any], on_device: tuple[float, Any]) -> dict[str, Any]:
    """Put the same work on two devices beside each other."""
    (slow, expected), (fast, found) = on_cpu, on_device
    apart = float(np.abs(expected - found).max()) if expected.shape == found.shape else np.nan
    return {"work": work, "CPU s": slow, "device s": fast, "times": slow / fast, "apart": apart}


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--task", default="pos", help="a task of words")
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    options = parser.parse_args()
    device: str = options.device
    if device.startswith("cuda") and not torch.cuda.is_available():
        print("no CUDA device: nothing is measured")
        return
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    task = load_task(options.task)
    on_cpu = encoding(task, "cpu")
    rows = [
        row("encoding, all layers", on_cpu, encoding(task, device)),
        row("encoding in bfloat16", on_cpu, encoding(task, device, "bfloat16")),
        row("fine-tuning, a tenth of an epoch", tuning(task, "cpu"), tuning(task, device)),
    ]
    train = Encoder(MODEL, device="cpu").encode(task, splits=["train"], layers=[-1])["train"]
    X, y = np.asarray(train.layer(-1), dtype=np.float32), train.labels
    for said, protocol in (
        ("quick probe", Protocol.quick()),
        ("128 settings, 5 folds, 4 epochs", Protocol.zhou2022(max_epochs=4)),
    ):
        rows.append(row(said, probe(X, y, "cpu", protocol), probe(X, y, device, protocol)))
    print(f"{name}; torch {torch.__version__}; {torch.get_num_threads()} CPU threads")
    for one in rows:
        print(
            f"{one['work']:34s} CPU {one['CPU s']:8.2f} s   device {one['device s']:8.2f} s   "
            f"{one['times']:6.1f} times   apart {one['apart']:.1e}"
        )
    if options.out:
        options.out.write_text(json.dumps({"device": name, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
