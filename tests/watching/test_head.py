"""The head's answers are each example's own, or it says why there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import bytelevel_tokenizer, tiny_model, word_task
from trainings import ANIMALS, animal_task
from transformers import (
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    FNetConfig,
    FNetForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
)

from tunescope.encoders import Encoder
from tunescope.watching.head import HeadEncoder


def with_head(kind: Any, n_labels: int, **config: Any) -> tuple[Any, Any]:
    model, tokenizer = tiny_model("bert")
    model.config.num_labels = n_labels
    for name, value in config.items():
        setattr(model.config, name, value)
    torch.manual_seed(0)
    return kind(model.config).eval(), tokenizer


def test_a_word_is_judged_by_its_first_token_and_the_vectors_are_the_encoder_s() -> None:
    task = word_task()
    model, tokenizer = with_head(BertForTokenClassification, 4)
    encoder = HeadEncoder(model, tokenizer, task)
    vectors = encoder.encode(task)
    plain = Encoder(model, tokenizer=tokenizer).encode(task)
    assert np.array_equal(vectors["train"].layer(-1), plain["train"].layer(-1))
    found = encoder.answers("test")
    assert found is not None
    split = task["test"]
    for number in range(len(split)):
        encoded = tokenizer(
            split.texts[split.text_index[number]], is_split_into_words=True, return_tensors="pt"
        )
        with torch.no_grad():
            logits = model(**encoded).logits[0]
        token = encoded.word_ids().index(int(split.positions[number, 0]))
        expected = logits[token].softmax(-1)[int(split.labels[number])]
        assert found["confidence"][number] == pytest.approx(float(expected), abs=1e-5)


def test_outputs_are_found_by_their_names() -> None:
    order = {0: "dog", 1: "something else", 2: "bird", 3: "cat"}
    model, tokenizer = with_head(
        BertForSequenceClassification, 4, id2label=order, label2id={n: i for i, n in order.items()}
    )
    task = animal_task()
    encoder = HeadEncoder(model, tokenizer, task)
    encoder.encode(task)
    found = encoder.answers("train")
    assert found is not None
    with torch.no_grad():
        logits = model(**tokenizer(task["train"].texts[0], return_tensors="pt")).logits[0]
    given = ANIMALS[int(task["train"].labels[0])]
    output = next(number for number, name in order.items() if name == given)
    assert found["confidence"][0] == pytest.approx(float(logits.softmax(-1)[output]), abs=1e-5)
    assert found["predicted"][0] == order[int(logits.argmax())]


def test_a_model_that_reads_padding_is_asked_length_by_length() -> None:
    _, tokenizer = tiny_model("bert")
    config = FNetConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=3,
    )
    torch.manual_seed(0)
    model, task = FNetForSequenceClassification(config).eval(), animal_task()
    encoder = HeadEncoder(model, tokenizer, task)
    encoder.encode(task)
    found = encoder.answers("train")
    assert found is not None
    for number, text in enumerate(task["train"].texts):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            logits = model(input_ids=ids).logits[0]
        given = int(task["train"].labels[number])
        assert found["confidence"][number] == pytest.approx(
            float(logits.softmax(-1)[given]), abs=1e-4
        )


@pytest.mark.parametrize("padding", [1, 2, 7])
def test_a_head_that_reads_from_left_to_right_answers_at_each_text_s_last_token(
    padding: int,
) -> None:
    tokenizer, task = bytelevel_tokenizer(special=False), animal_task()
    sizes = {"vocab_size": len(tokenizer), "n_embd": 16, "n_layer": 2, "n_head": 2}
    torch.manual_seed(0)
    config = GPT2Config(**sizes, n_positions=64, num_labels=3, pad_token_id=padding)
    model = GPT2ForSequenceClassification(config).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    encoder = HeadEncoder(model, tokenizer, task)
    assert encoder.no_head == ""
    encoder.encode(task)
    found = encoder.answers("train")
    assert found is not None
    for number, text in enumerate(task["train"].texts):
        with torch.no_grad():
            logits = model(**tokenizer(text, return_tensors="pt")).logits[0]
        given = int(task["train"].labels[number])
        assert found["confidence"][number] == pytest.approx(
            float(logits.softmax(-1)[given]), abs=1e-4
        )


@pytest.mark.parametrize(
    ("kind", "n_labels", "said"),
    [
        (BertForMaskedLM, 2, "no head that knows the task's labels"),
        (BertForSequenceClassification, 5, "name them in config.id2label"),
        (BertForTokenClassification, 3, "ForSequenceClassification"),
    ],
)
@pytest.mark.slow
def test_a_head_for_something_else_is_not_asked(kind: Any, n_labels: int, said: str) -> None:
    model, tokenizer = with_head(kind, n_labels)
    encoder = HeadEncoder(model, tokenizer, animal_task())
    assert said in encoder.no_head
    encoder.encode(animal_task())
    assert encoder.answers("train") is None
