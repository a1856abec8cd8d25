"""How an encoder reads texts: its tokenizer and limits, and the policy that decides the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tunescope.encoders.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenizers import Tokenizer

    from tunescope.encoders.policy import Pooling, WordVector


@dataclass(frozen=True)
class Reading:
    """How texts are read: what the model takes, and what to do where it does not fit."""

    backend: Tokenizer
    longest: int | None
    cls_id: int | None
    unknown_id: int | None = None
    n_embeddings: int | None = None
    policy: Policy = field(default_factory=Policy)
    model: str = "the model"
    left_to_right: bool = False
    """Whether a token's vector knows only the tokens before it."""
    eos_id: int | None = None
    own_pooling: Pooling | None = None
    """What a model of sentences does itself."""
    unit_length: bool = False
    """Whether the vectors of texts are scaled to length 1."""
    render: Callable[[str], str] | None = None
    """Puts a text into a chat template; the backend then adds no special tokens."""

    @property
    def adds_cls(self) -> bool:
        """Whether texts get a [CLS] token."""
        return self.cls_id is not None and self.cls_id in self.backend.encode("a").ids

    @property
    def pooling(self) -> Pooling | int:
        """The vector of a text."""
        if self.policy.pooling is not None:
            return self.policy.pooling
        if self.own_pooling is not None and self.render is None:
            return self.own_pooling
        if self.adds_cls and not self.left_to_right:
            return "cls"
        return "last" if self.left_to_right or self.render is not None else "mean"

    @property
    def word(self) -> WordVector:
        """The vector of a word."""
        return self.policy.word or ("last" if self.left_to_right else "mean")
