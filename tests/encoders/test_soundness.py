"""Whether a text's vectors are its own is found at load, whatever the architecture."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from tunescope.encoders import Encoder
from tunescope.errors import InputError
from tunescope.tuning import finetune

SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}
SEE_PADDING: dict[str, dict[str, Any]] = {
    "FNet": {
        "hidden_size": 16,
        "num_hidden_layers": 3,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
        "tpu_short_seq_length": 64,
    },
    "ConvBert": SIZES | {"embedding_size": 16},
    "Yoso": SIZES | {"conv_window": 9},
}


def plain(model: torch.nn.Module, tokenizer: Any, words: list[str], layer: int) -> Any:
    with torch.no_grad():
        ids = torch.tensor([tokenizer(" ".join(words))["input_ids"]])
        return model(input_ids=ids, output_hidden_states=True).hidden_states[layer][0].numpy()


@pytest.mark.parametrize("architecture", SEE_PADDING)
@pytest.mark.slow
def test_where_padding_matters_each_text_has_the_vectors_it_has_alone(
    tiny: ModuleType, architecture: str
) -> None:
    model, tokenizer = tiny.tiny_of(architecture, **SEE_PADDING[architecture])
    encoder = Encoder(model, tokenizer=tokenizer)
    task = tiny.text_task()
    vectors = encoder.encode(task)["train"]
    for i, text in enumerate(task["train"].texts):
        for layer in vectors.layers:
            expected = plain(model, tokenizer, text.split(), layer)[0]
            np.testing.assert_allclose(vectors.layer(layer)[i], expected, atol=2e-4)
    tuned = finetune(encoder, task, epochs=1, batch_size=4, learning_rate=1e-3, snapshots=2)
    assert not np.array_equal(tuned.encode(task)["train"].layer(-1), vectors.layer(-1))


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2", "qwen"])
@pytest.mark.slow
def test_where_it_does_not_matter_texts_of_any_length_share_a_batch(
    tiny: ModuleType, family: str
) -> None:
    model, tokenizer = tiny.tiny_model(family)
    encoder = Encoder(model, tokenizer=tokenizer)
    shapes: list[tuple[int, ...]] = []
    model.register_forward_pre_hook(
        lambda module, args, kwargs: shapes.append(tuple(kwargs["input_ids"].shape)),
        with_kwargs=True,
    )
    encoder.encode(tiny.word_task())
    assert len(shapes) == 1


class Noisy(torch.nn.Module):
    """A layer that depends on what else is in the batch."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        mixed: torch.Tensor = self.inner(hidden)
        return mixed + mixed.mean(dim=(0, 1), keepdim=True) * len(hidden)


def test_vectors_that_depend_on_other_texts_of_any_length_are_refused(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    output = model.encoder.layer[1].output
    output.dense = Noisy(output.dense)
    with pytest.raises(InputError, match="with the other texts of its batch"):
        Encoder(model, tokenizer=tokenizer)


class Routed(torch.nn.Module):
    """A layer that mixes two by what all tokens of the batch ask for."""

    def __init__(self, inner: torch.nn.Module, n_features: int) -> None:
        super().__init__()
        self.inner = inner
        self.gate = torch.nn.Linear(n_features, 2)
        self.gate.weight.data.mul_(30)  # so that tokens ask for different things

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        share = self.gate(hidden).softmax(dim=-1).mean(dim=(0, 1))
        mixed: torch.Tensor = self.inner(hidden)
        return mixed * share[0] + mixed.roll(1, dims=-1) * share[1]


def test_vectors_that_depend_on_which_words_the_other_texts_have_are_refused(
    tiny: ModuleType,
) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        output = model.encoder.layer[0].attention.output
        output.dense = Routed(output.dense, 16)
    with pytest.raises(InputError, match="with the other texts of its batch"):
        Encoder(model, tokenizer=tokenizer)


def test_weights_that_are_not_finite_are_said_as_such(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    with torch.no_grad():
        model.encoder.layer[1].output.dense.weight[0, 0] = float("nan")
    with pytest.raises(
        InputError, match=r"layer 2 .* not finite; .*layer\.1\.output\.dense\.weight"
    ):
        Encoder(model, tokenizer=tokenizer)


def test_looking_changes_neither_modes_nor_random_state(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    model.train()
    state = torch.get_rng_state()
    Encoder(model, tokenizer=tokenizer)
    assert torch.equal(state, torch.get_rng_state())
    assert all(module.training for module in model.modules())


def test_layers_of_several_widths_are_refused(tiny: ModuleType) -> None:
    sizes = {"hidden_size": 16, "word_embed_proj_dim": 8, "num_hidden_layers": 2, "ffn_dim": 32}
    model, tokenizer = tiny.tiny_of("OPT", **sizes, num_attention_heads=2)
    with pytest.raises(InputError, match=r"layer \d has 8 features, its configuration says 16"):
        Encoder(model, tokenizer=tokenizer)


def test_a_model_that_fails_on_a_short_text_is_refused_in_one_line(tiny: ModuleType) -> None:
    model, tokenizer = tiny.tiny_of("Xmod", **SIZES, languages=["en_XX", "de_DE"], pad_token_id=1)
    with pytest.raises(InputError, match=r"fails on texts of \d+ tokens: \w+Error") as caught:
        Encoder(model, tokenizer=tokenizer)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_padding_that_the_model_adds_itself_is_cut(tiny: ModuleType) -> None:
    sizes = {**SIZES, "max_position_embeddings": 256, "block_size": 4, "num_random_blocks": 1}
    model, tokenizer = tiny.tiny_of("BigBird", **sizes, attention_type="block_sparse")
    encoder = Encoder(model, tokenizer=tokenizer)
    model.set_attention_type("block_sparse")
    rng = np.random.default_rng(0)
    texts = [[str(word) for word in rng.choice(tiny.WORDS[:8], n)] for n in (121, 126)]
    index = [i for i, text in enumerate(texts) for _ in text]
    positions = [[j] for text in texts for j in range(len(text))]
    split = tiny.split_of("train", texts, index, positions, [j % 2 for (j,) in positions])
    task = tiny.Task("long", "word", ("a", "b"), {"train": split})
    vectors = encoder.encode(task, token_budget=1)["train"]
    for layer in vectors.layers:
        expected = [plain(model, tokenizer, text, layer)[1 : len(text) + 1] for text in texts]
        np.testing.assert_allclose(vectors.layer(layer), np.concatenate(expected), atol=1e-4)
