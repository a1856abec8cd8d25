"""A transformer run on token ids: the hidden states of every layer, each token with its own."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch

from tunescope.encoders.batching import parts_by_length
from tunescope.encoders.last_norm import inputs_of
from tunescope.encoders.linear import fast_linear
from tunescope.errors import InputError, TunescopeError, reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from tunescope.encoders.batching import Batch
    from tunescope.encoders.policy import Precision

_PART = 50
"""What running a part of a batch apart costs, in tokens: from 25 to 200 it made no difference."""
_AUTOCAST = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Transformer:
    """A loaded transformer, seen as token ids → hidden states."""

    name: str
    """The name it was asked for by."""
    model: torch.nn.Module
    """The transformer, with a head where it was loaded with one."""
    backbone: Any
    """The transformer without a head."""
    tokenizer: Any
    """Its tokenizer."""
    _dtype: Precision
    _no_cache: bool
    """Whether its forward pass has a cache to be turned off."""
    _equal_lengths: bool
    _before: str | None
    """The module whose input is taken for the last layer's vectors."""

    @property
    def n_layers(self) -> int:
        """Blocks of the transformer, L; layer 0 is the embedding layer before them."""
        return int(self.backbone.config.num_hidden_layers)

    @property
    def n_features(self) -> int:
        """Dimensions of a token's vector."""
        return int(self.backbone.config.hidden_size)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        weight: torch.Tensor = next(self.backbone.parameters())
        return weight.device

    @property
    def needs_equal_lengths(self) -> bool:
        """Whether vectors would depend on padding, so that texts of one length share a batch."""
        return self._equal_lengths

    @property
    def takes_token_types(self) -> bool:
        """Whether the model is told the types of tokens, such as which text of a pair one is of."""
        named = getattr(self.tokenizer, "model_input_names", None) or ()
        taken = inspect.signature(self.backbone.forward).parameters
        return "token_type_ids" in named and "token_type_ids" in taken

    @property
    def padding_id(self) -> int:
        """The token id that batches are filled up with, behind the attention mask."""
        padding = getattr(self.tokenizer, "pad_token_id", None)
        if padding is None or not 0 <= padding < (self.n_embeddings or padding + 1):
            return 0  # it is masked: any id that has a vector will do
        return int(padding)

    @property
    def n_embeddings(self) -> int | None:
        """Token ids that the model has vectors for; None where it does not say."""
        try:
            weight = self.backbone.get_input_embeddings().weight
        except (AttributeError, NotImplementedError):
            return None
        return int(weight.shape[0])

    def hidden_states(
        self, batch: Batch, dtype: Precision | None = None
    ) -> tuple[torch.Tensor, ...]:
        """Run the model once: ``L + 1`` tensors ``(n_sequences, longest, n_features)``.

        Parameters
        ----------
        batch : on the encoder's device.
        dtype : precision to compute in; by default the encoder's.
        """
        lengths = batch.attention_mask.sum(dim=1)
        parts = self._parts(lengths)
        if len(parts) == 1:
            return self.states(batch.input_ids, batch.attention_mask, dtype, batch.token_types)
        states: list[torch.Tensor] = []
        for rows in parts:
            longest = int(lengths[rows].max())
            mask = batch.attention_mask[rows, :longest]
            types = None if batch.token_types is None else batch.token_types[rows, :longest]
            some = self.states(batch.input_ids[rows, :longest], mask, dtype, types)
            if not states:
                shape = (*batch.input_ids.shape, self.n_features)
                states = [state.new_zeros(shape) for state in some]
            for whole, state in zip(states, some, strict=True):
                whole[rows, :longest] = state
        return tuple(states)

    def _parts(self, lengths: torch.Tensor) -> list[torch.Tensor]:
        """Divide a batch into the rows that are run together.

        Batches for encoding have rows of similar length already. Those for training are drawn,
        and on a processor half of their tokens would be padding.
        """
        if self._equal_lengths:
            overhead = 0
        elif torch.is_grad_enabled() and self.device.type == "cpu":
            overhead = _PART
        else:
            return [torch.arange(len(lengths))]
        found = parts_by_length(lengths.cpu().numpy(), overhead)
        return [torch.from_numpy(rows).to(self.device) for rows in found]

    def states(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        dtype: Precision | None = None,
        token_types: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, ...]:
        """Run the model on padded token ids as they are; see `hidden_states`.

        Raises
        ------
        InputError
            The model fails on them, or gives other states than one vector a token and layer.
        TunescopeError
            The memory does not suffice.
        """
        n_texts, longest = input_ids.shape
        options: dict[str, Any] = {"use_cache": False} if self._no_cache else {}
        if token_types is not None and self.takes_token_types:
            options["token_type_ids"] = token_types
        try:
            before = self.backbone.get_submodule(self._before) if self._before else None
            with (
                self._autocast(dtype or self._dtype),
                fast_linear(self.device),
                inputs_of(before) as heard,
            ):
                output = self._forward(
                    input_ids=input_ids,
                    attention_mask=attention_mask,
                    output_hidden_states=True,
                    return_dict=True,
                    **options,
                )
        except torch.OutOfMemoryError as error:
            raise TunescopeError(
                f"model {self.name!r}: the memory does not suffice for a batch of {n_texts} texts "
                f"of {longest} tokens; take a smaller token_budget, or batch_size for training"
            ) from error
        except TunescopeError:
            raise
        except Exception as error:
            raise InputError(
                f"model {self.name!r} fails on texts of {longest} tokens: {reason(error)}"
            ) from error
        states = getattr(output, "hidden_states", None)
        if states is None or len(states) != self.n_layers + 1:
            raise InputError(
                f"model {self.name!r} gives {0 if states is None else len(states)} layers of "
                f"hidden states; expected {self.n_layers + 1}"
            )
        last = getattr(output, "last_hidden_state", None)
        if last is None:
            raise InputError(f"model {self.name!r} gives no last_hidden_state; it is not read")
        states = self._without_added_padding(states, last, longest)
        return (*states[:-1], heard[-1][:, :longest]) if heard else states

    def _forward(self, **inputs: Any) -> Any:
        """Run the transformer, and give all it answers."""
        return self.backbone(**inputs)

    def _without_added_padding(
        self, states: Sequence[torch.Tensor], last: torch.Tensor, longest: int
    ) -> tuple[torch.Tensor, ...]:
        """Cut what a model has padded texts with itself (BigBird does so), or refuse it."""
        if all(state.shape[1] == longest for state in states):
            return tuple(states)
        cut = tuple(state[:, :longest] for state in states)
        if last.shape[1] == longest and torch.equal(cut[-1], last):
            return cut
        raise InputError(
            f"model {self.name!r} gives {', '.join(str(state.shape[1]) for state in states)} "
            f"vectors for {longest} tokens, by layer; it is not known which is whose"
        )

    def _autocast(self, dtype: Precision) -> AbstractContextManager[None]:
        """Compute in a precision, whatever the caller's own autocast is.

        Weights that were cast are not kept: a block that was entered before an update holds those
        from before it, and would hold what is cast here without gradients.
        """
        device = self.device.type
        if dtype != "float32":
            return torch.autocast(device, _AUTOCAST[dtype], cache_enabled=False)
        if torch.is_autocast_enabled(device):
            return torch.autocast(device, enabled=False)
        return nullcontext()
