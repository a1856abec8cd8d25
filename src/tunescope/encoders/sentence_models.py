"""Folders of sentence-transformers: where the transformer is, and how its vectors are pooled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tunescope.encoders.files import read_json
from tunescope.errors import InputError
from tunescope.storage import write_json

if TYPE_CHECKING:
    from tunescope.encoders.policy import Pooling

_MODULES = "modules.json"
_LIBRARY = "sentence_transformers.models"
_FLAG = "pooling_mode_"
_POOLINGS: dict[str, Pooling] = {
    "cls": "cls",
    "mean": "all",
    "lasttoken": "last",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "all",
    "pooling_mode_lasttoken": "last",
}
"""Names of poolings, today's and those of older folders; their mean is of all tokens."""


@dataclass(frozen=True)
class SentenceModel:
    """How a model of sentences makes a text's vector."""

    transformer: Path
    """Folder of the transformer; in older layouts one inside of the model's."""
    pooling: Pooling | None = None
    """Its own pooling; None where it has another than there is here."""
    unit_length: bool = False
    """Whether its vectors are scaled to length 1."""
    others: tuple[str, ...] = ()
    """What else it has behind the transformer, which is left out."""
    pools_otherwise: bool = False
    """Whether it pools in a way that there is not here."""
    modules: tuple[Path, ...] = ()
    """Folders of the transformer and of what is behind it."""
    modes: tuple[str, ...] = ()
    """Its poolings, by their names there."""

    def write(self, folder: Path, n_features: int) -> None:
        """Describe it beside its transformer's files, so that `sentence_model` reads it again.

        What is left out here (`others`) is not in it.
        """
        modules = [("Transformer", "")]
        if self.modes:
            place = f"{len(modules)}_Pooling"
            modules.append(("Pooling", place))
            (folder / place).mkdir(exist_ok=True)
            flags = {name: True for name in self.modes if name.startswith(_FLAG)}
            named = [name for name in self.modes if name not in flags]
            one = {"pooling_mode": named[0] if len(named) == 1 else named} if named else {}
            write_json(
                folder / place / "config.json",
                {"word_embedding_dimension": n_features, **one, **flags},
            )
        if self.unit_length:
            place = f"{len(modules)}_Normalize"
            modules.append(("Normalize", place))
            (folder / place).mkdir(exist_ok=True)
        described = [
            {"idx": i, "name": str(i), "path": path, "type": f"{_LIBRARY}.{kind}"}
            for i, (kind, path) in enumerate(modules)
        ]
        write_json(folder / _MODULES, described)


def sentence_model(folder: Path) -> SentenceModel | None:
    """Read how a folder's model makes a text's vector; None if it is no model of sentences.

    Raises
    ------
    InputError
        Its description is damaged.
    """
    path = folder / _MODULES
    if not path.is_file():
        return None
    modules = read_json(path)
    if not isinstance(modules, list) or not all(
        isinstance(one, dict) and isinstance(one.get("type"), str) for one in modules
    ):
        raise InputError(f"{path}: expected a list of modules, each with its type")
    transformer, unit_length, others, places = folder, False, [], []
    pools = False
    modes: tuple[str, ...] = ()
    for module in modules:
        kind = module["type"].rpartition(".")[2]
        inside = folder / str(module.get("path") or "")
        if not inside.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{path}: the module {kind} is outside of the folder")
        places.append(inside)
        if kind == "Transformer":
            transformer = inside
        elif kind == "Pooling":
            modes, pools = _modes(inside / "config.json"), True
        elif kind == "Normalize":
            unit_length = True
        else:
            others.append(kind)
    pooling = _known(modes)
    otherwise = pools and pooling is None
    behind = tuple(others), otherwise, tuple(places), modes
    return SentenceModel(transformer, pooling, unit_length, *behind)


def _modes(path: Path) -> tuple[str, ...]:
    config = read_json(path) if path.is_file() else None
    if not isinstance(config, dict):
        raise InputError(f"{path}: expected an object that says how vectors are pooled")
    mode = config.get("pooling_mode")
    modes = [mode] if isinstance(mode, str) else list(mode or ())
    modes += [name for name, on in config.items() if name.startswith(_FLAG) and on is True]
    return tuple(map(str, modes))


def _known(modes: tuple[str, ...]) -> Pooling | None:
    return _POOLINGS.get(modes[0]) if len(modes) == 1 else None


def loaded_sentence_model(model: Any) -> SentenceModel | None:
    """Say how a loaded SentenceTransformer makes a text's vector; None if it is none."""
    if not isinstance(getattr(model, "transformers_model", None), torch.nn.Module):
        return None
    unit_length, others = False, []
    pools = False
    modes: tuple[str, ...] = ()
    for number, module in enumerate(model.children()):
        kind = type(module).__name__
        if kind == "Pooling":
            mode, pools = getattr(module, "pooling_mode", None), True
            modes = (mode,) if isinstance(mode, str) else tuple(map(str, mode or ()))
        elif kind == "Normalize":
            unit_length = True
        elif number:
            others.append(kind)
    pooling = _known(modes)
    otherwise = pools and pooling is None
    return SentenceModel(Path(), pooling, unit_length, tuple(others), otherwise, (), modes)
