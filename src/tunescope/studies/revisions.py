"""Which commit of a model on the Hub a run is of: the one that it was begun with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tunescope.encoders.catalogue import find_model
from tunescope.encoders.hub import find_on_hub
from tunescope.encoders.loading import base_source
from tunescope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tunescope.runs import Run

_NOTED = "revisions"
"""Where a run's record keeps them: a model, or the base of an adapter → its commit.

A base of which the adapter wants a branch or tag is there as ``NAME@BRANCH``."""


def pin(run: Run, models: Iterable[str], *, allow_pickle: bool = False) -> None:
    """Note the commit of each model that is on the Hub and was named without one.

    Whoever goes on with the run loads that commit (`pinned`), whatever the Hub has by then.

    Parameters
    ----------
    run : held by this process.
    models : names of the study's models.
    allow_pickle : whether one without safetensors weights may be loaded.

    Raises
    ------
    InputError
        There is no such model, or the base of an adapter is another than it was.
    TunescopeError
        The Hub cannot be reached, and the cache does not have the model.
    """
    for model in models:
        source = find_model(model)
        found = base_source(source) if source.local else source
        if found is None or found.local or _is_commit(found.revision):
            continue
        name = found.name if found.revision is None else f"{found.name}@{found.revision}"
        known = pinned(run, name)
        if known is not None and not source.local:
            continue
        commit = find_on_hub(found.location, found.revision, allow_pickle=allow_pickle).commit
        if known is not None and commit != known:
            raise InputError(
                f"model {model!r}: its base {name!r} is {commit} on the Hub, and was {known} when "
                f"{run.folder} was begun; name another folder"
            )
        if commit is not None:
            run.note(**{_NOTED: {name: commit}})


def _is_commit(revision: str | None) -> bool:
    return revision is not None and re.fullmatch("[0-9a-f]{40}", revision) is not None


def pinned(run: Run, model: str) -> str | None:
    """Give the commit that a run has of a model on the Hub; None for any other model."""
    noted = run.record.get(_NOTED, {}).get(model)
    return None if noted is None else str(noted)
