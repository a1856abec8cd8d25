"""Load a model and its tokenizer: safetensors only, nobody's code, no noise."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from tunescope.encoders.hub import find_on_hub
from tunescope.encoders.identity import folder_revision
from tunescope.encoders.modes import preserved_random_state, seed_cpu
from tunescope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from tunescope.encoders.catalogue import Source

Weights = Literal["pretrained", "random"]


def load(source: Source, weights: Weights, seed: int) -> tuple[torch.nn.Module, Any, str | None]:
    """Load what a name means.

    Parameters
    ----------
    source : from `find_model`.
    weights : ``"random"`` makes the same architecture with fresh weights.
    seed : for the fresh weights, and for parts that the files lack.

    Returns
    -------
    model, tokenizer, revision
        In float32 on the CPU; the revision is the commit on the Hub, or the checksum of
        the weights, the configuration and the tokenizer in a local folder.

    Raises
    ------
    InputError
        The files are not there, are not a transformer's, or lack weights.
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    options: dict[str, Any] = {"trust_remote_code": False}
    revision: str | None
    if source.local:
        revision = folder_revision(source.location) if weights == "pretrained" else None
        options["local_files_only"] = True
    else:
        found_there = find_on_hub(source.location, source.revision)
        revision = found_there.commit
        options |= {"revision": found_there.revision, "local_files_only": found_there.offline}
    with quiet(), preserved_random_state():
        seed_cpu(seed)
        try:
            config = AutoConfig.from_pretrained(source.location, **options)
            config = truncated_config(config, source)
            tokenizer = AutoTokenizer.from_pretrained(source.location, **options)
            if weights == "random":
                model = AutoModel.from_config(  # type: ignore[no-untyped-call]
                    config, trust_remote_code=False
                )
                missing: set[str] = set()
            else:
                model, found = AutoModel.from_pretrained(
                    source.location,
                    config=config,
                    use_safetensors=True,
                    dtype=torch.float32,
                    output_loading_info=True,
                    **options,
                )
                missing = {key for key in found["missing_keys"] if "pooler" not in key}
        except InputError:
            raise
        except (OSError, ValueError, KeyError) as error:
            first_line = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise InputError(f"model {source.name!r} cannot be loaded: {first_line}") from error
    if missing:
        raise InputError(
            f"model {source.name!r}: its files lack {len(missing)} of the architecture's weights, "
            f"such as {min(missing)!r}; they are not those of a {type(model).__name__}"
        )
    return model, tokenizer, revision


def truncated_config(config: Any, source: Source) -> Any:
    """Keep only the first blocks, where the name says so (``NAME:k``)."""
    if source.n_layers is None:
        return config
    whole = getattr(config, "num_hidden_layers", None)
    if whole is None:
        raise InputError(f"model {source.name!r}: its configuration has no num_hidden_layers")
    if not 1 <= source.n_layers <= whole:
        raise InputError(
            f"model {source.name!r}: it has {whole} layers; keep between 1 and {whole} of them"
        )
    config = copy.deepcopy(config)
    config.num_hidden_layers = source.n_layers
    return config


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars and load reports off the user's screen.

    What the reports would say is checked by `load` itself.
    """
    from transformers.utils import logging as transformers_logging

    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
