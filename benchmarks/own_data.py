"""How long `tunescope compare` takes on 2,000 questions, six labels, 2 % of them flipped.

    python benchmarks/own_data.py FOLDER

makes `questions.csv` (columns `question;category`) from TREC, fine-tunes MiniLM with transformers'
Trainer as anybody would, and runs the command, with the wall time and processor time it took.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from measuring import show

N, FLIPPED, SEED = 2000, 0.02, 0


def write_questions(path: Path) -> list[str]:
    """Write the file and give its labels."""
    from tunescope.tasks import load_task

    task = load_task("trec-6", limit=N)
    rows = [
        (split.text(i), int(split.labels[i]))
        for split in task.splits.values()
        for i in range(len(split))
    ]
    rng = np.random.default_rng(SEED)
    n_labels = len(task.label_names)
    flipped = rng.choice(len(rows), int(FLIPPED * len(rows)), replace=False).tolist()
    for i in flipped:
        rows[i] = rows[i][0], (rows[i][1] + int(rng.integers(1, n_labels))) % n_labels
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["question", "category"])
        writer.writerows([text, task.label_names[label]] for text, label in rows)
    lines = "\n".join(str(i + 2) for i in sorted(flipped))
    (path.parent / "flipped.txt").write_text(lines + "\n")
    return list(task.label_names)


def fine_tune(path: Path, labels: list[str], folder: Path) -> None:
    """Fine-tune MiniLM on the file, as anybody would."""
    import pandas as pd
    from datasets import Dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    from tunescope.encoders import find_model

    base = find_model("minilm").location
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForSequenceClassification.from_pretrained(
        base,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    table = pd.read_csv(path, sep=";")
    data = Dataset.from_dict(
        {"text": table["question"], "label": [labels.index(one) for one in table["category"]]}
    ).map(lambda rows: tokenizer(rows["text"]), batched=True, remove_columns=["text"])
    arguments = TrainingArguments(
        str(folder / "training"),
        num_train_epochs=2,
        per_device_train_batch_size=32,
        learning_rate=5e-5,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        seed=SEED,
    )
    collator = DataCollatorWithPadding(tokenizer)
    Trainer(model, arguments, train_dataset=data, data_collator=collator).train()
    model.save_pretrained(folder / "tuned")
    tokenizer.save_pretrained(folder / "tuned")


def compared(folder: Path) -> dict[str, float | str]:
    """Make what is missing, and time the command."""
    folder.mkdir(parents=True, exist_ok=True)
    data, tuned = folder / "questions.csv", folder / "tuned"
    if not tuned.exists():
        fine_tune(data, write_questions(data), folder)
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "tunescope", "compare", "minilm", str(tuned)]
        command += ["--data", str(data), "--trained-on", "all", "--out", str(Path(out) / "run")]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run(command, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
        seconds = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"work": "2,000 questions, 6 labels, 7 layers", "wall s": seconds, "processor s": busy}


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path, help="keeps the texts and the tuned model")
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    given = parser.parse_args()
    rows = [compared(given.folder)]
    show(rows)
    if given.out:
        given.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
