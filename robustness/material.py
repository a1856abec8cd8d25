"""A tiny model, a small file of texts, and the run of a study on them."""

from __future__ import annotations

import shutil
import sys
from itertools import product
from pathlib import Path

import pandas as pd

from robustness.calls import Ended, call

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

RUN = "run"
STUDY = (
    *("run", "--model", "bert", "--task", "texts.csv", "--epochs", "2", "--snapshots", "3"),
    *("--batch-size", "8", "--protocol", "none", "--quiet", "--out", RUN),
)
WORDS = {
    "animal": ("dog", "cat", "bird"),
    "deed": ("barking", "unhappily"),
    "thing": ("pen", "saw"),
}
FIRST, LAST = ("old", "small", "grey"), ("sees", "hears", "likes")


def make(folder: Path) -> Path:
    """Put the model and the texts into a folder."""
    import torch
    from tiny_models import tiny_model

    torch.set_num_threads(1)  # a forked process would wait for the threads of this one
    folder.mkdir(parents=True)
    model, tokenizer = tiny_model("bert")
    model.save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    rows = [
        (f"the {first} {word} {last}", label)
        for label, words in WORDS.items()
        for word in words
        for first, last in product(FIRST, LAST)
    ]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(folder / "texts.csv", index=False)
    return folder


def copied(material: Path, folder: Path) -> Path:
    """Copy it, with the run that it may hold."""
    return Path(shutil.copytree(material, folder, symlinks=True))


def finished(folder: Path) -> Ended:
    """Call the study, or go on with it."""
    return call(STUDY, folder)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of the run, without what measures time."""
    found = {}
    for path in sorted((folder / RUN / "tables").glob("[!.]*.parquet")):
        table = pd.read_parquet(path)
        found[path.stem] = table[[name for name in table if "seconds" not in str(name)]]
    return found


def differences(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> list[str]:
    """Name the tables that two runs do not have alike, value by value."""
    names = sorted(one.keys() | other.keys())
    return [
        name
        for name in names
        if name not in one or name not in other or not one[name].equals(other[name])
    ]


def scratch(folder: Path) -> list[Path]:
    """Find what was written by halves."""
    return list(folder.rglob(".part-*"))
