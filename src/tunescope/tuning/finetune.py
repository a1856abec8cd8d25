"""Fine-tune an encoder on a task, and look at it while that happens."""

from __future__ import annotations

import os
import shutil
import weakref
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tunescope.devices import choose_device
from tunescope.encoders.encoder import Encoder, Storage
from tunescope.encoders.inputs import plan
from tunescope.encoders.loading import Weights
from tunescope.encoders.modes import preserved_random_state
from tunescope.errors import InputError
from tunescope.tuning.callback import SnapshotCallback
from tunescope.tuning.data import BatchOf, TrainingCollator, TrainingItems
from tunescope.tuning.head import Classifier
from tunescope.tuning.record import HistoryCallback, Scoring, predict
from tunescope.tuning.trainer import check_arguments, train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tunescope.encoders.inputs import OnLong, OnMissing, Pooling
    from tunescope.encoders.representation import Representation, Representations
    from tunescope.tasks import Task
    from tunescope.tuning.schedule import Schedule


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
    """How it was trained."""

    def encode(self, task: Task, **options: Any) -> Representations:
        """Encode a task with the encoder as it was at the end; see `Encoder.encode`."""
        return self.encoder.encode(task, **options)

    def predict(self, representation: Representation) -> NDArray[np.int64]:
        """Give the label ids that the classifier chooses for encoded examples, ``(n,)``."""
        return predict(self.head, representation)


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
    splits: Iterable[str] | None = None,
    layers: Iterable[int] | None = None,
    on_long: OnLong = "error",
    on_missing: OnMissing = "error",
    pooling: Pooling | None = None,
    storage: Storage = "float32",
    training_arguments: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
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
    folder : the snapshots' vectors are written there, a folder a snapshot; by default they go
        to a temporary folder that lives as long as what is returned.
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
    splits, layers, on_long, on_missing, pooling, storage : as for `Encoder.encode`.
    training_arguments : more of transformers' ``TrainingArguments``, by name: ``bf16``,
        ``gradient_accumulation_steps``, ``max_grad_norm``, ``report_to`` … Mixed precision is
        for the training; snapshots are encoded in the encoder's own precision. For several
        GPUs start the program with ``torchrun`` or ``accelerate launch``.
    progress : called with the number of updates done, and of all.

    Raises
    ------
    InputError
        A setting is out of range; the split has fewer than two labels; see also `Encoder`.
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
    _check(batch_size, learning_rate, warmup, epochs, batch_of)
    more = check_arguments(training_arguments or {})
    chosen = choose_device(device, training=True)
    split = task[train_split]
    if len(np.unique(split.labels)) < 2:
        raise InputError(
            f"split {train_split!r} of task {task.name!r} has one label; training needs two"
        )
    scored = _scored(task, train_split, evaluate)
    encoder = _own_encoder(model, revision, tokenizer, weights, seed)
    epochs = encoder.epochs if epochs is None else epochs
    policies = {"on_long": on_long, "on_missing": on_missing, "pooling": pooling}
    inputs = plan(task, [train_split], encoder.reading(on_long, on_missing, pooling))
    planned = inputs.splits[train_split]
    n_inputs = planned.units.shape[1] * encoder.n_features
    classifier = Classifier(encoder, n_inputs, len(task.label_names), seed)
    history = HistoryCallback(classifier, progress)
    keep = (on_snapshot is None or folder is not None) if keep is None else keep
    scoring = Scoring(task, classifier, scored, policies, on_snapshot)
    arguments = {
        **_quiet_defaults(chosen),
        **more,
        "num_train_epochs": epochs,
        "per_device_train_batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "use_cpu": chosen.type == "cpu",
        "remove_unused_columns": False,
        "label_names": ["labels"],
    }
    with ExitStack() as stack:
        if chosen.type == "cuda":
            # So that its generators are put back as well.
            torch.cuda.init()  # type: ignore[no-untyped-call]
        stack.enter_context(preserved_random_state())
        scratch = stack.enter_context(TemporaryDirectory(prefix="tunescope-"))
        failed = stack.enter_context(ExitStack())
        temporary: str | None = None
        if keep and folder is None:
            folder = temporary = mkdtemp(prefix="tunescope-snapshots-")
            failed.callback(shutil.rmtree, temporary, ignore_errors=True)
        snapshot = SnapshotCallback(
            task,
            snapshots=snapshots,
            folder=folder,
            on_snapshot=scoring,
            keep=keep,
            encoder=encoder,
            splits=splits,
            layers=layers,
            storage=storage,
            **policies,
        )
        scoring.kept = snapshot.snapshots
        train(
            classifier,
            TrainingItems(split.text_index[planned.kept], batch_of),
            TrainingCollator(inputs, train_split, split.labels[planned.kept], encoder.padding_id),
            {"output_dir": scratch, **arguments},
            warmup,
            [history, snapshot],
        )
        failed.pop_all()
    encoder.model.eval()
    tuned = Tuned(
        encoder=encoder,
        head=classifier.head,
        label_names=tuple(task.label_names),
        snapshots=snapshot.snapshots,
        history=history.table(),
        evaluations=scoring.table(),
        updates=tuple(snapshot.taken),
        settings={
            "epochs": epochs,
            "batch_size": batch_size,
            "batch_of": batch_of,
            "learning_rate": learning_rate,
            "warmup": warmup,
            "seed": seed,
            "train_split": train_split,
            "training_arguments": dict(more),
        },
    )
    if temporary is not None:
        weakref.finalize(tuned, shutil.rmtree, temporary, ignore_errors=True)
    return tuned


def _check(
    batch_size: int, learning_rate: float, warmup: float, epochs: float | None, batch_of: str
) -> None:
    if epochs is not None and not epochs > 0:
        raise InputError(f"epochs={epochs}; expected more than 0")
    if batch_size < 1:
        raise InputError(f"batch_size={batch_size}; expected at least 1")
    if not learning_rate > 0:
        raise InputError(f"learning_rate={learning_rate}; expected more than 0")
    if not 0 <= warmup < 1:
        raise InputError(f"warmup={warmup}; expected a part of the updates, from 0 up to 1")
    if batch_of not in ("texts", "examples"):
        raise InputError(f"batch_of={batch_of!r}; known: 'texts', 'examples'")


def _scored(task: Task, train_split: str, evaluate: Iterable[str] | str | None) -> list[str]:
    if evaluate is None:
        return [name for name in task.splits if name != train_split]
    names = [evaluate] if isinstance(evaluate, str) else list(evaluate)
    for name in names:
        task[name]  # refuses a name that is not there
    return names


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
