"""What of the texts the model cannot take is said, by its place."""

import json
import logging
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from tunescope.encoders import Encoder
from tunescope.errors import InputError

ETHIOPIC = ["ሰላም", "ቤት", "ውሃ", "ልጅ"]


def texts_task(tiny: ModuleType, texts: list[str]) -> Any:
    positions = np.zeros((len(texts), 0), dtype=int)
    labels = [i % 2 for i in range(len(texts))]
    split = tiny.split_of("train", texts, range(len(texts)), positions, labels)
    return tiny.Task("texts", "text", ("a", "b"), {"train": split})


def test_texts_of_unknown_tokens_only_are_refused(tiny: ModuleType, bert: Encoder) -> None:
    task = texts_task(tiny, [" ".join(ETHIOPIC), "ሰላም dog"])
    with pytest.raises(InputError, match="83% of its 6 tokens are unknown"):
        bert.encode(task)
    vectors = bert.encode(task, most_unknown=0.9)["train"]
    assert (vectors.counts["tokens"], vectors.counts["unknown_tokens"]) == (6, 5)


def test_unknown_tokens_are_counted_where_the_tokenizer_was_not_told_of_one(
    tiny: ModuleType,
) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    raw = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
    )
    assert raw.unk_token_id is None
    with pytest.raises(InputError, match="83% of its 6 tokens are unknown"):
        Encoder(model, tokenizer=raw).encode(texts_task(tiny, [" ".join(ETHIOPIC), "ሰላም dog"]))


@pytest.mark.parametrize("pooling", ["cls", "mean", "all", "last", 0])
@pytest.mark.parametrize("text", ["\ufffd", "\ufffd\ufffd", "\u0301"])
def test_a_text_of_special_tokens_alone_is_missing_whatever_stands_for_it(
    tiny: ModuleType, bert: Encoder, text: str, pooling: Any
) -> None:
    task = texts_task(tiny, ["the dog", text, "a cat"])
    with pytest.raises(InputError, match=r"train\.txt:2: the tokenizer of .* has no token for"):
        bert.encode(task, pooling=pooling)
    found = bert.encode(task, pooling=pooling, on_missing="drop")["train"]
    assert found.counts["dropped_missing"] == 1
    assert found.example_index.tolist() == [0, 2]


def test_a_pair_is_missing_where_neither_text_has_a_token(tiny: ModuleType, bert: Encoder) -> None:
    texts: Any = [("the dog", "\ufffd"), ("\ufffd", "\ufffd"), ("\ufffd", "a cat")]
    with pytest.raises(InputError, match=r"train\.txt:2: the tokenizer of .* has no token for"):
        bert.encode(texts_task(tiny, texts))
    found = bert.encode(texts_task(tiny, texts), on_missing="drop")["train"]
    assert found.example_index.tolist() == [0, 2]


def test_some_unknown_tokens_are_said(
    tiny: ModuleType, bert: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        vectors = bert.encode(texts_task(tiny, ["the old dog", "the ሰላም dog"]))["train"]
    assert vectors.counts["unknown_tokens"] == 1
    assert "17% of its 6 tokens are unknown" in caplog.text
    caplog.clear()
    bert.encode(texts_task(tiny, ["the old dog", "a cat"]))
    assert not caplog.records


def test_each_distinct_text_is_counted_once_in_a_split(tiny: ModuleType, bert: Encoder) -> None:
    vectors = bert.encode(texts_task(tiny, ["the dog", "the dog", "ሰላም cat cat"]))["train"]
    assert (vectors.counts["tokens"], vectors.counts["unknown_tokens"]) == (5, 1)


def test_an_id_without_a_vector_is_named_where_it_is_used(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    known = len(tokenizer)
    tokenizer.add_tokens(["dog-like"])
    encoder = Encoder(model, tokenizer=tokenizer)
    encoder.encode(texts_task(tiny, ["a cat", "the dog"]))
    said = rf"train\.txt:2: the tokenizer gives {known} for 'dog-like', .* 0 to {known - 1}"
    with pytest.raises(InputError, match=said):
        encoder.encode(texts_task(tiny, ["a cat", "the dog-like cat"]))


def test_a_masked_id_needs_no_vector(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("gpt2")
    expected = Encoder(model, tokenizer=tokenizer).encode(tiny.word_task())["train"].layer(-1)
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    vectors = Encoder(model, tokenizer=tokenizer).encode(tiny.word_task())["train"].layer(-1)
    assert np.array_equal(vectors, expected)


def test_a_cls_token_that_is_never_added_is_said(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    described = json.loads(tokenizer.backend_tokenizer.to_str()) | {"post_processor": None}
    bare = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
    encoder = Encoder(model, tokenizer=bare)
    with pytest.raises(InputError, match="never adds it to a text; take 'last' or 'mean'"):
        encoder.encode(tiny.text_task(), pooling="cls")
    mean = encoder.encode(tiny.text_task(), pooling="mean")["train"].layer(-1)
    assert np.array_equal(encoder.encode(tiny.text_task())["train"].layer(-1), mean)


def test_the_encoders_own_limit_of_a_sequence_to_sequence_model_holds(tiny: ModuleType) -> None:
    sizes = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "attention_window": 4}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    wide = {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_encoder_position_embeddings": 34}
    model, tokenizer = tiny.tiny_of("LED", **sizes, **heads, **wide)
    encoder = Encoder(model, tokenizer=tokenizer)
    with pytest.raises(InputError, match=r"has 62 tokens and .* takes 34"):
        encoder.encode(texts_task(tiny, ["a cat", " ".join(["dog"] * 60)]))
