"""Fine-tune an encoder on a task, and look at it while that happens."""

from __future__ import annotations

import os
import shutil
import weakref
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import torch

from tunescope.arguments import path_of, whole_numbers
from tunescope.devices import choose_device
from tunescope.encoders.choices import split_names
from tunescope.encoders.encoder import Encoder
from tunescope.encoders.inputs import plan
from tunescope.encoders.loading import Weights
from tunescope.encoders.modes import preserved_random_state
from tunescope.encoders.policy import Policy, PolicyOptions, make_policy
from tunescope.errors import InputError
from tunescope.tasks import Task
from tunescope.tuning.callback import SnapshotCallback
from tunescope.tuning.checkpoint import Checkpoint, Parts, training_identity
from tunescope.tuning.data import TrainingCollator, TrainingItems
from tunescope.tuning.head import Classifier
from tunescope.tuning.record import HistoryCallback, Scoring
from tunescope.tuning.schedule import Schedule, check_schedule
from tunescope.tuning.settings import BatchOf, Settings
from tunescope.tuning.trainer import check_arguments, train
from tunescope.tuning.tuned import Tuned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from transformers import TrainerCallback


def finetune(
    model: str | os.PathLike[str] | Encoder | torch.nn.Module,
    task: Task,
    *,
    epochs: float | None = None,
    batch_size: int = 32,
    learning_rate: float = 3e-4,
    warmup: float = 0.1,
    snapshots: Schedule = 20,
    seed: int = 0,
    device: str | torch.device = "auto",
    folder: str | os.PathLike[str] | None = None,
    keep: bool | None = None,
    on_snapshot: Callable[[int, Encoder], object] | None = None,
    evaluate: Iterable[str] | str | None = None,
    train_split: str = "train",
    batch_of: BatchOf = "texts",
    revision: str | None = None,
    tokenizer: Any = None,
    weights: Weights = "pretrained",
    splits: Iterable[str] | str | None = None,
    layers: Iterable[int] | None = None,
    policy: Policy | None = None,
    training_arguments: Mapping[str, Any] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    keep_checkpoint: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[PolicyOptions],
) -> Tuned:
    """Fine-tune an encoder for a task, with snapshots of its vectors on the way.

    A linear layer on the last layer's pooled vectors, the very vectors that are probed, is
    trained together with the whole encoder. The defaults are the paper's (Zhou and Srikumar
    2022, appendix A): Adam (AdamW without weight decay is the same), batches of 32, learning
    rate 3e-4, linear decay after 10 % warm-up, 10 epochs, 3 for BERT-base. Where the paper is
    silent, Hugging Face's Trainer decides, which clips gradients to norm 1.

    Parameters
    ----------
    model : as for `Encoder`, or an `Encoder`; what is given is copied and stays as it is.
    task : trained on its ``train_split``.
    epochs : passes over the training split; by default the paper's.
    batch_size : how many texts (or examples, see ``batch_of``) make an update, in each process.
    learning_rate : its peak, after the warm-up.
    warmup : the part of all updates over which the learning rate rises.
    snapshots : how many, evenly spaced; ``"log:N"`` for dense ones at the start; or the
        updates. Update 0 and the last one are always among them.
    seed : for the head, the order of the texts, and dropout. On a CPU the same seed gives
        the same weights, bit by bit, with any snapshots or none.
    device : ``"auto"``, ``"cpu"`` or ``"cuda"``.
    checkpoint : a folder in which the training's state is kept at each snapshot, and from which
        the same call goes on after it was killed: on a CPU with the same weights and tables, bit
        by bit. Snapshots that were taken before are not taken again. It is removed at the end.
    keep_checkpoint : leave it there.
    folder : the snapshots' vectors are written there, a folder a snapshot; where those of another
        training are, to ``folder/training-2`` and so on (with `checkpoint` it is refused). By
        default they go to a temporary folder that lives as long as what is returned.
    keep : encode the task at each snapshot; by default yes, unless only ``on_snapshot`` is
        given, which then encodes what it wants.
    on_snapshot : called with the update and the `Encoder` as it is then, in evaluation mode.
    evaluate : splits on which the classifier is scored at each snapshot; by default all but
        the one it is trained on.
    train_split : the split to train on.
    batch_of : ``"texts"``: a batch is ``batch_size`` texts with all their labelled words, so
        each text is read once an epoch. ``"examples"``: a batch is ``batch_size`` words (or
        pairs), whose texts are read again for each; many more updates an epoch, and as much
        slower. The paper does not say; for whole texts it is the same.
    revision, tokenizer, weights : as for `Encoder`.
    splits, layers, policy, **options : as for `Encoder.encode`.
    training_arguments : more of transformers' ``TrainingArguments``, by name: ``bf16``,
        ``gradient_accumulation_steps``, ``max_grad_norm``, ``report_to`` … Mixed precision is
        for the training; snapshots are encoded in the encoder's own precision. For several
        GPUs start the program with ``torchrun`` or ``accelerate launch``.
    progress : called with the number of updates done, and of all.

    Raises
    ------
    InputError
        A setting is out of range; the split has fewer than two labels; the checkpoint is damaged
        or of another training, or other splits were looked at, as is what the folder holds; see
        also `Encoder`.
    TunescopeError
        The loss is not finite.

    Examples
    --------
    >>> tuned = finetune("minilm", task, epochs=2, snapshots=6)    # doctest: +SKIP
    >>> tuned.updates                                              # doctest: +SKIP
    (0, 10, 20, 30, 40, 50)
    >>> tuned.snapshots[50]["test"].layer(-1).shape                # doctest: +SKIP
    (4239, 384)
    """
    settings = Settings(
        epochs,
        batch_size,
        learning_rate,
        warmup,
        seed,
        train_split,
        batch_of,
        check_arguments({} if training_arguments is None else training_arguments),
    )
    policy = make_policy(policy, **options)
    schedule = check_schedule(snapshots)
    chosen = choose_device(device, training=True)
    settings = replace(settings, train_split=_trained_on(task, train_split))
    place = None if folder is None else path_of("folder", folder)
    state = None if checkpoint is None else path_of("checkpoint", checkpoint)
    if on_snapshot is not None and not callable(on_snapshot):
        raise InputError(f"on_snapshot={on_snapshot!r}; expected a function of update and encoder")
    keep = (on_snapshot is None or place is not None) if keep is None else keep
    if state is not None:
        _check_checkpoint(settings, keep, place)
    others = [name for name in task.splits if name != settings.train_split]
    scored = others if evaluate is None else split_names(task, evaluate) if evaluate else []
    encoded = split_names(task, splits)
    layers = None if layers is None else list(whole_numbers("layers", layers))
    encoder = _own_encoder(model, revision, tokenizer, weights, seed)
    if settings.epochs is None:
        settings = replace(settings, epochs=encoder.epochs)
    training = _Training(encoder, task, settings, policy, progress)
    with ExitStack() as stack:
        temporary: Path | None = None
        if keep and place is None:
            place = temporary = Path(mkdtemp(prefix="tunescope-snapshots-"))
            stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        scoring = Scoring(task, training.classifier, scored, policy, on_snapshot)
        snapshot = SnapshotCallback(
            task,
            snapshots=schedule,
            folder=place,
            on_snapshot=scoring,
            keep=keep,
            encoder=encoder,
            splits=encoded,
            layers=layers,
            policy=policy,
        )
        scoring.kept = snapshot.snapshots
        parts = Parts(training.classifier, training.history, snapshot, scoring)
        kept = None
        if state is not None:
            looked_at = {
                "evaluate": scored,
                "keep": keep,
                "splits": encoded if keep else [],
                "layers": layers if keep else None,
            }
            identity = training_identity(
                encoder, task, training.inputs, settings, policy, schedule, looked_at
            )
            kept = Checkpoint(state, identity, parts)
            snapshot.restore(())
            if keep and place is not None:
                kept.claim(place)
        training.run(chosen, snapshot, kept)
        stack.pop_all()
    if kept is not None and not keep_checkpoint:
        kept.remove()
    tuned = Tuned(
        encoder=encoder,
        head=training.classifier.head,
        label_names=tuple(task.label_names),
        snapshots=snapshot.snapshots,
        history=training.history.table(),
        evaluations=scoring.table(),
        updates=tuple(snapshot.taken),
        settings={**settings.record(), "resumed_at": [] if kept is None else kept.resumed_at},
        policy=policy,
    )
    if temporary is not None:
        weakref.finalize(tuned, shutil.rmtree, temporary, ignore_errors=True)
    return tuned


class _Training:
    """An encoder with its classifier, the planned task, and how it is trained."""

    def __init__(
        self,
        encoder: Encoder,
        task: Task,
        settings: Settings,
        policy: Policy,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.settings = settings
        self.inputs = plan(task, [settings.train_split], encoder.reading(policy))
        self.planned = self.inputs.splits[settings.train_split]
        n_inputs = self.planned.units.shape[1] * encoder.n_features
        self.classifier = Classifier(
            encoder,
            n_inputs,
            len(task.label_names),
            settings.seed,
            unit_length=self.inputs.unit_length,
        )
        self.history = HistoryCallback(self.classifier, progress)
        self._split = task[settings.train_split]

    def run(
        self, device: torch.device, snapshots: SnapshotCallback, checkpoint: Checkpoint | None
    ) -> None:
        """Train from the start, or from the checkpoint if there is one."""
        settings = self.settings
        encoder = self.classifier.encoder
        items = TrainingItems(self._split.text_index[self.planned.kept], settings.batch_of)
        labels = self._split.labels[self.planned.kept]
        collator = TrainingCollator(self.inputs, settings.train_split, labels, encoder.padding_id)
        arguments = {
            **_quiet_defaults(device),
            **settings.training_arguments,
            "num_train_epochs": settings.epochs,
            "per_device_train_batch_size": settings.batch_size,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed,
            "use_cpu": device.type == "cpu",
            "remove_unused_columns": False,
            "label_names": ["labels"],
        }
        callbacks: list[TrainerCallback] = [self.history, snapshots]
        if checkpoint is not None:
            callbacks.append(checkpoint)
        if device.type == "cuda":
            # So that its generators are put back as well.
            torch.cuda.init()  # type: ignore[no-untyped-call]
        resume = None
        if checkpoint is not None:
            resume = checkpoint.restore()
            checkpoint.mark()
        with preserved_random_state(), TemporaryDirectory(prefix="tunescope-") as scratch:
            train(
                self.classifier,
                items,
                collator,
                {"output_dir": scratch, **arguments},
                settings.warmup,
                callbacks,
                resume,
            )
        encoder.model.eval()


def _trained_on(task: Task, train_split: str) -> str:
    """Refuse what cannot be trained on; give the name that the task has for the split."""
    if not isinstance(task, Task):
        raise InputError(f"task: a {type(task).__name__}; expected a Task")
    split = task[train_split]
    if len(np.unique(split.labels)) < 2:
        raise InputError(
            f"split {split.name!r} of task {task.name!r} has one label; training needs two"
        )
    return split.name


def _check_checkpoint(settings: Settings, keep: bool, folder: Path | None) -> None:
    """Refuse what a checkpoint would not give back."""
    if keep and folder is None:
        raise InputError(
            "checkpoint: the vectors of earlier snapshots have to outlive a stop; give their "
            "folder=, or keep=False"
        )
    if settings.training_arguments.get("fp16"):
        raise InputError("checkpoint: the scale of fp16's losses is not kept; take bf16")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError("checkpoint: it is for a training in one process")


def _own_encoder(
    model: str | os.PathLike[str] | Encoder | torch.nn.Module,
    revision: str | None,
    tokenizer: Any,
    weights: Weights,
    seed: int,
) -> Encoder:
    """Load, or copy, so that nothing of the caller's is trained.

    It is on the CPU first: the Trainer moves it to the device of its process.
    """
    if isinstance(model, Encoder):
        if revision is not None or tokenizer is not None or weights != "pretrained":
            raise InputError("revision, tokenizer, weights: an Encoder has its own; leave them out")
        return model.copy()
    if isinstance(model, torch.nn.Module):
        given = Encoder(model, revision=revision, tokenizer=tokenizer, weights=weights, seed=seed)
        return given.copy()
    return Encoder(
        model, revision=revision, tokenizer=tokenizer, weights=weights, seed=seed, device="cpu"
    )


def _quiet_defaults(device: torch.device) -> dict[str, Any]:
    """Say nothing and write nothing, unless asked to by ``training_arguments``."""
    return {
        "report_to": "none",
        "disable_tqdm": True,
        "logging_strategy": "no",
        "save_strategy": "no",
        "dataloader_pin_memory": device.type == "cuda",
    }
