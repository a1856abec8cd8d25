"""Texts → token ids, cut into windows where they are too long for the model.

The tokenizer's own fast backend is copied, so that neither the caller's tokenizer nor its
settings for truncation and padding take part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from tunescope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from numpy.typing import NDArray

Text = str | list[str]
_CHUNK = 1024  # texts tokenised at a time
_NO_LIMIT = 1_000_000  # tokenizers say 1e30 where they do not know


@dataclass(frozen=True)
class TokenisedText:
    """One text's tokens, special ones included."""

    ids: NDArray[np.int64]
    """Token ids, ``(n_tokens,)``."""
    words: NDArray[np.int64]
    """The word each token is a part of, ``(n_tokens,)``; −1 for special tokens."""
    n_before: int
    """Special tokens before the text's own."""
    n_after: int
    """Special tokens after them."""

    @property
    def n_tokens(self) -> int:
        """Count the tokens, special ones included."""
        return len(self.ids)

    def part(self, start: int, stop: int) -> NDArray[np.int64]:
        """Give the ids of some of the text's own tokens, between the special ones."""
        content = self.ids[self.n_before : self.n_tokens - self.n_after]
        tail = self.ids[self.n_tokens - self.n_after :]
        return np.concatenate([self.ids[: self.n_before], content[start:stop], tail])


def fast_backend(tokenizer: Any) -> Tokenizer:
    """Copy a tokenizer's fast backend, without truncation or padding.

    Byte-level tokenizers (GPT-2's, RoBERTa's) are told to begin words with a space, so
    that a list of words gets the same tokens as the running text.

    Raises
    ------
    InputError
        The tokenizer has no fast backend, so it cannot say which word a token belongs to.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(
            f"tokenizer: {type(tokenizer).__name__} is not a fast tokenizer; words and tokens "
            "are aligned with a fast one only"
        )
    described = json.loads(tokenizer.backend_tokenizer.to_str())
    described["truncation"] = None
    described["padding"] = None
    _begin_words_with_a_space(described.get("pre_tokenizer"))
    return Tokenizer.from_str(json.dumps(described))


def _begin_words_with_a_space(pre_tokenizer: Any) -> None:
    if not isinstance(pre_tokenizer, dict):
        return
    if pre_tokenizer.get("type") == "ByteLevel" and pre_tokenizer.get("use_regex", True):
        pre_tokenizer["add_prefix_space"] = True
    for part in pre_tokenizer.get("pretokenizers", ()):
        _begin_words_with_a_space(part)


def tokenise(backend: Tokenizer, texts: Sequence[Text]) -> Iterator[TokenisedText]:
    """Tokenise texts one after the other; a list is a text whose words are given."""
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        split = [isinstance(text, list) for text in chunk]
        encodings: list[Any] = [None] * len(chunk)
        for wanted in (True, False):
            where = [i for i, is_split in enumerate(split) if is_split is wanted]
            if where:
                found = backend.encode_batch([chunk[i] for i in where], is_pretokenized=wanted)
                for i, encoding in zip(where, found, strict=True):
                    encodings[i] = encoding
        for encoding in encodings:
            yield _tokenised(encoding)


def _tokenised(encoding: Any) -> TokenisedText:
    special = np.asarray(encoding.special_tokens_mask, dtype=bool)
    words = np.array([-1 if word is None else word for word in encoding.word_ids], dtype=np.int64)
    own = np.flatnonzero(~special)
    n_before = int(own[0]) if len(own) else int(special.sum() + 1) // 2
    n_after = len(special) - 1 - int(own[-1]) if len(own) else len(special) - n_before
    return TokenisedText(np.asarray(encoding.ids, dtype=np.int64), words, n_before, n_after)


def longest_text(model: torch.nn.Module, tokenizer: Any) -> int | None:
    """Find how many tokens the model takes, special ones included; None if any number.

    Families that count positions from behind the padding id (RoBERTa, MPNet) take fewer
    than their configuration says.
    """
    limits = []
    stated = getattr(tokenizer, "model_max_length", None)
    if stated is not None and stated < _NO_LIMIT:
        limits.append(int(stated))
    positions = getattr(getattr(model, "config", None), "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        for name, module in model.named_modules():
            if name.endswith("position_embeddings"):
                padding = getattr(module, "padding_idx", None)
                positions -= 0 if padding is None else padding + 1
                break
        limits.append(positions)
    return min(limits) if limits else None


def window_starts(n_tokens: int, size: int) -> list[int]:
    """Place windows of ``size`` over ``n_tokens``: they overlap by half, the last is full.

    Examples
    --------
    >>> window_starts(10, 4)
    [0, 2, 4, 6]
    >>> window_starts(3, 4)
    [0]
    """
    if n_tokens <= size:
        return [0]
    step = max(1, size - size // 2)
    return [*range(0, n_tokens - size, step), n_tokens - size]


def best_windows(
    starts: NDArray[np.int64],
    size: int,
    n_tokens: int,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Choose for each span of tokens the window that shows most of its context.

    The context of a span in a window is the smaller of what the window shows before and
    after it, where the text's own ends count as context without end.

    Parameters
    ----------
    starts : (n_windows,) the windows' first tokens, ascending.
    size : tokens in a window.
    n_tokens : tokens in the text.
    first, last : (n_spans,) the spans' first and last token.

    Returns
    -------
    (n_spans,) index of the window; −1 where no window holds the whole span.
    """
    far = n_tokens
    stops = np.minimum(starts + size, n_tokens)
    before = np.where(starts == 0, far, first[:, None] - starts)
    after = np.where(stops == n_tokens, far, stops - 1 - last[:, None])
    whole = (first[:, None] >= starts) & (last[:, None] < stops)
    context = np.where(whole, np.minimum(before, after), -1)
    best = context.argmax(axis=1)
    return np.where(context[np.arange(len(first)), best] >= 0, best, -1)
