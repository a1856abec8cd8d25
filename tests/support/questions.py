"""Questions of six kinds as somebody's file, and tiny checkpoints with and without a head."""

from pathlib import Path
from typing import Any

KINDS = {
    "animal": ("dog", "cat"),
    "colour": ("grey", "red"),
    "hearing": ("hears", "barking"),
    "person": ("who", "whom"),
    "place": ("where", "near"),
    "time": ("when", "late"),
}


def rows(n: int) -> list[tuple[str, str]]:
    """Make n different questions in which one word says the kind."""
    found = []
    for i in range(n):
        kind = list(KINDS)[i % len(KINDS)]
        word = KINDS[kind][i // len(KINDS) % 2]
        found.append((f"the {word} of {'abcdefgh'[i % 8]} {i}", kind))
    return found


def questions(
    path: Path, n: int = 90, *, delimiter: str = ";", head: str = "question;category"
) -> Path:
    """Write them as a table."""
    lines = [head.replace(";", delimiter), *(delimiter.join(row) for row in rows(n))]
    path.write_text("\n".join(lines) + "\n")
    return path


def checkpoint(
    folder: Path,
    *,
    labels: list[str] | None = None,
    kind: str = "BertForSequenceClassification",
    seed: int = 1,
    **config: Any,
) -> Path:
    """Save a tiny BERT with a head, as a Trainer does."""
    import torch
    import transformers
    from tiny_models import wordpiece_tokenizer

    tokenizer = wordpiece_tokenizer()
    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 32, "max_position_embeddings": 64}
    named = {} if labels is None else {"id2label": dict(enumerate(labels))}
    if labels is not None:
        named["label2id"] = {label: i for i, label in enumerate(labels)}  # type: ignore[assignment]
    made = transformers.BertConfig(
        **{"vocab_size": len(tokenizer), **(named or {"num_labels": len(KINDS)}), **sizes, **config}
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = getattr(transformers, kind)(made)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if weight.dim() > 1 and "word" not in name:
                    weight.mul_(5.0)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
