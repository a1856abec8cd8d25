"""One way to name a device, the same for encoders, fine-tuning and probes."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from tunescope.devices import choose_device
from tunescope.encoders import Encoder
from tunescope.errors import InputError
from tunescope.probes import ClassifierProbe
from tunescope.studies.conduct import conduct
from tunescope.studies.reading import make_study
from tunescope.tuning import finetune
from tunescope.tuning.record import finest

pytestmark = pytest.mark.slow

NO_DEVICES = ["meta", "cpu:1", "gpu", "cuda:x", "cuda:-1", "", "CPU", "xla", None, 1.5, "cuda:99"]


@pytest.mark.parametrize("device", NO_DEVICES)
def test_what_is_no_device_here_is_refused_before_anything_is_computed(
    tiny: ModuleType, device: object
) -> None:
    model, tokenizer = tiny.tiny_model("bert")
    X, y = np.eye(40), [0, 1] * 20
    calls = (
        lambda: choose_device(device),  # type: ignore[arg-type]
        lambda: Encoder(model, tokenizer=tokenizer, device=device),  # type: ignore[arg-type]
        lambda: finetune(model, tiny.word_task(), tokenizer=tokenizer, device=device),  # type: ignore[arg-type]
        lambda: ClassifierProbe(device=device).fit(X, y),  # type: ignore[arg-type]
    )
    for call in calls:
        with pytest.raises(InputError, match="device="):
            call()
    assert next(model.parameters()).device.type == "cpu"


def test_a_second_gpu_is_for_encoding_and_refused_for_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert choose_device("cuda:0", training=True).index == 0
    with pytest.raises(InputError, match=r"CUDA_VISIBLE_DEVICES=1 and name 'cuda'"):
        choose_device("cuda:1", training=True)
    with pytest.raises(InputError, match="has cuda:0 to cuda:1"):
        choose_device("cuda:2")


PROGRAM = """
import torch
import tiny_models as tiny
from tunescope.encoders import Encoder
from tunescope.tuning import finetune

def refused(*arguments, **options):
    raise SystemExit("CUDA was initialised")

# As on a machine with a GPU: it is there, and whoever looks at it initialises it.
torch.cuda.is_available = lambda: True
torch.cuda._lazy_init = refused
torch.cuda.get_rng_state_all = refused
torch.cuda.get_rng_state = refused
model, tokenizer = tiny.tiny_model("bert")
encoder = Encoder(model, tokenizer=tokenizer, device="cpu")
encoder.encode(tiny.word_task())
finetune(encoder, tiny.word_task(), epochs=1, snapshots=2, device="cpu")
"""


def test_the_cpu_touches_no_gpu() -> None:
    support = str(Path(__file__).parent / "support")
    program = f"import sys; sys.path.insert(0, {support!r})\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


PATHS = ["encoding", "filling", "training", "probe", "probe of two labels", "two devices"]


@pytest.fixture(scope="module")
def imitated() -> dict[str, str]:
    """How each path ended on a device whose tensors have no values."""
    program = Path(__file__).parent / "support" / "imitated_gpu.py"
    done = subprocess.run([sys.executable, program], check=True, capture_output=True, text=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {line[0]: line[1] for line in lines if len(line) == 2}


@pytest.mark.parametrize("path", PATHS)
def test_no_tensor_is_left_on_another_device(imitated: dict[str, str], path: str) -> None:
    assert imitated[path] == "ok"


def test_every_path_is_looked_at(imitated: dict[str, str]) -> None:
    assert sorted(imitated) == sorted(PATHS)


def test_a_study_names_a_device_that_it_can_train_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    study = make_study({"models": ["bert-tiny"], "tasks": ["pos"], "device": "cuda:1"})
    with pytest.raises(InputError, match="CUDA_VISIBLE_DEVICES=1"):
        conduct(study, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_sums_are_kept_without_float64_on_mps() -> None:
    assert finest(torch.device("mps")) is torch.float32
    assert finest(torch.device("cuda")) is finest(torch.device("cpu")) is torch.float64
