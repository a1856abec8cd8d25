import json
import shutil
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from safetensors.torch import load_file, save_file

from tunescope.encoders import Encoder
from tunescope.encoders.hub import find_on_hub
from tunescope.errors import InputError, TunescopeError

pytestmark = pytest.mark.slow


def test_a_folder_gives_what_was_saved(tiny, bert, bert_folder):
    task = tiny.word_task()
    loaded = Encoder(bert_folder)
    expected = bert.encode(task)["train"].layer(-1)
    np.testing.assert_allclose(loaded.encode(task)["train"].layer(-1), expected, atol=1e-6)
    assert loaded.revision.startswith("sha256:")
    assert loaded.name == str(bert_folder)


def test_an_encoder_can_be_saved_and_loaded(tiny, bert, tmp_path):
    task = tiny.word_task()
    bert.save(tmp_path / "saved")
    again = Encoder(tmp_path / "saved").encode(task)["train"].layer(-1)
    np.testing.assert_allclose(again, bert.encode(task)["train"].layer(-1), atol=1e-6)


@pytest.mark.parametrize("name", ["file", "file/inside", "x" * 300])
def test_a_place_that_cannot_be_a_folder_is_refused_in_a_line(bert, tmp_path, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(TunescopeError, match=r"file: is a file; expected a folder|cannot write it"):
        bert.save(tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"


def test_the_first_layers_are_those_of_the_whole(tiny, bert_folder):
    task = tiny.word_task()
    whole = Encoder(bert_folder).encode(task)["train"]
    cut = Encoder(f"{bert_folder}:2").encode(task)["train"]
    assert cut.layers == (0, 1, 2)
    for layer in cut.layers:
        np.testing.assert_allclose(cut.layer(layer), whole.layer(layer), atol=1e-6)
    with pytest.raises(InputError, match="it has 3 layers; keep between 1 and 3"):
        Encoder(f"{bert_folder}:4")


def test_random_weights_follow_their_seed_alone(tiny, bert_folder):
    task = tiny.word_task()

    def last(**options):
        return Encoder(bert_folder, **options).encode(task)["train"].layer(-1)

    before = torch.get_rng_state()
    first = last(weights="random", seed=3)
    assert torch.equal(before, torch.get_rng_state())
    torch.rand(5)
    assert np.array_equal(last(weights="random", seed=3), first)
    assert not np.allclose(last(weights="random", seed=4), first)
    assert not np.allclose(last(), first)
    assert Encoder(bert_folder, weights="random").revision is None


def test_random_weights_of_a_loaded_model(tiny):
    model, tokenizer = tiny.tiny_model("bert")
    fresh = Encoder(model, tokenizer=tokenizer, weights="random", seed=1)
    assert fresh.model is not model
    task = tiny.word_task()
    found = fresh.encode(task)["train"].layer(-1)
    assert not np.allclose(
        found, Encoder(model, tokenizer=tokenizer).encode(task)["train"].layer(-1)
    )


def test_loading_says_nothing(bert_folder, capfd):
    Encoder(f"{bert_folder}:1")
    assert capfd.readouterr() == ("", "")


def test_weights_of_another_architecture_are_refused(bert_folder):
    weights = load_file(bert_folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, bert_folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lack 1 .* such as 'encoder.layer.1.output"):
        Encoder(bert_folder)


def test_pickled_weights_are_not_loaded(bert_folder):
    weights = load_file(bert_folder / "model.safetensors")
    (bert_folder / "model.safetensors").unlink()
    torch.save(weights, bert_folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="cannot be loaded"):
        Encoder(bert_folder)


def test_nobodys_code_is_run(bert_folder):
    config = json.loads((bert_folder / "config.json").read_text())
    config |= {"model_type": "made-up", "auto_map": {"AutoConfig": "evil.Config"}}
    (bert_folder / "config.json").write_text(json.dumps(config))
    (bert_folder / "evil.py").write_text("raise SystemExit('it was run')")
    with pytest.raises(InputError, match="cannot be loaded"):
        Encoder(bert_folder)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be loaded"):
        Encoder(tmp_path)


def hub_error(kind):
    error = kind.__new__(kind)
    Exception.__init__(error, "not found")
    return error


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        (RepositoryNotFoundError, InputError, "not on the Hugging Face Hub"),
        (RevisionNotFoundError, InputError, "has no revision 'main'"),
        (OSError, TunescopeError, "cannot be reached .* offline, give a local folder"),
    ],
)
def test_what_the_hub_answers_is_said_plainly(monkeypatch, tmp_path, raised, kind, said):
    def answer(*args, **options):
        raise hub_error(raised)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", answer)
    with pytest.raises(kind, match=said):
        Encoder("some-org/no-such-model-here", revision="main")


class Answer:
    """What the Hub says of a model at one revision."""

    def __init__(self, sha, *files):
        self.sha = sha
        self.siblings = [type("File", (), {"rfilename": name}) for name in files]


class Proposal:
    num = 2


@pytest.fixture
def pickles_only(monkeypatch):
    answers = {None: Answer("a" * 40, "config.json", "pytorch_model.bin")}
    api = huggingface_hub.HfApi
    monkeypatch.setattr(api, "model_info", lambda self, name, revision, **k: answers[revision])
    monkeypatch.setattr(api, "get_repo_discussions", lambda *a, **k: [Proposal] * len(answers))
    return answers


def test_a_hub_model_without_safetensors_is_refused(pickles_only, monkeypatch):
    monkeypatch.setattr(huggingface_hub.HfApi, "get_repo_discussions", lambda *a, **k: [])
    with pytest.raises(InputError, match="has no safetensors weights at revision aaaa"):
        Encoder("some-org/pickles-only")


def test_the_hubs_converted_copy_is_taken(pickles_only):
    pickles_only["refs/pr/2"] = Answer("b" * 40, "config.json", "model.safetensors")
    found = find_on_hub("some-org/pickles-only", None)
    assert (found.revision, found.commit, found.offline) == ("refs/pr/2", "b" * 40, False)


@pytest.fixture
def cached(bert_folder, tmp_path, monkeypatch):
    """A Hub cache that holds the tiny model as a converted copy, and no network."""
    cache = tmp_path / "cache"
    repository = cache / "models--some-org--tiny"
    snapshot = repository / "snapshots" / ("c" * 40)
    shutil.copytree(bert_folder, snapshot)
    reference = repository / "refs" / "refs" / "pr" / "1"
    reference.parent.mkdir(parents=True)
    reference.write_text("c" * 40)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("transformers.utils.hub.constants.HF_HUB_CACHE", str(cache))

    def no_network(*arguments, **options):
        raise ConnectionError("no network here")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", no_network)


@pytest.mark.parametrize("revision", [None, "c" * 40])
def test_what_is_in_the_cache_needs_no_network(cached, tiny, bert, revision):
    task = tiny.word_task()
    encoder = Encoder("some-org/tiny", revision=revision)
    assert encoder.revision == "c" * 40
    expected = bert.encode(task)["train"].layer(-1)
    np.testing.assert_allclose(encoder.encode(task)["train"].layer(-1), expected, atol=1e-6)


def test_a_path_is_a_folder_though_it_may_be_a_short_name(bert_folder, tmp_path, monkeypatch):
    shutil.copytree(bert_folder, tmp_path / "here" / "minilm")
    monkeypatch.chdir(tmp_path / "here")
    assert Encoder(Path("minilm"), device="cpu").n_features == 16
    with pytest.raises(InputError, match="'minilm' is a short name"):
        Encoder("minilm", device="cpu")
