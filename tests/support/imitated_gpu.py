"""Run what runs on a GPU on a device that has none of its own: tensors without values.

Two devices in one operation are an error, as on a GPU. It is a program, because a device is made
known to a whole process. For each path it prints its name and how it ended.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from unittest import mock

import numpy as np
import tiny_models as tiny
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.utils import backend_registration
from torch.utils._mode_utils import no_dispatch

from tunescope.encoders import Encoder
from tunescope.encoders.batching import Batch, collate
from tunescope.encoders.filling import Filling
from tunescope.encoders.inputs import plan
from tunescope.encoders.pooling import join, pool
from tunescope.probes.engine import step
from tunescope.probes.engine.networks import Part, Training
from tunescope.probes.engine.stack import Stack
from tunescope.probes.protocol import Protocol, Setting
from tunescope.tuning.head import Classifier
from tunescope.tuning.record import HistoryCallback


class Backend(backend_registration._DummyBackendModule):
    """What torch asks the module of a device; its random numbers are not looked at."""

    def get_rng_state(self, device: object = None) -> torch.Tensor:
        """Give no state."""
        return torch.zeros(0, dtype=torch.uint8)

    def set_rng_state(self, state: object, device: object = None) -> None:
        """Take no state."""


backend_registration._setup_privateuseone_for_python_backend("imitated", backend_module=Backend())
GPU = torch.device("imitated", 0)


def moved(module: torch.nn.Module) -> torch.nn.Module:
    """Put tensors on the device one by one: `Module.to` swaps them, which fakes refuse."""
    for part in module.modules():
        for name, parameter in list(part._parameters.items()):
            if parameter is not None:
                part._parameters[name] = torch.nn.Parameter(parameter.detach().to(GPU))
        for name, buffer in list(part._buffers.items()):
            if buffer is not None:
                part._buffers[name] = torch.empty_like(buffer).to(GPU)
    return module


def batch(device: torch.device = GPU) -> Batch:
    """Two sequences, one of them padded, with two units."""
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    return Batch(
        input_ids=torch.full((2, 5), 7),
        attention_mask=mask,
        token_index=torch.tensor([1, 2, 6]),
        unit_index=torch.tensor([0, 0, 1]),
        token_weight=torch.tensor([0.5, 0.5, 1.0]),
        units=torch.tensor([0, 1]),
        unit_pieces=torch.tensor([2, 1]),
    ).to(device)


def encoding(found: Encoder) -> None:
    moved(found.model)
    there = batch()
    hidden = found.hidden_states(there)
    pooled = torch.stack([pool(state, there) for state in hidden])
    assert pooled.shape == (found.n_layers + 1, 2, found.n_features)
    assert pooled.device == GPU
    joined = join(pooled[-1], torch.tensor([[0, 1]]).to(GPU))
    assert joined.shape == (1, 2 * found.n_features)


def values(tensor: torch.Tensor, _numpy: Callable[..., np.ndarray] = torch.Tensor.numpy) -> object:
    """Give what a tensor of the host holds: the imitation would take it for one without values."""
    with no_dispatch():
        return _numpy(tensor)


def pinned(tensor: torch.Tensor) -> torch.Tensor:
    """Take a tensor of the host into the imitation, as one from which a device can copy."""
    return torch.empty_like(tensor)


def filling(found: Encoder) -> None:
    """On a `cuda` without values, up to where the host looks at them."""
    n = len(PAIRS["train"])
    arrays = {"train": {layer: np.zeros((n, 8), dtype=np.float16) for layer in (0, 1)}}
    cuda, event = torch.device("cuda", 0), SimpleNamespace(synchronize=lambda: None)
    stream = SimpleNamespace(record_event=lambda: event)
    with (
        mock.patch.object(torch.Tensor, "pin_memory", pinned),
        mock.patch.object(torch.Tensor, "numpy", values),
        mock.patch.object(torch.cuda, "current_stream", lambda _: stream),
    ):
        there = BATCH.to(cuda)
        assert {tensor.device for tensor in there.tensors().values()} == {cuda}
        pooled = torch.zeros((len(there.units), 4), device=cuda)
        with Filling(PLANNED, (0, 1), arrays, 4, found.name, behind=True) as rows:
            rows.add(BATCH, [pooled, pooled])
            ends_in_a_number(lambda: rows._wait(at_most=0))


def training(classifier: Classifier) -> None:
    moved(classifier)
    classifier.train()
    with torch.enable_grad():
        output = classifier(
            **batch().tensors(),
            example_units=torch.tensor([[0], [1]]).to(GPU),
            labels=torch.tensor([0, 2]).to(GPU),
        )
        output["loss"].backward()
    assert classifier.head.weight.grad.device == GPU
    history = HistoryCallback(classifier)
    ends_in_a_number(
        lambda: history.on_step_end(
            SimpleNamespace(), SimpleNamespace(global_step=1, max_steps=1, epoch=1.0), None
        )
    )


def ends_in_a_number(work: Callable[[], object]) -> None:
    """Run to where a number leaves the device: there is none."""
    try:
        work()
    except (DataDependentOutputException, RuntimeError) as error:
        known = "_local_scalar_dense", ".numpy() is not supported", ".tolist() is not supported"
        if not any(words in str(error) for words in known):
            raise
    else:
        raise AssertionError("no number left the device")


def probe(n_classes: int) -> None:
    random = np.random.default_rng(0)
    X, y = random.normal(size=(60, 8)).astype(np.float32), random.integers(0, n_classes, 60)
    data = step.Data(X, y, n_classes, GPU)
    parts = [Part(np.arange(40), np.arange(40, 60), (0,)), Part(np.arange(33), np.arange(9), (1,))]
    members = [
        Training(Setting((4 + s, 3), 10.0**-s), p, (p, s)) for p in range(2) for s in range(3)
    ]
    stack = Stack(data, parts, members, Protocol(batch_size=16))
    assert all(W.device == GPU for W in stack.trainer.W)
    ends_in_a_number(lambda: stack.trainer.epoch([np.arange(40), np.arange(33)]))
    assert stack.trainer.n_updates == 3  # all of the epoch was computed
    ends_in_a_number(lambda: stack._judge(members[0], 0, 0))
    ends_in_a_number(lambda: stack._unload(members[0], 0, 0))
    stack.used[0][0] = stack.used[1][0] = False
    stack._compact()
    assert stack.trainer.shape == (2, 2)


def mixed() -> None:
    """The imitation finds what it is for."""
    there = batch()
    state = torch.zeros(2, 5, 4)
    try:
        pool(state, there)
    except RuntimeError as error:
        assert "device" in str(error), error
    else:
        raise AssertionError("tensors on two devices went unnoticed")


def encoder() -> Encoder:
    """A small transformer."""
    model, tokenizer = tiny.tiny_model("bert")
    return Encoder(model, tokenizer=tokenizer, device="cpu")


# Made with real numbers, which are looked at.
ENCODER = encoder()
CLASSIFIER = Classifier(encoder(), ENCODER.n_features, 3, seed=0)
PAIRS = tiny.pair_task()
PLANNED = plan(PAIRS, ["train"], ENCODER.reading())
BATCH = collate(PLANNED, np.arange(6), ENCODER.padding_id)

PATHS: dict[str, Callable[[], None]] = {
    "encoding": lambda: encoding(ENCODER),
    "filling": lambda: filling(ENCODER),
    "training": lambda: training(CLASSIFIER),
    "probe": lambda: probe(3),
    "probe of two labels": lambda: probe(2),
    "two devices": mixed,
}


def ended(work: Callable[[], None]) -> str:
    """Say how a path ended, so that the next one runs, too."""
    try:
        with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
            work()
    except Exception as error:  # noqa: BLE001 - the other paths are to run, too
        return f"{type(error).__name__}: {error}".partition("\n")[0]
    return "ok"


if __name__ == "__main__":
    # Whether torch has the fused step for a device is found out by numbers; here there are none.
    step.adam_step.__globals__["fused_works"] = lambda device: True
    for path, work in PATHS.items():
        sys.stdout.write(f"{path}\t{ended(work)}\n")
