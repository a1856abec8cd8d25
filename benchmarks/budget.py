"""Draw trainings, and hold the share of their time that looking took beside the share asked for.

    python benchmarks/budget.py        writes the table into docs/reference/watching.md

Each training has a drawn model, number of texts and of updates, schedule and share: some train for
a minute or more, others are over before two looks could be paid for.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import Trainer, TrainingArguments

import tiny
import tunescope as ts
from manual import put

PAGE = "reference/watching.md"
KINDS = {
    "of a minute or more": (5, {"layers": (4, 7), "widths": (256,), "texts": (2000, 4000)}),
    "of seconds": (3, {"layers": (2, 7), "widths": (64, 128), "texts": (200, 400, 800)}),
}
"""Kind of training → how many are drawn, and from what."""


def trained(rng: np.random.Generator, folder: Path, sizes: dict[str, tuple[int, ...]]) -> list[str]:
    """Draw a training, watch it, and say what was asked for and what was spent."""
    layers, width = int(rng.integers(*sizes["layers"])), int(rng.choice(sizes["widths"]))
    texts, batch = int(rng.choice(sizes["texts"])), int(rng.choice([8, 16]))
    epochs = int(rng.integers(2, 5))
    share, every = float(rng.choice([0.05, 0.1, 0.2])), rng.choice(["epoch", "log:20", "5"])
    words, task = tiny.tokenizer(), tiny.task(sizes=(texts, texts // 2))
    config = tiny.bert_config(words)
    config.num_hidden_layers, config.hidden_size, config.intermediate_size = (
        layers,
        width,
        4 * width,
    )
    rows: Any = [
        {**words(text), "labels": int(label)}
        for text, label in zip(task["train"].texts, task["train"].labels, strict=True)
    ]
    schedule = int(every) if every.isdigit() else str(every)
    callback = ts.GeometryCallback(task, every=schedule, budget=share)
    trainer = Trainer(
        tiny.made(transformers.BertForSequenceClassification, config),
        TrainingArguments(
            str(folder),
            per_device_train_batch_size=batch,
            num_train_epochs=epochs,
            disable_tqdm=True,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            logging_strategy="no",
        ),
        train_dataset=rows,
        data_collator=transformers.DataCollatorWithPadding(words),
        processing_class=words,
        callbacks=[callback],
    )
    trainer.train()
    seen = callback.result.record["watching"]
    return [
        f"{layers} layers of {width}, {texts} texts, {trainer.state.max_steps} updates",
        f"`{schedule!r}`".replace("'", '"'),
        f"{share:.0%}",
        f"{seen['share_of_time']:.1%}",
        f"{len(seen['updates'])} of {len(seen['updates']) + len(seen['left_out_for_the_budget'])}",
        seen["examples"],
        f"{seen['seconds_of_training']:.0f} s",
    ]


def main() -> None:
    """Watch the drawn trainings, and write the table."""
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    head = ["kind", "training", "`every`", "asked", "spent", "looks", "looked at", "training took"]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for kind, (drawn, sizes) in KINDS.items():
        for seed in range(drawn):
            rng = np.random.default_rng(seed)
            with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(sys.stderr):
                lines.append(" | ".join([kind, *trained(rng, Path(place), sizes)]))
            print(lines[-1], flush=True)
    put(PAGE, "budget.py", "\n".join(f"| {line} |" for line in lines))


if __name__ == "__main__":
    main()
