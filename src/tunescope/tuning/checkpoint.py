"""A training that was killed goes on from its last snapshot, as if nothing had happened.

The files are those that Hugging Face's Trainer goes on from, written whole or not at all, with
what this package adds. No pickle is loaded: optimizer, schedule and random state are read by
torch's ``weights_only`` loading.
"""

# ruff: noqa: ARG002 - the signatures are the Trainer's

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import TrainerCallback

from tunescope.encoders.modes import random_state, set_random_state
from tunescope.errors import InputError
from tunescope.seals import folder_damage, seal_folder
from tunescope.storage import check_folder, discard, recover, replacing, write_json
from tunescope.tasks.content import content_of
from tunescope.tuning.folder import trainings_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from transformers import TrainerControl, TrainerState, TrainingArguments

    from tunescope.encoders.encoder import Encoder
    from tunescope.encoders.inputs import Inputs
    from tunescope.encoders.policy import Policy
    from tunescope.tasks import Task
    from tunescope.tuning.callback import SnapshotCallback
    from tunescope.tuning.head import Classifier
    from tunescope.tuning.record import HistoryCallback, Scoring
    from tunescope.tuning.schedule import Schedule
    from tunescope.tuning.settings import Settings

_PROGRESS = "progress.json"
_RANDOM = "random_state.pt"
_OWNER = "training.json"
"""In a folder of snapshots: whose they are, where the training keeps a checkpoint."""


@dataclass(frozen=True)
class Parts:
    """What takes part in a training and has a state of its own."""

    classifier: Classifier
    history: HistoryCallback
    snapshots: SnapshotCallback
    scoring: Scoring


class Checkpoint(TrainerCallback):
    """Keep the training's state at each snapshot, and put it back.

    Parameters
    ----------
    folder : where it is, from the first snapshot after update 0 until the training is over.
    identity : what the training is of; a checkpoint of another one is refused.
    parts : whose state is kept.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], parts: Parts) -> None:
        self.folder = folder
        self.resumed_at: list[int] = []
        """Updates at which the training went on."""
        self._identity = dict(identity)
        self._parts = parts
        self._random_state: dict[str, Any] | None = None
        self._claimed: Path | None = None

    def restore(self) -> Path | None:
        """Put back what the package keeps; give the folder for the Trainer, or None without one.

        Raises
        ------
        InputError
            The folder holds something else, the checkpoint of another training, or one that is
            damaged; the vectors of an earlier snapshot are gone.
        """
        recover(self.folder)
        if not self.folder.exists():
            return None
        try:
            if found := folder_damage(self.folder):
                raise InputError(f"{found[0].name}: {found[1]}")
            kept = json.loads((self.folder / _PROGRESS).read_text(encoding="utf-8"))
            self._random_state = torch.load(self.folder / _RANDOM, weights_only=True)
            self._check_the_trainers_files()
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"{self.folder}: it exists and is not a whole checkpoint ({reason}); name another "
                "folder, or remove it"
            ) from error
        if difference := self._difference(kept["identity"]):
            raise InputError(
                f"{self.folder}: the checkpoint is of another training: {difference}; name another "
                "folder, or remove it"
            )
        self._parts.history.rows = [tuple(row) for row in kept["history"]]
        self._parts.scoring.rows = [tuple(row) for row in kept["evaluations"]]
        self._parts.snapshots.restore(kept["taken"])
        self.resumed_at = [*kept["resumed_at"], kept["taken"][-1]]
        return self.folder

    def claim(self, folder: Path) -> None:
        """Make a folder of snapshots this training's: one that goes on finds its own there.

        Nothing is written before `mark`.

        Raises
        ------
        InputError
            It holds another training's, or nothing tells whose.
        """
        check_folder(folder)
        recover(self.folder)
        owner = folder / _OWNER
        if owner.exists():
            difference = self._difference(json.loads(owner.read_text(encoding="utf-8")))
            why = f": {difference}" if difference else ""
        else:
            unknown = trainings_in(folder) and not self.folder.exists()
            why = ", of which there is no checkpoint here" if unknown else ""
        if why:
            raise InputError(
                f"folder: {folder} holds the snapshots of another training{why}; name another "
                "folder, or remove it"
            )
        self._claimed = folder

    def mark(self) -> None:
        """Write into the folder that was claimed, if one was, whose it is."""
        if self._claimed is not None:
            self._claimed.mkdir(parents=True, exist_ok=True)
            write_json(self._claimed / _OWNER, self._identity)

    def _difference(self, other: Mapping[str, Any]) -> str:
        """Say in what another training differs, if in anything."""
        for name, value in self._identity.items():
            if other.get(name) != value:
                return f"its {name} is {other.get(name)!r}, here it is {value!r}"
        return ""

    def _check_the_trainers_files(self) -> None:
        """Open what the Trainer will read, whose errors would come in the middle of its start."""
        json.loads((self.folder / "trainer_state.json").read_text(encoding="utf-8"))
        with safe_open(self.folder / "model.safetensors", framework="pt") as file:
            file.keys()
        for name in ("optimizer.pt", "scheduler.pt"):
            torch.load(self.folder / name, weights_only=True, mmap=True, map_location="cpu")

    def remove(self) -> None:
        """Remove the checkpoint: the training is over."""
        discard(self.folder)

    def on_epoch_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Put the random state back where the stop was between two epochs."""
        if self._random_state is not None and float(state.epoch or 0.0).is_integer():
            self._put_random_state_back()

    def on_step_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Put the random state back, now that the batches before have been passed over."""
        if self._random_state is not None:
            self._put_random_state_back()

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Keep the state if a snapshot was taken at this update, and others are to come."""
        if self._parts.snapshots.taken[-1] != state.global_step:
            return
        if state.global_step >= state.max_steps:
            return
        progress = {
            "identity": self._identity,
            "taken": self._parts.snapshots.taken,
            "history": self._parts.history.rows,
            "evaluations": self._parts.scoring.rows,
            "resumed_at": self.resumed_at,
        }
        with replacing(self.folder) as part:
            part.mkdir()
            tensors = _each_by_itself(self._parts.classifier.state_dict())
            save_file(tensors, part / "model.safetensors")
            _save(kwargs["optimizer"].state_dict(), part / "optimizer.pt")
            _save(kwargs["lr_scheduler"].state_dict(), part / "scheduler.pt")
            _save(random_state(), part / _RANDOM)
            state.save_to_json(str(part / "trainer_state.json"))
            (part / _PROGRESS).write_text(json.dumps(progress), encoding="utf-8")
            seal_folder(part)

    def _put_random_state_back(self) -> None:
        assert self._random_state is not None
        set_random_state(self._random_state)
        self._random_state = None


def _save(value: Any, path: Path) -> None:
    """Write what torch reads; through a file of Python's, which says why the disk refuses."""
    with path.open("wb") as file:
        torch.save(value, file)


def _each_by_itself(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copy weights that share their memory with others: the format and the Trainer want all."""
    seen: set[int] = set()
    tensors = {}
    for name, weight in weights.items():
        memory = weight.untyped_storage().data_ptr()
        tensors[name] = weight.clone() if memory in seen else weight.contiguous()
        seen.add(memory)
    return tensors


def training_identity(
    encoder: Encoder,
    task: Task,
    inputs: Inputs,
    settings: Settings,
    policy: Policy,
    schedule: Schedule,
    looked_at: Mapping[str, Any],
) -> dict[str, Any]:
    """Name what a training depends on, by checksums where it is large.

    Parameters
    ----------
    looked_at : what the snapshots do: the splits that they score, under ``evaluate``, and whether
        they ``keep`` vectors, of which ``splits`` and ``layers``.
    """
    planned = inputs.splits[settings.train_split]
    digest = hashlib.sha256(repr(task.label_names).encode())
    for array in (*inputs.sequences, inputs.pieces, planned.units, planned.kept):
        digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(b"\0")
    digest.update(np.ascontiguousarray(task[settings.train_split].labels).tobytes())
    names = [name for name in task.splits if name in {*looked_at["evaluate"], *looked_at["splits"]}]
    seen = replace(task, splits={name: task[name] for name in names}) if names else None
    described = {
        "model": encoder.identity,
        "training data": f"sha256:{digest.hexdigest()}",
        **looked_at,
        "evaluation data": content_of(seen) if seen else "",
        "snapshots": schedule if isinstance(schedule, (int, str)) else [int(u) for u in schedule],
        **settings.record(),
        **asdict(policy),
    }
    written: dict[str, Any] = json.loads(json.dumps(described, default=repr))
    return written
