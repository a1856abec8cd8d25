"""Two processes train together as one, on the CPU."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import tiny_models as tiny
from tunescope.encoders import Encoder
from tunescope.tuning import SnapshotCallback, finetune
from trainings import animal_task, scored, text_trainer
from transformers import EarlyStoppingCallback

model, tokenizer = tiny.tiny_model("bert")
tuned = finetune(
    Encoder(model, tokenizer=tokenizer), tiny.word_task(), epochs=2, batch_size=2, snapshots=3,
    device="cpu", training_arguments={"ddp_backend": "gloo"},
)
# somebody's own, which an evaluation ends that saves nothing
more = {"load_best_model_at_end": True, "metric_for_best_model": "score", "greater_is_better": True}
more |= {"eval_strategy": "epoch", "save_strategy": "best", "num_train_epochs": 9}
callback = SnapshotCallback(animal_task(), snapshots=2, folder=f"{sys.argv[2]}/vectors")
trainer, _ = text_trainer(
    f"{sys.argv[2]}/out", [callback, EarlyStoppingCallback(1)], ddp_backend="gloo", **more
)
scored(trainer, [0.1, 0.9, 0.2])
trainer.train()
found = {
    "own": [callback.taken, callback.final_update, list(callback.snapshots)],
    "updates": list(tuned.updates), "kept": list(tuned.snapshots),
    "loss": tuned.history["loss"].tolist(), "head": tuned.head.weight.detach().tolist(),
}
with open(f"{sys.argv[2]}/{os.environ['RANK']}.json", "w") as file:
    json.dump(found, file)
"""


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="no torch.distributed")
def test_two_processes_end_with_one_model_and_the_first_takes_the_snapshots(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    support = Path(__file__).parents[1] / "support"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    subprocess.run(
        [*launcher, "--nproc_per_node", "2", program, support, tmp_path],
        check=True,
        capture_output=True,
        timeout=240,
    )
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first["updates"] == second["updates"] == [0, 3, 6]
    assert (first["kept"], second["kept"]) == ([0, 3, 6], [])
    assert first["own"] == [[0, 9, 6], 6, [0, 9, 6]]
    assert second["own"] == [[0, 9, 6], 6, []]
    assert first["loss"] == second["loss"]
    assert first["head"] == second["head"]
