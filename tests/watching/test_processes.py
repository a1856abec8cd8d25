"""Two processes train as one; the first looks, and both know the run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

PROGRAM = """
import json, os, sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[1])
from trainings import animal_task, text_trainer, weights
from tunescope.errors import InputError
from tunescope.watching import Diverging, GeometryCallback, watch

folder = Path(sys.argv[2])
options = {"budget": None, "measures": ["distances", "similarity"]}
rule = Diverging(similarity=1.0, patience=2)
callback = GeometryCallback(animal_task(), every=2, stop_when=rule, **options)
trainer, _ = text_trainer(folder / "out", [callback], ddp_backend="gloo", num_train_epochs=4)
trainer.train()
found = {
    "updates": callback.result.record["watching"]["updates"], "ended": trainer.state.global_step,
    "rows": len(callback.result.tables["separations"]),
    "weights": [float(weight.double().sum()) for weight in weights(trainer.model).values()],
}
# a loop of one's own, in the same processes: the first one's rule stops both
model, tokenizer = trainer.model, trainer.processing_class
rule = lambda looks: "enough" if os.environ["RANK"] == "0" and looks[-1].update >= 4 else None
options = {"measures": ["spread"], "budget": None, "every": 2, "stop_when": rule}
with watch(model, tokenizer, animal_task(), folder=folder / "loop", **options) as w:
    while w.update < 12 and not w.should_stop:
        w.step()
try:
    looked = w.result.record["watching"]["updates"]
except InputError as error:
    looked = str(error)
found |= {"loop ended": w.update}
(folder / f"loop-{os.environ['RANK']}.json").write_text(json.dumps(looked))
torch.distributed.barrier()
(folder / f"{os.environ['RANK']}.json").write_text(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="no torch.distributed")
def test_both_stop_where_the_first_one_says_and_have_its_run(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    support = Path(__file__).parents[1] / "support"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    subprocess.run(
        [*launcher, "--nproc_per_node", "2", program, support, tmp_path],
        check=True,
        capture_output=True,
        timeout=480,
    )
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    assert first["ended"] == 4
    assert first["updates"] == [0, 2, 4]
    assert first["loop ended"] == 4
    looked, of_others = (json.loads((tmp_path / f"loop-{i}.json").read_text()) for i in (0, 1))
    assert looked == [0, 2, 4]
    assert "the first one alone looks" in of_others
    assert sorted(path.name for path in tmp_path.glob("loop*")) == [
        *("loop", "loop-0.json", "loop-1.json")
    ]
