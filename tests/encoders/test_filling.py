"""Rows filled by a thread that is a batch behind, as beside a GPU, are the rows filled at once."""

import threading

import numpy as np
import pytest
import torch

from tunescope.encoders import Encoder, encoder
from tunescope.encoders.filling import Filling
from tunescope.errors import TunescopeError

BUDGET = 24
"""Tokens in a batch, so that there are many."""


@pytest.fixture
def bert(tiny):
    model, tokenizer = tiny.tiny_model("bert", positions=16)
    return Encoder(model, tokenizer=tokenizer)


@pytest.fixture
def behind(monkeypatch):
    """Rows are filled by a thread of their own; the fixture names those that did."""
    by = set()

    class Watched(Filling):
        def __init__(self, *given, behind):
            assert not behind  # this is the CPU
            super().__init__(*given, behind=True)

        def _put(self, *given):
            by.add(threading.current_thread())
            super()._put(*given)

    def start():
        monkeypatch.setattr(encoder, "Filling", Watched)
        return by

    return start


def long_texts(tiny):
    texts = ["the old dog sees a small cat " * n for n in (1, 4, 7)]
    split = tiny.split_of("train", texts, range(3), np.zeros((3, 0)), [0, 1, 0])
    return tiny.Task("texts", "text", ("short", "long"), {"train": split})


TASKS = {
    "words": lambda tiny: tiny.word_task(),
    "pairs": lambda tiny: tiny.pair_task(),
    "texts": long_texts,
}


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("options", [{}, {"storage": "float16"}], ids=["float32", "float16"])
def test_a_batch_behind_gives_the_same_rows(tiny, bert, behind, tmp_path, kind, options):
    task = TASKS[kind](tiny)
    options = options | {"on_long": "window", "token_budget": BUDGET}
    if kind == "texts":
        options |= {"pooling": "mean", "unit_length": True}
    at_once = bert.encode(task, **options)
    threads = behind()
    later = bert.encode(task, **options, folder=tmp_path / "vectors")
    assert threads
    assert threading.current_thread() not in threads
    for split, found in at_once.items():
        assert found.layers == later[split].layers
        for layer in found.layers:
            np.testing.assert_array_equal(found.layer(layer), later[split].layer(layer))


def test_a_text_in_several_batches_is_the_mean_of_all_its_tokens(tiny, bert):
    """Windows of a long text, each in a batch of its own or all in one."""
    words = ["the", "old", "dog", "sees", "a", "cat"] * 6
    split = tiny.split_of("train", [words, words[:3]], [0, 1], [[0], [0]], [0, 1])
    task = tiny.Task("long", "word", tiny.LABELS, {"train": split})
    apart, together = (
        bert.encode(task, on_long="window", token_budget=budget)["train"].layer(-1)
        for budget in (1, 10_000)
    )
    np.testing.assert_allclose(apart, together, atol=1e-5)


@pytest.mark.parametrize("broken", ["early", "late"])
def test_what_is_not_finite_is_refused_a_batch_behind_too(tiny, bert, behind, monkeypatch, broken):
    calls, sound = [], bert.hidden_states

    def states(batch, dtype=None):
        calls.append(batch)
        found = sound(batch, dtype)
        bad = len(calls) == 1 if broken == "early" else len(calls) == n_batches
        return (*found[:2], found[2] * torch.inf, *found[3:]) if bad else found

    monkeypatch.setattr(bert, "hidden_states", states)
    n_batches = 0
    bert.encode(tiny.word_task(), token_budget=BUDGET, layers=[0, 1])  # counts the batches
    n_batches, calls[:] = len(calls), []
    assert n_batches > 3
    behind()
    with pytest.raises(TunescopeError, match="layer 2 has vectors that are not finite in float32"):
        bert.encode(tiny.word_task(), token_budget=BUDGET)
    assert len(calls) < n_batches or broken == "late"


def test_an_error_of_the_model_ends_the_thread(tiny, bert, behind, monkeypatch):
    threads, calls, sound = behind(), [], bert.hidden_states

    def states(batch, dtype=None):
        calls.append(batch)
        if len(calls) == 3:
            raise TunescopeError("the memory does not suffice")
        return sound(batch, dtype)

    monkeypatch.setattr(bert, "hidden_states", states)
    with pytest.raises(TunescopeError, match="the memory does not suffice"):
        bert.encode(tiny.word_task(), token_budget=BUDGET)
    assert threads
    assert not any(thread.is_alive() for thread in threads)
