"""How much faster `Encoder.encode` is than the loop that one would write first.

    TUNESCOPE_DATA=... python benchmarks/encoding.py

encodes every word of a task (UD English-PUD by default) in every layer, both ways in turn,
and prints a table. The plain loop reads the sentences in file order, in batches of 32 padded
to the longest, and takes the mean of each word's subwords; it has the same model, the same
fast tokenizer, no gradients, and as many threads. The two must agree within 1e-4. A third line
leaves the matrix products to PyTorch's default library, as the plain loop does: what is left
is the gain of batches by length alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import torch

from measuring import show
from tunescope.encoders import Encoder
from tunescope.tasks import load_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from tunescope.tasks import Task

TOLERANCE = 1e-4


def file_order(task: Task) -> list[tuple[str, int]]:
    """List the texts as they are in the file: by the line of their first example."""
    places = []
    for name, split in task.splits.items():
        rows, first = np.unique(split.text_index, return_index=True)
        lines = split.lines[first]
        places.extend((int(line), name, int(row)) for line, row in zip(lines, rows, strict=True))
    return [(name, row) for _, name, row in sorted(places)]


def plain_loop(encoder: Encoder, task: Task, batch_size: int = 32) -> dict[str, np.ndarray]:
    """Encode words the obvious way: ``(layers, n, d)`` of each split."""
    model, tokenizer = encoder.model, encoder.tokenizer
    order = file_order(task)
    words: dict[tuple[str, int], torch.Tensor] = {}
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        texts = [task[name].texts[row] for name, row in chosen]
        tokens = tokenizer(texts, is_split_into_words=True, padding=True, return_tensors="pt")
        with torch.no_grad():
            hidden = torch.stack(model(**tokens, output_hidden_states=True).hidden_states)
        for i, place in enumerate(chosen):
            word_ids = tokens.word_ids(i)
            owner = torch.tensor([-1 if word is None else word for word in word_ids])
            words[place] = torch.stack(
                [hidden[:, i, owner == word].mean(dim=1) for word in range(len(texts[i]))], dim=1
            )
    return {
        name: torch.stack(
            [
                words[name, row][:, position]
                for row, position in zip(
                    split.text_index.tolist(), split.positions[:, 0].tolist(), strict=True
                )
            ],
            dim=1,
        ).numpy()
        for name, split in task.splits.items()
    }


def ours(encoder: Encoder, task: Task) -> dict[str, np.ndarray]:
    """Encode words with the package."""
    return {
        name: np.stack([found.layer(layer) for layer in found.layers])
        for name, found in encoder.encode(task).items()
    }


def ours_by_mkl(encoder: Encoder, task: Task) -> dict[str, np.ndarray]:
    """Encode words with the package, but leave the matrix products to PyTorch's default."""
    with mock.patch("tunescope.encoders.transformer.fast_linear", lambda _: nullcontext()):
        return ours(encoder, task)


def timed(
    way: Callable[[Encoder, Task], dict[str, np.ndarray]], encoder: Encoder, task: Task
) -> tuple[float, float, dict[str, np.ndarray]]:
    """Run once: seconds on the wall, seconds of all cores, and the vectors."""
    wall, cores = time.perf_counter(), time.process_time()
    found = way(encoder, task)
    return time.perf_counter() - wall, time.process_time() - cores, found


def main() -> int:
    """Print the table; 1 if the two ways do not agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--task", default="pos", help="a task of words")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    task = load_task(chosen.task)
    encoder = Encoder(chosen.model, device="cpu")
    n_texts = sum(len(split.texts) for split in task.splits.values())
    n_words = sum(len(split) for split in task.splits.values())
    ways = {"plain loop": plain_loop, "tunescope": ours, "without oneDNN": ours_by_mkl}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    vectors = {}
    for _ in range(chosen.repeats):
        for name, way in ways.items():
            wall, cores, vectors[name] = timed(way, encoder, task)
            seconds[name].append((wall, cores))
    apart = max(
        float(np.abs(vectors["plain loop"][name] - vectors["tunescope"][name]).max())
        for name in task.splits
    )
    print(
        f"{chosen.task}: {n_texts} sentences, {n_words} words, {encoder.n_layers + 1} layers of "
        f"{chosen.model}; {chosen.threads} threads, median of {chosen.repeats}"
    )
    medians = {
        name: [statistics.median(column) for column in zip(*each, strict=True)]
        for name, each in seconds.items()
    }
    plain = medians["plain loop"]
    rows = [
        {
            "way": name,
            "wall s": wall,
            "processor s": cores,
            "words a second": n_words / wall,
            "times faster (wall)": plain[0] / wall,
            "times faster (processor)": plain[1] / cores,
        }
        for name, (wall, cores) in medians.items()
    ]
    show(rows)
    print(f"largest difference of a coordinate: {apart:.1e} (allowed: {TOLERANCE:.0e})")
    if chosen.out:
        chosen.out.write_text(json.dumps(rows, indent=1))
    return 0 if apart <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
