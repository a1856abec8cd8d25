"""The vectors of a task's examples under one snapshot, in memory or on disk."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from tunescope.errors import InputError, TunescopeError
from tunescope.storage import allocate, reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

_META = "representation.json"
_EXAMPLES = "examples.parquet"
_FORMAT = 1


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
        """Make one of arrays from anywhere; ids are the row numbers where none are given."""
        ids = np.asarray(label_ids, dtype=np.int64)
        rows = np.arange(len(ids), dtype=np.int64)
        named = rows.astype(str) if example_ids is None else np.asarray(example_ids, dtype=str)
        if not vectors:
            raise InputError("vectors: no layer is given")
        for layer, array in vectors.items():
            if np.ndim(array) != 2 or len(array) != len(ids):
                raise InputError(
                    f"vectors[{layer}]: shape {np.shape(array)}; "
                    f"expected ({len(ids)}, n_features), a row for each label"
                )
        return cls(
            split, ids, tuple(label_names), named, rows, rows, max(vectors) + 1, dict(vectors)
        )

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
        writer = VectorWriter(
            len(self),
            {layer: int(self.vectors[layer].shape[1]) for layer in self.layers},
            self.vectors[self.layers[-1]].dtype,
            Path(folder),
        )
        with writer:
            for layer in self.layers:
                writer.arrays[layer][:] = self.vectors[layer]
            writer.finish(self)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Representation:
        """Open what `save` wrote, memory-mapped.

        Raises
        ------
        InputError
            The folder does not hold a representation.
        """
        path = Path(folder)
        try:
            meta = json.loads((path / _META).read_text(encoding="utf-8"))
            examples = pd.read_parquet(path / _EXAMPLES)
            vectors = {
                int(layer): np.load(path / _layer_file(int(layer)), "r", allow_pickle=False)
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
        """Write each split into its own folder inside, and what was encoded by what."""
        for name, representation in self.splits.items():
            representation.save(split_folder(folder, name))
        write_summary(self, Path(folder))

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Representations:
        """Open what `save`, or encoding into a folder, wrote."""
        path = Path(folder)
        try:
            meta = json.loads((path / "representations.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: no representations are stored here ({error})") from error
        splits = {name: Representation.load(split_folder(path, name)) for name in meta["splits"]}
        return cls(splits, meta["model"], meta["revision"], meta["task"])


def split_folder(folder: str | os.PathLike[str], split: str) -> Path:
    """Name a split's folder; odd characters are percent-encoded, and so are leading dots."""
    return Path(folder) / re.sub(r"^\.", "%2E", quote(split, safe=" "))


def write_summary(representations: Representations, folder: Path) -> None:
    """Write what was encoded by what; it comes last, so where it is, all of it is."""
    meta = {
        "format": _FORMAT,
        "model": representations.model,
        "revision": representations.revision,
        "task": representations.task,
        "splits": list(representations),
    }
    temporary = folder / f".representations.json.{os.getpid()}"
    temporary.write_text(json.dumps(meta, indent=1), encoding="utf-8")
    temporary.replace(folder / "representations.json")


class VectorWriter:
    """Arrays to be filled bit by bit: in memory, or files that appear whole or not at all.

    Parameters
    ----------
    n_examples : rows.
    n_features : layer number → columns.
    dtype : float32 or float16.
    folder : where the files go in the end; None keeps the arrays in memory.
    """

    def __init__(
        self,
        n_examples: int,
        n_features: Mapping[int, int],
        dtype: np.dtype[Any],
        folder: Path | None,
    ) -> None:
        self.folder = folder
        self.arrays: dict[int, NDArray[np.floating]] = {}
        self._temporary: Path | None = None
        if folder is None:
            for layer, d in n_features.items():
                self.arrays[layer] = np.zeros((n_examples, d), dtype=dtype)
            return
        if folder.exists() and not (folder / _META).exists():
            raise InputError(f"{folder}: it exists and holds something else; name another folder")
        self._temporary = folder.parent / f".{folder.name}.{os.getpid()}.partial"
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary.mkdir()
        except OSError as error:
            raise InputError(f"{folder}: it cannot be written ({error.strerror})") from error
        try:
            for layer, d in n_features.items():
                path = self._temporary / _layer_file(layer)
                self.arrays[layer] = np.lib.format.open_memmap(
                    path, mode="w+", dtype=dtype, shape=(n_examples, d)
                )
                allocate(path)
        except OSError as error:
            self.__exit__()
            raise TunescopeError(f"{folder}: cannot write it: {reason(error)}") from error

    def __enter__(self) -> VectorWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.arrays = {}
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def finish(self, described: Representation) -> Representation:
        """Give the representation that has the arrays, and move its files into place.

        Parameters
        ----------
        described : everything about it but its vectors.
        """
        if self._temporary is None or self.folder is None:
            return _with_vectors(described, self.arrays)
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()
        layers = sorted(self.arrays)
        self.arrays = {}
        meta = {
            "format": _FORMAT,
            "split": described.split,
            "label_names": list(described.label_names),
            "n_layers": described.n_layers,
            "layers": layers,
            "counts": dict(described.counts),
        }
        examples = pd.DataFrame(
            {
                "example_id": described.example_ids,
                "label": described.labels,
                "label_id": described.label_ids,
                "example_index": described.example_index,
                "group": described.groups,
            }
        )
        examples.to_parquet(self._temporary / _EXAMPLES, index=False)
        (self._temporary / _META).write_text(json.dumps(meta, indent=1), encoding="utf-8")
        if self.folder.exists():
            old = self.folder.with_name(f".{self.folder.name}.{os.getpid()}.old")
            self.folder.replace(old)
            self._temporary.replace(self.folder)
            shutil.rmtree(old)
        else:
            self._temporary.replace(self.folder)
        return Representation.load(self.folder)


def _with_vectors(
    described: Representation, vectors: Mapping[int, NDArray[np.floating]]
) -> Representation:
    return replace(described, vectors=dict(vectors))


def _layer_file(layer: int) -> str:
    return f"layer-{layer:02d}.npy"
