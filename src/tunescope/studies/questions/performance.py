"""How well classifiers read the labels off a representation, with their controls beside them.

Tables 2 and 7 of the paper (section 4.1) are made from the rows of the probe `classifier`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tunescope.errors import InputError
from tunescope.probes import (
    ClassifierProbe,
    Protocol,
    accuracy_rows,
    description_length,
    selectivity,
)
from tunescope.probes.base import Probe
from tunescope.probes.out_of_fold import out_of_fold
from tunescope.probes.registry import ALSO, CLASSIFIER, CONTROL, ENTRIES, Entry
from tunescope.studies.questions.predictions import PROBE, prediction_tables
from tunescope.tables.collected import Collected
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
    """The text each belongs to, not divided by validation; intervals are over texts."""
    words: np.ndarray | None = None
    """The word type of each; None where an example is a whole text."""
    numbers: np.ndarray | None = None
    """By which an example is found again at another update; by default its position."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def known_as(self) -> np.ndarray:
        """The number of each example."""
        return np.arange(len(self)) if self.numbers is None else self.numbers


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
    predictions: bool = False,
    seed: int = 0,
    device: str = "auto",
) -> dict[str, pd.DataFrame]:
    """Train probes on one split and test them on another.

    Parameters
    ----------
    train, test : the examples of both.
    protocol : what is searched and how networks are trained.
    also : what is measured beside the classifier and the majority label, of `ALSO`.
    predictions : whether what the classifier says of each example is wanted; of those of training,
        networks of the chosen setting that have not seen them.
    seed : of everything random in it.
    device : where networks are trained.

    Returns
    -------
    dict of DataFrame
        ``accuracy``: a row a probe and restart, ``probe, setting, restart, accuracy, lower, upper,
        n_examples, n_groups``; ``correct``: a row a probe of vectors, ``probe`` and the lists
        ``examples, groups, right``; and, if asked for, ``selectivity`` and ``description_length``,
        a row each, and ``predictions``, ``label_scores`` and ``confusions`` with the column
        `split`.
    """
    rows = Rows(test, seed)
    no_words = train.words is None or test.words is None
    asked = [
        entry
        for entry in ENTRIES
        if (entry.name in ALWAYS or entry.name in also) and not (entry.sees == "words" and no_words)
    ]
    fitted = {}
    for entry in asked:
        if entry.sees == "vectors":
            fitted[entry.name] = _add(rows, entry, train, protocol, device)
    best = fitted[CLASSIFIER].best_setting_
    # the setting that was chosen, and no search: what depends on it costs a few fits
    chosen = replace(protocol, hidden=(best.hidden,), weights=(best.weight,), validation="held-out")
    tables = {}
    if "control" in also and not no_words:
        tables["selectivity"] = _control(train, rows, chosen, device)
    if "description length" in also:
        tables["description_length"] = _description_length(train, protocol, chosen, seed, device)
    if predictions:
        tables |= _predictions(fitted[CLASSIFIER], train, test, chosen, seed, device)
    for entry in asked:
        if entry.sees != "vectors":
            _add(rows, entry, train, protocol, device)
    return {"accuracy": rows.accuracy(), CORRECT: rows.correct(), **tables}


ALWAYS = (CLASSIFIER, "majority")
"""The probes that every study has."""


class Rows:
    """The rows of the accuracy table of one layer, as they come.

    Parameters
    ----------
    test : what probes are tested on.
    seed : of everything random.
    """

    def __init__(self, test: Examples, seed: int) -> None:
        self.test, self.seed = test, seed
        self.parts: list[pd.DataFrame] = []
        self.right: dict[str, np.ndarray] = {}

    def add(self, name: str, setting: str, correct: np.ndarray, *, of_vectors: bool) -> None:
        """Add the rows of a probe that is right about some examples, (n_restarts, n_examples).

        About which examples a probe of vectors is right is remembered.
        """
        if of_vectors:
            self.right[name] = correct
        part = accuracy_rows(name, correct, groups=self.test.groups)
        part.insert(1, "setting", setting)
        self.parts.append(part)

    def accuracy(self) -> pd.DataFrame:
        """Give all rows."""
        return pd.concat(self.parts, ignore_index=True)

    def correct(self) -> pd.DataFrame:
        """Give each probe's share of restarts that are right about each test example."""
        examples = self.test.known_as
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


def _add(rows: Rows, entry: Entry, train: Examples, protocol: Protocol, device: str) -> Any:
    """Fit a probe to the training examples, add its rows, and give it back."""
    probe: Probe = entry.make(protocol, seed=rows.seed, device=device)
    seen, asked = (
        part.words if entry.sees == "words" else part.vectors for part in (train, rows.test)
    )
    probe.fit(seen, train.labels, groups=train.groups)
    correct = probe.correct(asked, rows.test.labels)
    rows.add(entry.name, probe.chosen, correct, of_vectors=entry.sees == "vectors")
    return probe


def _control(train: Examples, rows: Rows, chosen: Protocol, device: str) -> pd.DataFrame:
    """Train the chosen setting on labels drawn by word, and give the selectivity."""
    test, right = rows.test, rows.right[CLASSIFIER]
    row: dict[str, Any] = {
        "probe": CLASSIFIER,
        "accuracy": float(right.mean()),
        **dict.fromkeys(("control_accuracy", "selectivity", "lower", "upper"), np.nan),
        "n_examples": len(test),
        "reason": "",
    }
    try:
        found = selectivity(
            ClassifierProbe(chosen, random_state=rows.seed, device=device),
            (train.vectors, train.labels, train.words),
            (test.vectors, test.labels, test.words),
            train_groups=train.groups,
            groups=test.groups,
            correct=right,
            seed=rows.seed,
        )
    except InputError as error:  # a few words may all draw one label
        return pd.DataFrame([{**row, "reason": str(error)}])
    control = found.rows[found.rows["probe"] == CONTROL]
    rows.parts.append(control.assign(setting=chosen.settings[0].name))
    row |= {
        "control_accuracy": found.control_accuracy,
        "selectivity": found.selectivity.value,
        "lower": found.selectivity.lower,
        "upper": found.selectivity.upper,
    }
    return pd.DataFrame([row])


def _predictions(
    probe: ClassifierProbe,
    train: Examples,
    test: Examples,
    chosen: Protocol,
    seed: int,
    device: str,
) -> dict[str, pd.DataFrame]:
    """Say what the classifier predicts for each example of both splits."""
    found = {"test": (test, probe.classes_, probe.predict_proba(test.vectors))}
    try:
        classes, unseen = out_of_fold(
            train.vectors,
            train.labels,
            protocol=chosen,
            groups=train.groups,
            seed=seed,
            device=device,
        )
        found["train"] = (train, classes, unseen)
    except InputError:  # too few for two folds: nothing unseen can be said of them
        pass
    collected = Collected()
    for split, (of, classes, probabilities) in found.items():
        tables = prediction_tables(PROBE, of.known_as, of.labels, classes, probabilities)
        collected.add(tables, split=split)
    return collected.tables()


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
