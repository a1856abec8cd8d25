"""What is wrong with the files of a model's folder, said by file, before a library reads them."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import torch

from tunescope.errors import InputError
from tunescope.storage import said

_PATTERNS = (
    *("*.safetensors", "*.bin", "*.json", "*.txt", "*.model", "*.jinja"),
    "additional_chat_templates/*.jinja",
)
"""Weights, configuration and tokenizer, with its chat templates, in a model's folder."""
_NOT_THE_MODEL = ("README*", "trainer_state.json", "training_args.bin", "optimizer.bin")
"""What training leaves beside them."""
_POINTER = b"version https://git-lfs"
_LONGEST_HEADER = 100 << 20
"""Bytes of a safetensors header; the format's own limit."""
_MOST = {
    "vocab_size": 10**8,
    "max_position_embeddings": 10**9,
    "hidden_size": 10**6,
    "intermediate_size": 10**7,
    "num_hidden_layers": 10**4,
    "num_attention_heads": 10**5,
    "d_model": 10**6,
    "d_ff": 10**7,
    "num_layers": 10**4,
    "n_embd": 10**6,
    "n_layer": 10**4,
    "n_head": 10**5,
    "dim": 10**6,
    "n_layers": 10**4,
}
"""Sizes in configurations, and bounds far beyond every model's."""
_MANY_WEIGHTS = 10**9
"""From about so many weights on the configuration is built without memory, and counted."""


def model_files(folder: Path) -> list[Path]:
    """List a folder's weights, configuration and tokenizer.

    Raises
    ------
    InputError
        One of them is no file: a folder, or a link to what is not there, as in a copy of the
        Hub's cache without its blobs.
    """
    every = [path for pattern in _PATTERNS for path in folder.glob(pattern)]
    found = sorted(path for path in every if not any(path.match(other) for other in _NOT_THE_MODEL))
    for path in found:
        if path.is_file():
            continue
        if path.is_symlink() and not path.is_dir():
            raise InputError(f"{path}: it is a link to {path.readlink()}, which is not there")
        raise InputError(
            f"{path}: it is {'a folder' if path.is_dir() else 'no file'}; expected a file"
        )
    return found


def check_files(folder: Path, *, pretrained: bool, allow_pickle: bool) -> None:
    """Refuse a folder whose files are missing, cut off, pointers, or no model's.

    Parameters
    ----------
    folder : with ``config.json``, a tokenizer and weights.
    pretrained : whether its weights are to be loaded.
    allow_pickle : whether weights may be in torch's own format.
    """
    model_files(folder)
    if not (folder / "config.json").is_file():
        raise InputError(f"model {str(folder)!r} cannot be loaded: it has no config.json")
    config = read_json(folder / "config.json")
    if not isinstance(config, dict):
        raise InputError(f"{folder / 'config.json'}: expected an object with the model's sizes")
    for name, most in _MOST.items():
        value = config.get(name)
        if isinstance(value, (int, float)) and not 1 <= value <= most:
            raise InputError(f"{folder / 'config.json'}: {name} is {value}; expected 1 to {most:,}")
    for name in ("tokenizer_config.json", "tokenizer.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            read_json(folder / name)
    if pretrained:
        _check_weights(folder, allow_pickle)


def _check_weights(folder: Path, allow_pickle: bool) -> None:
    files = sorted(folder.glob("*.safetensors"))
    for path in files:
        check_safetensors(path)
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = read_json(index)
        places = shards.get("weight_map") if isinstance(shards, dict) else None
        if not isinstance(places, dict) or not all(isinstance(at, str) for at in places.values()):
            raise InputError(f"{index}: expected an object whose weight_map names a file a weight")
        for name in sorted(set(places.values())):
            if not (folder / name).is_file():
                raise InputError(f"{index}: it names {name}, which is not in the folder")
    pickles = sorted(path.name for path in folder.glob("pytorch_model*.bin"))
    if files or (pickles and allow_pickle):
        return
    if pickles:
        raise InputError(
            f"model {str(folder)!r} cannot be loaded: its weights are in {pickles[0]}, torch's "
            "pickle format; allow_pickle=True (--allow-pickle) loads them with weights_only, "
            "which runs no code, or save it with safetensors"
        )
    raise InputError(f"model {str(folder)!r} cannot be loaded: it has no weights (*.safetensors)")


def read_json(path: Path) -> Any:
    """Read a JSON file of a model's folder, or say what is wrong with it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror})") from error
    _refuse_pointer(path, content)
    try:
        return json.loads(content)
    except RecursionError as error:
        raise InputError(f"{path}: it is nested too deeply to be a model's") from error
    except ValueError as error:
        raise InputError(f"{path}: it is not valid JSON ({error})") from error


def _refuse_pointer(path: Path, content: bytes) -> None:
    if content.startswith(_POINTER):
        raise InputError(
            f"{path}: it is a pointer of git-lfs and not the file itself; run: git lfs pull"
        )


def check_safetensors(path: Path) -> None:
    """Refuse a file of weights that is empty, cut off, or something else, without reading it."""
    with said(path, "read"), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(len(_POINTER))
        _refuse_pointer(path, start)
        if size < struct.calcsize("<Q"):
            raise InputError(f"{path}: it has {size} bytes and is no safetensors file")
        (length,) = struct.unpack("<Q", start[:8])
        if length > min(size - 8, _LONGEST_HEADER):
            raise InputError(
                f"{path}: it is no safetensors file, or cut off: its header should have {length:,} "
                f"bytes, the file has {size:,}"
            )
        file.seek(8)
        try:
            header = json.loads(file.read(length))
            ends = [about["data_offsets"][1] for name, about in header.items() if name[:2] != "__"]
            last = 8 + length + max(ends, default=0)
        except (
            ValueError,
            RecursionError,
            TypeError,
            KeyError,
            AttributeError,
            IndexError,
        ) as error:
            raise InputError(f"{path}: its header is damaged; it is no safetensors file") from error
    if last != size:
        raise InputError(
            f"{path}: its header names {last:,} bytes, the file has {size:,}; it is cut off or "
            "damaged"
        )


def check_memory(config: Any, name: str) -> None:
    """Refuse a configuration with more weights than the machine has memory for.

    Raises
    ------
    InputError
        In float32 they do not fit.
    """
    width = int(getattr(config, "hidden_size", None) or 0)
    rows = int(getattr(config, "vocab_size", None) or 0)
    rows += int(getattr(config, "max_position_embeddings", None) or 0)
    depth = int(getattr(config, "num_hidden_layers", None) or 0)
    if width * (rows + 12 * width * depth) < _MANY_WEIGHTS:
        return
    from transformers import AutoModel

    with torch.device("meta"):
        built = AutoModel.from_config(config, trust_remote_code=False)  # type: ignore[no-untyped-call]
    needed = 4 * sum(weight.numel() for weight in built.parameters())
    there = _memory()
    if there is not None and needed > there:
        raise InputError(
            f"model {name!r}: its configuration has weights of {needed / 1e9:,.0f} GB in float32, "
            f"and this machine has {there / 1e9:,.0f} GB of memory"
        )


def _memory() -> int | None:
    """Give the machine's memory in bytes; None where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
