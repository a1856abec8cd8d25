"""The classifier that is trained on exactly the vector that is probed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from tunescope.encoders.batching import Batch
from tunescope.encoders.modes import preserved_random_state
from tunescope.encoders.pooling import join, pool
from tunescope.errors import InputError

if TYPE_CHECKING:
    from tunescope.encoders.encoder import Encoder


class Classifier(torch.nn.Module):
    """An encoder with one linear layer on its last layer's pooled vectors.

    There is nothing in between, no dropout and no hidden layer, so that what the loss sees
    is what `Encoder.encode` gives.

    Parameters
    ----------
    encoder : its model is trained in place.
    n_inputs : dimensions of an example's vector: twice the model's for a pair.
    n_labels : classes.
    seed : for the head's weights.
    unit_length : whether vectors are scaled to length 1.
    """

    def __init__(
        self,
        encoder: Encoder,
        n_inputs: int,
        n_labels: int,
        seed: int,
        *,
        unit_length: bool = False,
    ) -> None:
        super().__init__()
        self.unit_length = unit_length
        self.encoder = encoder
        self.transformer = encoder.model
        with preserved_random_state():  # the layer draws weights of its own first
            self.head = torch.nn.Linear(n_inputs, n_labels)
        spread = getattr(encoder.backbone.config, "initializer_range", None) or 0.02
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self.head.weight.normal_(0.0, float(spread), generator=generator)
            self.head.bias.zero_()
        self.seen: list[tuple[torch.Tensor, torch.Tensor, int]] = []
        """Loss, right answers and examples of each training batch since it was last emptied."""

    def gradient_checkpointing_enable(self, **options: Any) -> None:
        """Have the encoder compute its layers twice and hold less, as the Trainer asks for.

        Raises
        ------
        InputError
            The encoder cannot.
        """
        enable: Any = getattr(self.transformer, "gradient_checkpointing_enable", None)
        if enable is None or not getattr(
            self.transformer, "supports_gradient_checkpointing", False
        ):
            raise InputError(
                f"training_arguments: a {type(self.transformer).__name__} has no "
                "gradient_checkpointing; leave it out"
            )
        enable(**options)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_index: torch.Tensor,
        unit_index: torch.Tensor,
        token_weight: torch.Tensor,
        units: torch.Tensor,
        unit_pieces: torch.Tensor,
        example_units: torch.Tensor,
        labels: torch.Tensor,
        token_types: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """Compute loss and logits of a batch's examples.

        Parameters
        ----------
        input_ids, attention_mask, token_index, unit_index, token_weight, units, unit_pieces :
            of a `tunescope.encoders.batching.Batch`.
        example_units : (n_examples, k) rows of the pooled vectors.
        labels : (n_examples,).
        token_types : of a batch of pairs of texts.
        """
        batch = Batch(
            *(input_ids, attention_mask, token_index, unit_index, token_weight),
            *(units, unit_pieces, token_types),
        )
        hidden = self.encoder.hidden_states(batch)[-1]
        vectors = join(pool(hidden, batch), example_units)
        if self.unit_length:
            vectors = torch.nn.functional.normalize(vectors, dim=-1)
        logits = self.head(vectors)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels)
        if self.training:
            right = (logits.detach().argmax(dim=1) == labels).sum()
            self.seen.append((loss.detach(), right, len(labels)))
        return {"loss": loss, "logits": logits}
