"""The transformer inside a model, and one like it with fresh weights."""

from __future__ import annotations

import copy
from typing import Any

import torch

from tunescope.encoders.modes import preserved_random_state, seed_cpu
from tunescope.errors import InputError

_UNTUNED = "the encoder, so it would look as if it were untuned"
_NOT_READ = {
    "lily": "mixes its parts by all texts of a batch; a text's vectors would not be its own",
    "poly": "has to be told a task with each text; texts here have none",
    "shadow": f"runs a second model beside the first; it is not in {_UNTUNED}",
    "xlora": f"weighs several adapters for each text; the weights are not known in {_UNTUNED}",
}
"""Why some kinds of PEFT's adapters are not read: the encoder is run without PEFT's wrapper."""


def unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """Take off what compiles a model, spreads it over processes, or makes sentence vectors of it.

    The weights are the same ones; what is looked at is then not compiled anew for each length.
    """
    inner: Any = model
    while True:
        # a SentenceTransformer is a list of modules whose first has the transformer
        of_sentences = getattr(inner, "transformers_model", None)
        for outer in (of_sentences, getattr(inner, "_orig_mod", None)):
            if isinstance(outer, torch.nn.Module):
                inner = outer
                break
        else:
            if not isinstance(inner, torch.nn.parallel.DistributedDataParallel):
                return inner  # type: ignore[no-any-return]
            inner = inner.module


def backbone(model: torch.nn.Module) -> Any:
    """Find the transformer inside a model with a head, an adapter, or a decoder."""
    inner: Any = unwrapped(model)
    model = inner
    adapters = getattr(model, "peft_config", None) or {}
    for adapter in adapters.values() if isinstance(adapters, dict) else ():
        check_adapter(adapter)
    if hasattr(inner, "get_base_model"):  # PEFT's wrapper; its adapters live in the layers
        inner = inner.get_base_model()
    inner = getattr(inner, "base_model", inner)
    config = getattr(inner, "config", None)
    if config is not None and not hasattr(config, "num_hidden_layers"):
        inner = _language_model(inner, config)
        config = inner.config
    if config is None or not hasattr(config, "num_hidden_layers"):
        raise InputError(
            f"model: a {type(model).__name__} is not a transformers model with num_hidden_layers"
        )
    if getattr(config, "is_encoder_decoder", False):
        inner = inner.get_encoder()
        if not hasattr(inner, "config"):
            raise InputError(
                f"model: the encoder of a {type(model).__name__} has no configuration of its own; "
                "such a model is not read"
            )
    return inner


def _language_model(model: Any, config: Any) -> Any:
    """Find the part that reads texts inside a model that reads pictures or sounds as well."""
    texts = getattr(config, "text_config", None)
    if texts is None or not hasattr(texts, "num_hidden_layers"):
        return model
    for _, module in model.named_modules():
        inner = getattr(module, "config", None)
        if type(inner) is type(texts) and hasattr(module, "get_input_embeddings"):
            return getattr(module, "base_model", module)
    return model


def check_adapter(adapter: Any) -> None:
    """Refuse an adapter that is not in the encoder's layers alone, or mixes texts.

    Parameters
    ----------
    adapter : a configuration of PEFT.
    """
    kind = str(getattr(adapter.peft_type, "value", adapter.peft_type)).lower()
    why = _NOT_READ.get(kind)
    if getattr(adapter, "is_prompt_learning", False):
        why = f"puts trained vectors in front of each text; they are not in {_UNTUNED}"
    elif getattr(adapter, "alora_invocation_tokens", None) is not None:
        kind, why = (
            "alora",
            f"acts behind the tokens that invoke it, which are not known in {_UNTUNED}",
        )
    if why is not None:
        raise InputError(
            f"model: its adapter is of the kind {kind}, which {why}. Adapters in the layers (LoRA, "
            "IA3 and the like) are read"
        )


def fresh(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Make a model of the same architecture with fresh weights."""
    config = copy.deepcopy(backbone(model).config)
    with preserved_random_state():
        seed_cpu(seed)
        made = fresh_of(config)
    return made.to(next(model.parameters()).device).eval()


def fresh_of(config: Any) -> torch.nn.Module:
    """Make a model of a configuration, with the weights that the random state gives."""
    import transformers

    names = getattr(config, "architectures", None) or [""]
    if str(names[0]).endswith("EncoderModel") and hasattr(transformers, names[0]):
        alone: torch.nn.Module = getattr(transformers, names[0])(config)
        return alone
    made: torch.nn.Module = transformers.AutoModel.from_config(  # type: ignore[no-untyped-call]
        config, trust_remote_code=False
    )
    return made
