"""Texts are read as the tokenizer reads them when it is called, words as parts of their text."""

import json
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers
from transformers import PreTrainedTokenizerFast

from tunescope.encoders import Encoder
from tunescope.encoders.tokens import fast_backend, tokenise, unknown_token
from tunescope.errors import InputError

KINDS = ("wordpiece", "roberta", "gpt2", "qwen", "gemma", "metaspace")


def tokenizer_of(kind: str) -> Any:
    import tiny_models as tiny

    if kind == "wordpiece":
        return tiny.wordpiece_tokenizer()
    if kind in ("roberta", "gpt2"):
        return tiny.bytelevel_tokenizer(special=kind == "roberta")
    return {
        "qwen": tiny.qwen_tokenizer,
        "gemma": tiny.gemma_tokenizer,
        "metaspace": tiny.metaspace_tokenizer,
    }[kind]()


@pytest.fixture(params=KINDS, scope="module")
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return tokenizer_of(request.param)


WORDS = st.lists(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1), min_size=1)


@given(words=WORDS | st.lists(st.sampled_from(["the", "dog", "unhappily", "2", "isn't", "é"])))
@settings(max_examples=60, deadline=None)
@pytest.mark.slow
def test_words_are_read_as_the_running_text(tokenizer: Any, words: list[str]) -> None:
    backend = fast_backend(tokenizer)
    running = " ".join(words)
    given_, raw = tokenise(backend, [words, running])
    expected = tokenizer(running, return_offsets_mapping=True)
    assert given_.ids.tolist() == raw.ids.tolist() == expected["input_ids"]
    assert (raw.words == -1).all()
    start = 0
    earlier: set[int] = set()
    for number, word in enumerate(words):
        stop = start + len(word)
        touching = {
            i for i, (a, b) in enumerate(expected["offset_mapping"]) if a < stop and b > start
        }
        own = set(np.flatnonzero(given_.words == number).tolist())
        assert own == touching - earlier  # a token over two words is the first one's
        earlier |= touching
        start = stop + 1


def test_settings_of_the_callers_tokenizer_take_no_part(tokenizer: Any) -> None:
    before = fast_backend(tokenizer).encode("the dog sees the cat").ids
    tokenizer.backend_tokenizer.enable_truncation(2)
    tokenizer.backend_tokenizer.enable_padding(length=30)
    assert fast_backend(tokenizer).encode("the dog sees the cat").ids == before


def changed(tokenizer: Any, **parts: Any) -> Any:
    described = json.loads(tokenizer.backend_tokenizer.to_str()) | parts
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def test_a_tokenizer_without_words_is_refused(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    described = json.loads(tokenizer.backend_tokenizer.to_str())
    empty = changed(
        tokenizer, model=described["model"] | {"vocab": vocabulary}, post_processor=None
    )
    with pytest.raises(InputError, match=r"no word; .* files are missing"):
        Encoder(model, tokenizer=empty)


def test_a_tokenizer_that_reads_otherwise_than_its_backend_is_refused(tiny: ModuleType) -> None:
    class Shouting(PreTrainedTokenizerFast):  # type: ignore[misc]
        def __call__(self, text: str, **options: Any) -> Any:
            return super().__call__(f"dog {text}", **options)

    model, tokenizer = tiny.tiny_model("bert")
    other = Shouting(tokenizer_object=tokenizer.backend_tokenizer, unk_token="[UNK]")
    with pytest.raises(InputError, match="gives other tokens than its fast backend"):
        Encoder(model, tokenizer=other)


def test_replacements_that_would_fill_the_memory_are_refused(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    steps = [normalizers.Replace("a", "aa") for _ in range(40)]
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(steps)
    with pytest.raises(InputError, match=r"could make a text 1e\+12 times as long"):
        Encoder(model, tokenizer=tokenizer)


@pytest.mark.parametrize("longest", ["512", [1]])
def test_a_longest_text_that_is_no_number_is_named(tiny: ModuleType, longest: object) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    tokenizer.model_max_length = longest
    with pytest.raises(InputError, match="model_max_length is"):
        Encoder(model, tokenizer=tokenizer).encode(tiny.word_task())


@pytest.mark.parametrize(
    ("model", "id_"),
    [
        (models.WordPiece({"a": 0, "[UNK]": 1}, unk_token="[UNK]"), 1),
        (models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"), 1),
        (models.BPE({"a": 0, "<unk>": 1}, [], unk_token="<unk>"), 1),
        (models.Unigram([("a", 0.0), ("<unk>", 0.0)], unk_id=1), 1),
        (models.BPE({"a": 0}, []), None),
    ],
)
def test_the_unknown_token_is_the_backends(model: Any, id_: int | None) -> None:
    backend = Tokenizer(model)
    assert unknown_token(PreTrainedTokenizerFast(tokenizer_object=backend), backend) == id_
