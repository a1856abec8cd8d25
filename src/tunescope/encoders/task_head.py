"""A task model's own head: what it says of each example, where its labels are the task's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tunescope.encoders.adapters import adapter_base
from tunescope.encoders.batching import batches_by_length, collate
from tunescope.encoders.catalogue import find_model
from tunescope.encoders.inputs import plan
from tunescope.encoders.loading import quiet
from tunescope.encoders.modes import preserved_random_state
from tunescope.errors import InputError, TunescopeError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tunescope.encoders.encoder import Encoder
    from tunescope.encoders.inputs import Inputs
    from tunescope.encoders.policy import Policy
    from tunescope.tasks import Task

_KINDS = {"text": "ForSequenceClassification", "word": "ForTokenClassification"}
"""By the kind of the task, how architectures end whose head answers it."""
_UNNAMED = re.compile(r"LABEL_(\d+)")
"""What transformers calls a label that nobody named."""
_SHOWN = 6
_TOKENS = 4096
"""In a batch."""
_NO_TOKEN = -1
"""No token's id: a head that looks for the last token that is not this one finds the last."""


class NoHeadError(InputError):
    """A model that is an encoder alone, of which nobody expects an answer."""


@dataclass(frozen=True)
class HeadAnswers:
    """What a head says of the examples of one split."""

    examples: NDArray[np.int64]
    """``(n,)`` their numbers in the split."""
    labels: NDArray[np.str_]
    """``(n_labels,)`` the head's labels, as the task calls them."""
    probabilities: NDArray[np.float64]
    """``(n, n_labels)``."""


def head_answers(
    encoder: Encoder, task: Task, splits: Sequence[str], policy: Policy
) -> dict[str, HeadAnswers]:
    """Ask a model's own head about the examples of a task.

    Parameters
    ----------
    encoder : loaded by a name, where the head is looked for.
    task : its labels have to be among the head's.
    splits : names of those that are asked about.
    policy : how texts are read; a text that is read in windows is cut for the head, and a word is
        answered at its first token.

    Raises
    ------
    NoHeadError
        The model has no head that classifies anything.
    InputError
        Its head is not for such a task, its labels are others, or it fails; says why.
    """
    model, names = _load(encoder, task)
    labels = match_labels(names, task.label_names)
    cut = policy.on_long == "window" and task.kind == "text"
    on_long = "truncate" if cut else policy.on_long
    policy = replace(policy, pooling="last", word="first", on_long=on_long)
    inputs = plan(task, splits, encoder.reading(policy))
    first = np.unique(inputs.pieces[:, 1], return_index=True)[1]
    units: dict[int, list[tuple[int, int]]] = {}
    for sequence, unit, token, _ in inputs.pieces[first].tolist():
        units.setdefault(sequence, []).append((token, unit))
    answers = np.full((len(inputs.unit_tokens), len(names)), np.nan)
    with torch.no_grad(), preserved_random_state():
        for sequences in _batches(encoder, model, task, inputs):
            batch = collate(inputs, sequences, encoder.padding_id).to(encoder.device)
            types = {} if batch.token_types is None else {"token_type_ids": batch.token_types}
            with _in_one_line("its head fails on texts"):
                logits = model(
                    input_ids=batch.input_ids,
                    attention_mask=batch.attention_mask,
                    **(types if encoder.takes_token_types else {}),
                ).logits
                found = torch.softmax(logits.double(), dim=-1).cpu().numpy()
            for row, sequence in enumerate(sequences.tolist()):
                for token, unit in units.get(sequence, ()):
                    answers[unit] = found[row] if task.kind == "text" else found[row, token]
    return {
        name: HeadAnswers(planned.kept, labels, answers[planned.units[:, 0]])
        for name, planned in inputs.splits.items()
    }


def _batches(
    encoder: Encoder, model: Any, task: Task, inputs: Inputs
) -> Iterator[NDArray[np.int64]]:
    """Group the texts that a head reads together as it reads each alone.

    Many heads look for a text's last token, some by the padding id and some by the end-of-text
    token, of which they want the same number in all: there is no padding, and as many of them.
    """
    alike = np.zeros(len(inputs.sequences), dtype=np.int64)
    if task.kind == "text":
        ends = getattr(model.config.get_text_config(), "eos_token_id", None)
        ends = _NO_TOKEN if ends is None else ends
        alike = np.array([np.isin(ids, ends).sum() for ids in inputs.sequences])
    equal = encoder.needs_equal_lengths or task.kind == "text"
    for sequences in batches_by_length(inputs.lengths, _TOKENS):
        keys = np.column_stack([equal * inputs.lengths[sequences], alike[sequences]])
        _, group = np.unique(keys, axis=0, return_inverse=True)
        group = group.reshape(-1)
        for number in range(group.max() + 1):
            yield sequences[group == number]


def match_labels(names: Sequence[str], wanted: Sequence[str]) -> NDArray[np.str_]:
    """Call a head's labels what the task calls them, without regard to case.

    Raises
    ------
    InputError
        A label of the task is not among them, or nobody named them.

    Examples
    --------
    >>> match_labels(["Neg", "POS", "other"], ["neg", "pos"]).tolist()
    ['neg', 'pos', 'other']
    >>> match_labels(["LABEL_0", "LABEL_1"], ["0", "1"]).tolist()
    ['0', '1']
    """
    numbers = [_UNNAMED.fullmatch(name) for name in names]
    if all(numbers):
        names = [match[1] for match in numbers if match]
        if not set(wanted) <= set(names):
            raise InputError(
                f"its {len(names)} labels have no names (LABEL_0 …); save the model with id2label"
            )
    folded = {name.strip().casefold(): i for i, name in enumerate(names)}
    exact = {name: i for i, name in enumerate(names)}
    places = [exact.get(label, folded.get(label.strip().casefold())) for label in wanted]
    absent = [label for label, place in zip(wanted, places, strict=True) if place is None]
    if absent or len(set(places)) < len(places):
        shown = ", ".join(map(repr, names[:_SHOWN])) + (" …" if len(names) > _SHOWN else "")
        missing = repr(absent[0]) if absent else "two labels that differ in case"
        raise InputError(f"its labels are {shown}; {missing} of the task cannot be found there")
    called = list(names)
    for label, place in zip(wanted, places, strict=True):
        assert place is not None
        called[place] = label
    return np.array(called, dtype=object).astype(str)


@contextmanager
def _in_one_line(what: str) -> Iterator[None]:
    """Turn whatever a model raises into one line: a study goes on without its head.

    Not what this machine lacks for a moment, such as memory or room on its disk.
    """
    try:
        yield
    except (TunescopeError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"{what} ({reason(error)})") from error


def _load(encoder: Encoder, task: Task) -> tuple[Any, list[str]]:
    """Load the model with its head; give it and the head's labels."""
    import transformers

    config: Any = encoder.model.config
    architecture = next(iter(getattr(config, "architectures", None) or ()), "")
    source = find_model(encoder.name)
    if source.local and adapter_base(Path(source.location)) is not None:
        raise InputError("an adapter's folder does not say what its head's labels are")
    if not architecture.endswith("Classification"):
        what = f"its architecture is {architecture}" if architecture else "it names none"
        raise NoHeadError(f"it has no head ({what})")
    if source.n_layers is not None:
        raise InputError("only its first layers are taken")
    ending = _KINDS.get(task.kind)
    if ending is None:
        raise InputError("no head answers about pairs of words")
    if not architecture.endswith(ending):
        raise InputError(f"it has no head for such a task (its architecture is {architecture})")
    names = [str(name) for _, name in sorted(config.id2label.items())]
    if len(names) < 2 or getattr(config, "problem_type", None) in (
        "regression",
        "multi_label_classification",
    ):
        raise InputError("its head does not choose one of several labels")
    kind: Any = getattr(transformers, f"AutoModel{ending}")
    revision = {} if source.local else {"revision": encoder.revision}
    with _in_one_line("its head cannot be loaded"), quiet(), preserved_random_state():
        model, report = kind.from_pretrained(
            source.location,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            local_files_only=source.local,
            trust_remote_code=False,
            **revision,
        )
    if missing := sorted(report["missing_keys"]):
        raise InputError(f"its files lack weights of the head, such as {missing[0]}")
    for config in (model.config, model.config.get_text_config()):
        if getattr(config, "pad_token_id", None) is None:
            config.pad_token_id = _NO_TOKEN  # several texts are refused without one
    return model.to(encoder.device).eval(), names
