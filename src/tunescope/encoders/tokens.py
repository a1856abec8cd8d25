"""Texts → token ids, cut into windows where they are too long for the model.

The tokenizer's own fast backend is copied, so that neither the caller's tokenizer nor its
settings for truncation and padding take part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from tunescope.errors import InputError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch
    from numpy.typing import NDArray

Text = str | list[str] | tuple[str, str]
"""A running text, one whose words are given, or a pair of texts that are read together."""
_CHUNK = 1024  # texts tokenised at a time
_NO_LIMIT = 1_000_000  # tokenizers say 1e30 where they do not know
_FEW_TOKENS = 1_000  # larger vocabularies need not be looked through
_MOST_GROWTH = 1_000
"""Normalizers put a few characters in the place of one; more is a mistake or an attack."""


@dataclass(frozen=True)
class TokenisedText:
    """One text's tokens, special ones included."""

    ids: NDArray[np.int64]
    """Token ids, ``(n_tokens,)``."""
    words: NDArray[np.int64]
    """The word each token is a part of, ``(n_tokens,)``; −1 for special tokens, for those of
    blanks, and where no words are given."""
    n_before: int
    """Special tokens before the text's own."""
    n_after: int
    """Special tokens after them."""
    types: NDArray[np.int64] | None = None
    """The type of each token, as the model knows them, ``(n_tokens,)``: of a pair the text that it
    counts to; of a text None where all are 0."""
    between: tuple[int, int] | None = None
    """Of a pair: where its first text ends, and where the second begins."""

    @property
    def n_tokens(self) -> int:
        """Count the tokens, special ones included."""
        return len(self.ids)

    def ended_by(self, token: int | None) -> TokenisedText:
        """Put a special token behind it, if it does not end by it."""
        if token is None or (self.n_tokens and self.ids[-1] == token):
            return self
        ids, words = np.append(self.ids, token), np.append(self.words, -1)
        types = None if self.types is None else np.append(self.types, self.types[-1:])
        return TokenisedText(ids, words, self.n_before, self.n_after + 1, types, self.between)

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Where the own tokens begin and end: once, or of a pair twice."""
        first, last = self.n_before, self.n_tokens - self.n_after
        if self.between is None:
            return [(first, last)]
        return [(first, self.between[0]), (self.between[1], last)]

    def cut(self, longest: int) -> TokenisedText:
        """Shorten it to so many tokens; of a pair the longer text first, as transformers does."""
        sizes = [stop - start for start, stop in self.runs]
        room = max(0, longest - (self.n_tokens - sum(sizes)))
        if self.between is None:
            return self.part(0, room)
        (a, a_end), (b, b_end) = self.runs
        short = int(sizes[1] < sizes[0])
        kept = [0, 0]
        kept[short] = min(sizes[short], room // 2)
        kept[1 - short] = min(sizes[1 - short], room - kept[short])
        chosen = np.r_[0 : a + kept[0], a_end : b + kept[1], b_end : self.n_tokens]
        between = (a + kept[0], b - sizes[0] + kept[0])
        return replace(self._chosen(chosen), between=between)

    def part(self, start: int, stop: int) -> TokenisedText:
        """Take some of the text's own tokens, between the special ones."""
        first, last = self.n_before, self.n_tokens - self.n_after
        own = np.arange(first, last)[start:stop]
        return self._chosen(np.r_[0:first, own, last : self.n_tokens])

    def _chosen(self, tokens: NDArray[np.int64]) -> TokenisedText:
        types = None if self.types is None else self.types[tokens]
        return replace(self, ids=self.ids[tokens], words=self.words[tokens], types=types)


def fast_backend(tokenizer: Any) -> Tokenizer:
    """Copy a tokenizer's fast backend, without truncation or padding.

    Raises
    ------
    InputError
        The tokenizer has no fast backend, so it cannot say where in a text a token is from; it
        has no vocabulary; it would blow texts up; its backend reads texts in another way.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(
            f"tokenizer: {type(tokenizer).__name__} is not a fast tokenizer; words and tokens "
            "are aligned with a fast one only"
        )
    few = len(tokenizer) < _FEW_TOKENS
    if few and set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
        raise InputError(
            f"tokenizer: it knows {len(tokenizer)} special tokens and no word; where the model "
            "is, its files are missing (tokenizer.json, or vocab.txt and the like)"
        )
    try:
        described = json.loads(tokenizer.backend_tokenizer.to_str())
    except Exception as error:
        raise InputError(
            f"tokenizer: the {type(tokenizer).__name__} has a step in Python, which cannot be "
            "copied; take a tokenizer that is described by its tokenizer.json"
        ) from error
    described["truncation"] = None
    described["padding"] = None
    _check_growth(described.get("normalizer"))
    backend = Tokenizer.from_str(json.dumps(described))
    _check_reading(tokenizer, backend)
    return backend


def unknown_token(tokenizer: Any, backend: Tokenizer) -> int | None:
    """Give the id that a tokenizer has for what it does not know; None where there is none.

    It is the backend that puts it into a text, whether or not the tokenizer was told of it.
    """
    named = getattr(backend.model, "unk_token", None)
    known = None if named is None else backend.token_to_id(named)
    if known is None and isinstance(backend.model, Unigram):
        known = json.loads(backend.to_str())["model"].get("unk_id")
    return getattr(tokenizer, "unk_token_id", None) if known is None else known


def without_special_tokens(backend: Tokenizer) -> Tokenizer:
    """Copy a backend that adds nothing to what it reads."""
    described = json.loads(backend.to_str())
    described["post_processor"] = None
    return Tokenizer.from_str(json.dumps(described))


def chat_renderer(tokenizer: Any) -> Callable[[str], str]:
    """Give what puts a text into a tokenizer's chat template, up to the answer's beginning.

    Raises
    ------
    InputError
        It has no template, or one that fails.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise InputError("chat=True: the tokenizer has no chat template")

    def render(text: str) -> str:
        message = [{"role": "user", "content": text}]
        try:
            made = tokenizer.apply_chat_template(
                message, tokenize=False, add_generation_prompt=True
            )
        except Exception as error:
            raise InputError(
                f"chat=True: the tokenizer's template fails ({reason(error)})"
            ) from error
        return str(made)

    return render


def _check_growth(normalizer: Any) -> None:
    """Refuse replacements that together could blow a text up beyond memory."""
    steps, growth = [normalizer], 1
    while steps:
        step = steps.pop()
        if isinstance(step, dict):
            steps.extend(step.get("normalizers") or ())
            if step.get("type") == "Replace":
                growth *= max(1, len(str(step.get("content", ""))))
    if growth > _MOST_GROWTH:
        raise InputError(
            f"tokenizer: its replacements could make a text {growth:.0e} times as long; "
            f"expected at most {_MOST_GROWTH:,} times"
        )


def _check_reading(tokenizer: Any, backend: Tokenizer) -> None:
    """See that the backend alone reads a text as the tokenizer does when it is called."""
    _stated_limit(tokenizer)
    text = "The old dog sees 2 small cats, doesn't it?"
    try:
        expected = list(tokenizer(text)["input_ids"])
    except Exception as error:
        raise InputError(f"tokenizer: it cannot read {text!r} ({reason(error)})") from error
    if backend.encode(text).ids != expected:
        raise InputError(
            f"tokenizer: called with a text the {type(tokenizer).__name__} gives other tokens "
            "than its fast backend does; words could not be found in them"
        )


def tokenise(backend: Tokenizer, texts: Sequence[Text]) -> Iterator[TokenisedText]:
    """Tokenise texts one after the other; a list is a text whose words are given.

    Both are read as the running text is, as ``tokenizer(text)`` reads it: words are joined by
    blanks, and a token belongs to the first word that it shares a character with. Joining
    pieces that were tokenised word by word would give other tokens wherever a tokenizer marks
    the blank before a word (GPT-2, Llama, Qwen, Gemma, XLM-R …).
    """
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        running = [" ".join(text) if isinstance(text, list) else text for text in chunk]
        for text, encoding in zip(chunk, backend.encode_batch(running), strict=True):
            found = _tokenised(encoding, text if isinstance(text, list) else None)
            yield _paired(found, encoding) if isinstance(text, tuple) else found


def _tokenised(encoding: Any, words: Sequence[str] | None) -> TokenisedText:
    special = np.asarray(encoding.special_tokens_mask, dtype=bool)
    own = np.flatnonzero(~special)
    n_before = int(own[0]) if len(own) else int(special.sum() + 1) // 2
    n_after = len(special) - 1 - int(own[-1]) if len(own) else len(special) - n_before
    word_of = np.full(len(special), -1, dtype=np.int64)
    if words:
        lengths = np.array([len(word) for word in words])
        stops = np.cumsum(lengths + 1) - 1
        first, last = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2).T
        word = np.minimum(np.searchsorted(stops, first, side="right"), len(words) - 1)
        inside = ~special & (last > first) & (last > (stops - lengths)[word])
        word_of[inside & (first < stops[word])] = word[inside & (first < stops[word])]
    ids, types = (np.asarray(part, dtype=np.int64) for part in (encoding.ids, encoding.type_ids))
    return TokenisedText(ids, word_of, n_before, n_after, types if types.any() else None)


def _paired(text: TokenisedText, encoding: Any) -> TokenisedText:
    """Say which tokens are of which text of a pair."""
    of = np.array([-1 if number is None else number for number in encoding.sequence_ids])
    special = np.asarray(encoding.special_tokens_mask, dtype=bool)
    first, second = (np.flatnonzero((of == number) & ~special) for number in (0, 1))
    stop = text.n_tokens - text.n_after
    end = int(first[-1]) + 1 if len(first) else text.n_before
    begin = int(second[0]) if len(second) else stop
    types = np.asarray(encoding.type_ids, dtype=np.int64)
    return replace(text, types=types, between=(end, begin))


def _stated_limit(tokenizer: Any) -> int | None:
    """Give the most tokens that the tokenizer says its model takes, if it does."""
    stated = getattr(tokenizer, "model_max_length", None)
    if stated is None:
        return None
    if not isinstance(stated, (int, float)):
        raise InputError(
            f"tokenizer: its model_max_length is {stated!r}; expected a number of tokens"
        )
    return int(stated) if 0 < stated < _NO_LIMIT else None


def longest_text(model: torch.nn.Module, tokenizer: Any) -> int | None:
    """Find how many tokens the model takes, special ones included; None if any number.

    Families that count positions from behind the padding id (RoBERTa, MPNet) take fewer
    than their configuration says.
    """
    limits = []
    stated = _stated_limit(tokenizer)
    if stated is not None:
        limits.append(stated)
    config = getattr(model, "config", None)
    named = ("max_position_embeddings", "max_encoder_position_embeddings")
    stated_positions = [getattr(config, name, None) for name in named]
    positions = next((n for n in stated_positions if isinstance(n, int)), None)
    if positions is not None and positions > 0:
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
