"""What a model is, by its bytes: the same weights anywhere are the same, new ones are not."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tunescope.encoders.files import model_files
from tunescope.storage import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenizers import Tokenizer

_INCIDENTAL = ("_name_or_path", "transformers_version", "_commit_hash", "architectures", "dtype")
"""Keys of a configuration that do not change what is computed."""


def folder_revision(folder: str, modules: Iterable[Path] = ()) -> str | None:
    """Name a local folder's weights, configuration and tokenizer by one checksum.

    Parameters
    ----------
    folder : a model's.
    modules : folders inside of it that are parts of the model too.

    Returns
    -------
    str or None
        ``sha256:`` and the digest over the files' names and bytes; None if it has no weights.

    Raises
    ------
    InputError
        One of them is no file, as a link to what is not there.
    TunescopeError
        One of them cannot be read.
    """
    places = dict.fromkeys([Path(folder), *modules])
    kept = sorted(path for place in places for path in model_files(place))
    if not any(path.suffix in (".safetensors", ".bin") for path in kept):
        return None
    names = [Path(os.path.relpath(path, folder)).as_posix() for path in kept]
    joined = "".join(
        f"{name}\0{file_sha256(path)}\n" for name, path in zip(names, kept, strict=True)
    )
    return f"sha256:{hashlib.sha256(joined.encode()).hexdigest()}"


def file_sha256(path: Path) -> str:
    """Compute a file's checksum, once in a process for as long as the file stays as it is."""
    with said(path, "read"):
        about = path.stat()
        return _sha256(path, about.st_size, about.st_mtime_ns, about.st_ino)


@functools.cache
def _sha256(path: Path, _size: int, _modified: int, _inode: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def loaded_identity(backbone: Any, backend: Tokenizer) -> str:
    """Name a loaded transformer and its tokenizer by the checksum of what they are made of.

    Parameters
    ----------
    backbone : its configuration and weights are read.
    backend : the tokenizer's fast backend, without truncation and padding.
    """
    digest = hashlib.sha256()
    config = backbone.config.to_dict()
    settings = {key: value for key, value in config.items() if key not in _INCIDENTAL}
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    digest.update(backend.to_str().encode())
    update_with_tensors(digest, sorted(backbone.state_dict().items()))
    return f"sha256:{digest.hexdigest()}"


def update_with_tensors(digest: Any, tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
    """Add the names, shapes, types and bytes of tensors to a checksum."""
    for name, tensor in tensors:
        digest.update(f"{name}\0{tuple(tensor.shape)}\0{tensor.dtype}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy())
