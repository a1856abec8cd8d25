import json

import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from safetensors.torch import load_file, save_file

from tunescope.encoders import Encoder
from tunescope.errors import InputError, TunescopeError


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


def test_a_hub_model_without_safetensors_is_refused(monkeypatch):
    class File:
        rfilename = "pytorch_model.bin"

    class Found:
        sha = "0" * 40
        siblings = (File,)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *a, **k: Found)
    with pytest.raises(InputError, match="has no safetensors weights at revision 0000"):
        Encoder("some-org/pickles-only")
