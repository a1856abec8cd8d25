"""A transformer and its tokenizer, seen only as text → one vector an example and layer."""

from __future__ import annotations

import copy
import inspect
import logging
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, get_args

import numpy as np
import torch

from tunescope.arguments import check_flag, path_of, whole_numbers
from tunescope.devices import choose_device
from tunescope.encoders.backbone import backbone, fresh
from tunescope.encoders.batching import batches_by_length, collate
from tunescope.encoders.catalogue import find_model, folder_name
from tunescope.encoders.choices import split_names
from tunescope.encoders.filling import Filling
from tunescope.encoders.identity import loaded_identity
from tunescope.encoders.inputs import plan
from tunescope.encoders.loading import Weights, load, quiet
from tunescope.encoders.modes import check_seed, evaluation_mode, preserved_random_state
from tunescope.encoders.policy import Policy, PolicyOptions, Precision, make_policy
from tunescope.encoders.pooling import pool
from tunescope.encoders.reading import Reading
from tunescope.encoders.representation import (
    Representation,
    Representations,
    check_replaced,
    forget_summary,
    split_folder,
    write_summary,
)
from tunescope.encoders.sentence_models import loaded_sentence_model, sentence_model
from tunescope.encoders.soundness import (
    check_in_memory,
    last_normalisation,
    needs_equal_lengths,
    reads_left_to_right,
)
from tunescope.encoders.tokens import (
    chat_renderer,
    fast_backend,
    longest_text,
    unknown_token,
    without_special_tokens,
)
from tunescope.encoders.transformer import Transformer
from tunescope.encoders.vector_files import VectorWriter
from tunescope.errors import InputError
from tunescope.storage import check_folder, said
from tunescope.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tunescope.encoders.batching import Batch
    from tunescope.encoders.inputs import Inputs, SplitInputs

logger = logging.getLogger(__name__)

TOKEN_BUDGET = {"cpu": 1024, "cuda": 16384}
"""Tokens in a batch, padding included: on a CPU a block's activations stay near the caches and
little is padded; a GPU needs more to be busy."""


class Encoder(Transformer):
    """A transformer and its tokenizer.

    Parameters
    ----------
    model : a short name (``tunescope models``), a local folder or an id on the Hugging Face
        Hub, each with ``:k`` behind it to keep only the first ``k`` blocks; or a loaded model.
    revision : commit, branch or tag on the Hub; by default the catalogue's pinned one.
    device : ``"auto"`` takes a GPU where there is one; or ``"cpu"``, ``"cuda"``, ``"cuda:1"`` …
    dtype : ``"float32"``; ``"bfloat16"`` or ``"float16"`` compute under autocast.
    weights : ``"random"`` gives the same architecture fresh weights: what is left without
        any training.
    seed : for fresh weights.
    tokenizer : of a loaded model, which is used as it is and where it is.
    last_norm : whether the last layer's vectors are taken behind the normalisation that many models
        have after their last block, as transformers gives them; False takes the block's own.
    allow_pickle : load weights that are in torch's own format only (``pytorch_model.bin``), by
        torch's ``weights_only`` loading, which runs no code.

    Raises
    ------
    InputError
        The name is unknown, the files are unusable, the device is not there; the model fails on
        a short text, or its vectors are not the text's own.
    TunescopeError
        The Hub cannot be reached.

    Examples
    --------
    >>> encoder = Encoder("minilm:2")           # doctest: +SKIP
    >>> encoder.n_layers, encoder.n_features    # doctest: +SKIP
    (2, 384)
    >>> vectors = encoder.encode(task)          # doctest: +SKIP
    >>> vectors["train"].layer(-1).shape        # doctest: +SKIP
    (16937, 384)
    """

    revision: str | None
    """The commit on the Hub, or the checksum of a local folder's weights, configuration and
    tokenizer, as they were when it was loaded."""
    left_to_right: bool
    """Whether a token's vector knows only the tokens before it, as in a decoder."""
    last_normalisation: str | None
    """The module that normalises the last block's vectors; None where there is none."""
    last_norm: bool
    """Whether the last layer's vectors are taken behind it."""
    epochs: float
    """How long the paper fine-tunes this model; ten epochs for what is not in the paper."""

    def __init__(
        self,
        model: str | os.PathLike[str] | torch.nn.Module,
        *,
        revision: str | None = None,
        device: str | torch.device = "auto",
        dtype: Precision = "float32",
        weights: Weights = "pretrained",
        seed: int = 0,
        tokenizer: Any = None,
        last_norm: bool = True,
        allow_pickle: bool = False,
    ) -> None:
        if weights not in ("pretrained", "random"):
            raise InputError(f"weights={weights!r}; known: 'pretrained', 'random'")
        chosen = choose_device(device)
        self._sentences = None
        if dtype not in get_args(Precision):
            raise InputError(f"dtype={dtype!r}; known: 'float32', 'bfloat16', 'float16'")
        check_seed(seed)
        check_flag("last_norm", last_norm)
        check_flag("allow_pickle", allow_pickle)
        self._dtype: Precision = dtype
        self.weights: Weights = weights
        if isinstance(model, torch.nn.Module):
            if tokenizer is None:
                raise InputError("tokenizer: a loaded model needs its tokenizer beside it")
            config = backbone(model).config
            self._sentences = loaded_sentence_model(model)
            self.model = fresh(model, seed) if weights == "random" else model
            self.tokenizer = tokenizer
            self.name = getattr(config, "_name_or_path", "") or type(model).__name__
            self.revision = revision or getattr(config, "_commit_hash", None)
            self.epochs = 10.0
            if device != "auto":
                self.model.to(chosen)
        else:
            if not isinstance(model, (str, os.PathLike)):
                raise InputError(f"model={model!r}; expected a name, a folder, or a loaded model")
            if tokenizer is not None:
                raise InputError("tokenizer: it comes with the model's files; leave it out")
            source = find_model(model if isinstance(model, str) else folder_name(model), revision)
            if source.local and not source.short:
                # by a short name it is the paper's way of reading that is meant
                self._sentences = sentence_model(Path(source.location))
            loaded, self.tokenizer, self.revision = load(
                source, weights, seed, allow_pickle=allow_pickle
            )
            self.model = loaded.to(chosen)
            self.model.eval()
            self.name = source.name
            self.epochs = source.epochs
        self.backbone = backbone(self.model)
        check_in_memory(self.backbone, self.name)
        if self._sentences is not None and self._sentences.others:
            logger.warning(
                "model %s: its vectors are taken before %s",
                *(self.name, ", ".join(self._sentences.others)),
            )
        if self._sentences is not None and self._sentences.pools_otherwise:
            logger.warning(
                "model %s: its own pooling of texts is none of those known here; without pooling= "
                "texts are read as by a model without one",
                self.name,
            )
        self._backend = fast_backend(self.tokenizer)
        self._unknown = unknown_token(self.tokenizer, self._backend)
        self._no_cache = "use_cache" in inspect.signature(self.backbone.forward).parameters
        self._before, self.left_to_right = None, False
        self._equal_lengths = needs_equal_lengths(self)
        self.left_to_right = reads_left_to_right(self)
        self.last_normalisation = last_normalisation(self)
        self.last_norm = last_norm
        if not last_norm:
            self._before = self.last_normalisation

    @property
    def identity(self) -> str:
        """The checksum of weights, configuration and tokenizer as they are now.

        It does not depend on names and places; reading the weights takes about a second a
        gigabyte.
        """
        return loaded_identity(self.backbone, self._backend)

    def __repr__(self) -> str:
        return f"Encoder({self.name!r}, n_layers={self.n_layers}, n_features={self.n_features})"

    def reading(self, policy: Policy | None = None) -> Reading:
        """Describe how this encoder reads texts, under a policy."""
        policy = policy or Policy()
        return Reading(
            without_special_tokens(self._backend) if policy.chat else self._backend,
            longest_text(self.backbone, self.tokenizer),
            getattr(self.tokenizer, "cls_token_id", None),
            self._unknown,
            self.n_embeddings,
            policy,
            self.name,
            self.left_to_right,
            getattr(self.tokenizer, "eos_token_id", None),
            None if self._sentences is None else self._sentences.pooling,
            self._scales(policy),
            chat_renderer(self.tokenizer) if policy.chat else None,
        )

    def _scales(self, policy: Policy) -> bool:
        """Tell whether texts' vectors are scaled: a model of sentences does, in its own way."""
        if policy.unit_length is not None:
            return policy.unit_length
        own = self._sentences
        if own is None or own.pools_otherwise:
            return False
        return own.unit_length and policy.pooling in (None, own.pooling)

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
        """Encode a task's examples; each distinct text goes through the model once.

        A word's vector is the mean of its subwords' vectors (of a model that reads from left to
        right, the last one's), a pair's is head ‖ dependent (Zhou and Srikumar 2022, section 3).

        Parameters
        ----------
        task : the labelled examples.
        splits : names of splits; by default all.
        layers : numbers of layers, negative ones from the last; by default all.
        folder : write the vectors there while encoding, a folder a split, and open them
            memory-mapped; by default they stay in memory.
        policy : which vector stands for a text, what to do with long texts and with examples
            without tokens, and in which precision; the counts say how many were concerned.
        token_budget : tokens in a batch, padding included; by default what suits the device.
        progress : called with the number of tokens done, and of all.
        **options : fields of the `Policy`, such as ``pooling="mean"``, in place of its own.

        Raises
        ------
        InputError
            A policy is ``"error"`` and met its case, or cannot be followed; a split or a layer
            does not exist; the folder holds something else, or another split of an earlier call.
        TunescopeError
            The model gives vectors that are not finite.
        """
        if not isinstance(task, Task):
            raise InputError(f"task: a {type(task).__name__}; expected a Task")
        names = split_names(task, splits)
        root = None if folder is None else path_of("folder", folder)
        if root is not None:
            check_replaced(root, names)
        numbers = self._layer_numbers(layers)
        policy = make_policy(policy, **options)
        if token_budget is None:
            token_budget = TOKEN_BUDGET.get(self.device.type, TOKEN_BUDGET["cuda"])
        if token_budget < 1:
            raise InputError(f"token_budget={token_budget}; expected at least 1")
        inputs = plan(task, names, self.reading(policy))
        with ExitStack() as stack:
            writers: dict[str, VectorWriter] = {}
            for name in names:
                n, k = inputs.splits[name].units.shape
                place = None if root is None else split_folder(root, name)
                sizes = dict.fromkeys(numbers, k * self.n_features)
                dtypes = dict.fromkeys(numbers, np.dtype(policy.storage))
                writer = VectorWriter(n, sizes, dtypes, place)
                writers[name] = stack.enter_context(writer)
            self._fill(inputs, numbers, writers, token_budget, policy.dtype, progress)
            if root is not None:
                forget_summary(root)
            found = {
                name: self._described(task, name, inputs.splits[name]).filled(writers[name])
                for name in names
            }
        representations = Representations(found, self.name, self.revision, task.name)
        if root is not None:
            write_summary(representations, root)
        return representations

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write model and tokenizer, so that ``Encoder(folder)`` loads them again.

        A model of sentences keeps its own pooling and scaling, as sentence-transformers reads them.
        """
        place = path_of("folder", folder)
        if not hasattr(self.model, "save_pretrained"):
            raise InputError(f"model: a {type(self.model).__name__} cannot be saved in a folder")
        check_folder(place)
        with said(place), quiet():
            self.model.save_pretrained(place)  # type: ignore[operator]
            self.tokenizer.save_pretrained(place)
            if self._sentences is not None and loaded_sentence_model(self.model) is None:
                self._sentences.write(place, self.n_features)

    def copy(self) -> Encoder:
        """Copy the encoder with its weights, so that one of them can be tuned."""
        other = copy.copy(self)
        other.model = copy.deepcopy(self.model)
        other.backbone = backbone(other.model)
        return other

    def _fill(
        self,
        inputs: Inputs,
        numbers: Sequence[int],
        writers: dict[str, VectorWriter],
        token_budget: int,
        dtype: Precision | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Run all sequences through the model, and write each unit where it belongs."""
        lengths = inputs.lengths
        done, total = 0, int(lengths.sum())
        arrays = {name: writer.arrays for name, writer in writers.items()}
        # no_grad and not inference_mode: models keep tensors between calls (rotary tables,
        # relative positions), and one made in inference mode would later break the training.
        with (
            torch.no_grad(),
            preserved_random_state(),
            evaluation_mode(self.model),
            Filling(
                *(inputs, numbers, arrays, self.n_features, self.name),
                behind=self.device.type != "cpu",
            ) as filling,
        ):
            for sequences in batches_by_length(lengths, token_budget):
                batch = collate(inputs, sequences, self.padding_id)
                if len(batch.units):
                    there = batch.to(self.device)
                    hidden = self._read(sequences, there, dtype)
                    filling.add(batch, (pool(hidden[number], there) for number in numbers))
                done += int(lengths[sequences].sum())
                if progress is not None:
                    progress(done, total)

    def _read(
        self, _sequences: NDArray[np.int64], batch: Batch, dtype: Precision | None
    ) -> tuple[torch.Tensor, ...]:
        return self.hidden_states(batch, dtype)

    def _described(self, task: Task, name: str, planned: SplitInputs) -> Representation:
        split = task.splits[name]
        return Representation(
            split=name,
            label_ids=np.asarray(split.labels, dtype=np.int64)[planned.kept],
            label_names=tuple(task.label_names),
            example_ids=np.asarray(split.ids, dtype=str)[planned.kept],
            example_index=planned.kept,
            groups=np.asarray(split.text_index, dtype=np.int64)[planned.kept],
            n_layers=self.n_layers + 1,
            vectors={},
            counts=dict(planned.counts),
        )

    def _layer_numbers(self, layers: Iterable[int] | None) -> list[int]:
        n = self.n_layers + 1
        if layers is None:
            return list(range(n))
        numbers = []
        for layer in whole_numbers("layers", layers):
            if not -n <= layer < n:
                raise InputError(
                    f"layers: {layer} is not a layer of {self.name!r}; "
                    f"they are 0 (embeddings) to {n - 1}"
                )
            numbers.append(layer % n)
        if not numbers:
            raise InputError("layers: none is named")
        return sorted(set(numbers))
