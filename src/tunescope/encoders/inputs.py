"""Plan the encoding of a task: which sequences go through the model, and what is read off.

A *sequence* is one row of the model's input: a distinct text, or one window of a long one.
A *unit* is a vector to be read off: a word in a distinct text, or a distinct text itself.
A *piece* is a run of tokens of one sequence that belongs to a unit; nearly every unit is
one piece. An example is made of one unit, or of two for a pair of words.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunescope.encoders.sequences import Sequences
from tunescope.encoders.tokens import tokenise
from tunescope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tunescope.encoders.reading import Reading
    from tunescope.encoders.tokens import Text
    from tunescope.tasks import Split, Task

logger = logging.getLogger(__name__)

_MANY_UNKNOWN = 0.05
"""Beyond this share of unknown tokens a warning is given."""


@dataclass(frozen=True)
class SplitInputs:
    """What is encoded of one split."""

    kept: NDArray[np.int64]
    """``(n,)`` the examples of the split that are encoded."""
    units: NDArray[np.int64]
    """``(n, k)`` each example's units; ``k`` is 2 for pairs, else 1."""
    texts: NDArray[np.int64]
    """``(n,)`` each example's distinct text."""
    counts: Mapping[str, int]
    """How many examples were encoded, dropped, windowed or truncated; of how many texts, with how
    many tokens of their own, and how many of these are unknown to the tokenizer."""


@dataclass(frozen=True)
class Inputs:
    """A task's distinct texts as sequences of token ids, and what is read off them."""

    sequences: Sequence[NDArray[np.int64]]
    """Token ids of each sequence."""
    text_sequences: NDArray[np.int64]
    """``(n_texts + 1,)`` the sequences of text ``t`` are ``[t]`` up to ``[t + 1]``."""
    pieces: NDArray[np.int64]
    """``(n_pieces, 4)`` sequence, unit, first token, number of tokens; by sequence."""
    unit_tokens: NDArray[np.int64]
    """``(n_units,)`` tokens of each unit, over all its pieces."""
    unit_pieces: NDArray[np.int64]
    """``(n_units,)`` pieces of each unit: more than one where no window holds it whole."""
    first_tokens: NDArray[np.int64]
    """``(n_units, 2)`` the sequence that each unit is read in and the place there of the word's
    first token, whichever are read; of a text 0. Both are -1 where no one sequence holds it."""
    splits: Mapping[str, SplitInputs]
    """By name."""
    unit_length: bool = False
    """Whether the units' vectors are scaled to length 1."""
    token_types: Sequence[NDArray[np.int64]] = ()
    """The type of each token of each sequence; none where every one is 0. Of pairs of texts: which
    of the two it counts to."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """``(n_sequences,)`` tokens of each sequence."""
        return np.array([len(ids) for ids in self.sequences], dtype=np.int64)


def plan(task: Task, splits: Sequence[str], reading: Reading) -> Inputs:
    """Plan the encoding of some splits of a task; each distinct text is in it once.

    Parameters
    ----------
    task : the labelled examples.
    splits : names of its splits.
    reading : the tokenizer, the model's limit, and the policies.

    Raises
    ------
    InputError
        A text is too long or an example has no tokens, and the policy is ``"error"``; a
        policy cannot be followed; a split is unknown, empty, or nothing of it is left.
    """
    _check(task, splits, reading)
    numbers: dict[tuple[type, tuple[str, ...]], int] = {}
    texts: list[Text] = []
    first_use: list[tuple[str, int]] = []
    example_texts: dict[str, NDArray[np.int64]] = {}
    for name in splits:
        split = task.splits[name]
        rows, first, inverse = np.unique(split.text_index, return_index=True, return_inverse=True)
        number = np.empty(len(rows), dtype=np.int64)
        for i, row in enumerate(rows):
            text = split.texts[row]
            key = (type(text), (text,) if isinstance(text, str) else tuple(text))
            number[i] = numbers.setdefault(key, len(numbers))
            if number[i] == len(texts):
                texts.append(list(text) if isinstance(text, list) else text)
                first_use.append((name, int(first[i])))
        example_texts[name] = number[inverse]
    keys, example_units = _units(task, splits, example_texts)
    builder = Sequences(reading, task.kind == "text")
    rendered = texts if reading.render is None else [reading.render(_raw(text)) for text in texts]
    bounds = np.searchsorted(keys[:, 0], np.arange(len(texts) + 1))
    for number_, tokenised in enumerate(tokenise(reading.backend, rendered)):
        low, high = bounds[number_], bounds[number_ + 1]
        place = first_use[number_]
        builder.add(tokenised, keys[low:high, 1], int(low), task.splits[place[0]], place[1])
    fate = np.array(builder.fate, dtype="U8")
    tokens = np.array(builder.tokens, dtype=np.int64)
    unit_tokens = np.zeros(len(keys), dtype=np.int64)
    unit_pieces = np.zeros(len(keys), dtype=np.int64)
    pieces = np.concatenate([np.empty((0, 4), dtype=np.int64), *builder.pieces])
    np.add.at(unit_tokens, pieces[:, 1], pieces[:, 3])
    np.add.at(unit_pieces, pieces[:, 1], 1)
    planned = {}
    for name in splits:
        units = example_units[name]
        texts_of = example_texts[name]
        missing = (unit_tokens[units] == 0).any(axis=1)
        if task.kind == "text":  # special tokens alone are those of the empty text
            missing |= tokens[texts_of, 0] == 0
        kept = _kept(task[name], units, texts_of, fate[texts_of], missing, reading)
        n_tokens, n_unknown = tokens[np.unique(kept.texts)].sum(axis=0).tolist()
        _check_unknown(name, n_tokens, n_unknown, reading)
        counts = {**kept.counts, "tokens": n_tokens, "unknown_tokens": n_unknown}
        planned[name] = replace(kept, counts=counts)
    return Inputs(
        builder.sequences,
        np.array(builder.text_sequences, dtype=np.int64),
        pieces,
        unit_tokens,
        unit_pieces,
        np.concatenate([np.empty((0, 2), dtype=np.int64), *builder.first_tokens]),
        planned,
        task.kind == "text" and reading.unit_length,
        builder.token_types,
    )


def _raw(text: Text) -> str:
    return text if isinstance(text, str) else " ".join(text)


def _check(task: Task, splits: Sequence[str], reading: Reading) -> None:
    if task[splits[0]].is_paired:
        if reading.render is not None:
            raise InputError("chat=True is for texts; a template does not know pairs of them")
        if reading.policy.on_long == "window":
            raise InputError(
                "on_long='window': the two texts of a pair do not fit into windows together; "
                "choose on_long='truncate' or 'drop'"
            )
    if task.kind == "text":
        if reading.policy.on_long == "window" and reading.pooling != "mean":
            raise InputError(
                f"on_long='window': {reading.pooling!r} of several windows is not one vector; "
                "take pooling='mean', or on_long='truncate'"
            )
        if reading.pooling == "eos" and reading.eos_id is None:
            raise InputError(
                f"pooling='eos': the tokenizer of {reading.model} has no end-of-text token; "
                "take 'last' or 'mean'"
            )
        added = reading.pooling != "cls" or reading.adds_cls
        if not added and reading.cls_id is not None:
            raise InputError(
                f"pooling='cls': the tokenizer of {reading.model} has a [CLS] token and never "
                "adds it to a text; take 'last' or 'mean'"
            )
        if not added:
            raise InputError(
                f"pooling='cls': the tokenizer of {reading.model} has no [CLS] token; "
                "take 'last' or 'mean'"
            )
    elif reading.render is not None:
        raise InputError("chat=True is for whole texts; a word's place in a template is not known")
    elif reading.policy.on_long == "truncate":
        raise InputError("on_long='truncate' is for whole texts; for words take 'window' or 'drop'")
    for name in splits:
        task[name]  # refuses a name that is not there


def _units(
    task: Task,
    splits: Sequence[str],
    example_texts: Mapping[str, NDArray[np.int64]],
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
    """Number the distinct ``(text, word)``; the word is 0 where the unit is the text."""
    columns: dict[str, NDArray[np.int64]] = {}
    for name in splits:
        split = task.splits[name]
        number = example_texts[name]
        if task.kind == "text":
            columns[name] = np.stack([number, np.zeros_like(number)], axis=-1)[:, None, :]
            continue
        positions = np.asarray(split.positions, dtype=np.int64)
        repeated = np.broadcast_to(number[:, None], positions.shape)
        columns[name] = np.stack([repeated, positions], axis=-1)
    every = np.concatenate([columns[name].reshape(-1, 2) for name in splits])
    keys, inverse = np.unique(every, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    found: dict[str, NDArray[np.int64]] = {}
    start = 0
    for name in splits:
        n, k, _ = columns[name].shape
        found[name] = inverse[start : start + n * k].reshape(n, k)
        start += n * k
    return keys, found


def _check_unknown(split: str, n_tokens: int, n_unknown: int, reading: Reading) -> None:
    """Say it where many tokens are unknown; refuse texts that are mostly so."""
    share = n_unknown / max(1, n_tokens)
    said = (
        f"split {split!r}: {share:.0%} of its {n_tokens:,} tokens are unknown to the tokenizer "
        f"of {reading.model}"
    )
    if share > reading.policy.most_unknown:
        raise InputError(
            f"{said}; what it cannot read looks all the same to the model; take a model for this "
            f"language, or allow it with most_unknown={share:.2f} or more"
        )
    if share > _MANY_UNKNOWN:
        logger.warning("%s; what it cannot read looks all the same to the model", said)


def _kept(
    split: Split,
    units: NDArray[np.int64],
    texts: NDArray[np.int64],
    fate: NDArray[np.str_],
    missing: NDArray[np.bool_],
    reading: Reading,
) -> SplitInputs:
    """Decide which examples of a split are encoded, and count the others."""
    long = fate == "long"
    missing = missing & ~long
    if missing.any() and reading.policy.on_missing == "error":
        i = int(np.flatnonzero(missing)[0])
        raise InputError(
            f"{split.place(i)}: the tokenizer of {reading.model} has no token for the example "
            f"{split.text(i)!r}; choose on_missing='drop' to leave such out"
        )
    kept = np.flatnonzero(~long & ~missing)
    if not len(kept):
        raise InputError(
            f"split {split.name!r}: none of its {len(split)} examples is left; "
            f"{int(long.sum())} are too long, {int(missing.sum())} have no tokens"
        )
    fates = Counter(fate[kept].tolist())
    counts = {
        "examples": len(kept),
        "texts": len(np.unique(texts[kept])),
        "dropped_long": int(long.sum()),
        "dropped_missing": int(missing.sum()),
        "windowed": fates["windowed"],
        "truncated": fates["cut"],
    }
    return SplitInputs(kept, units[kept], texts[kept], counts)
