"""How long work is said to take, before it is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from unittest import mock

import pytest

from tunescope.studies import estimate
from tunescope.studies.questions.wanted import Wanted
from tunescope.studies.study import Probing, Tuning
from tunescope.tasks import load_task

ALL = Wanted(test=True, clusters=True, accuracy=True)


def test_the_speed_is_measured_on_this_machine() -> None:
    estimate.measured_speed.cache_clear()
    assert 1e8 < estimate.measured_speed() < 1e14
    assert estimate.measured_speed() == estimate.measured_speed()


def test_a_model_is_as_large_as_the_catalogue_or_its_folder_says(
    tiny: ModuleType, tmp_path: Path
) -> None:
    known = estimate.size("minilm")
    assert (known.layers, known.features, known.known) == (6, 384, True)
    assert known.parameters > known.multiplied == 12 * 6 * 384**2
    assert estimate.size("minilm:2").layers == 2
    model, tokenizer = tiny.tiny_model("bert")
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    found = estimate.size(str(tmp_path / "model"))
    config = model.config
    assert (found.layers, found.features) == (config.num_hidden_layers, config.hidden_size)


def test_a_model_whose_size_is_not_here_counts_as_bert_base(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for model in ("somebody/something", str(tmp_path / "empty")):
        found = estimate.size(model)
        assert (found.layers, found.features, found.known) == (12, 768, False)


@pytest.mark.parametrize(
    "less",
    [
        replace(ALL, clusters=False),
        replace(ALL, test=False),
        replace(ALL, accuracy=False),
        replace(ALL, controls=False),
    ],
)
def test_what_is_not_asked_costs_nothing(less: Wanted) -> None:
    task = load_task("demo-pos")
    whole = estimate.measuring("minilm", task, ALL, Probing())
    assert 0 < estimate.measuring("minilm", task, less, Probing()) < whole


def test_more_work_takes_longer() -> None:
    task = load_task("demo-pos")
    times = [
        estimate.measuring("minilm", task, ALL, Probing(protocol=protocol))
        for protocol in ("none", "quick", "zhou2022-halving", "zhou2022")
    ]
    assert times == sorted(set(times))
    with mock.patch.object(estimate, "measured_speed", return_value=1e9):
        short = estimate.tuning("minilm", task, Tuning(epochs=1), "cpu")
        assert estimate.tuning("minilm", task, Tuning(epochs=3), "cpu") == pytest.approx(3 * short)
        assert estimate.tuning("minilm", task, Tuning(epochs=1, batch_size=1), "cpu") > short
        once = estimate.encoding("minilm", task, "cpu")
    assert 0 < once < short
