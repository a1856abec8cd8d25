"""Tiny models and tasks for the benchmarks that try many: made from nothing, in a moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, LlamaConfig, PreTrainedTokenizerFast

from tunescope.tasks import Split, Task

LABELS = ("bird", "cat", "dog")
BEFORE = ("the", "a", "old", "small", "grey")
BEHIND = ("sees", "hears", "likes", "of", "with")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 64,
}


def tokenizer(*, cls: bool = True) -> PreTrainedTokenizerFast:
    """Make a tokenizer of whole words; with [CLS] and [SEP], or with nothing added."""
    words = [*SPECIAL, *BEFORE, *BEHIND, *LABELS]
    numbers = {word: number for number, word in enumerate(words)}
    backend = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    if cls:
        ends = [(name, numbers[name]) for name in ("[CLS]", "[SEP]")]
        backend.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
    names |= {"cls_token": "[CLS]", "sep_token": "[SEP]"} if cls else {"eos_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names)


def task(kind: str = "text", sizes: tuple[int, int] = (24, 12)) -> Task:
    """Make short texts with one animal each, which is the label of the text or of its word."""
    rng = np.random.default_rng(0)
    splits = {}
    for name, n in zip(("train", "test"), sizes, strict=True):
        labels, texts, places = np.arange(n) % len(LABELS), [], []
        for label in labels:
            before = rng.choice(BEFORE, rng.integers(1, 5)).tolist()
            texts.append([*before, LABELS[label], *rng.choice(BEHIND, rng.integers(1, 5)).tolist()])
            places.append([len(before)])
        of_text = kind == "text"
        splits[name] = Split(
            name,
            [" ".join(text) for text in texts] if of_text else texts,
            np.arange(n),
            np.zeros((n, 0), dtype=np.int64) if of_text else np.array(places),
            labels,
            (f"{name}.txt",),
            np.zeros(n, dtype=np.int64),
            np.arange(1, n + 1),
        )
    return Task("animals", kind, LABELS, splits)  # type: ignore[arg-type]


def bert_config(words: PreTrainedTokenizerFast) -> BertConfig:
    """Describe a BERT of two layers, whose outputs are the task's labels."""
    names = dict(enumerate(LABELS))
    return BertConfig(
        vocab_size=len(words),
        pad_token_id=words.pad_token_id,
        id2label=names,
        label2id={name: number for number, name in names.items()},
        **SIZES,
    )


def llama_config(words: PreTrainedTokenizerFast) -> LlamaConfig:
    """Describe a decoder of two layers."""
    return LlamaConfig(vocab_size=len(words), pad_token_id=words.pad_token_id, **SIZES)


def made(model: Any, config: Any) -> Any:
    """Make a model of a configuration, always the same one, that differs from layer to layer."""
    torch.manual_seed(0)
    made: Any = model(config)
    return made
