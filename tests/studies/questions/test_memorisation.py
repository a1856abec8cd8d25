"""What a probe reads of examples that the encoder has seen, and of others; or why it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from tunescope.probes import ClassifierProbe, Protocol
from tunescope.studies.questions import memorisation
from tunescope.studies.questions.memorisation import memorisation_table

QUICK = Protocol.named("quick")


@pytest.mark.slow
def test_memory_shows_as_a_gap_between_what_was_seen_and_what_was_not() -> None:
    random = np.random.default_rng(1)
    y = np.repeat(["a", "b"], 100)
    seen = random.normal(size=(200, 3)) + 4 * (y == "b")[:, None]
    unseen = random.normal(size=(200, 3))
    groups = np.tile(np.arange(100), 2)
    table = memorisation_table((seen, y, groups), (unseen, y, groups), protocol=QUICK, seed=0)
    mean = table.groupby("compared_on")["accuracy"].mean()
    assert mean["training rest"] > 0.95
    assert 0.3 < mean["test"] < 0.7
    assert set(table[table["compared_on"] == "training rest"]["n_examples"]) == {40}


def test_a_label_that_is_set_aside_whole_leaves_the_accuracy_missing_with_a_reason() -> None:
    groups = np.arange(20)
    aside = np.random.default_rng(0).permutation(groups)[0]
    labels = np.where(groups == aside, "b", "a")
    vectors = np.random.default_rng(1).normal(size=(20, 4))
    train, test = (vectors, labels, groups), (vectors[:5], labels[:5], groups[:5])
    table = memorisation_table(train, test, protocol=QUICK, seed=0)
    assert table["compared_on"].tolist() == ["training rest", "test"]
    assert table[["accuracy", "lower", "upper"]].isna().all(axis=None)
    assert table["n_examples"].tolist() == table["n_groups"].tolist() == [4, 5]
    assert table["reason"].str.contains("a probe on 80 % of the training texts: ").all()


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_texts_are_a_reason_too(n: int) -> None:
    part = np.zeros((n, 3)), np.array(["a", "b"][:n]), np.arange(n)
    assert memorisation_table(part, part, protocol=QUICK, seed=0)["accuracy"].isna().all()


def test_the_probe_is_trained_where_it_is_asked_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def probe(protocol: Protocol, *, random_state: int, device: str) -> ClassifierProbe:
        asked.append(device)
        return ClassifierProbe(protocol, random_state=random_state, device="cpu")

    monkeypatch.setattr(memorisation, "ClassifierProbe", probe)
    part = np.zeros((2, 3)), np.array(["a", "b"]), np.arange(2)
    memorisation_table(part, part, protocol=QUICK, seed=0, device="cuda:7")
    assert asked == ["cuda:7"]
