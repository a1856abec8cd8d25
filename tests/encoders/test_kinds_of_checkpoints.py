"""Checkpoints of every common kind load as what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tiny_models import qwen_tokenizer, text_task, tiny_model, wordpiece_tokenizer

from tunescope.encoders import Encoder
from tunescope.errors import InputError

SMALL: dict[str, Any] = {"num_layers": 2, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_heads": 2}


def vectors(model: Any, **options: Any) -> np.ndarray:
    encoder = Encoder(model, device="cpu", **options) if isinstance(model, Path) else model
    return np.asarray(encoder.encode(text_task(), pooling="mean")["train"].layer(-1))


@pytest.mark.parametrize("name", ["T5", "MT5", "UMT5"])
@pytest.mark.slow
def test_an_encoder_of_t5_s_kind_by_itself_is_the_whole_model_s(name: str, tmp_path: Path) -> None:
    tokenizer = wordpiece_tokenizer()
    whole, alone = (
        getattr(transformers, f"{name}{kind}")(
            getattr(transformers, f"{name}Config")(vocab_size=len(tokenizer), **SMALL)
        ).eval()
        for kind in ("Model", "EncoderModel")
    )
    alone.encoder.load_state_dict(whole.encoder.state_dict())
    for folder, model in (("whole", whole), ("alone", alone)):
        model.save_pretrained(tmp_path / folder)
        tokenizer.save_pretrained(tmp_path / folder)
    found = vectors(tmp_path / "alone")
    np.testing.assert_allclose(found, vectors(tmp_path / "whole"), atol=1e-6)
    fresh = Encoder(tmp_path / "alone", weights="random", device="cpu")
    assert type(fresh.model) is type(alone)


@pytest.mark.parametrize("kind", ["bf16", "shards"])
@pytest.mark.slow
def test_short_weights_and_shards_are_the_same_model(kind: str, tmp_path: Path) -> None:
    model, tokenizer = tiny_model("bert")
    tokenizer.save_pretrained(tmp_path)
    if kind == "bf16":
        model.to(torch.bfloat16).save_pretrained(tmp_path)
        model = model.float()
    else:
        model.save_pretrained(tmp_path, max_shard_size="8KB")
        assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    expected = Encoder(model, tokenizer=tokenizer)
    np.testing.assert_allclose(vectors(tmp_path), vectors(expected), atol=1e-6)


@pytest.mark.slow
def test_a_model_of_pictures_and_texts_is_read_by_its_language_model(tmp_path: Path) -> None:
    tokenizer = qwen_tokenizer()
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    config = transformers.LlavaConfig(
        text_config=transformers.LlamaConfig(vocab_size=len(tokenizer), **small, **heads),
        vision_config=transformers.CLIPVisionConfig(
            **small, num_attention_heads=2, image_size=8, patch_size=4
        ),
        image_token_index=1,
    )
    model = transformers.LlavaModel(config).eval()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    found = Encoder(tmp_path, device="cpu")
    assert type(found.backbone).__name__ == "LlamaModel"
    expected = Encoder(model.language_model, tokenizer=tokenizer)
    np.testing.assert_allclose(vectors(found), vectors(expected), atol=1e-6)


@pytest.mark.slow
def test_pickled_weights_are_loaded_when_it_is_allowed_and_the_message_says_how(
    bert_folder: Path,
) -> None:
    expected = vectors(bert_folder)
    model, _ = tiny_model("bert")
    torch.save(model.state_dict(), bert_folder / "pytorch_model.bin")
    (bert_folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="--allow-pickle"):
        Encoder(bert_folder)
    np.testing.assert_allclose(vectors(bert_folder, allow_pickle=True), expected, atol=1e-6)
