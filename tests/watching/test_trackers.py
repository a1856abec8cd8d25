"""What trackers have written is read back, and is what the Trainer logged."""

from __future__ import annotations

import importlib
import importlib.util
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from trainings import animal_task, text_trainer

from tunescope.watching import GeometryCallback

NAMES = ("geometry/min_distance_mean", "geometry/head/test/accuracy", "geometry/clusters")


def tensorboard(folder: Path) -> dict[str, dict[int, float]]:
    module = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    (events,) = folder.rglob("events.out.tfevents.*")
    read = module.EventAccumulator(str(events.parent)).Reload()
    return {name: {e.step: e.value for e in read.Scalars(f"train/{name}")} for name in NAMES}


def mlflow(folder: Path) -> dict[str, dict[int, float]]:
    module = importlib.import_module("mlflow")
    client = module.MlflowClient((folder / "mlruns").as_uri())
    (run,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    histories = {name: client.get_metric_history(run.info.run_id, name) for name in NAMES}
    return {name: {m.step: m.value for m in found} for name, found in histories.items()}


def leveldb_records(data: bytes, header: int = 7, block: int = 32768) -> Iterator[bytes]:
    """Read a log in LevelDB's format: what runs are kept in while they are offline."""
    place, parts = header, []
    while place + header <= len(data):
        if block - place % block < header:
            place += block - place % block
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + header])
        parts.append(data[place + header : place + header + length])
        place += header + length
        if kind in (1, 4):  # whole, or the last part
            yield b"".join(parts)
            parts = []


def wandb(folder: Path) -> dict[str, dict[int, float]]:
    records = importlib.import_module("wandb.proto.wandb_internal_pb2")
    json = importlib.import_module("json")
    (path,) = folder.rglob("run-*.wandb")
    found: dict[str, dict[int, float]] = {name: {} for name in NAMES}
    for data in leveldb_records(path.read_bytes()):
        record = records.Record()
        record.ParseFromString(data)
        row = {
            item.key or "/".join(item.nested_key): json.loads(item.value_json)
            for item in record.history.item
        }
        for name in NAMES:
            if f"train/{name}" in row:
                found[name][int(row["train/global_step"])] = row[f"train/{name}"]
    return found


def trackio(folder: Path) -> dict[str, dict[int, float]]:
    storage = importlib.import_module("trackio.sqlite_storage").SQLiteStorage
    (run,) = storage.get_runs("huggingface")
    found: dict[str, dict[int, float]] = {name: {} for name in NAMES}
    for row in storage.get_logs("huggingface", run):
        for name in NAMES:
            if f"train/{name}" in row:
                found[name][int(row["train/global_step"])] = row[f"train/{name}"]
    return found


@pytest.mark.parametrize("read", [tensorboard, mlflow, wandb, trackio])
@pytest.mark.slow
def test_a_tracker_holds_what_was_logged(
    read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec(read.__name__) is None:  # imported, it would read its settings
        pytest.skip(f"{read.__name__} is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    callback = GeometryCallback(animal_task(), every=6, budget=None)
    trainer, _ = text_trainer(tmp_path / "out", [callback], report_to=read.__name__)
    trainer.train()
    found = read(tmp_path)
    logged = [row for row in trainer.state.log_history if NAMES[0] in row]
    assert [row["step"] for row in logged] == [0, 6, 12]
    for name in NAMES:
        assert found[name] == pytest.approx({row["step"]: row[name] for row in logged}, rel=1e-6)
