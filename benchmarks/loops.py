"""Watch every kind of training loop, and see that it is what it is without.

    python benchmarks/loops.py [NAME ...]      writes the table into docs/reference/watching.md

For each loop: whether the weights are the same, bit by bit, with and without being watched;
whether each look is of the weights that the loop itself had after that update; whether the
numbers are in the tracker's files; whether the page was written. A loop whose package is not
installed is listed as not tried.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import Trainer, TrainerCallback, TrainingArguments

import tiny
import tunescope as ts
from manual import put
from tunescope.encoders import Encoder
from tunescope.geometry import spread
from tunescope.runs import Run

PAGE = "reference/watching.md"
EVERY = 3
NAME = "geometry/spread"
LOOKS: dict[str, Any] = {
    "every": EVERY,
    "budget": None,
    "measures": ["spread", "distances", "head"],
}
ARGUMENTS: dict[str, Any] = {
    "per_device_train_batch_size": 4,
    "max_steps": 8,
    "learning_rate": 1e-3,
    "disable_tqdm": True,
    "use_cpu": True,
    "save_strategy": "no",
    "logging_steps": 1,
}


@dataclass
class Seen:
    """What one training left."""

    weights: dict[str, Any]
    model: Any
    words: Any
    task: ts.Task
    states: dict[int, dict[str, Any]] = field(default_factory=dict)
    run: Any = None
    page: Path | None = None
    logged: dict[int, float] | None = None
    best: int | None = None


class Keep(TrainerCallback):
    """Copy the weights after each update."""

    def __init__(self) -> None:
        self.states: dict[int, dict[str, Any]] = {}

    def _keep(self, state: Any, model: Any) -> None:
        self.states[state.global_step] = copy.deepcopy(model.state_dict())

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        """Copy the weights before the first update."""
        self._keep(state, kwargs["model"])

    def on_step_end(self, _args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        """Copy the weights after an update."""
        self._keep(state, kwargs["model"])


def text_rows(words: Any, task: ts.Task) -> list[dict[str, Any]]:
    """Tokenise the training texts."""
    pairs = zip(task["train"].texts, task["train"].labels, strict=True)
    return [{**words(text), "labels": int(label)} for text, label in pairs]


def language_rows(words: Any, task: ts.Task) -> list[dict[str, Any]]:
    """Tokenise the training texts without labels."""
    return [dict(words(text)) for text in task["train"].texts]


def word_rows(words: Any, task: ts.Task) -> list[dict[str, Any]]:
    """Tokenise the training sentences; the animal's token has the label."""
    rows = []
    split = task["train"]
    for text, place, label in zip(split.texts, split.positions[:, 0], split.labels, strict=True):
        encoded = words(list(text), is_split_into_words=True)
        labels = [-100] * len(encoded["input_ids"])
        labels[encoded.word_ids().index(int(place))] = int(label)
        rows.append({**encoded, "labels": labels})
    return rows


def finish(callback: Any, seen: Seen, folder: Path) -> Seen:
    """Gather what a callback left, and what the tracker wrote."""
    seen.run = callback.result
    seen.page = callback.report(folder / "page.html")  # of two processes, the first writes it
    if importlib.util.find_spec("tensorboard") is not None:
        module = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
        seen.logged = {}
        for path in folder.rglob("events.out.tfevents.*"):
            read = module.EventAccumulator(str(path)).Reload()
            if f"train/{NAME}" in read.Tags()["scalars"]:
                seen.logged |= {e.step: e.value for e in read.Scalars(f"train/{NAME}")}
    return seen


def by_trainer(
    make: Callable[[], tuple[Any, Any, ts.Task, Any, Any]],
    *,
    prepare: Callable[[Any], Any] | None = None,
    resume: int | None = None,
    twice: bool = False,
    callbacks: Callable[[], list[Any]] = list,
    **arguments: Any,
) -> Callable[[Path, bool], Seen]:
    """Give a loop of transformers' own Trainer."""

    def train(folder: Path, watched: bool) -> Seen:
        model, words, task, rows, collator = make()
        keep = Keep()
        callback = ts.GeometryCallback(task, pooling="mean", **LOOKS)

        def trainer() -> Trainer:
            how: dict[str, Any] = {"model": model if prepare is None else prepare(model)}
            if twice:
                how = {"model_init": lambda: make()[0]}
            tracker = "tensorboard" if watched and _has("tensorboard") else "none"
            return Trainer(
                **how,
                args=TrainingArguments(
                    str(folder), report_to=tracker, **{**ARGUMENTS, **arguments}
                ),
                train_dataset=rows,
                eval_dataset=rows[:6],  # type: ignore[arg-type]
                data_collator=collator,
                processing_class=words,
                callbacks=[keep, *([callback] if watched else []), *callbacks()],
            )

        made = trainer()
        made.train()
        if twice:
            made.train()
        if resume is not None:
            model.load_state_dict(make()[0].state_dict())
            made = trainer()
            made.train(resume_from_checkpoint=str(folder / f"checkpoint-{resume}"))
        best = made.state.best_global_step if made.args.load_best_model_at_end else None
        trained: Any = made.model
        seen = Seen(_copied(trained), trained, words, task, keep.states, best=best)
        return finish(callback, seen, folder) if watched else seen

    return train


def classifier() -> tuple[Any, Any, ts.Task, Any, Any]:
    """Make a classifier of texts."""
    words, task = tiny.tokenizer(), tiny.task()
    model = tiny.made(transformers.BertForSequenceClassification, tiny.bert_config(words))
    collator = transformers.DataCollatorWithPadding(words)
    return model, words, task, text_rows(words, task), collator


def tagger() -> tuple[Any, Any, ts.Task, Any, Any]:
    """Make a classifier of words."""
    words, task = tiny.tokenizer(), tiny.task("word")
    model = tiny.made(transformers.BertForTokenClassification, tiny.bert_config(words))
    collator = transformers.DataCollatorForTokenClassification(words)
    return model, words, task, word_rows(words, task), collator


def masked() -> tuple[Any, Any, ts.Task, Any, Any]:
    """Make a masked language model."""
    words, task = tiny.tokenizer(), tiny.task()
    model = tiny.made(transformers.BertForMaskedLM, tiny.bert_config(words))
    collator = transformers.DataCollatorForLanguageModeling(words)
    return model, words, task, language_rows(words, task), collator


def decoder() -> tuple[Any, Any, ts.Task, Any, Any]:
    """Make a causal language model."""
    words, task = tiny.tokenizer(cls=False), tiny.task()
    model = tiny.made(transformers.LlamaForCausalLM, tiny.llama_config(words))
    collator = transformers.DataCollatorForLanguageModeling(words, mlm=False)
    return model, words, task, language_rows(words, task), collator


def with_lora(model: Any) -> Any:
    """Put an adapter into a model."""
    import peft

    torch.manual_seed(0)
    config = peft.LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj", "v_proj"])
    return peft.get_peft_model(model, config)


def sft(folder: Path, watched: bool) -> Seen:
    """Fine-tune a decoder with an adapter by trl's SFTTrainer."""
    import datasets
    import trl

    model, words, task, _, _ = decoder()
    keep, callback = Keep(), ts.GeometryCallback(task, pooling="last", **LOOKS)
    trainer = trl.SFTTrainer(
        with_lora(model),
        args=trl.SFTConfig(
            str(folder),
            report_to="tensorboard" if watched and _has("tensorboard") else "none",
            bf16=False,
            **ARGUMENTS,
        ),
        train_dataset=datasets.Dataset.from_dict({"text": list(task["train"].texts)}),
        processing_class=words,
        callbacks=[keep, *([callback] if watched else [])],
    )
    trainer.train()
    trained: Any = trainer.model
    seen = Seen(_copied(trained), trained, words, task, keep.states)
    return finish(callback, seen, folder) if watched else seen


def sentences(folder: Path, watched: bool) -> Seen:
    """Train a model of sentences."""
    import datasets
    import sentence_transformers as st
    from sentence_transformers.sentence_transformer.losses import BatchAllTripletLoss
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    words, task = tiny.tokenizer(), tiny.task()
    place = folder / "bert"
    tiny.made(transformers.BertModel, tiny.bert_config(words)).save_pretrained(place)
    words.save_pretrained(place)
    inner = Transformer(str(place))
    model = st.SentenceTransformer(modules=[inner, Pooling(16)], device="cpu")
    keep, callback = Keep(), ts.GeometryCallback(task, pooling="mean", **LOOKS)
    labels = [int(label) for label in task["train"].labels]
    trainer = st.SentenceTransformerTrainer(
        model,
        args=st.SentenceTransformerTrainingArguments(
            str(folder),
            report_to="tensorboard" if watched and _has("tensorboard") else "none",
            **ARGUMENTS,
        ),
        train_dataset=datasets.Dataset.from_dict(
            {"sentence": list(task["train"].texts), "label": labels}
        ),
        loss=BatchAllTripletLoss(model),
        callbacks=[keep, *([callback] if watched else [])],
    )
    trainer.train()
    seen = Seen(_copied(model), model, model.tokenizer, task, keep.states)
    return finish(callback, seen, folder) if watched else seen


def plain(folder: Path, watched: bool, compiled: bool = False) -> Seen:
    """Train in a loop of one's own."""
    model, words, task, rows, collate = classifier()
    batches = [collate(rows[i : i + 4]) for i in range(0, len(rows), 4)] * 2
    model.train()
    trained = torch.compile(model, backend="eager") if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    states = {0: _copied(model)}
    heard: dict[int, float] = {}
    torch.manual_seed(1)
    looking = ts.watch(
        trained,
        words,
        task,
        folder=folder / "geometry",
        pooling="mean",
        log=lambda values, update: heard.update({update: values[NAME]}),
        **LOOKS,
    )
    with looking if watched else contextlib.nullcontext():
        for update, batch in enumerate(batches[:8], start=1):
            trained(**batch).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            states[update] = _copied(model)
            if watched:
                looking.step()
    seen = Seen(_copied(model), model, words, task, states, logged=heard)
    if watched:
        seen.run, seen.page = looking.result, looking.report(folder / "page.html")
    return seen


def by_lightning(folder: Path, watched: bool) -> Seen:
    """Train by Lightning's Trainer, which logs to its own logger."""
    import lightning
    from lightning.pytorch.loggers import CSVLogger

    model, words, task, rows, collate = classifier()
    model.train()
    states = {0: _copied(model)}
    logger = CSVLogger(str(folder / "csv"))

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def training_step(self, batch: Any, _: int) -> Any:
            return self.inner(**batch).loss

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), lr=1e-3)

    looking = ts.watch(
        model,
        words,
        task,
        folder=folder / "geometry",
        pooling="mean",
        log=lambda values, update: logger.log_metrics(values, step=update),
        **LOOKS,
    )

    class Watched(lightning.Callback):
        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            states[trainer.global_step] = _copied(model)
            if watched:
                looking.step(trainer.global_step)

    torch.manual_seed(1)
    with looking if watched else contextlib.nullcontext():
        lightning.Trainer(
            max_steps=8,
            accelerator="cpu",
            callbacks=[Watched()],
            logger=logger,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(Module(), torch.utils.data.DataLoader(rows, batch_size=4, collate_fn=collate))
    seen = Seen(_copied(model), model, words, task, states)
    if watched:
        logger.save()
        import pandas as pd

        rows_read = pd.read_csv(next(folder.rglob("metrics.csv"))).dropna(subset=[NAME])
        seen.logged = dict(zip(rows_read["step"].astype(int), rows_read[NAME], strict=True))
        seen.run, seen.page = looking.result, looking.report(folder / "page.html")
    return seen


def two_processes(folder: Path, watched: bool) -> Seen:
    """Train a classifier with two processes on the CPU."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    subprocess.run(
        [*launcher, "--nproc_per_node", "2", __file__, "--child", str(folder), str(int(watched))],
        check=True,
        capture_output=True,
        timeout=600,
    )
    left = torch.load(folder / "seen.pt", weights_only=True)
    model, words, task, _, _ = classifier()
    seen = Seen(left["weights"], model, words, task, left["states"], logged=left["logged"])
    if watched:
        seen.run, seen.page = Run.open(folder / "geometry"), folder / "page.html"
    return seen


def child(folder: Path, watched: bool) -> None:
    """Be one of two processes."""
    seen = by_trainer(classifier, ddp_backend="gloo")(folder, watched)
    if os.environ["RANK"] == "0":
        left = {"weights": seen.weights, "states": seen.states, "logged": seen.logged}
        torch.save(left, folder / "seen.pt")


def stopping() -> list[Any]:
    """Stop when the evaluation gets worse."""
    return [transformers.EarlyStoppingCallback(1)]


EARLY: dict[str, Any] = {
    "eval_strategy": "steps",
    "eval_steps": 1,
    "save_strategy": "steps",
    "save_steps": 1,
    "load_best_model_at_end": True,
    "metric_for_best_model": "eval_loss",
    "learning_rate": 0.1,
    "max_steps": 30,
}
LOOPS: dict[str, tuple[Callable[[Path, bool], Seen], str]] = {
    "Trainer, sequence classification": (by_trainer(classifier), ""),
    "Trainer, token classification": (by_trainer(tagger), ""),
    "Trainer, causal language modelling": (by_trainer(decoder), ""),
    "Trainer, masked language modelling": (by_trainer(masked), ""),
    "gradient accumulation": (by_trainer(classifier, gradient_accumulation_steps=2), ""),
    "bf16": (by_trainer(classifier, bf16=True), ""),
    "gradient checkpointing": (by_trainer(classifier, gradient_checkpointing=True), ""),
    "epochs in place of `max_steps`": (
        by_trainer(classifier, max_steps=-1, num_train_epochs=1.5),
        "",
    ),
    "early stopping with the best model": (by_trainer(classifier, callbacks=stopping, **EARLY), ""),
    "resumed from a checkpoint": (
        by_trainer(classifier, resume=5, save_strategy="steps", save_steps=5),
        "",
    ),
    "`model_init`, trained twice": (by_trainer(classifier, twice=True), ""),
    "two processes": (two_processes, ""),
    "LoRA": (by_trainer(decoder, prepare=with_lora), "peft"),
    "SFTTrainer with LoRA": (sft, "trl"),
    "SentenceTransformerTrainer": (sentences, "sentence_transformers"),
    "Lightning": (by_lightning, "lightning"),
    "plain loop": (plain, ""),
    "`torch.compile`, plain loop": (lambda f, w: plain(f, w, compiled=True), ""),
    "`torch.compile` by the Trainer": (
        by_trainer(classifier, torch_compile=True, torch_compile_backend="eager"),
        "",
    ),
}


def _has(package: str) -> bool:
    return not package or importlib.util.find_spec(package) is not None


def _copied(model: Any) -> dict[str, Any]:
    return {name: weight.detach().clone() for name, weight in model.state_dict().items()}


def spreads(seen: Seen, updates: list[int], pooling: str) -> list[float]:
    """Measure the weights that the loop itself had after some updates."""
    found = []
    for update in updates:
        seen.model.load_state_dict(seen.states[update])
        encoder = Encoder(seen.model.eval(), tokenizer=seen.words)
        vectors = encoder.encode(seen.task, layers=[-1], pooling=pooling)["train"]
        found.append(spread(vectors.layer(-1), vectors.labels).total)
    return found


def tried(name: str) -> dict[str, str]:
    """Train a loop with and without being watched, and compare."""
    loop, package = LOOPS[name]
    if not _has(package):
        return {"loop": name, "looks at": f"not tried: {package} is not installed"}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        alone, seen = (loop(folder / part, part == "watched") for part in ("alone", "watched"))
        same = alone.weights.keys() == seen.weights.keys() and all(
            torch.equal(weight, seen.weights[key]) for key, weight in alone.weights.items()
        )
        table = seen.run.tables["spread"]
        measured = dict(zip(table["update"].astype(int), table["total"], strict=True))
        pooling = "last" if "SFT" in name else "mean"
        expected = spreads(alone, sorted(measured), pooling)
        last = max(alone.states)
        due = {0, last, *range(0, last, EVERY)} | ({alone.best} if alone.best else set())
        if "resumed" in name:
            due |= {5}
        right = set(measured) == due and np.allclose(
            [measured[update] for update in sorted(measured)], expected, rtol=1e-5
        )
        logged = seen.logged
        read = "not tried"
        if logged is not None:
            there = set(logged) >= {u for u in measured if u != alone.best}
            close = all(np.isclose(value, measured[u], rtol=1e-5) for u, value in logged.items())
            read = _yes(there and close)
        size = seen.page.stat().st_size if seen.page and seen.page.exists() else 0
    return {
        "loop": name,
        "looks at": ", ".join(map(str, sorted(measured))),
        "same weights": _yes(same),
        "looks are right": _yes(right),
        "tracker read back": read,
        "page": _yes(size > 100_000),
    }


def _yes(value: object) -> str:
    return "yes" if value else "**no**"


def main(names: list[str]) -> None:
    """Try the loops, and write the table if all were asked for."""
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    rows = []
    for name in names or LOOPS:
        began = time.perf_counter()
        try:
            with contextlib.redirect_stdout(sys.stderr):
                row = tried(name)
        except Exception as error:  # noqa: BLE001 - the table says what became of each loop
            row = {"loop": name, "looks at": f"failed: {type(error).__name__}: {error}"[:200]}
        rows.append(row)
        print(f"{row}  {time.perf_counter() - began:.0f} s", flush=True)
    columns = ["loop", "looks at", "same weights", "looks are right", "tracker read back", "page"]
    lines = [" | ".join(columns), " | ".join(["---"] * len(columns))]
    lines += [" | ".join(row.get(column, "") for column in columns) for row in rows]
    if not names:
        put(PAGE, "loops.py", "\n".join(f"| {line} |" for line in lines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), sys.argv[3] == "1")
    else:
        main(sys.argv[1:])
