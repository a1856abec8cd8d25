import importlib.util
import sys
from pathlib import Path

import pytest

# Loaded by its path: the tests are not a package, and tests of other parts use it as well.
if "tiny" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "tiny", Path(__file__).parents[1] / "encoders" / "tiny.py"
    )
    sys.modules["tiny"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["tiny"])

from tunescope.encoders import Encoder


@pytest.fixture
def tiny():
    return sys.modules["tiny"]


@pytest.fixture
def bert(tiny):
    model, tokenizer = tiny.tiny_model("bert")
    return Encoder(model, tokenizer=tokenizer)


@pytest.fixture
def bert_folder(tiny, tmp_path):
    model, tokenizer = tiny.tiny_model("bert")
    model.save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"
