"""A training that is killed goes on from its last snapshot, bit by bit as if it had not been."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from tunescope.encoders import Encoder
from tunescope.errors import InputError
from tunescope.tuning import Tuned, finetune

pytestmark = pytest.mark.slow

OPTIONS: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 4,
    "learning_rate": 3e-3,
    "device": "cpu",
    "snapshots": [2, 3, 5, 7],
}
"""Nine updates, three an epoch: there are snapshots within epochs and at the end of one."""


class KilledError(Exception):
    """Stands for a power cut."""


def weights(tuned: Tuned) -> dict[str, torch.Tensor]:
    found = dict(tuned.encoder.model.state_dict()) | dict(tuned.head.state_dict())
    return {name: weight.detach().clone() for name, weight in found.items()}


def assert_same(a: Tuned, b: Tuned) -> None:
    first, second = weights(a), weights(b)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert a.history.equals(b.history)
    assert a.evaluations.equals(b.evaluations)
    assert a.updates == b.updates


def killed_at(update: int, calls: list[int]) -> Any:
    def on_snapshot(now: int, encoder: Encoder) -> None:
        calls.append(now)
        if now == update:
            raise KilledError

    return on_snapshot


@pytest.mark.parametrize("at", [3, 5, 7, 9])
@pytest.mark.parametrize("batch_of", ["texts", "examples"])
def test_a_killed_training_ends_with_the_same_bits(
    tiny: ModuleType, bert: Encoder, tmp_path: Path, at: int, batch_of: str
) -> None:
    task, place = tiny.word_task(sizes=(10, 6)), tmp_path / "checkpoint"
    options = {**OPTIONS, "batch_of": batch_of}
    if batch_of == "examples":
        options |= {"batch_size": 16, "epochs": 9 / -(-len(task["train"]) // 16)}
    undisturbed = finetune(bert, task, keep=False, **options)
    calls: list[int] = []
    with pytest.raises(KilledError):
        finetune(bert, task, on_snapshot=killed_at(at, calls), checkpoint=place, **options)
    before = [update for update in (0, 2, 3, 5, 7, 9) if update < at]
    assert calls == [*before, at]
    calls.clear()
    torch.rand(3)
    tuned = finetune(bert, task, on_snapshot=killed_at(-1, calls), checkpoint=place, **options)
    assert calls == [update for update in (0, 2, 3, 5, 7, 9) if update >= at]
    assert_same(tuned, undisturbed)
    assert tuned.settings["resumed_at"] == [before[-1]]
    assert not place.exists()


def test_it_may_be_killed_again_and_again(tiny: ModuleType, bert: Encoder, tmp_path: Path) -> None:
    task, place = tiny.word_task(), tmp_path / "checkpoint"
    undisturbed = finetune(bert, task, keep=False, **OPTIONS)
    for at in (0, 3, 5, 5, 9):
        with pytest.raises(KilledError):
            finetune(bert, task, on_snapshot=killed_at(at, []), checkpoint=place, **OPTIONS)
    tuned = finetune(bert, task, keep=False, checkpoint=place, keep_checkpoint=True, **OPTIONS)
    assert_same(tuned, undisturbed)
    assert tuned.settings["resumed_at"] == [2, 3, 7]  # the second stop at 5 left none
    assert place.exists()


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_kill_while_the_old_state_is_removed_loses_nothing(
    tiny: ModuleType, bert: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """States are replaced after updates 3, 5 and 7; the last is removed at the end."""
    task, place = tiny.word_task(), tmp_path / "checkpoint"
    undisturbed = finetune(bert, task, keep=False, **OPTIONS)
    removed = 0

    def half(path: str | Path, *arguments: Any, **options: Any) -> None:
        nonlocal removed
        removed += Path(path, "progress.json").exists()
        if removed == at and Path(path, "progress.json").exists():
            next(Path(path).glob("*.pt")).unlink()
            raise KilledError
        remove(path, *arguments, **options)

    remove = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", half)
    with pytest.raises(KilledError):
        finetune(bert, task, keep=False, checkpoint=place, **OPTIONS)
    tuned = finetune(bert, task, keep=False, checkpoint=place, **OPTIONS)
    assert_same(tuned, undisturbed)
    assert tuned.settings["resumed_at"] == {1: [3], 2: [5], 3: [7], 4: []}[at]
    assert list(tmp_path.iterdir()) == []


PROGRAM = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import tiny_models as tiny
from tunescope.encoders import Encoder
from tunescope.tuning import finetune

def kill(update, encoder):
    if update == 5:
        os.kill(os.getpid(), signal.SIGKILL)

model, tokenizer = tiny.tiny_model("bert")
finetune(
    Encoder(model, tokenizer=tokenizer), tiny.word_task(), epochs=3, batch_size=4,
    learning_rate=3e-3, device="cpu", snapshots=[2, 3, 5, 7], on_snapshot=kill,
    folder=sys.argv[2] + "/vectors", checkpoint=sys.argv[2] + "/checkpoint",
)
"""


def test_another_process_goes_on_after_a_kill(
    tiny: ModuleType, bert: Encoder, tmp_path: Path
) -> None:
    support = str(Path(__file__).parents[1] / "support")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, support, str(tmp_path)], check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    task = tiny.word_task()
    undisturbed = finetune(bert, task, **OPTIONS)
    tuned = finetune(
        bert, task, folder=tmp_path / "vectors", checkpoint=tmp_path / "checkpoint", **OPTIONS
    )
    assert_same(tuned, undisturbed)
    assert tuple(tuned.snapshots) == tuned.updates
    for update in tuned.updates:
        for layer in range(4):
            expected = undisturbed.snapshots[update]["test"].layer(layer)
            assert np.array_equal(tuned.snapshots[update]["test"].layer(layer), expected)


def test_vectors_of_another_training_stay_and_a_stopped_one_finds_its_own(
    tiny: ModuleType, bert: Encoder, tmp_path: Path
) -> None:
    task = tiny.word_task()
    options: dict[str, Any] = {**OPTIONS, "folder": tmp_path / "v", "checkpoint": tmp_path / "c"}
    with pytest.raises(KilledError):  # before there is a checkpoint
        finetune(bert, task, on_snapshot=killed_at(0, []), **options)
    assert not (tmp_path / "c").exists()
    with pytest.raises(InputError, match="another training: its seed is 0, here it is 1"):
        finetune(bert, task, seed=1, **options)
    first = finetune(bert, task, **options)
    kept = {update: np.array(first.snapshots[update]["test"].layer(-1)) for update in first.updates}
    without = {name: value for name, value in options.items() if name != "checkpoint"}
    second = finetune(bert, task, seed=1, **{**without, "snapshots": [4]})
    assert (tmp_path / "v" / "training-2" / "update-0000004").is_dir()
    assert tuple(second.snapshots) == second.updates == (0, 4, 9)
    for update, vectors in kept.items():
        assert np.array_equal(first.snapshots[update]["test"].layer(-1), vectors)
    assert not np.allclose(second.snapshots[9]["test"].layer(-1), kept[9])
    with pytest.raises(InputError, match="of which there is no checkpoint here"):
        finetune(bert, task, **{**options, "folder": tmp_path / "v" / "training-2"})


def test_shared_weights_and_accumulated_gradients_go_on_too(
    tiny: ModuleType, tmp_path: Path
) -> None:
    import transformers

    tokenizer = tiny.wordpiece_tokenizer()
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
    config = transformers.T5Config(vocab_size=len(tokenizer), **sizes)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = Encoder(transformers.T5Model(config), tokenizer=tokenizer)
    task, place = tiny.word_task(sizes=(20, 6)), tmp_path / "checkpoint"
    options = {**OPTIONS, "training_arguments": {"gradient_accumulation_steps": 2}}
    undisturbed = finetune(encoder, task, keep=False, **options)
    with pytest.raises(KilledError):
        finetune(encoder, task, on_snapshot=killed_at(5, []), checkpoint=place, **options)
    assert_same(finetune(encoder, task, keep=False, checkpoint=place, **options), undisturbed)


@pytest.fixture
def stopped(tiny: ModuleType, bert: Encoder, tmp_path: Path) -> Path:
    place = tmp_path / "checkpoint"
    with pytest.raises(KilledError):
        finetune(bert, tiny.word_task(), on_snapshot=killed_at(5, []), checkpoint=place, **OPTIONS)
    return place


def test_nothing_in_it_needs_a_pickle(stopped: Path) -> None:
    names = {path.name for path in stopped.iterdir()}
    for path in stopped.glob("*.pt"):
        torch.load(path, weights_only=True)
    json.loads((stopped / "progress.json").read_text())
    assert {name.rpartition(".")[2] for name in names} == {"pt", "json", "safetensors"}
    assert [path.name for path in stopped.parent.iterdir()] == ["checkpoint"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 1}, "its seed is 0, here it is 1"),
        ({"learning_rate": 1e-3}, "its learning_rate is 0.003"),
        ({"snapshots": [2]}, "its snapshots is"),
        ({"pooling": "mean"}, "its pooling is None, here it is 'mean'"),
        ({"evaluate": ["train", "test"]}, r"its evaluate is \['test'\], here it is \['train', 't"),
        ({"evaluate": []}, r"its evaluate is \['test'\], here it is \[\]"),
        ({"keep": True, "folder": "vectors"}, "its keep is False, here it is True"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(
    tiny: ModuleType,
    bert: Encoder,
    stopped: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        options = {**OPTIONS, "keep": False, **changed}
        finetune(bert, tiny.word_task(), checkpoint=stopped, **options)
    assert stopped.exists()
    assert not Path("vectors").exists()  # what was refused has claimed nothing


def test_other_data_or_another_model_are_another_training(
    tiny: ModuleType, bert: Encoder, stopped: Path
) -> None:
    options: dict[str, Any] = {**OPTIONS, "keep": False, "checkpoint": stopped}
    with pytest.raises(InputError, match="its training data is 'sha256"):
        finetune(bert, tiny.word_task(seed=5), **options)
    model, tokenizer = tiny.tiny_model("bert", seed=1)
    with pytest.raises(InputError, match="its model is 'sha256"):
        finetune(Encoder(model, tokenizer=tokenizer), tiny.word_task(), **options)


def test_what_the_snapshots_look_at_is_part_of_the_training(
    tiny: ModuleType, bert: Encoder, tmp_path: Path
) -> None:
    """Else one table would hold numbers of two test splits, and one folder vectors of two kinds."""
    task = tiny.word_task()
    options: dict[str, Any] = {**OPTIONS, "folder": tmp_path / "v", "checkpoint": tmp_path / "c"}
    options |= {"splits": ["test"], "layers": [-1]}
    with pytest.raises(KilledError):
        finetune(bert, task, on_snapshot=killed_at(5, []), **options)
    relabelled = replace(task["test"], labels=task["test"].labels[::-1].copy())
    others = [
        (task, {"layers": [0]}, r"its layers is \[-1\], here it is \[0\]"),
        (task, {"layers": None}, r"its layers is \[-1\], here it is None"),
        (task, {"splits": None}, r"its splits is \['test'\], here it is \['train', 'test'\]"),
        (
            replace(task, splits={**task.splits, "test": relabelled}),
            {},
            "its evaluation data is 'sha256",
        ),
    ]
    for other, changed, said in others:
        with pytest.raises(InputError, match=said):
            finetune(bert, other, **{**options, **changed})
    assert_same(
        finetune(bert, task, **options),
        finetune(bert, task, splits=["test"], layers=[-1], **OPTIONS),
    )


FILES = ["progress.json", "trainer_state.json", "model.safetensors"]
FILES += ["random_state.pt", "optimizer.pt", "scheduler.pt"]


@pytest.mark.parametrize("how", ["cut", "flipped"])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_checkpoint_is_refused(
    tiny: ModuleType, bert: Encoder, stopped: Path, name: str, how: str
) -> None:
    content = bytearray((stopped / name).read_bytes())
    content[len(content) // 2] ^= 1
    (stopped / name).write_bytes(b"cut" if how == "cut" else content)
    with pytest.raises(InputError, match="is not a whole checkpoint"):
        finetune(bert, tiny.word_task(), keep=False, checkpoint=stopped, **OPTIONS)


def test_a_folder_of_something_else_stays(tiny: ModuleType, bert: Encoder, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(InputError, match="is not a whole checkpoint"):
        finetune(bert, tiny.word_task(), keep=False, checkpoint=tmp_path, **OPTIONS)
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_what_a_checkpoint_would_not_give_back_is_refused(
    tiny: ModuleType, bert: Encoder, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="give their folder="):
        finetune(bert, tiny.word_task(), checkpoint=tmp_path / "c", **OPTIONS)
    half = {"keep": False, "training_arguments": {"fp16": True}}
    with pytest.raises(InputError, match="take bf16"):
        finetune(bert, tiny.word_task(), checkpoint=tmp_path / "c", **OPTIONS, **half)
