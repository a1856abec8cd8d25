"""The head's answers are each example's own, or it says why there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_models import LABELS, bytelevel_tokenizer, split_of, tiny_model, word_task
from trainings import ANIMALS, animal_task
from transformers import (
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    FNetConfig,
    FNetForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2ForTokenClassification,
)

from tunescope.encoders import Encoder
from tunescope.tasks import Task
from tunescope.watching.head import HeadEncoder, head_suspects, head_tables
from tunescope.watching.sampling import numbered, sampled


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
    found = encoder.answers(task, "test")
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


def first_token_confidences(model: Any, tokenizer: Any, task: Task, split: str) -> list[float]:
    """Ask the model about each text alone, and take what it says at each word's first token."""
    chosen, found = task[split], []
    for number in range(len(chosen)):
        words = chosen.texts[chosen.text_index[number]]
        encoded = tokenizer(" ".join(words), return_tensors="pt", return_offsets_mapping=True)
        ends = encoded.pop("offset_mapping")[0, :, 1].tolist()
        before = sum(len(word) + 1 for word in words[: int(chosen.positions[number, 0])])
        token = next(i for i, end in enumerate(ends) if end > before)
        with torch.no_grad():
            logits = model(**encoded).logits[0, token]
        found.append(float(logits.softmax(-1)[int(chosen.labels[number])]))
    return found


def scattered(model: Any) -> Any:
    """Give a model weights that tell tokens apart."""
    torch.manual_seed(0)
    for weight in model.parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.4)
    return model.eval()


@pytest.mark.parametrize("word", [None, "first", "mean", "last"])
def test_a_decoder_s_word_is_judged_by_its_first_token_whichever_is_read(word: Any) -> None:
    tokenizer, task = bytelevel_tokenizer(special=False), word_task()
    sizes = {"vocab_size": len(tokenizer), "n_embd": 16, "n_layer": 2, "n_head": 2}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    model = scattered(GPT2ForTokenClassification(GPT2Config(**sizes, **ends, num_labels=4)))
    encoder = HeadEncoder(model, tokenizer, task)
    encoder.encode(task, word=word)
    found = encoder.answers(task, "train")
    assert found is not None
    expected = first_token_confidences(model, tokenizer, task, "train")
    np.testing.assert_allclose(found["confidence"], expected, atol=1e-4)


@pytest.mark.parametrize("token_budget", [8, 40, 1024])
@pytest.mark.parametrize("word", ["mean", "last"])
def test_a_word_that_is_cut_over_windows_is_judged_by_its_beginning(
    word: Any, token_budget: int
) -> None:
    plain, tokenizer = tiny_model("bert", positions=16)
    plain.config.num_labels = 4
    model = scattered(BertForTokenClassification(plain.config))
    words = ["dog", "zyxwvutsrqponmlkjihg", "cat", "the", "unhappily", "bird", "kjih"]
    places = [[i] for i in range(len(words))]
    split = split_of("train", [words], [0] * len(words), places, [1, 3, 1, 0, 3, 1, 3])
    task = Task("long words", "word", LABELS, {"train": split})
    encoder = HeadEncoder(model, tokenizer, task)
    encoder.encode(task, word=word, on_long="window", token_budget=token_budget)
    found = encoder.answers(task, "train")
    assert found is not None
    assert encoder._inputs is not None
    rows = found["example"].tolist()
    # of twenty tokens no window of 14 holds the first with the last
    assert rows == [i for i in range(len(words)) if word == "mean" or i != 1]
    assert encoder.left_out == {"train": len(words) - len(rows)}
    ids = tokenizer.convert_tokens_to_ids
    for row, confidence in zip(rows, found["confidence"], strict=True):
        sequence, place = encoder._inputs.first_tokens[row].tolist()
        tokens = encoder._inputs.sequences[sequence]
        assert tokens[place] == ids(tokenizer.tokenize(words[row])[0])
        with torch.no_grad():
            logits = model(torch.as_tensor(tokens)[None]).logits[0, place]
        expected = float(logits.softmax(-1)[int(split.labels[row])])
        assert confidence == pytest.approx(expected, abs=1e-5)


def test_a_text_in_windows_has_no_one_answer_and_a_short_one_has() -> None:
    plain, tokenizer = tiny_model("bert", positions=16)
    plain.config.num_labels = 3
    model = scattered(BertForSequenceClassification(plain.config))
    texts = ["the dog", " ".join(["the old cat"] * 8), "a cat"]
    split = split_of("train", texts, range(3), np.zeros((3, 0)), [2, 0, 1])
    task = Task("some are long", "text", ANIMALS, {"train": split})
    encoder = HeadEncoder(model, tokenizer, task)
    encoder.encode(task, pooling="mean", on_long="window")
    found = encoder.answers(task, "train")
    assert found is not None
    assert found["example"].tolist() == [0, 2]
    assert encoder.left_out == {"train": 1}
    for row, confidence in zip(found["example"], found["confidence"], strict=True):
        with torch.no_grad():
            logits = model(**tokenizer(texts[row], return_tensors="pt")).logits[0]
        expected = float(logits.softmax(-1)[int(split.labels[row])])
        assert confidence == pytest.approx(expected, abs=1e-5)
    only = Task("long", "text", ANIMALS, {"train": split.subset([1])})
    encoder.encode(only, pooling="mean", on_long="window")
    assert head_tables(encoder, only, ["train"]) == {}


def test_a_sample_is_asked_about_its_own_labels() -> None:
    task = animal_task()
    model, tokenizer = with_head(BertForSequenceClassification, 3)
    encoder = HeadEncoder(scattered(model), tokenizer, task)
    encoder.encode(task)
    whole = head_tables(encoder, task, ["train", "test"])["dynamics"]
    rows = {"train": np.array([2, 7, 9, 23]), "test": np.array([1, 11])}
    small = sampled(task, rows)
    encoder.encode(small)
    found = numbered(head_tables(encoder, small, ["train", "test"])["dynamics"], rows)
    both = found.merge(whole, on=["split", "example"], suffixes=("", "_whole"))
    assert len(both) == 6
    for column in ("label", "predicted", "correct"):
        assert both[column].equals(both[f"{column}_whole"].rename(column))
    np.testing.assert_allclose(both["confidence"], both["confidence_whole"], atol=1e-5)


def test_outputs_are_found_by_their_names() -> None:
    order = {0: "dog", 1: "something else", 2: "bird", 3: "cat"}
    model, tokenizer = with_head(
        BertForSequenceClassification, 4, id2label=order, label2id={n: i for i, n in order.items()}
    )
    task = animal_task()
    encoder = HeadEncoder(model, tokenizer, task)
    encoder.encode(task)
    found = encoder.answers(task, "train")
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
    found = encoder.answers(task, "train")
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
    found = encoder.answers(task, "train")
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
    task = animal_task()
    encoder = HeadEncoder(model, tokenizer, task)
    assert said in encoder.no_head
    encoder.encode(task)
    assert encoder.answers(task, "train") is None


def test_where_no_head_was_asked_about_a_split_nothing_of_it_is_suspect() -> None:
    row = {"update": 9, "example": 0, "label": "a", "predicted": "b", "confidence": 0.2}
    of_test = pd.DataFrame([{**row, "split": "test", "correct": False}])
    assert head_suspects([of_test], animal_task()["train"], "train", 2).empty
    assert head_suspects([], animal_task()["train"], "train", 2).empty
