"""Published results made up for the tests: one that is right, to be spoiled."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunescope.directprobe import VerifiedResult, read_folder, verify, write_data
from tunescope.directprobe.writing import write_results
from tunescope.geometry import DirectProbe


@dataclass
class Made:
    """A folder of data and results, and what is in it."""

    folder: Path
    vectors: np.ndarray
    labels: np.ndarray
    probe: DirectProbe

    def lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text().splitlines()

    def write(self, name: str, lines: list[str]) -> None:
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines))

    def spoil(self, name: str, line: int, old: str, new: str) -> None:
        """Replace something in a line, counted from 1."""
        lines = self.lines(name)
        assert old in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old, new)
        self.write(name, lines)

    def verify(self) -> VerifiedResult:
        return verify(read_folder(self.folder))

    def wrong(self) -> list[tuple[str, str, int | None]]:
        """List the mistakes that are found: kind, file, line."""
        table = self.verify().issues
        table = table[table["severity"] == "wrong"]
        lines = [None if pd.isna(line) else int(line) for line in table["line"]]
        return list(zip(table["kind"], table["file"], lines, strict=True))


CORNERS = np.array([[0.0, 0, 0], [9, 0, 0], [0, 9, 0]])


def blobs(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Three labels around three corners; every other example of the first is far away."""
    random = np.random.default_rng(seed)
    labels = np.array(["a", "b", "c"])[np.arange(n) % 3]
    vectors = CORNERS[np.arange(n) % 3] + random.uniform(-1, 1, (n, 3))
    vectors[(labels == "a") & (np.arange(n) % 2 == 0)] += [20.0, 20, 0]
    return vectors, labels


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Four clusters of three labels: `b` lies between the two clusters of `a`."""
    vectors, labels = blobs(0, 60)
    vectors[labels == "b"] += np.linspace([0, 0, 0], [-6, 6, 0], 20)
    test = blobs(1, 12)
    probe = DirectProbe().fit(vectors, labels)
    folder = tmp_path / "made"
    write_data(folder, (vectors, labels), test)
    write_results(folder, probe, test)
    return Made(folder, vectors, labels, probe)
