"""A fine-tuned model that is kept encodes as it did, without training again."""

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from tunescope.encoders import Encoder
from tunescope.encoders.policy import Policy
from tunescope.errors import InputError
from tunescope.seals import seal_folder
from tunescope.tuning import Tuned, finetune, load_tuned


@pytest.fixture
def tuned(tiny: ModuleType, bert: Encoder) -> Tuned:
    return finetune(bert, tiny.word_task(), epochs=1, batch_size=4, snapshots=2)


@pytest.mark.slow
def test_what_is_loaded_encodes_and_predicts_the_same(
    tiny: ModuleType, tuned: Tuned, tmp_path: Path
) -> None:
    tuned.save(tmp_path / "kept")
    state = torch.get_rng_state()
    again = load_tuned(tmp_path / "kept", device="cpu")
    assert torch.equal(state, torch.get_rng_state())
    task = tiny.word_task(seed=9)
    for split in task.splits:
        first, second = tuned.encode(task)[split], again.encode(task)[split]
        for layer in first.layers:
            assert np.array_equal(first.layer(layer), second.layer(layer))
        assert np.array_equal(tuned.predict(first), again.predict(second))
    assert again.encoder.identity == tuned.encoder.identity
    assert again.encoder.name == tuned.encoder.name
    assert again.history.equals(tuned.history)
    assert again.evaluations.equals(tuned.evaluations)
    assert (again.updates, again.label_names) == (tuned.updates, tuned.label_names)
    assert again.settings["seed"] == 0


@pytest.mark.slow
def test_what_is_encoded_is_read_as_in_the_training(
    tiny: ModuleType, bert: Encoder, tmp_path: Path
) -> None:
    task = tiny.text_task(n=20)
    tuned = finetune(bert, task, epochs=1, batch_size=4, snapshots=2, pooling="mean")
    tuned.save(tmp_path / "kept")
    again = load_tuned(tmp_path / "kept", device="cpu")
    expected = tuned.snapshots[max(tuned.updates)]["train"].layer(-1)
    for one in (tuned, again):
        assert one.policy == Policy(pooling="mean")
        assert np.array_equal(one.encode(task)["train"].layer(-1), expected)
        assert not np.allclose(one.encode(task, pooling="cls")["train"].layer(-1), expected)
        assert not np.allclose(one.encode(task, policy=Policy())["train"].layer(-1), expected)


@pytest.mark.slow
def test_a_folder_without_a_policy_is_read_by_default(tuned: Tuned, tmp_path: Path) -> None:
    tuned.save(tmp_path / "kept")
    about = tmp_path / "kept" / "tuned" / "tuned.json"
    description = json.loads(about.read_text(encoding="utf-8"))
    assert description.pop("policy")["pooling"] is None
    about.write_text(json.dumps(description), encoding="utf-8")
    (tmp_path / "kept" / "contents.json").unlink()
    seal_folder(tmp_path / "kept")
    assert load_tuned(tmp_path / "kept", device="cpu").policy == Policy()


@pytest.mark.slow
def test_the_folder_is_a_models_as_any_other(
    tiny: ModuleType, tuned: Tuned, tmp_path: Path
) -> None:
    tuned.save(tmp_path / "kept")
    vectors = Encoder(tmp_path / "kept").encode(tiny.word_task())["test"].layer(-1)
    assert np.array_equal(vectors, tuned.encode(tiny.word_task())["test"].layer(-1))
    tuned.save(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.slow
def test_a_model_of_sentences_stays_one(tiny: ModuleType, bert: Encoder, tmp_path: Path) -> None:
    bert.save(tmp_path / "own")
    (tmp_path / "own" / "1_Pooling").mkdir()
    (tmp_path / "own" / "1_Pooling" / "config.json").write_text('{"pooling_mode": "mean"}')
    kinds = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    described = [{"path": path, "type": f"a.{kind}"} for kind, path in kinds.items()]
    (tmp_path / "own" / "modules.json").write_text(json.dumps(described))
    task = tiny.text_task(n=20)
    found = finetune(tmp_path / "own", task, epochs=1, batch_size=4, snapshots=2, device="cpu")
    found.save(tmp_path / "kept")
    again = load_tuned(tmp_path / "kept", device="cpu")
    vectors = found.encode(task)["train"].layer(-1)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(again.encode(task)["train"].layer(-1), vectors)


@pytest.mark.slow
def test_the_last_block_s_own_vectors_stay_those(tiny: ModuleType, tmp_path: Path) -> None:
    model, tokenizer = tiny.tiny_model("gpt2")
    task = tiny.word_task()
    encoder = Encoder(model, tokenizer=tokenizer, last_norm=False)
    found = finetune(encoder, task, epochs=1, batch_size=4, snapshots=2)
    found.save(tmp_path / "kept")
    again = load_tuned(tmp_path / "kept", device="cpu")
    vectors = found.encode(task)["test"].layer(-1)
    assert np.array_equal(again.encode(task)["test"].layer(-1), vectors)
    behind = Encoder(tmp_path / "kept", device="cpu").encode(task)["test"].layer(-1)
    assert not np.allclose(behind, vectors)


@pytest.mark.slow
def test_a_folder_of_something_else_stays(tuned: Tuned, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        tuned.save(tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["tuned.json", "head.safetensors", "history.parquet", "evaluations.parquet"]
)
@pytest.mark.slow
def test_a_damaged_folder_is_refused(tuned: Tuned, tmp_path: Path, name: str) -> None:
    tuned.save(tmp_path / "kept")
    (tmp_path / "kept" / "tuned" / name).write_bytes(b"cut")
    with pytest.raises(InputError, match=f"{name}: damaged"):
        load_tuned(tmp_path / "kept")
    with pytest.raises(InputError, match="no fine-tuned model is stored here"):
        load_tuned(tmp_path)
