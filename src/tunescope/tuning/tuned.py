"""What came out of a fine-tuning, and how it is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file

from tunescope.arguments import path_of
from tunescope.encoders.encoder import Encoder
from tunescope.encoders.modes import preserved_random_state
from tunescope.encoders.policy import Policy, PolicyOptions
from tunescope.errors import InputError
from tunescope.seals import folder_damage, seal_folder
from tunescope.storage import replacing, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from tunescope.encoders.policy import Precision
    from tunescope.encoders.representation import Representation, Representations
    from tunescope.tasks import Task

_ABOUT = "tuned"
"""Folder inside the model's with what is not the encoder's own."""


@dataclass(frozen=True, eq=False)
class Tuned:
    """What came out of a fine-tuning."""

    encoder: Encoder
    """The encoder as it was at the end."""
    head: torch.nn.Linear
    """The classifier on its vectors."""
    label_names: tuple[str, ...]
    """The head's outputs."""
    snapshots: Mapping[int, Representations]
    """Update → the task's representations then; memory-mapped."""
    history: pd.DataFrame
    """One row an update: update, epoch, loss, learning_rate, accuracy (of its batch)."""
    evaluations: pd.DataFrame
    """One row a snapshot and split: update, split, accuracy, n_examples."""
    updates: tuple[int, ...]
    """The updates at which snapshots were taken."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """How it was trained; ``resumed_at`` are the updates at which it went on after a stop."""
    policy: Policy = field(default_factory=Policy)
    """How texts were read; the classifier knows vectors that are read so."""

    def __repr__(self) -> str:
        """Show what was tuned on one line."""
        labels, snapshots = len(self.label_names), len(self.updates)
        return f"<Tuned: {self.encoder!r}, {labels} labels, {snapshots} snapshots>"

    def encode(
        self,
        task: Task,
        *,
        splits: Iterable[str] | str | None = None,
        layers: Iterable[int] | None = None,
        folder: str | os.PathLike[str] | None = None,
        policy: Policy | None = None,
        token_budget: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        **options: Unpack[PolicyOptions],
    ) -> Representations:
        """Encode a task with the encoder as it was at the end, read as the training read its texts.

        Parameters
        ----------
        task : the labelled examples.
        policy, **options : in place of `Tuned.policy`, and of its fields; see `Encoder.encode`, as
            for the others.
        """
        return self.encoder.encode(
            task,
            splits=splits,
            layers=layers,
            folder=folder,
            policy=self.policy if policy is None else policy,
            token_budget=token_budget,
            progress=progress,
            **options,
        )

    def predict(self, representation: Representation) -> NDArray[np.int64]:
        """Give the label ids that the classifier chooses for encoded examples, ``(n,)``.

        They have to be encoded as in the training, which `Tuned.encode` does by itself.
        """
        return predict(self.head, representation)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write encoder, classifier and tables, whole or not at all; see `load_tuned`.

        The folder is a model's as any other: ``Encoder(folder)`` loads the encoder alone. The
        snapshots' vectors are not in it.

        Raises
        ------
        InputError
            The folder is there and holds something else; the model cannot be saved.
        """
        path = path_of("folder", folder)
        if path.exists() and not (path / _ABOUT).is_dir():
            raise InputError(f"{path}: it exists and holds something else; name another folder")
        with replacing(path) as part:
            self.encoder.save(part)
            about = part / _ABOUT
            about.mkdir()
            head = {"weight": self.head.weight, "bias": self.head.bias}
            save_file(
                {name: tensor.detach().cpu().contiguous() for name, tensor in head.items()},
                about / "head.safetensors",
            )
            self.history.to_parquet(about / "history.parquet", index=False)
            self.evaluations.to_parquet(about / "evaluations.parquet", index=False)
            description = {
                "model": self.encoder.name,
                "epochs": self.encoder.epochs,
                "last_norm": self.encoder.last_norm,
                "label_names": list(self.label_names),
                "updates": list(self.updates),
                "settings": dict(self.settings),
                "policy": asdict(self.policy),
            }
            write_json(about / "tuned.json", json.loads(json.dumps(description, default=repr)))
            seal_folder(part)


def load_tuned(
    folder: str | os.PathLike[str],
    *,
    device: str | torch.device = "auto",
    dtype: Precision = "float32",
) -> Tuned:
    """Load what `Tuned.save` wrote, without its snapshots.

    Parameters
    ----------
    folder : where it was saved.
    device, dtype : as for `Encoder`.

    Raises
    ------
    InputError
        No fine-tuned model is stored there, or its files are damaged.

    Examples
    --------
    >>> load_tuned("tuned-on-pos").encoder.encode(other_task)    # doctest: +SKIP
    """
    place = path_of("folder", folder)
    about = place / _ABOUT
    if about.is_dir() and (found := folder_damage(place)):
        raise InputError(f"{found[0]}: damaged ({found[1]})")
    try:
        description = json.loads((about / "tuned.json").read_text(encoding="utf-8"))
        weights = load_file(about / "head.safetensors")
        n_labels, n_inputs = weights["weight"].shape
        with preserved_random_state():  # the layer draws weights of its own first
            head = torch.nn.Linear(n_inputs, n_labels)
        head.load_state_dict(weights)
        history = pd.read_parquet(about / "history.parquet")
        evaluations = pd.read_parquet(about / "evaluations.parquet")
        policy = Policy(**description.get("policy", {}))  # not kept by earlier versions
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(f"{about}: no fine-tuned model is stored here ({reason})") from error
    last_norm = description.get("last_norm", True)  # not kept by earlier versions
    encoder = Encoder(folder, device=device, dtype=dtype, last_norm=last_norm)
    encoder.name, encoder.epochs = description["model"], description["epochs"]
    return Tuned(
        encoder=encoder,
        head=head.to(encoder.device),
        label_names=tuple(description["label_names"]),
        snapshots={},
        history=history,
        evaluations=evaluations,
        updates=tuple(description["updates"]),
        settings=description["settings"],
        policy=policy,
    )


def predict(head: torch.nn.Linear, representation: Representation) -> NDArray[np.int64]:
    """Give each example's label id, from its vector of the last layer."""
    weight = head.weight.detach().cpu().double().numpy()
    bias = head.bias.detach().cpu().double().numpy()
    vectors = np.asarray(representation.layer(-1), dtype=np.float64)
    labels: NDArray[np.int64] = np.argmax(vectors @ weight.T + bias, axis=1)
    return labels
