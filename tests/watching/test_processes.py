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
sys.path.insert(0, sys.argv[1])
from trainings import animal_task, text_trainer, weights
from tunescope.watching import Diverging, GeometryCallback

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
