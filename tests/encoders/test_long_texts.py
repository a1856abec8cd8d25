import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.processors import TemplateProcessing

from tunescope.encoders import Encoder
from tunescope.encoders.tokens import best_windows, longest_text, window_starts
from tunescope.errors import InputError

POSITIONS = 16


@given(n=st.integers(0, 200), size=st.integers(1, 40))
def test_windows_cover_everything_and_overlap_by_half(n, size):
    starts = window_starts(n, size)
    covered = {t for s in starts for t in range(s, min(s + size, n))}
    assert covered == set(range(n))
    assert starts == sorted(set(starts))
    if n > size:
        assert starts[-1] + size == n
        assert max(np.diff(starts), default=0) <= size - size // 2


@given(data=st.data())
@settings(max_examples=60)
@pytest.mark.slow
def test_the_best_window_shows_most_context(data):
    size = data.draw(st.integers(2, 12))
    n = data.draw(st.integers(1, 60))
    first = data.draw(st.integers(0, n - 1))
    last = data.draw(st.integers(first, min(n - 1, first + size)))
    starts = np.array(window_starts(n, size))
    chosen = best_windows(starts, size, n, np.array([first]), np.array([last]))[0]

    def context(start):
        stop = min(start + size, n)
        if first < start or last >= stop:
            return -1
        return min(n if start == 0 else first - start, n if stop == n else stop - 1 - last)

    contexts = [context(start) for start in starts]
    assert chosen == (-1 if max(contexts) < 0 else int(np.argmax(contexts)))


def long_word_task(tiny, n_words):
    rng = np.random.default_rng(4)
    text = [str(w) for w in rng.choice(tiny.WORDS, n_words)]
    texts = [["the", "dog"], text]
    index = [0, 0] + [1] * n_words
    positions = [[0], [1]] + [[j] for j in range(n_words)]
    labels = [tiny.LABEL_OF.get(texts[i][p[0]], 3) for i, p in zip(index, positions, strict=True)]
    split = tiny.split_of("train", texts, index, positions, labels)
    return tiny.Task("long", "word", tiny.LABELS, {"train": split})


def long_text_task(tiny, n_words):
    rng = np.random.default_rng(4)
    text = " ".join(rng.choice(tiny.WORDS, n_words))
    split = tiny.split_of("train", ["the dog", text], [0, 1], np.zeros((2, 0), int), [0, 1])
    return tiny.Task("long", "text", ("short", "long"), {"train": split})


@pytest.fixture
def short_bert(tiny):
    model, tokenizer = tiny.tiny_model("bert", positions=POSITIONS)
    return Encoder(model, tokenizer=tokenizer)


def test_a_long_text_is_an_error_that_says_where(tiny, short_bert):
    with pytest.raises(InputError, match=r"train.txt:3: the text has \d+ tokens and .* takes 16"):
        short_bert.encode(long_word_task(tiny, 30))


def test_its_examples_are_dropped_and_counted(tiny, short_bert):
    found = short_bert.encode(long_word_task(tiny, 30), on_long="drop")["train"]
    assert found.example_index.tolist() == [0, 1]
    assert (found.counts["examples"], found.counts["dropped_long"]) == (2, 30)


def test_nothing_left_is_an_error(tiny, short_bert):
    task = long_word_task(tiny, 30)
    only_long = tiny.Task(
        "long", "word", tiny.LABELS, {"train": task["train"].subset(range(2, 32))}
    )
    with pytest.raises(InputError, match="none of its 30 examples is left; 30 are too long"):
        short_bert.encode(only_long, on_long="drop")


@pytest.mark.parametrize("budget", [1, 40, 10_000])
@pytest.mark.slow
def test_each_word_is_read_where_most_of_its_context_is(tiny, short_bert, budget):
    task = long_word_task(tiny, 30)
    found = short_bert.encode(task, on_long="window", token_budget=budget)["train"]
    assert found.counts["windowed"] == 30
    tokenizer, model = short_bert.tokenizer, short_bert.model
    tokens = tokenizer(task["train"].texts[1], is_split_into_words=True)
    ids, words = tokens["input_ids"][1:-1], tokens.word_ids()[1:-1]
    size, n = POSITIONS - 2, len(ids)
    layers = {}
    for start in window_starts(n, size):
        window = [tokenizer.cls_token_id, *ids[start : start + size], tokenizer.sep_token_id]
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([window]))[0][0, 1:-1]
        layers[start] = hidden.numpy()
    for word in range(30):
        mine = [t for t in range(n) if words[t] == word]
        best, context = None, -1
        for start in layers:
            stop = min(start + size, n)
            if start <= mine[0] and mine[-1] < stop:
                before = n if start == 0 else mine[0] - start
                after = n if stop == n else stop - 1 - mine[-1]
                if min(before, after) > context:
                    best, context = start, min(before, after)
        expected = layers[best][[t - best for t in mine]].mean(axis=0)
        np.testing.assert_allclose(found.layer(-1)[2 + word], expected, atol=1e-5)


def test_a_text_that_fits_is_not_windowed(tiny, short_bert):
    task = tiny.word_task(longest=3)
    whole = short_bert.encode(task)["train"]
    windowed = short_bert.encode(task, on_long="window")["train"]
    assert windowed.counts["windowed"] == 0
    assert np.array_equal(whole.layer(-1), windowed.layer(-1))


@pytest.mark.parametrize("budget", [1, 10_000])
def test_a_word_longer_than_a_window_is_read_token_by_token(tiny, short_bert, budget):
    """At layer 0 without positions' influence each token's vector is known: compare the mean."""
    with torch.no_grad():
        short_bert.model.embeddings.position_embeddings.weight.zero_()
    word = "abcdefghijklmnopqrstuvwxyz"
    split = tiny.split_of("train", [["the", word, "dog"]], [0, 0, 0], [[0], [1], [2]], [0, 3, 1])
    task = tiny.Task("long", "word", tiny.LABELS, {"train": split})
    found = short_bert.encode(task, on_long="window", token_budget=budget)["train"].layer(0)
    ids = short_bert.tokenizer([word], is_split_into_words=True)["input_ids"][1:-1]
    assert len(ids) == 26
    with torch.no_grad():
        tokens = short_bert.model.embeddings(torch.tensor([ids[:13] + ids[13:]])[:, :13])[0]
        rest = short_bert.model.embeddings(torch.tensor([ids[13:]]))[0]
    expected = torch.cat([tokens, rest]).mean(dim=0).numpy()
    np.testing.assert_allclose(found[1], expected, atol=1e-5)


def test_long_texts_by_their_mean_in_windows(tiny, short_bert):
    """At layer 0 without positions, the mean over windows is the mean over all tokens."""
    with torch.no_grad():
        short_bert.model.embeddings.position_embeddings.weight.zero_()
    task = long_text_task(tiny, 40)
    found = short_bert.encode(task, on_long="window", pooling="mean")["train"]
    ids = short_bert.tokenizer(task["train"].texts[1])["input_ids"][1:-1]
    with torch.no_grad():
        each = [short_bert.model.embeddings(torch.tensor([[i]]))[0, 0].numpy() for i in ids]
    np.testing.assert_allclose(found.layer(0)[1], np.mean(each, axis=0), atol=1e-5)
    assert found.counts["windowed"] == 1


@pytest.mark.parametrize("pooling", ["cls", "last"])
def test_one_vector_of_several_windows_is_refused(tiny, short_bert, pooling):
    with pytest.raises(InputError, match="take pooling='mean', or on_long='truncate'"):
        short_bert.encode(long_text_task(tiny, 40), on_long="window", pooling=pooling)


@pytest.mark.parametrize("pooling", ["cls", "mean", "last"])
def test_truncated_texts_are_what_the_tokenizer_truncates(tiny, short_bert, pooling):
    task = long_text_task(tiny, 40)
    found = short_bert.encode(task, on_long="truncate", pooling=pooling)["train"]
    ids = short_bert.tokenizer(task["train"].texts[1], truncation=True, max_length=POSITIONS)
    with torch.no_grad():
        hidden = short_bert.model(torch.tensor([ids["input_ids"]]))[0][0].numpy()
    expected = {"cls": hidden[0], "mean": hidden[1:-1].mean(axis=0), "last": hidden[-1]}[pooling]
    np.testing.assert_allclose(found.layer(-1)[1], expected, atol=1e-5)
    assert found.counts["truncated"] == 1


def ended_by_cls(tiny):
    """A BERT whose tokenizer puts [CLS] behind the text, of a type of its own, as XLNet's does."""
    model, tokenizer = tiny.tiny_model("bert", positions=POSITIONS)
    names = [(name, tokenizer.convert_tokens_to_ids(name)) for name in ("[SEP]", "[CLS]")]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="$A:0 [SEP]:0 [CLS]:1",
        pair="$A:0 [SEP]:0 $B:0 [SEP]:0 [CLS]:1",
        special_tokens=names,
    )
    tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    return Encoder(model, tokenizer=tokenizer)


def texts_of(tiny, texts):
    index = np.arange(len(texts))
    split = tiny.split_of("train", texts, index, np.zeros((len(texts), 0), int), index % 2)
    return tiny.Task("texts", "text", ("even", "odd"), {"train": split})


@pytest.mark.parametrize("pooling", ["cls", "last", "all", "mean", -1, 0])
@pytest.mark.parametrize("budget", [1, 10_000])
def test_a_cls_behind_the_text_is_read_where_it_is(tiny, pooling, budget):
    encoder = ended_by_cls(tiny)
    long = "the old dog sees a small cat the grey bird hears a dog with a cat"
    texts = ["the dog", long, "a cat the dog [CLS] sees", f"{long} dog", "a [CLS] cat"]
    found = encoder.encode(
        texts_of(tiny, texts), on_long="truncate", pooling=pooling, token_budget=budget
    )["train"]
    assert found.counts["truncated"] == 2
    for i, text in enumerate(texts):
        given = encoder.tokenizer(text, truncation=True, max_length=POSITIONS, return_tensors="pt")
        with torch.no_grad():
            hidden = encoder.model(**given)[0][0].numpy()
        expected = {"all": hidden.mean(axis=0), "mean": hidden[:-2].mean(axis=0), 0: hidden[0]}
        np.testing.assert_allclose(
            found.layer(-1)[i], expected.get(pooling, hidden[-1]), atol=1e-5, err_msg=text
        )


def test_types_of_tokens_stay_with_them_in_windows(tiny):
    encoder = ended_by_cls(tiny)
    task = long_word_task(tiny, 30)
    found = encoder.encode(task, on_long="window")["train"]
    with torch.no_grad():
        encoder.model.embeddings.token_type_embeddings.weight[1] += torch.linspace(-3, 3, 16)
        given = encoder.tokenizer("the dog", return_tensors="pt")
        short = encoder.model(**given)[0][0].numpy()
    changed = encoder.encode(task, on_long="window")["train"]
    np.testing.assert_allclose(changed.layer(-1)[:2], short[:2], atol=1e-5)
    assert (np.abs(changed.layer(-1) - found.layer(-1)).max(axis=1) > 1e-3).all()
    assert np.array_equal(changed.layer(0), found.layer(0))


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_the_longest_text_is_the_longest_that_runs(tiny, family):
    model, tokenizer = tiny.tiny_model(family, positions=POSITIONS)
    longest = longest_text(model, tokenizer)
    assert longest == (POSITIONS - 2 if family == "roberta" else POSITIONS)
    ids = torch.full((1, longest), 10)
    model(input_ids=ids)
    with pytest.raises((IndexError, RuntimeError)):
        model(input_ids=torch.full((1, longest + 1), 10))


def test_the_tokenizers_limit_counts_as_well(tiny, short_bert):
    short_bert.tokenizer.model_max_length = 8
    assert longest_text(short_bert.model, short_bert.tokenizer) == 8


def zero_width_task(tiny):
    texts = [["the", "\u200b", "dog"]]
    split = tiny.split_of("train", texts, [0, 0, 0], [[0], [1], [2]], [0, 3, 1])
    return tiny.Task("odd", "word", tiny.LABELS, {"train": split})


def test_a_word_without_tokens_is_an_error_that_says_where(tiny, bert):
    with pytest.raises(InputError, match=r"train.txt:2: the tokenizer .* has no token"):
        bert.encode(zero_width_task(tiny))


def test_a_word_without_tokens_is_dropped_and_counted(tiny, bert):
    found = bert.encode(zero_width_task(tiny), on_missing="drop")["train"]
    assert found.example_index.tolist() == [0, 2]
    assert found.labels.tolist() == ["DET", "NOUN"]
    assert found.counts["dropped_missing"] == 1
