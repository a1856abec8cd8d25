"""A pair of texts is read as `tokenizer(text, pair)` reads it, and gives one vector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import PAIR_LABELS, bytelevel_tokenizer, pairs_of_texts, tiny_model
from tokenizers.processors import TemplateProcessing

from tunescope.encoders import Encoder, Policy
from tunescope.encoders.task_head import head_answers
from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tuning import finetune
from tunescope.watching.head import HeadEncoder


def model_for_pairs(family: str, positions: int = 64) -> tuple[Any, Any]:
    """A tiny model whose tokenizer joins two texts as the family does."""
    model, tokenizer = tiny_model(family, positions)
    return model, joining(tokenizer, family)


def joining(tokenizer: Any, family: str) -> Any:
    if family == "roberta":
        ids = [("<s>", tokenizer.cls_token_id), ("</s>", tokenizer.sep_token_id)]
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=ids
        )
    types = ["token_type_ids"] if family == "bert" else []
    tokenizer.model_input_names = ["input_ids", *types, "attention_mask"]
    return tokenizer


def alone(model: Any, tokenizer: Any, pair: tuple[str, str], **options: Any) -> Any:
    """Every layer's states of one pair, and its encoding, by transformers."""
    encoded = tokenizer(*pair, return_tensors="pt", **options)
    with torch.no_grad():
        states = model(**encoded, output_hidden_states=True).hidden_states
    return [state[0].numpy() for state in states], encoded


@pytest.fixture
def task() -> Task:
    return pairs_of_texts()


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
@pytest.mark.slow
def test_vectors_are_those_of_plain_transformers(task: Task, family: str) -> None:
    model, tokenizer = model_for_pairs(family)
    found = Encoder(model, tokenizer=tokenizer).encode(task)
    place = -1 if family == "gpt2" else 0
    for name, split in task.splits.items():
        for i in range(len(split)):
            pair = split.texts[split.text_index[i]]
            states, encoded = alone(model, tokenizer, pair)  # type: ignore[arg-type]
            assert ("token_type_ids" in encoded) == (family == "bert")
            for layer, state in enumerate(states):
                np.testing.assert_allclose(found[name].layer(layer)[i], state[place], atol=1e-5)


def test_the_order_of_the_two_matters_and_the_types_are_used(task: Task) -> None:
    model, tokenizer = model_for_pairs("bert")
    encoder = Encoder(model, tokenizer=tokenizer)
    with_types = encoder.encode(task)["train"].layer(-1)
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    assert np.abs(encoder.encode(task)["train"].layer(-1) - with_types).max() > 0.01


def test_the_mean_is_that_of_both_texts_tokens(task: Task) -> None:
    model, tokenizer = model_for_pairs("bert")
    found = Encoder(model, tokenizer=tokenizer).encode(task, pooling="mean")["train"].layer(-1)
    for i, pair in enumerate(task["train"].texts):
        states, encoded = alone(model, tokenizer, pair)  # type: ignore[arg-type]
        own = [k for k, word in enumerate(encoded.sequence_ids()) if word is not None]
        np.testing.assert_allclose(found[i], states[-1][own].mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("positions", [5, 6, 7, 8, 9, 11])
@pytest.mark.slow
def test_long_pairs_are_cut_as_transformers_cuts_them(task: Task, positions: int) -> None:
    model, tokenizer = model_for_pairs("bert", positions)
    encoder = Encoder(model, tokenizer=tokenizer)
    with pytest.raises(InputError, match="on_long='drop' or 'truncate'"):
        encoder.encode(task)
    found = encoder.encode(task, on_long="truncate")["train"]
    for i, pair in enumerate(task["train"].texts):
        options = {"truncation": "longest_first", "max_length": positions}
        states, _ = alone(model, tokenizer, pair, **options)  # type: ignore[arg-type]
        np.testing.assert_allclose(found.layer(-1)[i], states[-1][0], atol=1e-5)


def test_windows_and_chat_templates_are_refused(task: Task) -> None:
    model, tokenizer = model_for_pairs("bert", 6)
    encoder = Encoder(model, tokenizer=tokenizer)
    with pytest.raises(InputError, match="do not fit into windows"):
        encoder.encode(task, on_long="window", pooling="mean")
    tokenizer.chat_template = "{{ messages[0].content }}"
    with pytest.raises(InputError, match="does not know pairs"):
        encoder.encode(task, chat=True, pooling="last", on_long="drop")


def test_a_second_text_without_tokens_is_still_read() -> None:
    backend = bytelevel_tokenizer(special=False)
    task = pairs_of_texts(n=3)
    model, _ = tiny_model("gpt2")
    found = Encoder(model, tokenizer=backend).encode(task, pooling="mean")["train"]
    assert found.layer(-1).shape == (3, 16)


def classifier(kind: str, folder: Path) -> Path:
    import transformers

    model, tokenizer = model_for_pairs("bert")
    config = model.config
    config.id2label, config.label2id = dict(enumerate(PAIR_LABELS)), {}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        made = getattr(transformers, kind)(config)
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_the_own_head_is_asked_about_the_pair(task: Task, tmp_path: Path) -> None:
    import transformers

    folder = classifier("BertForSequenceClassification", tmp_path / "m")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    found = head_answers(Encoder(str(folder)), task, ("train",), Policy())["train"]
    watched = HeadEncoder(model, tokenizer, task)
    watched.encode(task)
    answers = watched.answers(task, "train")
    assert answers is not None
    for i, pair in enumerate(task["train"].texts):
        with torch.no_grad():
            logits = model(**tokenizer(*pair, return_tensors="pt")).logits[0].double()
        wanted = logits.softmax(-1).numpy()
        np.testing.assert_allclose(found.probabilities[i], wanted, atol=1e-5)
        given = task["train"].labels[i]
        assert answers["confidence"][i] == pytest.approx(wanted[given], abs=1e-5)


@pytest.mark.slow
def test_a_model_is_tuned_on_pairs_and_sees_their_types(task: Task) -> None:
    model, tokenizer = model_for_pairs("bert")
    encoder = Encoder(model, tokenizer=tokenizer)
    seen: list[bool] = []

    def note(_model: Any, _args: Any, given: dict[str, Any]) -> None:
        types = given.get("token_type_ids")
        seen.append(types is not None and bool(types.any()))

    hook = model.register_forward_pre_hook(note, with_kwargs=True)
    try:
        tuned = finetune(encoder, task, epochs=1, batch_size=4, snapshots=2, evaluate=[])
    finally:
        hook.remove()
    assert len(tuned.history) >= 2
    assert len(seen) >= 3
    assert all(seen)
    after = tuned.encoder.encode(task)["train"].layer(-1)
    assert np.isfinite(after).all()
