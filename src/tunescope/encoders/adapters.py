"""Adapters of PEFT that are kept in a folder of their own, put into the model they are for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from tunescope.encoders.backbone import check_adapter
from tunescope.encoders.files import check_safetensors, model_files, read_json
from tunescope.errors import InputError, reason
from tunescope.extras import missing

_CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."
_EMBEDDINGS = (
    *("", "base_layer.", "token_adapter.base_layer."),
    *("original_module.", "modules_to_save."),
)
"""What the embeddings are in, where they are adapted."""


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
    model_files(folder)
    if not (folder / _WEIGHTS).is_file():
        raise InputError(f"{folder}: the adapter has no {_WEIGHTS}; save it with safetensors")
    check_safetensors(folder / _WEIGHTS)
    name: str = config["base_model_name_or_path"]
    beside = folder.parent / name
    return str(beside) if not Path(name).exists() and beside.is_dir() else name


def base_revision(folder: Path) -> str | None:
    """Give the commit, branch or tag of its base that an adapter is for; None if it names none.

    Raises
    ------
    InputError
        It is no text.
    """
    revision = read_json(folder / _CONFIG).get("revision")
    if revision is not None and not isinstance(revision, str):
        raise InputError(
            f"{folder / _CONFIG}: revision is {revision!r:.60}; expected a commit, branch or tag "
            "of the base, or null"
        )
    return revision or None


def with_adapter(model: torch.nn.Module, folder: Path) -> torch.nn.Module:
    """Put an adapter's changes into a model's weights.

    An adapter is mostly trained inside a model with a head; what it has for the head is left out.

    Raises
    ------
    InputError
        Its weights are not for this model, cannot be put into it, or are not in its layers.
    """
    import peft

    try:
        config: Any = peft.PeftConfig.from_pretrained(str(folder))
    except Exception as error:
        raise InputError(f"{folder / _CONFIG}: peft cannot read it ({reason(error)})") from error
    check_adapter(config)
    weights = load_file(folder / _WEIGHTS)
    prefix = str(getattr(model, "base_model_prefix", ""))
    inside = f"{_PREFIX}{prefix}."
    held = model
    if prefix and any(name.startswith(inside) for name in weights):
        for name in reversed(prefix.split(".")):
            held = _Headless(held, name)
        weights = {name: weight for name, weight in weights.items() if name.startswith(inside)}
    modules = {name.rpartition(".")[2] for name, _ in held.named_modules()}
    saved = getattr(config, "modules_to_save", None) or ()
    config.modules_to_save = [name for name in saved if name in modules] or None
    config.task_type, config.inference_mode = None, True
    try:
        embeddings = _take_embeddings(weights, model, held)
        wrapped = peft.PeftModel(held, config)
        expected = set(peft.get_peft_model_state_dict(wrapped, save_embedding_layers=False))
        weights |= {name: weight for name, weight in embeddings.items() if name in expected}
        if expected == set(weights):
            peft.set_peft_model_state_dict(wrapped, weights)
    except Exception as error:
        raise InputError(
            f"{folder}: the adapter does not fit its base ({reason(error)})"
        ) from error
    if expected != set(weights):
        other = min(expected ^ set(weights))
        kind = "lacks" if other in expected else "has, and its base does not know,"
        raise InputError(f"{folder}: the adapter does not fit its base; it {kind} {other}")
    try:
        merged: torch.nn.Module = wrapped.merge_and_unload()
    except Exception as error:
        kind = str(getattr(config.peft_type, "value", config.peft_type)).lower()
        raise InputError(
            f"{folder}: peft cannot merge an adapter of the kind {kind} into its base "
            f"({reason(error)}); load the model with it yourself, and give the loaded model"
        ) from error
    inner: torch.nn.Module = merged if held is model else merged.get_submodule(prefix)
    return inner.requires_grad_(True)


class _Headless(torch.nn.Module):
    """A transformer where a model with a head has it.

    An adapter's patterns, of its ranks, layers or modules, name modules as that model does.
    """

    def __init__(self, inner: torch.nn.Module, name: str) -> None:
        super().__init__()
        self.config = inner.config
        self._inner = [inner]  # in a list, so that it is a module by its own name only
        self.add_module(name, inner)

    def get_input_embeddings(self) -> Any:
        """Give the transformer's, which adapters of single tokens ask for."""
        return self._inner[0].get_input_embeddings()  # type: ignore[operator]


def _take_embeddings(
    weights: dict[str, torch.Tensor], model: Any, held: torch.nn.Module
) -> dict[str, torch.Tensor]:
    """Take the embeddings that peft keeps beside an adapter, and give them to the model.

    It does so where they are adapted, and where tokens were added to them.
    """
    try:
        own = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return {}
    place = next((name for name, module in held.named_modules() if module is own), None)
    names = [f"{_PREFIX}{place}.{kind}weight" for kind in _EMBEDDINGS]
    taken = {name: weights.pop(name) for name in names if name in weights}
    for weight in taken.values():
        if weight.shape[1:] != own.weight.shape[1:]:
            raise ValueError(f"embeddings of {tuple(weight.shape)} for {tuple(own.weight.shape)}")
        model.resize_token_embeddings(len(weight), mean_resizing=False)
        with torch.no_grad():
            model.get_input_embeddings().weight.copy_(weight)
    return taken
