"""Which token stands for a text or a word is a choice, with a default for each kind of model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import pair_task, text_task, tiny_model, word_task

from tunescope.encoders import Encoder
from tunescope.errors import InputError

DECODERS = ("gpt2", "llama", "qwen", "gemma")


def encoder_of(family: str, **options: Any) -> tuple[Encoder, Any, Any]:
    model, tokenizer = tiny_model(family)
    return Encoder(model, tokenizer=tokenizer, **options), model, tokenizer


def states(model: Any, ids: Any) -> np.ndarray:
    with torch.no_grad():
        out = model(torch.tensor([list(ids)]), output_hidden_states=True)
    return np.asarray(out.hidden_states[-1][0])


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", *DECODERS])
@pytest.mark.slow
def test_it_is_seen_who_reads_from_left_to_right(family: str) -> None:
    encoder, _, _ = encoder_of(family)
    assert encoder.left_to_right == (family in DECODERS)


@pytest.mark.parametrize("family", DECODERS)
@pytest.mark.slow
def test_a_decoder_s_text_and_word_are_their_last_tokens(family: str) -> None:
    encoder, model, tokenizer = encoder_of(family)
    texts, words = text_task(), word_task()
    found = encoder.encode(texts)["train"].layer(-1)
    for number, text in enumerate(texts["train"].texts):
        expected = states(model, tokenizer(text)["input_ids"])[-1]
        np.testing.assert_allclose(found[number], expected, atol=1e-5)
    last, mean, first = (
        encoder.encode(words, word=word)["train"].layer(-1) for word in ("last", "mean", "first")
    )
    assert np.array_equal(encoder.encode(words)["train"].layer(-1), last)
    assert not np.allclose(last, mean, atol=1e-3)
    assert not np.allclose(first, mean, atol=1e-3)


def test_a_pair_is_made_of_its_words() -> None:
    encoder, _, _ = encoder_of("llama")
    pairs = encoder.encode(pair_task())["train"].layer(-1)
    assert pairs.shape[1] == 2 * encoder.n_features


def test_an_encoder_s_word_is_the_mean_of_its_tokens() -> None:
    encoder, _, _ = encoder_of("bert")
    words = word_task()
    default = encoder.encode(words)["train"].layer(-1)
    assert np.array_equal(default, encoder.encode(words, word="mean")["train"].layer(-1))


def test_without_cls_an_encoder_s_text_is_the_mean_of_its_tokens() -> None:
    model, tokenizer = tiny_model("bert")
    tokenizer.backend_tokenizer.post_processor = None
    encoder = Encoder(model, tokenizer=tokenizer)
    texts = text_task()
    default = encoder.encode(texts)["train"].layer(-1)
    assert np.array_equal(default, encoder.encode(texts, pooling="mean")["train"].layer(-1))


def test_an_end_of_text_token_is_put_behind_and_a_position_is_counted_from_either_end() -> None:
    model, tokenizer = tiny_model("llama")
    tokenizer.eos_token = "</s>"
    encoder = Encoder(model, tokenizer=tokenizer)
    texts = text_task()
    found = {
        pooling: encoder.encode(texts, pooling=pooling)["train"].layer(-1)
        for pooling in ("eos", 0, -1)
    }
    for number, text in enumerate(texts["train"].texts):
        ids = tokenizer(text)["input_ids"]
        ended = states(model, [*ids, tokenizer.eos_token_id])
        plain = states(model, ids)
        np.testing.assert_allclose(found["eos"][number], ended[-1], atol=1e-5)
        np.testing.assert_allclose(found[0][number], plain[0], atol=1e-5)
        np.testing.assert_allclose(found[-1][number], plain[-1], atol=1e-5)


def test_a_position_that_a_text_has_not_is_a_missing_token() -> None:
    encoder, _, _ = encoder_of("llama")
    with pytest.raises(InputError, match="no token"):
        encoder.encode(text_task(), pooling=60)


def test_a_text_is_read_in_the_chat_template() -> None:
    model, tokenizer = tiny_model("qwen")
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }} {{ m['content'] }}\n{% endfor %}"
        "{% if add_generation_prompt %}dog{% endif %}"
    )
    encoder = Encoder(model, tokenizer=tokenizer)
    texts = text_task()
    found = encoder.encode(texts, chat=True)["train"].layer(-1)
    for number, text in enumerate(texts["train"].texts):
        ids = tokenizer(f"user {text}\ndog", add_special_tokens=False)["input_ids"]
        np.testing.assert_allclose(found[number], states(model, ids)[-1], atol=1e-5)
    with pytest.raises(InputError, match="whole texts"):
        encoder.encode(word_task(), chat=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chat": True}, "no chat template"),
        ({"pooling": "eos"}, "no end-of-text token"),
        ({"word": "middle"}, "word='middle'; known"),
        ({"pooling": True}, "pooling=True; known"),
    ],
)
def test_what_cannot_be_followed_is_refused(options: Any, message: str) -> None:
    encoder, _, _ = encoder_of("llama")
    with pytest.raises(InputError, match=message):
        encoder.encode(text_task(), **options)


@pytest.mark.parametrize(
    ("family", "norm"), [("llama", "norm"), ("gpt2", "ln_f"), ("bert", None), ("roberta", None)]
)
@pytest.mark.slow
def test_the_last_layer_is_taken_behind_the_last_normalisation_or_before(
    family: str, norm: str | None
) -> None:
    behind, model, _ = encoder_of(family)
    before, _, _ = encoder_of(family, last_norm=False)
    assert behind.last_normalisation == before.last_normalisation == norm
    texts = text_task()
    first, second = (
        torch.tensor(encoder.encode(texts, pooling="mean")["train"].layer(-1))
        for encoder in (behind, before)
    )
    assert torch.equal(first, second) == (norm is None)
    one = torch.tensor(before.encode(texts, pooling=0)["train"].layer(-1))
    if norm is not None:
        with torch.no_grad():
            made = model.get_submodule(norm)(one)
        expected = behind.encode(texts, pooling=0)["train"].layer(-1)
        np.testing.assert_allclose(made, expected, atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("padding", [None, "</s>"])
@pytest.mark.slow
def test_padding_s_side_and_token_change_nothing(side: str, padding: str | None) -> None:
    model, tokenizer = tiny_model("gpt2")
    expected = Encoder(model, tokenizer=tokenizer).encode(text_task())["train"].layer(-1)
    tokenizer.padding_side = side
    tokenizer.pad_token = padding
    found = Encoder(model, tokenizer=tokenizer).encode(text_task())["train"].layer(-1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_model_with_weights_on_no_device_is_refused() -> None:
    model, tokenizer = tiny_model("llama")
    model.layers[0].to("meta")
    with pytest.raises(InputError, match="device_map"):
        Encoder(model, tokenizer=tokenizer)
