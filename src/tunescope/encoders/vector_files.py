"""Arrays that are filled bit by bit: in memory, or in files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tunescope.errors import InputError, TunescopeError
from tunescope.storage import allocate, reason

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

DESCRIPTION = "representation.json"
EXAMPLES = "examples.parquet"


def layer_file(layer: int) -> str:
    """Name the file of a layer's vectors."""
    return f"layer-{layer:02d}.npy"


class VectorWriter:
    """Arrays to be filled, ``(n_examples, n_features)`` a layer.

    Parameters
    ----------
    n_examples : rows.
    n_features : layer number → columns.
    dtypes : layer number → precision.
    folder : where the files go in the end; None keeps the arrays in memory.

    Raises
    ------
    InputError
        The folder holds something else, or cannot be written.
    TunescopeError
        The disk is full.
    """

    def __init__(
        self,
        n_examples: int,
        n_features: Mapping[int, int],
        dtypes: Mapping[int, np.dtype[Any]],
        folder: Path | None,
    ) -> None:
        self.folder = folder
        self.arrays: dict[int, NDArray[Any]] = {}
        self._temporary: Path | None = None
        if folder is None:
            for layer, d in n_features.items():
                self.arrays[layer] = np.zeros((n_examples, d), dtype=dtypes[layer])
            return
        if folder.exists() and not (folder / DESCRIPTION).exists():
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
                path = self._temporary / layer_file(layer)
                self.arrays[layer] = np.lib.format.open_memmap(
                    path, mode="w+", dtype=dtypes[layer], shape=(n_examples, d)
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

    def finish(self, description: Mapping[str, Any], examples: pd.DataFrame) -> None:
        """Put the files into place, with what they are; arrays in memory stay as they are.

        Parameters
        ----------
        description : what the layers belong to.
        examples : a row for each row of the arrays.
        """
        if self._temporary is None or self.folder is None:
            return
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()
        self.arrays = {}
        examples.to_parquet(self._temporary / EXAMPLES, index=False)
        text = json.dumps(description, indent=1)
        (self._temporary / DESCRIPTION).write_text(text, encoding="utf-8")
        if self.folder.exists():
            old = self.folder.with_name(f".{self.folder.name}.{os.getpid()}.old")
            self.folder.replace(old)
            self._temporary.replace(self.folder)
            shutil.rmtree(old)
        else:
            self._temporary.replace(self.folder)
