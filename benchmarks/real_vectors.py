"""The vectors that the benchmarks of the geometry measure: real ones, made by ``minilm``.

``functions`` are the prepositions of STREUSLE with their functions, ``questions`` those of TREC
with 50 labels, ``words`` all words of UD English-PUD with their parts of speech, ``words-5000``
the first of them, and ``nearby`` 100,000 pairs of nearby words, twice as wide, labelled by their
two parts of speech.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tunescope.encoders import Encoder

LAST = -1
NAMES = ("functions", "words-5000", "questions", "words", "nearby")


def make_vectors(folder: Path, wanted: Iterable[str], layers: Iterable[int] = (LAST,)) -> None:
    """Encode what is not in the folder yet; `nearby` is made of the last layer alone."""
    missing = [
        (name, layer)
        for name in wanted
        for layer in layers
        if not _path(folder, name, layer).exists()
    ]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, task_name in (("functions", "ps-fxn"), ("questions", "trec-50")):
        if mine := sorted({layer for other, layer in missing if other == name}):
            _encode_training_data(folder, name, task_name, mine)
    if mine := sorted({layer for name, layer in missing if "words" in name}):
        _encode_words(folder, mine)
    if ("nearby", LAST) in missing:
        _pair_words(folder)


def read(folder: Path, name: str, layer: int = LAST) -> tuple[np.ndarray, np.ndarray]:
    """Open vectors memory-mapped, and their labels."""
    return (
        np.load(_path(folder, name, layer), mmap_mode="r"),
        np.load(folder / f"{name}.labels.npy"),
    )


def make_snapshots(folder: Path) -> list[int]:
    """Fine-tune as the paper does, unless the snapshots are there; return their updates."""
    if not (folder / "snapshots.labels.npy").exists():
        from tunescope.tasks import load_task
        from tunescope.tuning import finetune

        folder.mkdir(parents=True, exist_ok=True)
        task = load_task("pos")
        labels: list[np.ndarray] = []

        def keep(update: int, encoder: Encoder) -> None:
            train = encoder.encode(task, splits=["train"], layers=[LAST])["train"]
            vectors = train.layer(LAST).astype(np.float32)
            np.save(folder / f"snapshot-{update:04d}.vectors.npy", vectors)
            labels.append(train.labels.astype(str))

        finetune("minilm", task, snapshots=20, on_snapshot=keep, evaluate=[])
        np.save(folder / "snapshots.labels.npy", labels[0])  # last: now they are whole
    found = folder.glob("snapshot-*.vectors.npy")
    return sorted(int(path.name.split("-")[1].split(".")[0]) for path in found)


def read_snapshot(folder: Path, update: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the training examples of a snapshot, and their labels."""
    vectors = np.load(folder / f"snapshot-{update:04d}.vectors.npy")
    return vectors, np.load(folder / "snapshots.labels.npy")


def _path(folder: Path, name: str, layer: int) -> Path:
    return folder / (f"{name}.vectors.npy" if layer == LAST else f"{name}.layer-{layer}.npy")


def _save(folder: Path, name: str, layer: int, vectors: np.ndarray, labels: np.ndarray) -> None:
    np.save(folder / f"{name}.labels.npy", labels.astype(str))
    np.save(_path(folder, name, layer), vectors.astype(np.float32))


def _encode_training_data(folder: Path, name: str, task_name: str, layers: list[int]) -> None:
    from tunescope.encoders import Encoder
    from tunescope.tasks import load_task

    train = Encoder("minilm").encode(load_task(task_name), splits=["train"], layers=layers)["train"]
    for layer in layers:
        _save(folder, name, layer, train.layer(layer), train.labels)


def _encode_words(folder: Path, layers: list[int]) -> None:
    from tunescope.encoders import Encoder
    from tunescope.tasks import load_task

    task = load_task("pos")
    encoded = Encoder("minilm").encode(task, layers=layers)
    lines = np.concatenate([task[s].lines[encoded[s].example_index] for s in encoded])
    order = np.argsort(lines, kind="stable")  # the order of the file
    labels = np.concatenate([encoded[s].labels for s in encoded]).astype(str)[order]
    for layer in layers:
        words = np.concatenate([encoded[s].layer(layer) for s in encoded])[order]
        _save(folder, "words", layer, words, labels)
        _save(folder, "words-5000", layer, words[:5000], labels[:5000])


def _pair_words(folder: Path) -> None:
    """Put the vectors of words up to eight places apart side by side; keep the 50 commonest."""
    if not _path(folder, "words", LAST).exists():
        _encode_words(folder, [LAST])
    words, labels = read(folder, "words")
    first = np.repeat(np.arange(len(words)), 8)
    second = first + np.tile(np.arange(1, 9), len(words))
    first, second = first[second < len(words)], second[second < len(words)]
    kinds = np.char.add(np.char.add(labels[first], "-"), labels[second])
    names, counts = np.unique(kinds, return_counts=True)
    common = np.flatnonzero(np.isin(kinds, names[np.argsort(-counts, kind="stable")[:50]]))
    kept = np.sort(np.random.default_rng(0).choice(common, 100_000, replace=False))
    pairs = np.hstack([words[first[kept]], words[second[kept]]])
    _save(folder, "nearby", LAST, pairs, kinds[kept])
