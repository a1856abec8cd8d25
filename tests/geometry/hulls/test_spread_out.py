"""Workers that map the same file find what one process finds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import Client, LocalCluster

from tunescope.errors import InputError
from tunescope.geometry import separations

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as running,
        Client(running, set_as_default=False) as client,
    ):
        yield client


def labelled(folder: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    y = np.array(list("abcdefg"))[rng.integers(0, 7, 700)]
    X = (rng.normal(size=(700, 12)) + (y[:, None] == list("abcdefgggggg")) * 4).astype(np.float32)
    np.save(folder / "vectors.npy", X)
    return folder / "vectors.npy", X, y


def test_they_find_what_one_process_finds(client: Client, tmp_path: Path) -> None:
    path, X, y = labelled(tmp_path)
    expected = separations(X, y)
    heard: list[tuple[int, int]] = []
    found = separations(
        np.load(path, mmap_mode="r"),
        y,
        client=client,
        progress=lambda done, total: heard.append((done, total)),
    )
    assert expected.table().equals(found.table())
    assert heard[-1] == (21, 21)


def test_a_raw_file_with_an_offset_and_chosen_pairs(client: Client, tmp_path: Path) -> None:
    _, X, y = labelled(tmp_path)
    (tmp_path / "raw").write_bytes(b"\0" * 64 + X.tobytes())
    mapped = np.memmap(tmp_path / "raw", np.float32, "r", 64, X.shape)
    pairs = np.array([[3, 1], [0, 5]])
    found = separations(mapped, y, pairs=pairs, client=client)
    assert found.table().equals(separations(X, y, pairs=pairs).table())


def test_one_call_after_another_with_the_same_labels(client: Client, tmp_path: Path) -> None:
    path, X, y = labelled(tmp_path)
    pairs = np.array([[3, 1], [0, 5]])
    expected = separations(X, y, pairs=pairs).table()
    mapped = np.load(path, mmap_mode="r")
    for _ in range(12):
        assert separations(mapped, y, pairs=pairs, client=client).table().equals(expected)


@pytest.mark.parametrize("part", ["memory", "slice"])
def test_what_the_workers_cannot_map_is_refused(client: Client, tmp_path: Path, part: str) -> None:
    path, X, y = labelled(tmp_path)
    given = X if part == "memory" else np.load(path, mmap_mode="r")[:300]
    with pytest.raises(InputError, match="client: the workers map the vectors themselves"):
        separations(given, y[: len(given)], client=client)
