"""Tiny models for every part that needs one."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

collect_ignore = ["support/imitated_gpu.py"]
"""A program that makes a device known to its whole process: it is started, never imported."""


@pytest.fixture(autouse=True)
def _no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests the wait for the disk; what a power cut would lose is not asked here."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def tiny() -> ModuleType:
    import tiny_models

    return tiny_models


@pytest.fixture
def bert(tiny: ModuleType) -> Any:
    from tunescope.encoders import Encoder

    model, tokenizer = tiny.tiny_model("bert")
    return Encoder(model, tokenizer=tokenizer)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a tiny BERT in a folder."""
    from tiny_models import tiny_model

    folder = tmp_path_factory.mktemp("models") / "bert"
    model, tokenizer = tiny_model("bert")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def bert_folder(tiny_bert: Path, tmp_path: Path) -> Path:
    """Give a copy of it that a test may spoil."""
    import shutil

    return Path(shutil.copytree(tiny_bert, tmp_path / "bert"))


@pytest.fixture(scope="session")
def make_run() -> Any:
    """Makes a synthetic run of given tasks, models and seeds."""
    from synthetic_runs import synthetic_run

    return synthetic_run
