"""How examples become vectors: which vector stands for a text, and what to do where it is hard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict, Unpack, get_args

from tunescope.arguments import check_flag
from tunescope.errors import InputError

OnLong = Literal["error", "drop", "window", "truncate"]
OnMissing = Literal["error", "drop"]
Pooling = Literal["cls", "mean", "all", "last", "eos"]
WordVector = Literal["mean", "first", "last"]
Precision = Literal["float32", "bfloat16", "float16"]
Storage = Literal["float32", "float16"]


@dataclass(frozen=True)
class Policy:
    """What is decided once and holds for every encoding of a study or a training.

    Raises
    ------
    InputError
        A value is not one of those that are known.

    Examples
    --------
    >>> Policy(pooling="mean", on_long="window").on_long
    'window'
    """

    pooling: Pooling | int | None = None
    """A text's vector: that of its ``"cls"`` token, the ``"mean"`` of its own tokens or of
    ``"all"``, special ones included, the ``"last"`` token's, special ones included, that of an
    end-of-text token put behind it if it has none (``"eos"``), or that of the token at a position,
    negative ones from the end. None is a sentence-transformers folder's own; else ``"cls"`` where
    the tokenizer adds one; else ``"last"`` for a model that reads from left to right, and
    ``"mean"`` for others."""
    word: WordVector | None = None
    """A word's vector: the ``"mean"`` of its tokens' vectors, or that of its ``"first"`` or
    ``"last"`` one. None is the mean; for a model that reads from left to right it is the last,
    the only one that has seen the whole word."""
    unit_length: bool | None = None
    """Scale the vectors of texts to length 1, in every layer; None is what a
    sentence-transformers folder says, with its own pooling."""
    chat: bool = False
    """Read each text as a user's message in the tokenizer's chat template, up to where the answer
    would begin; by default its last token then stands for the text."""
    on_long: OnLong = "error"
    """A text that is too long for the model is an ``"error"``; or its examples are
    ``"drop"``-ped; or it is read in windows that overlap by half, each word where most of its
    context is (``"window"``: words, pairs, and texts by their mean); or a whole text is cut
    (``"truncate"``)."""
    on_missing: OnMissing = "error"
    """An example without any token of its own is an ``"error"``, or ``"drop"``-ped and counted."""
    dtype: Precision | None = None
    """Precision to compute in, under autocast if it is a short one; None is the encoder's own."""
    storage: Storage = "float32"
    """Precision of the vectors that are kept; ``"float16"`` halves their size."""
    most_unknown: float = 0.5
    """Texts are refused if more than this share of their tokens is unknown to the tokenizer."""

    def __post_init__(self) -> None:
        for name, meant in _KNOWN.items():
            value, known = getattr(self, name), get_args(meant)
            optional = name in ("pooling", "dtype", "word")
            if name == "pooling" and isinstance(value, int) and not isinstance(value, bool):
                continue
            if not (value is None and optional) and value not in known:
                raise InputError(f"{name}={value!r}; known: {', '.join(map(repr, known))}")
        check_flag("chat", self.chat)
        if self.unit_length is not None:
            check_flag("unit_length", self.unit_length)
        number = isinstance(self.most_unknown, (int, float))
        if not number or not 0 <= self.most_unknown <= 1:
            raise InputError(f"most_unknown={self.most_unknown!r}; expected a share, 0 to 1")


_KNOWN: dict[str, Any] = {
    "pooling": Pooling,
    "word": WordVector,
    "on_long": OnLong,
    "on_missing": OnMissing,
    "dtype": Precision,
    "storage": Storage,
}


class PolicyOptions(TypedDict, total=False):
    """The fields of a `Policy` as keyword arguments."""

    pooling: Pooling | int | None
    word: WordVector | None
    unit_length: bool | None
    chat: bool
    on_long: OnLong
    on_missing: OnMissing
    dtype: Precision | None
    storage: Storage
    most_unknown: float


def make_policy(policy: Policy | None = None, **options: Unpack[PolicyOptions]) -> Policy:
    """Give a policy with some of its fields replaced, by default those of `Policy`."""
    if policy is not None and not isinstance(policy, Policy):
        raise InputError(f"policy={policy!r}; expected a tunescope.encoders.Policy")
    return replace(policy or Policy(), **options)
