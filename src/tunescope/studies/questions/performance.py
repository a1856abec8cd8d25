"""How well classifiers read the labels off a representation, with their controls beside them.

Tables 2 and 7 of the paper (section 4.1) are made from the rows of the probe `classifier`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tunescope.errors import InputError
from tunescope.probes import (
    ClassifierProbe,
    LinearProbe,
    MajorityProbe,
    NearestNeighbourProbe,
    Protocol,
    Selectivity,
    WordMajority,
    accuracy_rows,
    control_labels,
    description_length,
)
from tunescope.probes.base import Probe
from tunescope.studies.study import ALSO
from tunescope.tasks import Split

CORRECT = "correct"
"""Name of the step table with each test example's share of restarts that were right.

A row a layer and probe, with lists over examples: a row an example would fill the memory of a
study of many layers.
"""


@dataclass(frozen=True)
class Examples:
    """The examples of one split in one layer."""

    vectors: np.ndarray
    """Shape (n_examples, n_features)."""
    labels: np.ndarray
    """Label names, shape (n_examples,)."""
    groups: np.ndarray
    """The text each belongs to, which neither validation nor the bootstrap divides."""
    words: np.ndarray | None = None
    """The word type of each; None where an example is a whole text."""
    numbers: np.ndarray | None = None
    """By which an example is found again at another update; by default its position."""

    def __len__(self) -> int:
        return len(self.labels)


def word_types(split: Split) -> np.ndarray | None:
    """Give the word type of each example: its word in lower case, of a pair the second's.

    Of a pair of words the second one, in a treebank the dependent, says most about the label;
    both together would hardly ever be seen again.

    Returns
    -------
    (n_examples,) array of str, or None where examples are whole texts
    """
    if split.positions.shape[1] == 0:
        return None
    places = zip(split.text_index.tolist(), split.positions[:, -1].tolist(), strict=True)
    return np.array([split.texts[text][position].lower() for text, position in places])


def accuracy_tables(
    train: Examples,
    test: Examples,
    *,
    protocol: Protocol,
    also: Collection[str] = ALSO,
    seed: int = 0,
    device: str = "auto",
) -> dict[str, pd.DataFrame]:
    """Train probes on one split and test them on another.

    Parameters
    ----------
    train, test : the examples of both.
    protocol : what is searched and how networks are trained.
    also : what is measured beside the classifier and the majority label, of `ALSO`.
    seed : of everything random in it.
    device : where networks are trained.

    Returns
    -------
    dict of DataFrame
        ``accuracy``: a row a probe and restart, ``probe, setting, restart, accuracy, lower, upper,
        n_examples``; ``correct``: a row a probe of vectors, ``probe`` and the lists ``examples,
        groups, right``; and, if asked for, ``selectivity`` and ``description_length``, a row each.
    """
    probe = ClassifierProbe(protocol, random_state=seed, device=device)
    probe.fit(train.vectors, train.labels, groups=train.groups)
    rows = Rows(test, seed)
    rows.add_probe(probe, probe.best_setting_.name)
    if "linear" in also:
        linear = LinearProbe(protocol, random_state=seed)
        linear.fit(train.vectors, train.labels, groups=train.groups)
        rows.add_probe(linear, f"weight {linear.best_setting_.weight:g}")
    if "nearest-neighbour" in also:
        nearest = NearestNeighbourProbe().fit(train.vectors, train.labels)
        rows.add_probe(nearest, "Euclidean distance")
    tables = {}
    # the setting that was chosen, and no search: what depends on it costs a few fits
    chosen = replace(
        protocol,
        hidden=(probe.best_setting_.hidden,),
        weights=(probe.best_setting_.weight,),
        validation="held-out",
    )
    if "control" in also and train.words is not None and test.words is not None:
        tables["selectivity"] = _control(train, test, rows, chosen, device)
    if "description-length" in also:
        tables["description_length"] = _description_length(train, protocol, chosen, seed, device)
    majority = MajorityProbe().fit(train.vectors, train.labels)
    most = majority.classes_[majority.most_frequent_]
    rows.add("majority", f"always {most}", majority.correct(test.vectors, test.labels))
    if "word-majority" in also and train.words is not None and test.words is not None:
        words = WordMajority().fit(train.words, train.labels)
        rows.add(words.probe_name, "", words.predict(test.words) == test.labels)
    return {"accuracy": rows.accuracy(), CORRECT: rows.correct(), **tables}


class Rows:
    """The rows of the accuracy table of one layer, as they come.

    Parameters
    ----------
    test : what probes are tested on.
    seed : of the bootstrap.
    """

    def __init__(self, test: Examples, seed: int) -> None:
        self.test, self.seed = test, seed
        self.parts: list[pd.DataFrame] = []
        self.right: dict[str, np.ndarray] = {}

    def add_probe(self, probe: Probe, setting: str) -> None:
        """Test a probe of vectors, and remember about which examples it is right."""
        correct = probe.correct(self.test.vectors, self.test.labels)
        self.right[probe.probe_name] = correct
        self.add(probe.probe_name, setting, correct)

    def add(self, name: str, setting: str, correct: np.ndarray) -> None:
        """Add the rows of a probe that is right about some examples, (n_restarts, n_examples)."""
        part = accuracy_rows(name, correct, groups=self.test.groups, seed=self.seed)
        part.insert(1, "setting", setting)
        self.parts.append(part)

    def accuracy(self) -> pd.DataFrame:
        """Give all rows."""
        return pd.concat(self.parts, ignore_index=True)

    def correct(self) -> pd.DataFrame:
        """Give each probe's share of restarts that are right about each test example."""
        numbers = self.test.numbers
        examples = np.arange(len(self.test)) if numbers is None else numbers
        rows = [
            {
                "probe": name,
                "examples": examples.astype(np.int32),
                "groups": self.test.groups.astype(np.int32),
                "right": correct.mean(axis=0, dtype=np.float32),
            }
            for name, correct in self.right.items()
        ]
        return pd.DataFrame(rows)


def _control(
    train: Examples, test: Examples, rows: Rows, chosen: Protocol, device: str
) -> pd.DataFrame:
    """Train the chosen setting on labels drawn by word, and give the selectivity."""
    name = ClassifierProbe.probe_name
    row: dict[str, Any] = {"probe": name, "accuracy": float(rows.right[name].mean())}
    try:
        words = np.concatenate([train.words, test.words])
        drawn = control_labels(words, np.concatenate([train.labels, test.labels]), seed=rows.seed)
        probe = ClassifierProbe(chosen, random_state=rows.seed, device=device)
        probe.fit(train.vectors, drawn[: len(train)], groups=train.groups)
    except InputError as error:  # a few words may all draw one label
        missing: Mapping[str, Any] = dict.fromkeys(
            ("control_accuracy", "selectivity", "lower", "upper"), np.nan
        )
        return pd.DataFrame([{**row, **missing, "n_examples": len(test), "reason": str(error)}])
    correct = probe.correct(test.vectors, drawn[len(train) :])
    found = Selectivity.of(rows.right[name], correct, groups=test.groups, seed=rows.seed)
    control = found.rows[found.rows["probe"] != name]
    rows.parts.append(control.assign(setting=probe.best_setting_.name))
    row |= {
        "control_accuracy": found.control_accuracy,
        "selectivity": found.selectivity.value,
        "lower": found.selectivity.lower,
        "upper": found.selectivity.upper,
        "n_examples": len(test),
        "reason": "",
    }
    return pd.DataFrame([row])


def _description_length(
    train: Examples, protocol: Protocol, chosen: Protocol, seed: int, device: str
) -> pd.DataFrame:
    """Give the codelength of the training labels under the chosen setting, which is sent first."""
    setting = chosen.settings[0].name
    n_classes = len(np.unique(train.labels))
    row: dict[str, Any] = {
        "setting": setting,
        "codelength": np.nan,
        "uniform": len(train) * float(np.log2(n_classes)),
        "compression": np.nan,
        "n_examples": len(train),
        "reason": "",
    }
    try:
        found = description_length(
            train.vectors,
            train.labels,
            protocol=chosen,
            groups=train.groups,
            seed=seed,
            device=device,
        )
    except InputError as error:  # too few examples to send in portions
        return pd.DataFrame([{**row, "reason": str(error)}])
    row["codelength"] = found.codelength + float(np.log2(len(protocol.settings)))
    row["compression"] = row["uniform"] / row["codelength"]
    return pd.DataFrame([row])
