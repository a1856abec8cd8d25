"""Families beyond those of the other tests: encoding and tuning work for each."""

import numpy as np
import pytest
import torch
import transformers

from tunescope.encoders import Encoder
from tunescope.encoders.tokens import longest_text
from tunescope.errors import InputError
from tunescope.tuning import finetune

pytestmark = pytest.mark.slow

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}
CAUSAL = SIZES | {"num_key_value_heads": 2, "head_dim": 8}
SEQUENCE_TO_SEQUENCE = {
    "d_model": 16,
    "encoder_layers": 3,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 64,
}
FAMILIES = {
    "MPNet": (SIZES | {"pad_token_id": 1}, 62),
    "DebertaV2": (SIZES | {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}, 64),
    "Albert": (SIZES | {"embedding_size": 8}, 64),
    "Electra": (SIZES | {"embedding_size": 8}, 64),
    "XLNet": ({"d_model": 16, "n_layer": 3, "n_head": 2, "d_inner": 32}, None),
    "T5": ({"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 3, "num_heads": 2}, None),
    "Bart": (SEQUENCE_TO_SEQUENCE, 64),
    "GPTNeoX": (SIZES, 64),
    "Qwen3": (CAUSAL, 64),
    "Gemma3Text": (CAUSAL, 64),
}


@pytest.fixture(params=FAMILIES)
def family(request, tiny):
    sizes, longest = FAMILIES[request.param]
    tokenizer = tiny.wordpiece_tokenizer()
    config = getattr(transformers, f"{request.param}Config")(vocab_size=len(tokenizer), **sizes)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.AutoModel.from_config(config).eval()
    return Encoder(model, tokenizer=tokenizer), longest


def test_the_batch_does_not_matter_and_tuning_works(tiny, family):
    encoder, longest = family
    task = tiny.word_task()
    alone, together = (encoder.encode(task, token_budget=b)["train"] for b in (1, 100_000))
    assert alone.layers == (0, 1, 2, 3)
    for layer in alone.layers:
        np.testing.assert_allclose(alone.layer(layer), together.layer(layer), atol=1e-5)
    assert longest_text(encoder.backbone, encoder.tokenizer) == longest
    tuned = finetune(encoder, task, epochs=1, snapshots=2)
    assert not np.array_equal(tuned.encode(task)["train"].layer(-1), alone.layer(-1))


def test_an_encoder_without_a_configuration_of_its_own_is_refused_in_a_line(tiny):
    sizes = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 2}
    sizes |= dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2)
    sizes |= dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 32)
    sizes |= dict.fromkeys(("src_vocab_size", "tgt_vocab_size"), 100)
    model, tokenizer = tiny.tiny_of("FSMT", langs=["en", "de"], **sizes)
    with pytest.raises(InputError, match="FSMTModel has no configuration of its own"):
        Encoder(model, tokenizer=tokenizer)


def test_a_model_that_gives_no_last_hidden_state_is_refused_in_a_line(tiny):
    model, tokenizer = tiny.tiny_of("Bert", hidden_size=16, num_attention_heads=2)
    answer = model.forward

    def without(*inputs, **options):
        output = answer(*inputs, **options)
        return transformers.modeling_outputs.ModelOutput(hidden_states=output.hidden_states)

    model.forward = without
    with pytest.raises(InputError, match="gives no last_hidden_state"):
        Encoder(model, tokenizer=tokenizer)
