"""A model's own head answers as it does alone, where its labels are the task's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from questions import KINDS, checkpoint, questions
from tiny_models import LABELS, bytelevel_tokenizer, pair_task, split_of, text_task, word_task

from tunescope.encoders import Encoder, Policy
from tunescope.encoders.task_head import head_answers, match_labels
from tunescope.errors import InputError
from tunescope.tasks import Task

BOTH = ("train", "test")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return Task.from_csv(questions(tmp_path_factory.mktemp("data") / "q.csv"))


@pytest.mark.slow
def test_texts_are_answered_as_by_the_model_alone(task: Task, tmp_path: Path) -> None:
    import transformers

    names = [name.upper() for name in reversed(KINDS)]
    folder = checkpoint(tmp_path / "tuned", labels=names)
    found = head_answers(Encoder(str(folder)), task, BOTH, Policy())
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for split, said in found.items():
        assert said.labels.tolist() == [name.lower() for name in names]
        texts = [task[split].text(i) for i in said.examples]
        with torch.no_grad():
            alone = [model(**tokenizer(t, return_tensors="pt")).logits.softmax(-1) for t in texts]
        np.testing.assert_allclose(said.probabilities, torch.cat(alone).numpy(), atol=1e-5)


SMALL: dict[str, Any] = {"num_hidden_layers": 2, "hidden_size": 16, "num_attention_heads": 2}
BART = dict.fromkeys(("encoder_layers", "decoder_layers"), 2) | {"d_model": 16}
BART |= dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2)
BART |= dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 32)
T5 = {"num_layers": 2, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_heads": 2}
VISION = {"num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28, "patch_size": 14}
VISION |= {"hidden_size": 16, "intermediate_size": 16}
LLAMA = {**SMALL, "num_key_value_heads": 2, "intermediate_size": 32}
GEMMA = {**LLAMA, "model_type": "gemma3_text", "head_dim": 8}
SPECIAL = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
HEADS = {
    "GPT-2 that knows a padding token": ("GPT2", {**SMALL, "pad_token_id": 2}),
    "GPT-2 without one": ("GPT2", {**SMALL, "pad_token_id": None}),
    "GPT-2 padded by its first token": ("GPT2", {**SMALL, "pad_token_id": 0}),
    "Llama": ("Llama", LLAMA),
    "GPT-NeoX": ("GPTNeoX", {**SMALL, "intermediate_size": 32}),
    "OPT": ("OPT", {**SMALL, "ffn_dim": 32, "word_embed_proj_dim": 16}),
    "BART": ("Bart", {**BART, **SPECIAL, "decoder_start_token_id": 2}),
    "T5": ("T5", {**T5, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}),
    "Gemma 3": (
        "Gemma3",
        {"text_config": GEMMA, "vision_config": VISION, "mm_tokens_per_image": 4},
    ),
    "RoBERTa": ("Roberta", {**SMALL, **SPECIAL, "intermediate_size": 32}),
}
"""Heads that look for a text's last token in their ways, and one that does not."""


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.slow
def test_every_head_answers_as_the_model_alone_wherever_it_looks(head: str, tmp_path: Path) -> None:
    import transformers

    family, sizes = HEADS[head]
    tokenizer = bytelevel_tokenizer(special=family in ("Bart", "T5", "Roberta"))
    sizes = {**sizes, "id2label": {0: "no dog", 1: "dog"}, "label2id": {"no dog": 0, "dog": 1}}
    if "text_config" in sizes:
        sizes["text_config"] = {**sizes["text_config"], "vocab_size": len(tokenizer)}
    else:
        sizes["vocab_size"] = len(tokenizer)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(3)
        made = getattr(transformers, f"{family}Config")(**sizes)
        model = getattr(transformers, f"{family}ForSequenceClassification")(made)
        for weight in model.parameters():
            torch.nn.init.normal_(weight, std=0.5)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    plain = text_task(40)["train"].texts
    tails = ["", tokenizer.convert_ids_to_tokens(0), tokenizer.convert_ids_to_tokens(2)]
    texts = [f"{text}{tails[i % 3]}" for i, text in enumerate(plain)]
    where = np.zeros((len(texts), 0), dtype=np.int64)
    split = split_of("train", texts, np.arange(len(texts)), where, [0] * len(texts))
    task = Task("texts", "text", ("no dog", "dog"), {"train": split})
    found = head_answers(Encoder(tmp_path, device="cpu"), task, ("train",), Policy())["train"]
    for text, said in zip(texts, found.probabilities, strict=True):
        with torch.no_grad():
            alone = model(**tokenizer(text, return_tensors="pt")).logits.softmax(-1)[0]
        np.testing.assert_allclose(said, alone.numpy(), atol=1e-4)


@pytest.mark.parametrize("word", [None, "last"])
@pytest.mark.slow
def test_words_are_answered_at_their_first_token(word: Any, tmp_path: Path) -> None:
    import transformers

    folder = checkpoint(tmp_path / "tags", labels=list(LABELS), kind="BertForTokenClassification")
    words = word_task((6, 4))
    found = head_answers(Encoder(str(folder)), words, BOTH, Policy(word=word))
    model = transformers.AutoModelForTokenClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for split, said in found.items():
        for i, probabilities in zip(said.examples, said.probabilities, strict=True):
            text = words[split].texts[words[split].text_index[i]]
            encoding = tokenizer(text, is_split_into_words=True, return_tensors="pt")
            token = encoding.word_ids().index(int(words[split].positions[i, 0]))
            with torch.no_grad():
                alone = model(**encoding).logits[0, token].softmax(-1)
            np.testing.assert_allclose(probabilities, alone.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"kind": "BertModel"}, "it has no head .its architecture is BertModel"),
        ({"kind": "BertForTokenClassification"}, "no head for such a task"),
        ({}, "labels have no names .LABEL_0 …"),
        ({"labels": ["a", "b"]}, "its labels are 'a', 'b'; 'animal' of the task cannot be found"),
        ({"labels": sorted(KINDS), "problem_type": "multi_label_classification"}, "choose one"),
    ],
)
@pytest.mark.slow
def test_where_there_is_no_such_head_it_says_why(
    task: Task, tmp_path: Path, made: dict[str, object], message: str
) -> None:
    folder = checkpoint(tmp_path / "m", **made)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        head_answers(Encoder(str(folder)), task, BOTH, Policy())


@pytest.mark.parametrize("method", ["from_pretrained", "forward"])
@pytest.mark.slow
def test_whatever_a_head_raises_is_said_in_one_line(
    task: Task, tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    def fail(*_: object, **__: object) -> None:
        raise AttributeError("no such thing:\n  pad_token_id\nTraceback")

    encoder = Encoder(str(checkpoint(tmp_path / "m", labels=sorted(KINDS))))
    monkeypatch.setattr(transformers.BertForSequenceClassification, method, fail)
    message = r"its head .*\(AttributeError: no such thing: pad_token_id\)$"
    with pytest.raises(InputError, match=message):
        head_answers(encoder, task, BOTH, Policy())


@pytest.mark.parametrize(
    "error",
    [MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), OSError(28, "No space left")],
)
@pytest.mark.slow
def test_what_a_machine_lacks_for_a_moment_is_no_answer(
    task: Task, tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    def fail(*_: object, **__: object) -> None:
        raise error

    encoder = Encoder(str(checkpoint(tmp_path / "m", labels=sorted(KINDS))))
    monkeypatch.setattr(transformers.BertForSequenceClassification, "forward", fail)
    with pytest.raises(type(error)):
        head_answers(encoder, task, BOTH, Policy())


@pytest.mark.slow
def test_pairs_of_words_and_shortened_models_have_no_head(task: Task, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "m", labels=sorted(KINDS))
    with pytest.raises(InputError, match="no head answers about pairs"):
        head_answers(Encoder(str(folder)), pair_task(), ("train",), Policy())
    with pytest.raises(InputError, match="only its first layers"):
        head_answers(Encoder(f"{folder}:2"), task, BOTH, Policy())


def test_numbers_and_case_are_matched_and_nothing_is_guessed() -> None:
    assert match_labels(["LABEL_0", "LABEL_1"], ["1", "0"]).tolist() == ["0", "1"]
    assert match_labels(["B", "b", "c"], ["b", "B"]).tolist() == ["B", "b", "c"]
    with pytest.raises(InputError, match="differ in case"):
        match_labels(["b", "c"], ["b", "B"])
