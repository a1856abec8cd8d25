"""Hugging Face data sets by their name: an id on the Hub, or a folder that one was saved to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tunescope.errors import InputError, TunescopeError

_TIMEOUT_SECONDS = 10.0


def load_named(
    name: str, *, subset: str | None = None, revision: str | None = None
) -> tuple[Any, str]:
    """Load a data set; no code of its own is run.

    Parameters
    ----------
    name : ``owner/name`` on the Hub, or the folder that ``save_to_disk`` wrote.
    subset : its configuration on the Hub, where it has several.
    revision : commit, branch or tag on the Hub.

    Returns
    -------
    dataset : a ``Dataset`` or ``DatasetDict``.
    revision : the commit on the Hub; empty for a folder, and where the Hub cannot be asked and
        none was given.

    Raises
    ------
    InputError
        If there is no such data set, subset or revision, or the folder holds none.
    TunescopeError
        If the Hub cannot be reached.
    """
    import datasets

    if Path(name).is_dir():
        if subset is not None or revision is not None:
            raise InputError(f"{name}: a folder has no subset and no revision; leave them out")
        try:
            return datasets.load_from_disk(name), ""
        except Exception as error:
            raise InputError(
                f"{name}: holds no data set that save_to_disk wrote ({_line(error)}); expected "
                "one, or a file of labelled texts"
            ) from error
    commit = _commit(name, revision)
    try:
        with _quiet():
            found = datasets.load_dataset(name, subset, revision=commit or revision)
    except (datasets.exceptions.DatasetNotFoundError, ValueError) as error:
        raise InputError(f"data set {name!r}: {_line(error)}") from error
    except Exception as error:
        raise TunescopeError(f"data set {name!r} cannot be loaded: {_line(error)}") from error
    return found, commit or revision or ""


def _commit(name: str, revision: str | None) -> str:
    """Ask the Hub for the commit that a revision is now; empty where it cannot be asked."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return HfApi().dataset_info(name, revision=revision, timeout=_TIMEOUT_SECONDS).sha or ""
    except RevisionNotFoundError:
        raise InputError(f"data set {name!r}: no revision {revision!r} on the Hub") from None
    except (RepositoryNotFoundError, HFValidationError):
        raise InputError(
            f"data set {name!r}: neither a file or folder here, nor a data set on the Hub that "
            "can be read"
        ) from None
    except Exception:  # noqa: BLE001 - no answer: loading says whether the cache has it
        return ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's progress bars off the user's screen."""
    import datasets

    shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown and "HF_DATASETS_DISABLE_PROGRESS_BARS" not in os.environ:
            datasets.enable_progress_bars()


def _line(error: Exception) -> str:
    lines = (str(error).splitlines() or [""])[0].strip()
    return f"{lines or type(error).__name__:.200}".rstrip(".")
