"""What a model's own head says of each example, from the pass that gives the vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from tunescope.encoders.backbone import unwrapped
from tunescope.encoders.encoder import Encoder
from tunescope.encoders.modes import evaluation_mode, preserved_random_state
from tunescope.errors import InputError, TunescopeError
from tunescope.evidence import followed
from tunescope.watching.weights import weights_checksum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tunescope.encoders.batching import Batch
    from tunescope.encoders.inputs import Inputs
    from tunescope.encoders.policy import Precision
    from tunescope.tasks import Split, Task

_TRIED = ("the old dog", "the old dog sees a small cat and the grey bird")


class HeadEncoder(Encoder):
    """An encoder that also hears what the head of its model says.

    Parameters
    ----------
    model : with a head, or without.
    tokenizer : its tokenizer.
    task : whose examples the head is asked about.

    Attributes
    ----------
    no_head : why the head says nothing about the task; empty where it does.
    left_out : how many examples of each split it was not asked about: a text that is read in
        windows has no one answer.
    """

    def __init__(self, model: torch.nn.Module, tokenizer: Any, task: Task) -> None:
        self.no_head = "not asked yet"
        self.left_out: dict[str, int] = {}
        self._logits: list[torch.Tensor] = []
        self._whole: Any = unwrapped(model)
        super().__init__(model, tokenizer=tokenizer)
        self._task = task
        self._outputs: list[int] = []
        self._heard: NDArray[np.float32] | None = None
        self._inputs: Inputs | None = None
        try:
            self._outputs = _outputs(self._whole, task)
            self.no_head = ""
            self._try()
        except InputError as error:
            self.no_head = str(error)

    @property
    def padding_id(self) -> int:
        """The token id that fills up batches: that which the head takes for padding, if any.

        Heads that read from left to right answer at the last token that is another.
        """
        config: Any = getattr(self._whole, "config", None)
        config = config.get_text_config() if hasattr(config, "get_text_config") else config
        own = getattr(config, "pad_token_id", None)
        if isinstance(own, int) and 0 <= own < (self.n_embeddings or own + 1):
            return own
        return super().padding_id

    def answers(self, task: Task, split: str) -> dict[str, Any] | None:
        """Give what the head says of a split's examples, as they were encoded last.

        Parameters
        ----------
        task : that was encoded: the encoder's own, or a sample of it.
        split : of which all examples are asked about but those `left_out`.

        Returns
        -------
        dict or None
            ``loss`` (n,), ``confidence`` (n,) in the given label, ``predicted`` (n,) names and
            ``example`` (n,) numbers; None without a head.
        """
        if self.no_head or self._heard is None or self._inputs is None:
            return None
        planned = self._inputs.splits[split]
        units = planned.units[:, 0]
        asked = self._inputs.first_tokens[units, 0] >= 0
        self.left_out[split] = int((~asked).sum())
        kept = planned.kept[asked]
        logits = torch.from_numpy(self._heard[units[asked]]).double()
        logs = torch.log_softmax(logits, dim=-1).numpy()
        given = np.asarray(task[split].labels, dtype=np.int64)[kept]
        outputs = np.asarray(self._outputs, dtype=np.int64)[given]
        of_given = logs[np.arange(len(given)), outputs]
        names = self._names(logs.shape[1])
        return {
            "example": kept,
            "loss": -of_given,
            "confidence": np.exp(of_given),
            "predicted": names[logs.argmax(axis=1)],
        }

    def left_out_in_words(self, task: Task) -> str:
        """Say which examples of the task that was encoded the head was not asked about, if any."""
        left_out = [
            f"{n} of {len(task[name])} examples of {name}" for name, n in self.left_out.items() if n
        ]
        return " and ".join(left_out) + ", which no one window holds" if left_out else ""

    def outcome(self, task: Task) -> str:
        """Say for the record whether the head was asked about the task that was encoded."""
        left_out = self.left_out_in_words(task)
        return self.no_head or (f"scored but for {left_out}" if left_out else "scored")

    def checksum(self) -> str:
        """Give a checksum of the weights of the whole model, as `weights_checksum` does."""
        return weights_checksum(self._whole)

    def _names(self, n: int) -> NDArray[np.str_]:
        """Name each output: by the task's label, or the model's own name for it."""
        given: dict[int, Any] = getattr(self._whole.config, "id2label", None) or {}
        names = [str(given.get(number, number)) for number in range(n)]
        for label, number in zip(self._task.label_names, self._outputs, strict=True):
            names[number] = label
        return np.array(names, dtype=str)

    def _try(self) -> None:
        """Ask the head about two short texts, as it will be asked about many.

        Raises
        ------
        InputError
            It fails, or its answer is not of the shape of a classifier's.
        """
        backend = self.reading().backend
        known = self.n_embeddings or 1 << 62
        rows = [[i % known for i in backend.encode(text).ids] for text in _TRIED]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [self.padding_id] * (longest - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        self._logits.clear()
        with torch.no_grad(), preserved_random_state(), evaluation_mode(self.model):
            self.states(ids.to(self.device), mask.to(self.device))
        (logits,) = self._logits
        words = self._task.kind == "word"
        shape = (2, longest) if words else (2,)
        if tuple(logits.shape[:-1]) != shape:
            what = "each word" if words else "each text"
            raise InputError(f"its head answers with shape {tuple(logits.shape)}, not for {what}")
        if logits.shape[-1] <= max(self._outputs):
            raise InputError(f"its head has {logits.shape[-1]} outputs")

    def _forward(self, **inputs: Any) -> Any:
        if self.no_head:
            return super()._forward(**inputs)
        found: list[Any] = []
        hook = self.backbone.register_forward_hook(lambda _module, _args, out: found.append(out))
        try:
            answer = self._whole(**inputs)
        finally:
            hook.remove()
        self._logits.append(answer.logits.detach().float())
        states = found[-1] if found else None
        if getattr(states, "hidden_states", None) is None:
            return super()._forward(**inputs)
        return states

    def _fill(self, inputs: Inputs, *more: Any) -> None:
        self._inputs, self._heard = inputs, None
        super()._fill(inputs, *more)

    def _read(
        self, sequences: NDArray[np.int64], batch: Batch, dtype: Precision | None
    ) -> tuple[torch.Tensor, ...]:
        """Run the model once, and keep what its head says of the batch's units."""
        self._logits.clear()
        states = super()._read(sequences, batch, dtype)
        if not self.no_head:
            self._keep(sequences, batch)
        return states

    def _keep(self, sequences: NDArray[np.int64], batch: Batch) -> None:
        """Put each unit's logits where they belong; a word's are those of its first token."""
        assert self._inputs is not None
        lengths = batch.attention_mask.sum(dim=1)
        groups = [torch.arange(len(lengths), device=lengths.device)]
        if len(self._logits) > 1:  # one pass a length
            groups = [torch.nonzero(lengths == n).flatten() for n in sorted(set(lengths.tolist()))]
        units = batch.units.cpu().numpy()
        wanted, columns = self._inputs.first_tokens[units].T
        order = np.argsort(sequences)
        nearest = np.searchsorted(sequences, wanted, sorter=order)
        rows = order[np.minimum(nearest, len(order) - 1)]
        here = sequences[rows] == wanted  # not a later piece of what is read in several
        if self._heard is None:
            shape = (len(self._inputs.unit_tokens), self._logits[0].shape[-1])
            self._heard = np.full(shape, np.nan, dtype=np.float32)
        for group, logits in zip(groups, self._logits, strict=True):
            values, members = logits.cpu().numpy(), group.cpu().numpy()
            where = np.full(len(lengths), -1)
            where[members] = np.arange(len(members))
            chosen = here & (where[rows] >= 0)
            row, column = where[rows[chosen]], columns[chosen]
            found = values[row, column] if values.ndim == 3 else values[row]
            self._heard[units[chosen]] = found


def _outputs(model: Any, task: Task) -> list[int]:
    """Find the output of a model's head that stands for each label of a task.

    Raises
    ------
    InputError
        The model has no head for the task; the message says what it has.
    """
    architecture = type(model).__name__
    config: Any = getattr(model, "config", None)
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    kinds = {"text": "ForSequenceClassification", "word": "ForTokenClassification"}
    wanted = kinds.get(task.kind)
    if wanted is None or wanted not in type(inner).__name__:
        needs = f"; the task needs one …{wanted}" if wanted else " for pairs of words"
        raise InputError(f"a {architecture} has no head that knows the task's labels{needs}")
    names: dict[int, str] = {int(k): str(v) for k, v in (config.id2label or {}).items()}
    by_name = {name: number for number, name in names.items()}
    if set(task.label_names) <= set(by_name):
        return [by_name[label] for label in task.label_names]
    if len(names) == len(task.label_names) > 1 and _are_default(names):
        return list(range(len(names)))
    raise InputError(
        f"its head's outputs are {_few(names.values())}, and the task's labels "
        f"{_few(task.label_names)}; name them in config.id2label"
    )


def _are_default(names: dict[int, str]) -> bool:
    return all(name == f"LABEL_{number}" for number, name in names.items())


def _few(names: Any) -> str:
    listed = list(names)
    return ", ".join(map(repr, listed[:4])) + (" …" if len(listed) > 4 else "")


def head_tables(encoder: HeadEncoder, task: Task, splits: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Give what the head says of some splits that were just encoded.

    Returns
    -------
    dict of DataFrame
        ``evaluations`` (a row a split) and ``dynamics`` (a row an example and split); empty
        without a head, or where it is asked about no example.

    Raises
    ------
    TunescopeError
        What it says is not finite.
    """
    evaluations, dynamics = [], []
    for name in splits:
        found = encoder.answers(task, name)
        if found is None:
            return {}
        if not len(found["example"]):
            continue
        if not np.isfinite(found["confidence"]).all():
            raise TunescopeError(
                f"{encoder.name}: its head gives {name} answers that are not finite"
            )
        given = np.asarray(task.label_names)[np.asarray(task[name].labels)[found["example"]]]
        correct = found["predicted"] == given
        evaluations.append(
            {
                "split": name,
                "accuracy": float(correct.mean()),
                "loss": float(found["loss"].mean()),
                "n_examples": len(correct),
            }
        )
        columns = {"split": name, "example": found["example"], "label": given}
        columns |= {key: found[key] for key in ("predicted", "confidence")}
        dynamics.append(pd.DataFrame({**columns, "correct": correct}))
    if not dynamics:
        return {}
    return {
        "evaluations": pd.DataFrame(evaluations),
        "dynamics": pd.concat(dynamics, ignore_index=True),
    }


def head_values(tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Give the numbers of `head_tables` that are logged, by name."""
    values = {}
    sure = tables["dynamics"].groupby("split")["confidence"].mean()
    for row in tables["evaluations"].to_dict("records"):
        split = row["split"]
        values[f"head/{split}/loss"] = float(row["loss"])
        values[f"head/{split}/accuracy"] = float(row["accuracy"])
        values[f"head/{split}/confidence"] = float(sure[split])
    return values


def head_suspects(
    said: Sequence[pd.DataFrame], split: Split, name: str, layer: int
) -> pd.DataFrame:
    """Rank the examples of a split whose labels the model's own head did not learn.

    Parameters
    ----------
    said : ``dynamics`` of each look after the start, with their ``update``.
    split, name : the examples, and what their split is called.
    layer : that the rows are of.

    Returns
    -------
    DataFrame
        The columns of the table ``suspects``; empty where nothing was said.
    """
    dynamics = [one[one["split"] == name] for one in said]
    if not any(map(len, dynamics)):
        return pd.DataFrame()
    found = followed(pd.concat(dynamics))
    return found.assign(
        layer=layer,
        split=name,
        text=[split.text(int(row)) for row in found["example"]],
        place=[split.place(int(row)) for row in found["example"]],
    )
