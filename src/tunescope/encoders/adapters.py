"""Adapters of PEFT that are kept in a folder of their own, put into the model they are for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from tunescope.encoders.backbone import refuse_prompt_learning
from tunescope.encoders.files import check_safetensors, read_json
from tunescope.errors import InputError
from tunescope.extras import missing

_CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."


def adapter_base(folder: Path) -> str | None:
    """Give the name of the model that a folder's adapter is for; None if it holds no adapter.

    Raises
    ------
    InputError
        It is an adapter, and damaged, not for the encoder's layers, or without its base's name.
    """
    if not (folder / _CONFIG).is_file():
        return None
    if importlib.util.find_spec("peft") is None:
        raise missing(f"{folder}: an adapter", "peft")
    config = read_json(folder / _CONFIG)
    if not isinstance(config, dict) or not isinstance(config.get("base_model_name_or_path"), str):
        raise InputError(f"{folder / _CONFIG}: expected a base_model_name_or_path, the base's name")
    if not (folder / _WEIGHTS).is_file():
        raise InputError(f"{folder}: the adapter has no {_WEIGHTS}; save it with safetensors")
    check_safetensors(folder / _WEIGHTS)
    name: str = config["base_model_name_or_path"]
    beside = folder.parent / name
    return str(beside) if not Path(name).exists() and beside.is_dir() else name


def with_adapter(model: torch.nn.Module, folder: Path) -> torch.nn.Module:
    """Put an adapter's changes into a model's weights.

    An adapter is mostly trained inside a model with a head; here it is put into the transformer
    alone, and what it has for the head is left out.

    Raises
    ------
    InputError
        Its weights are not for this model, or it puts vectors in front of texts.
    """
    import peft

    try:
        config: Any = peft.PeftConfig.from_pretrained(str(folder))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(f"{folder / _CONFIG}: peft cannot read it ({reason})") from error
    refuse_prompt_learning(config)
    modules = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    config.modules_to_save = [n for n in config.modules_to_save or () if n in modules] or None
    config.task_type, config.inference_mode = None, True
    weights = _for_the_transformer(load_file(folder / _WEIGHTS), model)
    try:
        wrapped = peft.PeftModel(model, config)
        expected = set(peft.get_peft_model_state_dict(wrapped, save_embedding_layers=False))
        if expected == set(weights):
            peft.set_peft_model_state_dict(wrapped, weights)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(f"{folder}: the adapter does not fit its base ({reason})") from error
    if expected != set(weights):
        other = min(expected ^ set(weights))
        kind = "lacks" if other in expected else "has, and its base does not know,"
        raise InputError(f"{folder}: the adapter does not fit its base; it {kind} {other}")
    merged: torch.nn.Module = wrapped.merge_and_unload()
    return merged.requires_grad_(True)


def _for_the_transformer(
    weights: dict[str, torch.Tensor], model: torch.nn.Module
) -> dict[str, torch.Tensor]:
    """Name an adapter's weights as the transformer alone does, without those of a head."""
    inner = f"{_PREFIX}{getattr(model, 'base_model_prefix', '')}."
    if not any(name.startswith(inner) for name in weights):
        return weights
    inside = {name: weight for name, weight in weights.items() if name.startswith(inner)}
    return {_PREFIX + name.removeprefix(inner): weight for name, weight in inside.items()}
