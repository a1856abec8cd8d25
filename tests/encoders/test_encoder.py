import numpy as np
import pytest
import torch

from tunescope.encoders import Encoder
from tunescope.errors import InputError, TunescopeError

FAMILIES = ("bert", "distilbert", "roberta", "gpt2", "llama", "qwen", "gemma", "metaspace")


def plain_tokens(tokenizer, text):
    """The obvious way: the tokenizer itself, called with the running text."""
    running = text if isinstance(text, str) else " ".join(text)
    return tokenizer(running, return_offsets_mapping=True)


def plain_layers(model, ids):
    with torch.no_grad():
        found = model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
    return torch.stack(found)[:, 0].double().numpy()


def plain_word(model, tokenizer, words, position):
    tokens = plain_tokens(tokenizer, words)
    start = len(" ".join([*words[:position], ""]))
    stop = start + len(words[position])
    chosen = [i for i, (a, b) in enumerate(tokens["offset_mapping"]) if a < stop and b > start]
    assert chosen
    return plain_layers(model, tokens["input_ids"])[:, chosen].mean(axis=1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.slow
def test_words_are_the_mean_of_their_subwords_in_every_layer(tiny, family):
    model, tokenizer = tiny.tiny_model(family)
    task = tiny.word_task()
    found = Encoder(model, tokenizer=tokenizer).encode(task, word="mean")
    for name, split in task.splits.items():
        for i in range(len(split)):
            words = split.texts[split.text_index[i]]
            expected = plain_word(model, tokenizer, words, split.positions[i, 0])
            for layer in range(4):
                got = found[name].layer(layer)[i]
                np.testing.assert_allclose(got, expected[layer], atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.slow
def test_pairs_are_head_then_dependent(tiny, family):
    model, tokenizer = tiny.tiny_model(family)
    task = tiny.pair_task()
    split = task["train"]
    vectors = Encoder(model, tokenizer=tokenizer).encode(task, word="mean")["train"].layer(-1)
    assert vectors.shape == (len(split), 32)
    for i in range(len(split)):
        words = split.texts[split.text_index[i]]
        head, dependent = (plain_word(model, tokenizer, words, p)[-1] for p in split.positions[i])
        np.testing.assert_allclose(vectors[i], np.concatenate([head, dependent]), atol=1e-5)


@pytest.mark.parametrize("tokenised", [False, True])
@pytest.mark.parametrize("pooling", ["cls", "mean", "last"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.slow
def test_texts_by_cls_mean_or_last(tiny, family, pooling, tokenised):
    model, tokenizer = tiny.tiny_model(family)
    encoder = Encoder(model, tokenizer=tokenizer)
    task = tiny.text_task(tokenised=tokenised)
    if pooling == "cls" and tokenizer.cls_token_id is None:
        with pytest.raises(InputError, match="token; take 'last' or 'mean'"):
            encoder.encode(task, pooling=pooling)
        return
    vectors = encoder.encode(task, pooling=pooling)["train"].layer(-1)
    for i, text in enumerate(task["train"].texts):
        ids = plain_tokens(tokenizer, text)["input_ids"]
        hidden = plain_layers(model, ids)[-1]
        own = [k for k, token in enumerate(ids) if token not in tokenizer.all_special_ids]
        expected = {"cls": hidden[0], "mean": hidden[own].mean(axis=0), "last": hidden[-1]}
        np.testing.assert_allclose(vectors[i], expected[pooling], atol=1e-5)


def test_cls_is_the_default(tiny, bert):
    task = tiny.text_task()
    default = bert.encode(task)["train"].layer(-1)
    assert np.array_equal(default, bert.encode(task, pooling="cls")["train"].layer(-1))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.slow
def test_vectors_do_not_depend_on_the_batch(tiny, family):
    model, tokenizer = tiny.tiny_model(family)
    encoder = Encoder(model, tokenizer=tokenizer)
    task = tiny.word_task(sizes=(30, 5))
    alone, together = (encoder.encode(task, token_budget=b)["train"] for b in (1, 100_000))
    for layer in range(4):
        np.testing.assert_allclose(alone.layer(layer), together.layer(layer), atol=1e-5)


def test_each_distinct_text_goes_through_the_model_once(tiny, bert):
    sentence = ["the", "dog", "sees"]
    train = tiny.split_of(
        "train",
        [sentence, ["a", "cat"], sentence],
        [0, 1, 2, 2],
        [[0], [1], [1], [2]],
        [0, 1, 1, 2],
    )
    test = tiny.split_of("test", [sentence], [0], [[2]], [2])
    task = tiny.Task("t", "word", tiny.LABELS, {"train": train, "test": test})
    seen = []
    bert.model.register_forward_pre_hook(
        lambda module, args, kwargs: seen.extend(kwargs["input_ids"].tolist()), with_kwargs=True
    )
    found = bert.encode(task)
    assert len(seen) == 2
    assert np.array_equal(found["train"].layer(-1)[3], found["test"].layer(-1)[0])
    assert found["train"].counts["texts"] == 2


def test_a_representation_knows_its_examples(tiny, bert):
    task = tiny.word_task()
    found = bert.encode(task)["test"]
    split = task["test"]
    assert found.labels.tolist() == [task.label_names[i] for i in split.labels]
    assert found.label_ids.tolist() == split.labels.tolist()
    assert found.example_ids.tolist() == split.ids.tolist()
    assert found.groups.tolist() == split.text_index.tolist()
    assert (found.n_layers, found.layers, found.n_features) == (4, (0, 1, 2, 3), 16)


def test_only_the_layers_asked_for(tiny, bert):
    task = tiny.word_task()
    whole, some = bert.encode(task)["train"], bert.encode(task, layers=[-1, 1])["train"]
    assert some.layers == (1, 3)
    assert np.array_equal(some.layer(-1), whole.layer(3))
    assert np.array_equal(some.layer(-3), whole.layer(1))
    with pytest.raises(InputError, match="layer 0 is not held; there are layers 1, 3"):
        some.layer(0)
    with pytest.raises(InputError, match="4 is not a layer"):
        bert.encode(task, layers=[4])


def test_only_the_splits_asked_for(tiny, bert):
    task = tiny.word_task()
    assert list(bert.encode(task, splits=["test"])) == ["test"]
    with pytest.raises(InputError, match="has no split 'tset'"):
        bert.encode(task, splits=["tset"])
    with pytest.raises(InputError, match="was not encoded"):
        bert.encode(task, splits="test")["train"]


def test_encoding_leaves_no_trace(tiny, bert):
    bert.model.train()
    bert.model.encoder.layer[1].eval()
    modes = [module.training for module in bert.model.modules()]
    before = torch.get_rng_state()
    bert.encode(tiny.word_task())
    assert [module.training for module in bert.model.modules()] == modes
    assert torch.equal(before, torch.get_rng_state())


def test_dropout_is_off_while_encoding_a_model_in_training(tiny, bert):
    task = tiny.word_task()
    quiet = bert.encode(task)["train"].layer(-1)
    bert.model.train()
    assert np.array_equal(bert.encode(task)["train"].layer(-1), quiet)


@pytest.mark.parametrize("head", ["BertForSequenceClassification", "BertForMaskedLM"])
def test_a_model_with_a_head_is_seen_without_it(tiny, head):
    import transformers

    plain, tokenizer = tiny.tiny_model("bert")
    model = getattr(transformers, head)(plain.config)
    model.bert.load_state_dict(plain.state_dict(), strict=False)
    task = tiny.word_task()
    found = Encoder(model.eval(), tokenizer=tokenizer).encode(task)["train"].layer(-1)
    expected = Encoder(plain, tokenizer=tokenizer).encode(task)["train"].layer(-1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_autocast_is_close_to_float32(tiny, dtype):
    model, tokenizer = tiny.tiny_model("bert")
    task = tiny.word_task()
    exact = Encoder(model, tokenizer=tokenizer).encode(task)["train"].layer(-1)
    found = Encoder(model, tokenizer=tokenizer, dtype=dtype).encode(task)["train"].layer(-1)
    assert found.dtype == np.float32
    assert not np.array_equal(found, exact)
    np.testing.assert_allclose(found, exact, atol=0.1)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_caller_s_autocast_neither_changes_vectors_nor_is_changed(tiny, dtype, pooling):
    """In a block that was entered before the weights changed, as in a training loop."""
    model, tokenizer = tiny.tiny_model("bert")
    task, encoder = tiny.text_task(), Encoder(model, tokenizer=tokenizer)
    options = {"dtype": dtype, "pooling": pooling}
    ids = torch.tensor([tokenizer("the old dog")["input_ids"]])
    with torch.autocast("cpu", torch.bfloat16):
        encoder.encode(task, **options)
        model(ids)  # the block keeps these weights
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator()))
        inside = encoder.encode(task, **options)["train"].layer(-1)
    outside = encoder.encode(task, **options)["train"].layer(-1)
    np.testing.assert_array_equal(inside, outside)
    with torch.autocast("cpu", torch.bfloat16):
        encoder.encode(task, **options)
        model(ids).last_hidden_state.sum().backward()
    without = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert all("pooler" in name for name in without)


def test_progress_counts_all_tokens(tiny, bert):
    calls = []
    bert.encode(tiny.word_task(), token_budget=20, progress=lambda *call: calls.append(call))
    done, totals = zip(*calls, strict=True)
    assert len(calls) > 1
    assert list(done) == sorted(done)
    assert set(totals) == {done[-1]}


def test_vectors_that_are_not_finite_are_refused(tiny, bert):
    with torch.no_grad():
        bert.model.encoder.layer[1].output.dense.bias[0] = torch.nan
    with pytest.raises(TunescopeError, match="layer 2 has vectors that are not finite"):
        bert.encode(tiny.word_task())


def test_vectors_that_float16_cannot_hold_are_refused(tiny, bert):
    with torch.no_grad():
        bert.model.encoder.layer[2].output.LayerNorm.weight.fill_(1e6)
    bert.encode(tiny.word_task())
    with pytest.raises(TunescopeError, match=r"layer 3 .* not finite in float16"):
        bert.encode(tiny.word_task(), storage="float16")


def test_a_copy_is_independent(tiny, bert):
    task = tiny.word_task()
    before = bert.encode(task)["train"].layer(-1)
    other = bert.copy()
    with torch.no_grad():
        for weight in other.model.parameters():
            weight.zero_()
    assert np.array_equal(bert.encode(task)["train"].layer(-1), before)
    assert not other.encode(task)["train"].layer(-1).any()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"on_long": "cut"}, "on_long='cut'; known"),
        ({"on_missing": "zero"}, "on_missing='zero'; known"),
        ({"pooling": "max"}, "pooling='max'; known"),
        ({"storage": "int8"}, "storage='int8'; known"),
        ({"token_budget": 0}, "expected at least 1"),
        ({"layers": []}, "none is named"),
        ({"splits": []}, "none is named"),
        ({"on_long": "truncate"}, "for whole texts"),
    ],
)
@pytest.mark.slow
def test_wrong_options_are_named(tiny, bert, options, said):
    with pytest.raises(InputError, match=said):
        bert.encode(tiny.word_task(), **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dtype": "int8"}, "dtype='int8'; known"),
        ({"weights": "old"}, "weights='old'; known"),
        ({"device": "gpu"}, "device='gpu'; expected"),
    ],
)
def test_wrong_settings_are_named(tiny, options, said):
    model, tokenizer = tiny.tiny_model("bert")
    with pytest.raises(InputError, match=said):
        Encoder(model, tokenizer=tokenizer, **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said(tiny):
    model, tokenizer = tiny.tiny_model("bert")
    with pytest.raises(InputError, match="no usable CUDA GPU"):
        Encoder(model, tokenizer=tokenizer, device="cuda")


def test_a_loaded_model_needs_its_tokenizer(tiny):
    with pytest.raises(InputError, match="needs its tokenizer"):
        Encoder(tiny.tiny_model("bert")[0])


def test_a_slow_tokenizer_is_refused(tiny):
    class Slow:
        is_fast = False

    with pytest.raises(InputError, match="Slow is not a fast tokenizer"):
        Encoder(tiny.tiny_model("bert")[0], tokenizer=Slow())


def test_a_module_that_is_no_transformer_is_refused(tiny):
    with pytest.raises(InputError, match="not a transformers model"):
        Encoder(torch.nn.Linear(2, 2), tokenizer=tiny.tiny_model("bert")[1])
