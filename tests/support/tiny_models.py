"""Tiny models of several families, with fast tokenizers, made from nothing."""

import numpy as np
import torch
from tokenizers import (
    ByteLevelBPETokenizer,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    GPT2Config,
    GPT2Model,
    LlamaConfig,
    LlamaModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

from tunescope.tasks import Split, Task

FAMILIES = ("bert", "distilbert", "roberta", "gpt2", "llama", "qwen", "gemma", "metaspace")
WORDS = [
    "the",
    "a",
    "dog",
    "cat",
    "bird",
    "sees",
    "hears",
    "likes",
    "old",
    "small",
    "grey",
    "unhappily",
    "barking",
    "with",
    "of",
]
LABELS = ("DET", "NOUN", "VERB", "OTHER")
LABEL_OF = dict.fromkeys(("the", "a"), 0) | dict.fromkeys(("dog", "cat", "bird"), 1)
LABEL_OF |= dict.fromkeys(("sees", "hears", "likes"), 2)


def wordpiece_tokenizer():
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    whole = [word for word in WORDS if word not in ("unhappily", "barking")]
    pieces = ["bark", "##ing", "un", "##happi", "##ly"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{c}" for c in letters)]
    vocabulary = list(dict.fromkeys([*vocabulary, *whole, *pieces]))
    numbers = {token: i for i, token in enumerate(vocabulary)}
    backend = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def bytelevel_tokenizer(special):
    """Byte-level BPE: with RoBERTa's special tokens, or with none, as GPT-2's."""
    trained = ByteLevelBPETokenizer()
    tokens = ["<s>", "<pad>", "</s>", "<unk>"]
    trained.train_from_iterator(
        [" ".join(WORDS)] * 3, vocab_size=300, special_tokens=tokens, show_progress=False
    )
    backend = Tokenizer.from_str(trained.to_str())
    if not special:
        return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    backend.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
    )


def qwen_tokenizer():
    """As Qwen's and Llama 3's: a regular expression cuts, and blanks stay with the next word."""
    backend = Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(Regex(r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"), "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.pre_tokenizer = pre_tokenizers.Sequence([cut, bytes_])
    return _trained(backend, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())


def gemma_tokenizer():
    """As Gemma's: a normaliser turns blanks into a mark, and nothing cuts words apart."""
    backend = Tokenizer(models.BPE(unk_token="<|end|>", fuse_unk=True))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer = _trained(backend)
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token=tokenizer.pad_token)


def metaspace_tokenizer():
    """As XLM-R's and T5's: each word begins with a mark, the first as well."""
    backend = Tokenizer(models.BPE(unk_token="<|end|>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return _trained(backend)


def _trained(backend, **options):
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|end|>"], show_progress=False, **options
    )
    corpus = [" ".join(WORDS), "the old dog sees 2 small cats, doesn't it?"]
    backend.train_from_iterator(corpus * 5, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<|end|>")


def tiny_model(family, positions=64, dropout=0.1, seed=0, n_layers=3):
    """Make a model and its tokenizer; the same seed gives the same weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if family == "bert":
            tokenizer = wordpiece_tokenizer()
            model = BertModel(
                BertConfig(
                    vocab_size=len(tokenizer),
                    hidden_size=16,
                    num_hidden_layers=n_layers,
                    num_attention_heads=2,
                    intermediate_size=32,
                    max_position_embeddings=positions,
                    hidden_dropout_prob=dropout,
                    attention_probs_dropout_prob=dropout,
                )
            )
        elif family == "distilbert":
            tokenizer = wordpiece_tokenizer()
            model = DistilBertModel(
                DistilBertConfig(
                    vocab_size=len(tokenizer),
                    dim=16,
                    n_layers=n_layers,
                    n_heads=2,
                    hidden_dim=32,
                    max_position_embeddings=positions,
                )
            )
        elif family == "roberta":
            tokenizer = bytelevel_tokenizer(special=True)
            model = RobertaModel(
                RobertaConfig(
                    vocab_size=len(tokenizer),
                    hidden_size=16,
                    num_hidden_layers=n_layers,
                    num_attention_heads=2,
                    intermediate_size=32,
                    max_position_embeddings=positions,
                    pad_token_id=1,
                )
            )
        elif family == "gpt2":
            tokenizer = bytelevel_tokenizer(special=False)
            model = GPT2Model(
                GPT2Config(
                    vocab_size=len(tokenizer),
                    n_embd=16,
                    n_layer=n_layers,
                    n_head=2,
                    n_positions=positions,
                )
            )
        else:
            tokenizer = LLAMA_TOKENIZERS[family]()
            model = LlamaModel(
                LlamaConfig(
                    vocab_size=len(tokenizer),
                    hidden_size=16,
                    num_hidden_layers=n_layers,
                    num_attention_heads=2,
                    num_key_value_heads=2,
                    intermediate_size=32,
                    max_position_embeddings=positions,
                )
            )
        # Larger weights than a fresh model's, so that layers and contexts differ visibly.
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if weight.dim() > 1 and "word" not in name:
                    weight.mul_(5.0)
    return model.eval(), tokenizer


LLAMA_TOKENIZERS = {
    "llama": lambda: bytelevel_tokenizer(special=False),
    "qwen": qwen_tokenizer,
    "gemma": gemma_tokenizer,
    "metaspace": metaspace_tokenizer,
}
"""Decoders that differ in their tokenizers only."""


def split_of(name, texts, text_index, positions, labels):
    n = len(labels)
    shape = np.asarray(positions, dtype=np.int64)
    return Split(
        name,
        texts,
        np.asarray(text_index, dtype=np.int64),
        shape.reshape(n, -1) if n else shape,
        np.asarray(labels, dtype=np.int64),
        (f"{name}.txt",),
        np.zeros(n, dtype=np.int64),
        np.arange(1, n + 1),
    )


def word_task(sizes=(12, 6), seed=0, longest=9, name="words"):
    """Sentences of random words, each labelled by what it is."""
    rng = np.random.default_rng(seed)
    splits = {}
    for split, n in zip(("train", "test"), sizes, strict=False):
        texts = [
            [str(w) for w in rng.choice(WORDS, rng.integers(1, longest + 1))] for _ in range(n)
        ]
        where = [(i, j) for i, text in enumerate(texts) for j in range(len(text))]
        labels = [LABEL_OF.get(texts[i][j], 3) for i, j in where]
        splits[split] = split_of(
            split, texts, [i for i, _ in where], [[j] for _, j in where], labels
        )
    return Task(name, "word", LABELS, splits)


def pair_task(n=10, seed=1):
    rng = np.random.default_rng(seed)
    texts = [[str(w) for w in rng.choice(WORDS, rng.integers(2, 9))] for _ in range(n)]
    where = [
        (i, int(rng.integers(len(text))), j)
        for i, text in enumerate(texts)
        for j in range(len(text))
    ]
    labels = [int(head < j) for _, head, j in where]
    split = split_of(
        "train", texts, [i for i, _, _ in where], [[h, j] for _, h, j in where], labels
    )
    return Task("pairs", "pair", ("left", "right"), {"train": split})


def text_task(n=10, seed=2, tokenised=False):
    rng = np.random.default_rng(seed)
    words = [[str(w) for w in rng.choice(WORDS, rng.integers(1, 9))] for _ in range(n)]
    texts = words if tokenised else [" ".join(text) for text in words]
    labels = [int("dog" in text) for text in words]
    positions = np.zeros((n, 0), dtype=np.int64)
    split = split_of("train", texts, np.arange(n), positions, labels)
    return Task("texts", "text", ("no dog", "dog"), {"train": split})


def tiny_of(architecture, **config):
    """Make a model of any architecture from its configuration, with visibly different layers."""
    import transformers

    tokenizer = wordpiece_tokenizer()
    made = getattr(transformers, f"{architecture}Config")(vocab_size=len(tokenizer), **config)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.AutoModel.from_config(made)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if weight.dim() > 1 and "word" not in name:
                    weight.mul_(5.0)
    return model.eval(), tokenizer


PAIR_LABELS = ("other", "same")
"""Labels of pairs of texts."""


def pairs_of_texts(n=12, seed=4):
    """Pairs of short texts, labelled in turn."""
    rng = np.random.default_rng(seed)
    splits = {}
    for name, size in (("train", n), ("test", 6)):
        first = [[str(w) for w in rng.choice(WORDS, rng.integers(2, 8))] for _ in range(size)]
        second = [[str(w) for w in rng.choice(WORDS, rng.integers(1, 8))] for _ in range(size)]
        texts = [(" ".join(a), " ".join(b)) for a, b in zip(first, second, strict=True)]
        labels = [i % 2 for i in range(size)]
        positions = np.zeros((size, 0), dtype=np.int64)
        splits[name] = split_of(name, texts, np.arange(size), positions, labels)
    return Task("text-pairs", "text", PAIR_LABELS, splits)
