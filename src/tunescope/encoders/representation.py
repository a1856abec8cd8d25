"""The vectors of a task's examples under one snapshot, in memory or on disk."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from tunescope.arguments import as_tuple, check_texts, check_whole, path_of
from tunescope.arrays import as_array, as_indices, refuse_unusable
from tunescope.encoders.vector_files import DESCRIPTION, EXAMPLES, VectorWriter, layer_file
from tunescope.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMAT = 1
_SUMMARY = "representations.json"


@dataclass(frozen=True)
class Representation:
    """The vectors of one split of a task under one snapshot.

    Layer 0 is the embedding layer, layer L the output of the last block (in models that
    end in a normalisation, behind it).

    Examples
    --------
    >>> import numpy as np
    >>> vectors = {0: np.zeros((3, 2)), 1: np.ones((3, 2))}
    >>> r = Representation.from_arrays(vectors, label_ids=[0, 1, 0], label_names=["A", "B"])
    >>> r.layer(-1).shape, r.labels.tolist()
    ((3, 2), ['A', 'B', 'A'])
    """

    split: str
    """The split's name."""
    label_ids: NDArray[np.int64]
    """``(n,)`` indices into the label names."""
    label_names: tuple[str, ...]
    """The task's labels."""
    example_ids: NDArray[np.str_]
    """``(n,)`` the examples' ids, as the task gives them."""
    example_index: NDArray[np.int64]
    """``(n,)`` the examples' rows in the split: some may have been dropped."""
    groups: NDArray[np.int64]
    """``(n,)`` the text that each example is from, as the split counts them."""
    n_layers: int
    """The encoder's layers, the embedding layer included: L + 1."""
    vectors: Mapping[int, NDArray[np.floating]]
    """Layer number → ``(n, d)``; memory-mapped when on disk."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many examples were encoded, dropped, windowed or truncated."""

    @classmethod
    def from_arrays(
        cls,
        vectors: Mapping[int, NDArray[np.floating]],
        label_ids: Any,
        label_names: Any,
        *,
        split: str = "train",
        example_ids: Any = None,
    ) -> Representation:
        """Make one of arrays from anywhere.

        Parameters
        ----------
        vectors : layer number → ``(n, d)`` numbers.
        label_ids : ``(n,)`` whole numbers, indices into `label_names`.
        label_names : the labels, each once.
        split : the split's name.
        example_ids : ``(n,)`` names of the examples; by default the row numbers.

        Raises
        ------
        InputError
            An array has another shape or type; a label or a layer is out of range.
        """
        names = as_tuple("label_names", label_names)
        for name in names:
            if not isinstance(name, str):
                raise InputError(f"label_names: {name!r:.60}; expected texts")
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"label_names: {twice!r} is named twice")
        check_texts(split=split)
        ids = as_indices(label_ids, "label_ids", len(names))
        rows = np.arange(len(ids), dtype=np.int64)
        named = rows.astype(str) if example_ids is None else _named(example_ids, len(ids))
        layers = _layers(vectors, len(ids))
        return cls(split, ids, names, named, rows, rows, max(layers) + 1, layers)

    def __len__(self) -> int:
        return len(self.label_ids)

    @property
    def labels(self) -> NDArray[np.str_]:
        """``(n,)`` the examples' labels, by name."""
        return np.asarray(self.label_names, dtype=str)[self.label_ids]

    def __repr__(self) -> str:
        """Show counts on one line."""
        layers = len(self.vectors)
        return (
            f"<Representation of {self.split!r}: {len(self)} examples, {layers} layers of "
            f"{self.n_features if layers else 0} features>"
        )

    @property
    def layers(self) -> tuple[int, ...]:
        """The numbers of the layers that are held."""
        return tuple(sorted(self.vectors))

    @property
    def n_features(self) -> int:
        """Dimensions of a vector."""
        return int(self.vectors[self.layers[-1]].shape[1])

    def layer(self, index: int) -> NDArray[np.floating]:
        """Give one layer's vectors, ``(n, d)``; negative numbers count from the last layer.

        Raises
        ------
        InputError
            The layer does not exist or was not encoded.
        """
        number = index + self.n_layers if index < 0 else index
        if number not in self.vectors:
            held = ", ".join(map(str, self.layers))
            raise InputError(f"layer {index} is not held; there are layers {held}")
        return self.vectors[number]

    def with_layers(self, layers: Sequence[int]) -> Representation:
        """Keep some layers, numbered anew from 0 in the given order."""
        vectors = {number: self.layer(layer) for number, layer in enumerate(layers)}
        return replace(self, vectors=vectors, n_layers=len(vectors))

    def only(self, examples: NDArray[np.int64]) -> Representation:
        """Keep those of the examples, by their numbers in the split, that are here."""
        rows = np.flatnonzero(np.isin(self.example_index, examples))
        if len(rows) == len(self):
            return self
        return replace(
            self,
            label_ids=self.label_ids[rows],
            example_ids=self.example_ids[rows],
            example_index=self.example_index[rows],
            groups=self.groups[rows],
            vectors={layer: vectors[rows] for layer, vectors in self.vectors.items()},
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a ``.npy`` a layer, the examples and a description; whole or not at all."""
        with self.writer(path_of("folder", folder)) as writer:
            self.copy_to(writer)
            self.filled(writer)

    def writer(self, folder: Path) -> VectorWriter:
        """Make files for its vectors, which are copied there later."""
        return VectorWriter(
            len(self),
            {layer: int(self.vectors[layer].shape[1]) for layer in self.layers},
            {layer: self.vectors[layer].dtype for layer in self.layers},
            folder,
        )

    def copy_to(self, writer: VectorWriter) -> None:
        """Copy its vectors to the arrays of a writer."""
        for layer in self.layers:
            writer.arrays[layer][:] = self.vectors[layer]

    def filled(self, writer: VectorWriter) -> Representation:
        """Give it with the vectors of a writer, whose files get their place."""
        if writer.folder is None:
            return replace(self, vectors=dict(writer.arrays))
        description = {
            "format": _FORMAT,
            "split": self.split,
            "label_names": list(self.label_names),
            "n_layers": self.n_layers,
            "layers": sorted(writer.arrays),
            "counts": dict(self.counts),
        }
        examples = pd.DataFrame(
            {
                "example_id": self.example_ids,
                "label": self.labels,
                "label_id": self.label_ids,
                "example_index": self.example_index,
                "group": self.groups,
            }
        )
        writer.finish(description, examples)
        return Representation.load(writer.folder)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Representation:
        """Open what `save` wrote, memory-mapped.

        Raises
        ------
        InputError
            The folder does not hold a representation.
        """
        path = path_of("folder", folder)
        try:
            meta = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
            examples = pd.read_parquet(path / EXAMPLES)
            vectors = {
                int(layer): np.load(path / layer_file(int(layer)), "r", allow_pickle=False)
                for layer in meta["layers"]
            }
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path}: no representation is stored here ({error})") from error
        return cls(
            meta["split"],
            examples["label_id"].to_numpy(np.int64),
            tuple(meta["label_names"]),
            examples["example_id"].to_numpy(str),
            examples["example_index"].to_numpy(np.int64),
            examples["group"].to_numpy(np.int64),
            meta["n_layers"],
            vectors,
            meta["counts"],
        )


def _named(example_ids: Any, n: int) -> NDArray[np.str_]:
    """Give the examples' names as texts."""
    refuse_unusable(example_ids, "example_ids")
    named = np.asarray(as_array(example_ids, "example_ids"))
    if named.shape != (n,):
        raise InputError(f"example_ids: shape {named.shape}; expected ({n},), one for each label")
    return named.astype(str)


def _layers(vectors: Mapping[int, Any], n: int) -> dict[int, NDArray[np.floating]]:
    """Give vectors as arrays of numbers, with a row for each of ``n`` labels."""
    if not isinstance(vectors, Mapping):
        raise InputError(f"vectors: a {type(vectors).__name__}; expected a mapping layer → array")
    if not vectors:
        raise InputError("vectors: no layer is given")
    layers = {}
    for layer, values in vectors.items():
        number = check_whole("vectors: layer", layer, 0)
        found: np.ndarray = np.asarray(as_array(values, f"vectors[{layer}]"))
        if found.ndim != 2 or len(found) != n:
            raise InputError(
                f"vectors[{layer}]: shape {found.shape}; "
                f"expected ({n}, n_features), a row for each label"
            )
        if found.dtype.kind not in "fiub":
            raise InputError(f"vectors[{layer}]: type {found.dtype}; expected numbers")
        layers[number] = found
    return layers


@dataclass(frozen=True)
class Representations(Mapping[str, Representation]):
    """A task's representations under one snapshot: split name → `Representation`."""

    splits: Mapping[str, Representation]
    """By split name."""
    model: str = ""
    """The encoder's name."""
    revision: str | None = None
    """The encoder's revision."""
    task: str = ""
    """The task's name."""

    def __getitem__(self, split: str) -> Representation:
        try:
            return self.splits[split]
        except KeyError:
            known = ", ".join(self.splits)
            raise InputError(f"split {split!r} was not encoded; there are: {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.splits)

    def __repr__(self) -> str:
        """Show what was encoded by what on one line."""
        counts = ", ".join(f"{len(one)} {name}" for name, one in self.splits.items())
        return f"<Representations of {self.task!r} by {self.model!r}: {counts}>"

    def __len__(self) -> int:
        return len(self.splits)

    def __contains__(self, split: object) -> bool:
        return split in self.splits

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write each split into its own folder inside, and what was encoded by what.

        Raises
        ------
        InputError
            The folder holds something else, or a split that is none of these.
        """
        place = path_of("folder", folder)
        check_replaced(place, self)
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(one.writer(split_folder(place, name)))
                for name, one in self.splits.items()
            }
            for name, writer in writers.items():
                self.splits[name].copy_to(writer)
            forget_summary(place)
            for name, writer in writers.items():
                self.splits[name].filled(writer)
        write_summary(self, place)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Representations:
        """Open what `save`, or encoding into a folder, wrote."""
        path = path_of("folder", folder)
        try:
            meta = json.loads((path / _SUMMARY).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: no representations are stored here ({error})") from error
        splits = {name: Representation.load(split_folder(path, name)) for name in meta["splits"]}
        return cls(splits, meta["model"], meta["revision"], meta["task"])


def split_folder(folder: str | os.PathLike[str], split: str) -> Path:
    """Name a split's folder; odd characters are percent-encoded, and so are leading dots."""
    return Path(folder) / re.sub(r"^\.", "%2E", quote(split, safe=" "))


def check_replaced(folder: Path, splits: Collection[str]) -> None:
    """Refuse to write only some of the splits that a folder holds.

    The others may be of other weights, or read in another way, and nothing there would say so.
    """
    try:
        held = json.loads((folder / _SUMMARY).read_text(encoding="utf-8"))["splits"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # nothing is said to be there
    others = [name for name in held if name not in splits]
    if others:
        raise InputError(
            f"{folder}: it holds the split {others[0]!r} of an earlier encoding; write all splits "
            "in one call, or name another folder"
        )


def forget_summary(folder: Path) -> None:
    """Take back what a folder is said to hold before the first split there is replaced."""
    (folder / _SUMMARY).unlink(missing_ok=True)


def write_summary(representations: Representations, folder: Path) -> None:
    """Write what was encoded by what; it comes last, so where it is, all of it is."""
    meta = {
        "format": _FORMAT,
        "model": representations.model,
        "revision": representations.revision,
        "task": representations.task,
        "splits": list(representations),
    }
    temporary = folder / f".{_SUMMARY}.{os.getpid()}"
    temporary.write_text(json.dumps(meta, indent=1), encoding="utf-8")
    temporary.replace(folder / _SUMMARY)
