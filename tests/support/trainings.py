"""Trainings as anybody's script has them, of tiny models and with nothing of this package's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tiny_models import split_of, tiny_model, word_task
from transformers import (
    BertForSequenceClassification,
    BertForTokenClassification,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from tunescope.tasks import Task

ANIMALS = ("bird", "cat", "dog")
QUIET: dict[str, Any] = {
    "report_to": "none",
    "disable_tqdm": True,
    "use_cpu": True,
    "save_strategy": "no",
    "logging_strategy": "no",
    "learning_rate": 1e-3,
    "per_device_train_batch_size": 4,
    "num_train_epochs": 2,
}


def animal_task(sizes: tuple[int, int] = (24, 12)) -> Task:
    """Short texts, each about one animal, which is the label."""
    rng = np.random.default_rng(3)
    splits = {}
    for name, n in zip(("train", "test"), sizes, strict=True):
        labels = np.arange(n) % 3
        texts = [
            " ".join(
                [
                    *rng.choice(["the", "a", "old", "small", "grey"], rng.integers(1, 5)),
                    ANIMALS[label],
                    *rng.choice(["sees", "hears", "likes", "of", "with"], rng.integers(1, 5)),
                ]
            )
            for label in labels
        ]
        splits[name] = split_of(name, texts, np.arange(n), np.zeros((n, 0)), labels)
    return Task("animals", "text", ANIMALS, splits)


def text_rows(tokenizer: Any, task: Task) -> list[dict[str, Any]]:
    """Tokenise the training texts, as a data set for a Trainer."""
    split = task["train"]
    pairs = zip(split.texts, split.labels, strict=True)
    return [{**tokenizer(text), "labels": int(label)} for text, label in pairs]


def word_rows(tokenizer: Any, task: Task) -> list[dict[str, Any]]:
    """Tokenise the training sentences, each word's label on its first token."""
    split = task["train"]
    rows = []
    for number, words in enumerate(split.texts):
        encoded = tokenizer(words, is_split_into_words=True)
        mine = split.text_index == number
        given = dict(zip(split.positions[mine, 0].tolist(), split.labels[mine], strict=True))
        labels, before = [], None
        for word in encoded.word_ids():
            labels.append(-100 if word is None or word == before else int(given[word]))
            before = word
        rows.append({**encoded, "labels": labels})
    return rows


def text_trainer(folder: Path, callbacks: list[Any], **arguments: Any) -> tuple[Trainer, Task]:
    """Make a Trainer of a classifier of texts."""
    task = animal_task()
    model, tokenizer = tiny_model("bert")
    config = model.config
    config.id2label = dict(enumerate(ANIMALS))
    config.label2id = {name: number for number, name in enumerate(ANIMALS)}
    rows = text_rows(tokenizer, task)

    def fresh() -> Any:
        torch.manual_seed(0)
        return BertForSequenceClassification(config)

    how = arguments.pop("how", {"model": fresh()})
    if how == "model_init":
        how = {"model_init": fresh}
    trainer = arguments.pop(
        "kind", Trainer
    )(
        **how,
        args=TrainingArguments(output_dir=str(folder), **{**QUIET, **arguments}),
        train_dataset=rows,  # type: ignore[arg-type]
        eval_dataset=rows[:6],  # type: ignore[arg-type]
        processing_class=tokenizer,
        callbacks=callbacks,
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    return trainer, task


def word_trainer(folder: Path, callbacks: list[Any], **arguments: Any) -> tuple[Trainer, Task]:
    """Make a Trainer of a classifier of words."""
    task = word_task(sizes=(20, 10))
    model, tokenizer = tiny_model("bert")
    config = model.config
    config.num_labels = len(task.label_names)
    torch.manual_seed(0)
    trainer = Trainer(
        BertForTokenClassification(config),
        TrainingArguments(output_dir=str(folder), **{**QUIET, **arguments}),
        train_dataset=word_rows(tokenizer, task),  # type: ignore[arg-type]
        processing_class=tokenizer,
        callbacks=callbacks,
        data_collator=DataCollatorForTokenClassification(tokenizer),
    )
    return trainer, task


def weights(model: Any) -> dict[str, torch.Tensor]:
    """Copy a model's weights."""
    return {name: weight.detach().clone() for name, weight in model.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    """Tell whether weights are the same, bit by bit."""
    return first.keys() == second.keys() and all(
        torch.equal(weight, second[name]) for name, weight in first.items()
    )


def scored(trainer: Trainer, scores: Sequence[float]) -> None:
    """Have a Trainer's evaluations give these scores, one after the other."""
    left = iter(scores)
    trainer.compute_metrics = lambda _: {"score": next(left)}


class LoadingFirst(Trainer):
    """Loads the best model before its last log, as version 4 of transformers does."""

    def log(self, logs: dict[str, float], *more: Any) -> None:
        """Load, and log."""
        if "total_flos" in logs and self.state.best_model_checkpoint is not None:
            self._load_best_model()
        super().log(logs, *more)
