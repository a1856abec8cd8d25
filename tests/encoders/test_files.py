"""A damaged folder gets one line that names what is wrong, before memory is taken for it."""

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tunescope.encoders import Encoder
from tunescope.errors import InputError

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'7' * 64}\nsize 438000000\n"


def change(name: str, **values: Any) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        described = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(described | values))

    return spoil


def write(name: str, content: str | bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def linked(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to("../../blobs/abc")

    return spoil


def folder_called(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()

    return spoil


def header(about: object, length: int | None = None) -> bytes:
    text = json.dumps(about).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:20000])


def newer_tokenizer(folder: Path) -> None:
    described = json.loads((folder / "tokenizer.json").read_text())
    described["model"]["type"] = "SomethingNewer"
    (folder / "tokenizer.json").write_text(json.dumps(described))


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


W, C, T = "model.safetensors", "config.json", "tokenizer.json"
TENSOR = {"dtype": "F32", "shape": [2], "data_offsets": [0, 10**15]}
DAMAGED: dict[str, tuple[Callable[[Path], None], str]] = {
    **{
        f"a broken link {name}": (
            linked(name),
            rf"{name}: it is a link to .*blobs/abc, which is not there",
        )
        for name in (W, C, T, "vocab.txt")
    },
    **{
        f"a folder {name}": (folder_called(name), rf"{name}: it is a folder; expected a file")
        for name in (W, T, "x.json")
    },
    "weights: empty": (write(W, b""), rf"{W}: it has 0 bytes"),
    "weights: garbage": (write(W, b"\xff" * 5000), rf"{W}: it is no safetensors file"),
    "weights: half": (cut, rf"{W}: its header names .* the file has 20,000; it is cut off"),
    "weights: a pointer": (write(W, POINTER), rf"{W}: it is a pointer of git-lfs"),
    "weights: header too long": (write(W, header({}, 10**15)), rf"{W}: .*cut off: its header"),
    "weights: offsets beyond": (write(W, header({"a": TENSOR})), rf"{W}: its header names"),
    "weights: header no object": (write(W, header([1])), rf"{W}: its header is damaged"),
    "weights: deep header": (
        write(W, struct.pack("<Q", 200_000) + b"[" * 200_000),
        rf"{W}: its header is damaged",
    ),
    "weights: none": (remove(W), r"it has no weights \(\*\.safetensors\)"),
    "weights: a shard is missing": (
        write(f"{W}.index.json", json.dumps({"weight_map": {"a": "model-2.safetensors"}})),
        "it names model-2.safetensors, which is not in the folder",
    ),
    **{
        f"weights: an index of {index}": (
            write(f"{W}.index.json", index),
            "expected an object whose",
        )
        for index in (
            *("[]", '"x"', "null", "1", "{}", '{"a": 1}', '{"weight_map": []}'),
            *('{"weight_map": null}', '{"weight_map": {"a": ["x"]}}', '{"weight_map": {"a": 1}}'),
        )
    },
    "config: none": (remove(C), "it has no config.json"),
    "config: empty": (write(C, ""), rf"{C}: it is not valid JSON"),
    "config: a list": (write(C, "[]"), rf"{C}: expected an object"),
    "config: a pointer": (write(C, POINTER), rf"{C}: it is a pointer"),
    "config: deep": (write(C, "[" * 100_000), rf"{C}: it is nested too deeply"),
    "config: no type": (write(C, "{}"), "its configuration is not usable"),
    "config: T5's": (change(C, model_type="t5"), "cannot be loaded|lack|do not belong"),
    "config: hidden_size -1": (change(C, hidden_size=-1), "hidden_size is -1; expected 1 to"),
    "config: hidden_size text": (change(C, hidden_size="16"), r"hidden_size': .*16"),
    "config: heads 0": (change(C, num_attention_heads=0), "num_attention_heads is 0"),
    "config: heads do not divide": (change(C, num_attention_heads=3), "cannot be loaded"),
    "config: positions 2": (change(C, max_position_embeddings=2), "do not belong together"),
    "config: positions null": (change(C, max_position_embeddings=None), "cannot be loaded"),
    "config: layers 10**9": (change(C, num_hidden_layers=10**9), "num_hidden_layers is 1000000000"),
    "vocabulary: larger": (change(C, vocab_size=78), r"asks for .*word_embeddings.* \(78, 16\)"),
    "vocabulary: smaller": (change(C, vocab_size=10), "do not belong together"),
    "vocabulary: 10**12": (change(C, vocab_size=10**12), "vocab_size is 1000000000000"),
    "memory: 10**8 words": (change(C, vocab_size=10**8, hidden_size=8192), "GB of memory"),
    "memory: wide": (change(C, hidden_size=10**6, intermediate_size=10**6), "GB of memory"),
    "tokenizer: deep": (write(T, "[" * 100_000), rf"{T}: it is nested too deeply"),
    "tokenizer: empty": (write(T, ""), rf"{T}: it is not valid JSON"),
    "tokenizer: a pointer": (write(T, POINTER), rf"{T}: it is a pointer"),
    "tokenizer: newer": (newer_tokenizer, "its tokenizer is not usable"),
    "tokenizer: none": (remove(T), "tokenizer"),
    "tokenizer: longest text": (
        change("tokenizer_config.json", model_max_length="512"),
        "model_max_length is '512'",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
@pytest.mark.slow
def test_a_damaged_folder_gets_one_line(bert_folder: Path, case: str) -> None:
    spoil, said = DAMAGED[case]
    spoil(bert_folder)
    begin = time.perf_counter()
    with pytest.raises(InputError, match=said) as caught:
        Encoder(bert_folder, device="cpu")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert time.perf_counter() - begin < 60


@pytest.mark.parametrize(
    "values",
    [
        {"vocab_size": 10**12},
        {"vocab_size": 10**8, "hidden_size": 8192},
        {"hidden_size": -1},
        {"num_hidden_layers": 10**9},
    ],
)
def test_fresh_weights_are_refused_as_well(bert_folder: Path, values: dict[str, int]) -> None:
    change(C, **values)(bert_folder)
    with pytest.raises(InputError, match=r"config\.json: .* expected 1 to|GB of memory"):
        Encoder(bert_folder, weights="random", device="cpu")


@pytest.mark.parametrize("name", ["~no-such-user/model", "a\0b", "", "x" * 5000, "none/such/path"])
def test_what_is_no_name_is_said(name: str) -> None:
    with pytest.raises(InputError, match="model"):
        Encoder(name)


def pickled(folder: Path, content: object) -> None:
    (folder / W).unlink()
    torch.save(content, folder / "pytorch_model.bin")


def test_pickled_weights_are_loaded_only_when_allowed(
    tiny: ModuleType, bert: Encoder, bert_folder: Path
) -> None:
    pickled(bert_folder, load_file(bert_folder / W))
    with pytest.raises(InputError, match=r"pytorch_model\.bin, .* allow_pickle=True"):
        Encoder(bert_folder)
    encoder = Encoder(bert_folder, allow_pickle=True, device="cpu")
    assert encoder.revision is not None
    vectors = encoder.encode(tiny.word_task())["train"].layer(-1)
    expected = bert.encode(tiny.word_task())["train"].layer(-1)
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


class Code:
    """What a pickle would run."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("was-run"),))


def test_no_code_in_a_pickle_is_run(
    bert_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pickled(bert_folder, {"weight": Code()})
    with pytest.raises(InputError, match="cannot be loaded"):
        Encoder(bert_folder, allow_pickle=True)
    assert not (tmp_path / "was-run").exists()


@pytest.mark.slow
def test_a_file_where_a_folder_should_be_is_said(
    tiny: ModuleType, bert: Encoder, tmp_path: Path
) -> None:
    from tunescope.tuning import finetune

    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="it cannot be written"):
        bert.encode(tiny.word_task(), folder=tmp_path / "file" / "x")
    with pytest.raises(InputError, match="it cannot be written"):
        finetune(bert, tiny.word_task(), folder=tmp_path / "file", epochs=1, snapshots=2)
