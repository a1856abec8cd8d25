"""How long work is said to take, before it is done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from unittest import mock

import pandas as pd
import pytest

from tunescope.studies import estimate
from tunescope.studies.questions.wanted import Wanted
from tunescope.studies.study import Probing, Tuning
from tunescope.tasks import Task, load_task

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


def test_a_configuration_that_is_damaged_or_brings_code_is_left_to_the_loading(
    tmp_path: Path,
) -> None:
    code = "from pathlib import Path\nPath(__file__ + '.ran').touch()\n"
    configs = [
        {"model_type": "bert", "vocab_size": None},
        {"model_type": "bert", "hidden_size": "abc"},
        {"model_type": "own", "auto_map": {"AutoConfig": "configuration_own.OwnConfig"}},
        [],
    ]
    for number, config in enumerate(configs):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "configuration_own.py").write_text(code)
        assert not estimate.size(str(folder)).known
    assert not list(tmp_path.glob("**/*.ran"))


def test_the_words_of_pairs_of_texts_are_counted(tmp_path: Path) -> None:
    words = [*"abcdefghij"]
    rows = [
        {"premise": " ".join(words[k:]), "hypothesis": words[k], "label": "ab"[k % 2]}
        for k in range(8)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "pairs.csv", index=False)
    task = Task.from_csv(tmp_path / "pairs.csv", test_fraction=0)
    expected = estimate.SUBWORDS * sum(11 - k for k in range(8)) + estimate.SPECIAL * 8
    assert estimate.n_tokens(task, "train") == pytest.approx(expected)


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
