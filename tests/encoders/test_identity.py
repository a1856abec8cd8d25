"""A model is its bytes: not its name, not its place."""

import json
import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file, save_file

from tunescope.encoders import Encoder


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2", "llama", "distilbert"])
@pytest.mark.slow
def test_saving_and_loading_keeps_the_identity(
    tiny: ModuleType, tmp_path: Path, family: str
) -> None:
    model, tokenizer = tiny.tiny_model(family)
    encoder = Encoder(model, tokenizer=tokenizer)
    encoder.save(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    first, second = Encoder(tmp_path / "a"), Encoder(tmp_path / "b")
    assert encoder.identity == first.identity == second.identity
    assert first.revision == second.revision


def test_one_weight_changes_it(bert: Encoder) -> None:
    before = bert.identity
    with torch.no_grad():
        next(bert.model.parameters())[0, 0] += 1e-6
    assert bert.identity != before


def spoil(folder: Path, name: str) -> None:
    """Change a file's content without changing its size or its time."""
    path = folder / name
    about = path.stat()
    if name == "model.safetensors":
        weights = load_file(path)
        weights["embeddings.LayerNorm.bias"] += 1.0
        save_file(weights, path, metadata={"format": "pt"})
    elif name == "tokenizer.json":
        text = path.read_text()
        path.write_text(text.replace('"dog"', '"xxx"').replace('"cat"', '"dog"'))
    else:
        path.write_text(path.read_text().replace('"gelu"', '"relu"'))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns + 1))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
@pytest.mark.slow
def test_a_folder_that_is_saved_anew_is_another_model_in_the_same_process(
    bert_folder: Path, name: str
) -> None:
    before = Encoder(bert_folder)
    spoil(bert_folder, name)
    after = Encoder(bert_folder)
    assert before.revision != after.revision
    assert before.identity != after.identity


def test_what_training_leaves_beside_it_is_not_the_model(bert_folder: Path) -> None:
    before = Encoder(bert_folder).revision
    (bert_folder / "trainer_state.json").write_text(json.dumps({"global_step": 3}))
    (bert_folder / "README.md").write_text("how it was made")
    assert Encoder(bert_folder).revision == before
