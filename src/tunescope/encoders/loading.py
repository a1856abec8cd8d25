"""Load a model and its tokenizer: safetensors only, nobody's code, no noise."""

from __future__ import annotations

import copy
import hashlib
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tunescope.encoders.adapters import adapter_base, base_revision, with_adapter
from tunescope.encoders.backbone import fresh_of
from tunescope.encoders.catalogue import find_model
from tunescope.encoders.files import check_files, check_memory
from tunescope.encoders.hub import find_on_hub
from tunescope.encoders.identity import folder_revision
from tunescope.encoders.modes import preserved_random_state, seed_cpu
from tunescope.encoders.sentence_models import sentence_model
from tunescope.errors import InputError, TunescopeError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch

    from tunescope.encoders.catalogue import Source

Weights = Literal["pretrained", "random"]


def load(
    source: Source, weights: Weights, seed: int, *, allow_pickle: bool = False
) -> tuple[torch.nn.Module, Any, str | None]:
    """Load what a name means.

    Parameters
    ----------
    source : from `find_model`.
    weights : ``"random"`` makes the same architecture with fresh weights.
    seed : for the fresh weights, and for parts that the files lack.
    allow_pickle : read weights in torch's own format where there are no others, by its
        ``weights_only`` loading.

    Returns
    -------
    model, tokenizer, revision
        In float32 on the CPU; the revision is the commit on the Hub, or the checksum of
        the weights, the configuration and the tokenizer in a local folder.

    Raises
    ------
    InputError
        The files are not there, are damaged, are not a transformer's, or lack weights.
    """
    folder = Path(source.location)
    base = base_source(source)
    if base is None:
        return _load_model(source, weights, seed, allow_pickle)
    if source.n_layers is not None:
        raise InputError(f"model {source.name!r}: the first layers of an adapter cannot be taken")
    model, tokenizer, revision = _load_model(base, weights, seed, allow_pickle)
    if weights == "random":
        return model, tokenizer, None
    with quiet(), preserved_random_state():
        model = with_adapter(model, folder)
        if (folder / "tokenizer.json").is_file():
            tokenizer = _tokenizer(source.name, source.location, {"local_files_only": True})
    return model, tokenizer, source_revision(source, revision)


def source_revision(source: Source, base_commit: str | None = None) -> str | None:
    """Name the bytes that a model is loaded from, an adapter's with those of its base.

    Parameters
    ----------
    source : from `find_model`.
    base_commit : of an adapter's base, where it is known already; or its checksum.

    Returns
    -------
    str or None
        A checksum for a folder; the commit that is asked for on the Hub, if any.
    """
    if not source.local:
        return source.revision
    own = _bytes_of_folder(source)
    base = base_source(source)
    if base is None or _same_folder(base, source):
        return own  # with the base's, where its files are beside the adapter's
    joined = f"{base_commit or source_revision(base)} {own}"
    return f"sha256:{hashlib.sha256(joined.encode()).hexdigest()}"


def base_source(source: Source) -> Source | None:
    """Find the model that a folder's adapter is for; None if the folder holds no adapter.

    On the Hub it is of the revision that the adapter names, if any, as PEFT takes it.

    Raises
    ------
    InputError
        The adapter is damaged; its base is not there, or holds an adapter itself.
    """
    folder = Path(source.location)
    name = adapter_base(folder) if source.local else None
    if name is None:
        return None
    found = find_model(name)
    if not found.local:
        return replace(found, revision=base_revision(folder) or found.revision)
    if not _same_folder(found, source) and adapter_base(Path(found.location)) is not None:
        raise InputError(
            f"{folder}: the base of its adapter, {name!r}, holds an adapter itself; put that one "
            "into its own base (merge_and_unload), save it in a new folder, and name this as the "
            "base in adapter_config.json"
        )
    return found


def _same_folder(first: Source, second: Source) -> bool:
    both = first.local and second.local
    return both and Path(first.location).samefile(second.location)


def model_bytes(name: str) -> str | None:
    """Name what a model is by the bytes it is loaded from, without loading it.

    Parameters
    ----------
    name : as for `Encoder`.

    Returns
    -------
    str or None
        The checksum of a folder, or the commit that is asked for on the Hub; None where that is
        known only once it is loaded.
    """
    return source_revision(find_model(name))


def _bytes_of_folder(source: Source) -> str | None:
    """Name a folder's bytes, with those that say how a model of sentences makes its vectors."""
    # by a short name it is the paper's way of reading that is meant
    of_sentences = None if source.short else sentence_model(Path(source.location))
    return folder_revision(source.location, of_sentences.modules if of_sentences else ())


def _load_model(
    source: Source, weights: Weights, seed: int, allow_pickle: bool
) -> tuple[torch.nn.Module, Any, str | None]:
    """Load what a name means, without adapters."""
    from transformers import AutoConfig

    options: dict[str, Any] = {"trust_remote_code": False}
    revision: str | None
    if source.local:
        folder, pretrained = Path(source.location), weights == "pretrained"
        of_sentences = sentence_model(folder)
        if of_sentences is not None and of_sentences.transformer != folder:
            inner = replace(source, location=str(of_sentences.transformer))
            model, tokenizer, _ = _load_model(inner, weights, seed, allow_pickle)
            return model, tokenizer, _bytes_of_folder(source) if pretrained else None
        check_files(folder, pretrained=pretrained, allow_pickle=allow_pickle)
        revision = _bytes_of_folder(source) if pretrained else None
        options["local_files_only"] = True
    else:
        found_there = find_on_hub(source.location, source.revision, allow_pickle=allow_pickle)
        revision = found_there.commit
        options |= {"revision": found_there.revision, "local_files_only": found_there.offline}
    with quiet(), preserved_random_state():
        seed_cpu(seed)
        with _in_one_line(source.name, "configuration"):
            config = AutoConfig.from_pretrained(source.location, **options)
            config = truncated_config(config, source)
            check_memory(config, source.name)
        tokenizer = _tokenizer(source.name, source.location, options)
        with _in_one_line(source.name, "weights"):
            if weights == "pretrained":
                model = _pretrained(source, config, options, allow_pickle)
            else:
                model = fresh_of(config)
    return model, tokenizer, revision


def _tokenizer(name: str, location: str, options: Mapping[str, Any]) -> Any:
    from transformers import AutoTokenizer

    with _in_one_line(name, "tokenizer"):
        return AutoTokenizer.from_pretrained(location, **options)


def _pretrained(
    source: Source, config: Any, options: Mapping[str, Any], allow_pickle: bool
) -> torch.nn.Module:
    """Load the weights, and see that they are all there and of the configuration's sizes."""
    import torch

    safe = not (allow_pickle and source.local and not any(Path(source.location).glob("*.saf*")))
    model, report = _class_of(config).from_pretrained(
        source.location,
        config=config,
        use_safetensors=None if allow_pickle and not source.local else safe,
        dtype=torch.float32,
        output_loading_info=True,
        ignore_mismatched_sizes=True,
        **options,
    )
    for name, stored, made in sorted(report["mismatched_keys"]):
        raise InputError(
            f"model {source.name!r}: config.json asks for {name} of {tuple(made)}, the weights "
            f"have {tuple(stored)}; they do not belong together"
        )
    missing = {key for key in report["missing_keys"] if "pooler" not in key}
    if missing:
        raise InputError(
            f"model {source.name!r}: its files lack {len(missing)} of the architecture's weights, "
            f"such as {min(missing)!r}; they are not those of a {type(model).__name__}"
        )
    loaded: torch.nn.Module = model
    return loaded


def _class_of(config: Any) -> Any:
    """Give the class that loads a model: T5's encoders by themselves have one of their own."""
    import transformers

    names = getattr(config, "architectures", None) or [""]
    alone = str(names[0]).endswith("EncoderModel") and getattr(transformers, names[0], None)
    return alone or transformers.AutoModel


@contextmanager
def _in_one_line(name: str, part: str) -> Iterator[None]:
    """Turn whatever the libraries raise on a damaged folder into one line."""
    try:
        yield
    except TunescopeError:
        raise
    except Exception as error:
        why = reason(error).removeprefix("OSError: ")
        raise InputError(
            f"model {name!r} cannot be loaded: its {part} is not usable ({why})"
        ) from error


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
