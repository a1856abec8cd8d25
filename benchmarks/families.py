"""Read texts by every family of architectures, each made small from its configuration.

    python benchmarks/families.py [NAME ...]     writes the table into docs/reference/models.md
    python benchmarks/families.py --sweep        every architecture that reads token ids

Each family has a tokenizer of its real kind. Every value is compared with plain transformers,
one text at a time, without padding.
"""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import AutoModel

from manual import put
from tunescope.encoders import Encoder
from tunescope.errors import TunescopeError
from tunescope.studies.conduct import conduct
from tunescope.studies.reading import make_study
from tunescope.tasks import Task

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import tiny_models as tiny  # noqa: E402 - the tokenizers of every kind are the tests' own

PAGE = "reference/models.md"
WORDPIECE = tiny.wordpiece_tokenizer
SIZES: dict[str, int] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "embedding_size"), 32),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers"), 2),
    **dict.fromkeys(("encoder_layers", "decoder_layers", "num_decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads"), 4),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "d_ff", "n_inner", "hidden_dim"), 64),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim", "d_inner", "ffn_hidden_size"), 64),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len"), 64),
    **dict.fromkeys(("d_kv", "head_dim", "d_head"), 8),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_topk", "top_k_experts"), 2),
    **dict.fromkeys(("attention_hidden_size", "word_embed_proj_dim"), 32),
    **dict.fromkeys(("rotary_dim",), 4),
    **dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"), 1),
}


LARGE = 50_000_000
"""Weights beyond which a model is not small."""


def roberta() -> Any:
    """As RoBERTa's: bytes, with a token at each end."""
    return tiny.bytelevel_tokenizer(special=True)


def gpt2() -> Any:
    """As GPT-2's: bytes, with nothing added."""
    return tiny.bytelevel_tokenizer(special=False)


FAMILIES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "BERT": ("Bert", WORDPIECE, {}),
    "RoBERTa": ("Roberta", roberta, {}),
    "XLM-RoBERTa": ("XLMRoberta", tiny.metaspace_tokenizer, {}),
    "CamemBERT": ("Camembert", tiny.metaspace_tokenizer, {}),
    "DistilBERT": ("DistilBert", WORDPIECE, {}),
    "ALBERT": ("Albert", tiny.metaspace_tokenizer, {}),
    "ELECTRA": ("Electra", WORDPIECE, {}),
    "DeBERTa": ("Deberta", roberta, {}),
    "DeBERTa v2": ("DebertaV2", tiny.metaspace_tokenizer, {}),
    "MPNet": ("MPNet", WORDPIECE, {}),
    "ModernBERT": ("ModernBert", roberta, {}),
    "RoFormer": ("RoFormer", WORDPIECE, {}),
    "RemBERT": ("RemBert", tiny.metaspace_tokenizer, {}),
    "SqueezeBERT": ("SqueezeBert", WORDPIECE, {}),
    "Longformer": ("Longformer", roberta, {"attention_window": [8, 8]}),
    "BigBird": ("BigBird", tiny.metaspace_tokenizer, {}),
    "Nyströmformer": ("Nystromformer", WORDPIECE, {"segment_means_seq_len": 64}),
    "YOSO": ("Yoso", WORDPIECE, {}),
    "FNet": ("FNet", tiny.metaspace_tokenizer, {}),
    "ConvBERT": ("ConvBert", WORDPIECE, {}),
    "XLNet": ("XLNet", tiny.metaspace_tokenizer, {}),
    "EuroBERT": ("EuroBert", tiny.qwen_tokenizer, {}),
    "T5, its encoder": ("T5", tiny.metaspace_tokenizer, {}),
    "mT5, its encoder": ("MT5", tiny.metaspace_tokenizer, {}),
    "BART, its encoder": ("Bart", roberta, {}),
    "GPT-2": ("GPT2", gpt2, {}),
    "GPT-Neo": (
        "GPTNeo",
        gpt2,
        {"attention_types": [[["global", "local"], 1]], "attention_layers": ["global", "local"]},
    ),
    "GPT-NeoX (Pythia)": ("GPTNeoX", gpt2, {}),
    "GPT-J": ("GPTJ", gpt2, {}),
    "OPT": ("OPT", gpt2, {}),
    "BLOOM": ("Bloom", gpt2, {}),
    "Falcon": ("Falcon", gpt2, {}),
    "MPT": ("Mpt", gpt2, {}),
    "Llama": ("Llama", tiny.qwen_tokenizer, {}),
    "Mistral": ("Mistral", tiny.metaspace_tokenizer, {}),
    "Mixtral": ("Mixtral", tiny.metaspace_tokenizer, {}),
    "Qwen 2": ("Qwen2", tiny.qwen_tokenizer, {}),
    "Qwen 3": ("Qwen3", tiny.qwen_tokenizer, {}),
    "Gemma": ("Gemma", tiny.gemma_tokenizer, {}),
    "Gemma 2": ("Gemma2", tiny.gemma_tokenizer, {}),
    "Gemma 3": ("Gemma3Text", tiny.gemma_tokenizer, {}),
    "Phi": ("Phi", gpt2, {}),
    "Phi 3": ("Phi3", tiny.metaspace_tokenizer, {}),
    "OLMo 2": ("Olmo2", tiny.qwen_tokenizer, {}),
    "StableLM": ("StableLm", tiny.qwen_tokenizer, {}),
    "Cohere": ("Cohere", tiny.qwen_tokenizer, {}),
    "Granite": ("Granite", gpt2, {}),
    "SmolLM 3": ("SmolLM3", tiny.qwen_tokenizer, {}),
    "Mamba": ("Mamba", gpt2, {}),
}


def made(
    architecture: str, words: Any, more: dict[str, Any], left: frozenset[str] = frozenset()
) -> Any:
    """Make a small model of an architecture, with layers that differ visibly.

    Parameters
    ----------
    left : names of sizes that stay as they are by default.
    """
    kind = getattr(transformers, f"{architecture}Config")
    default = kind()
    sizes = {name: value for name, value in SIZES.items() if hasattr(default, name)}
    sizes = {name: value for name, value in sizes.items() if name not in left}
    config = kind(**{**sizes, "vocab_size": len(words), **more})
    torch.manual_seed(0)
    model = AutoModel.from_config(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1 and "embed" not in name:
                weight.mul_(3.0)
    return model


def plain_states(model: Any, ids: list[int]) -> np.ndarray:
    """Run a model on one text, as anybody would."""
    two = getattr(model.config, "is_encoder_decoder", False)
    inner = model.get_encoder() if two else model
    options = {"use_cache": False} if not two and "use_cache" in vars(model.config) else {}
    with torch.no_grad():
        out = inner(input_ids=torch.tensor([ids]), output_hidden_states=True, **options)
    return np.asarray(out.hidden_states[-1][0, : len(ids)].float())


def word_error(encoder: Encoder, model: Any, words: Any, task: Task) -> float:
    """Compare each word's vector with that of plain transformers, by the tokens' places."""
    found = encoder.encode(task, layers=[-1])["train"].layer(-1)
    split, worst = task["train"], 0.0
    for row in range(len(split)):
        text = split.texts[split.text_index[row]]
        place = int(split.positions[row, 0])
        start = sum(len(word) + 1 for word in text[:place])
        stop = start + len(text[place])
        read = words(" ".join(text), return_offsets_mapping=True)
        tokens = [
            number
            for number, (a, b) in enumerate(read["offset_mapping"])
            if a < stop and b > max(start, a) and (a >= start or b > start)
        ]
        hidden = plain_states(model, read["input_ids"])
        chosen = hidden[tokens[-1]] if encoder.left_to_right else hidden[tokens].mean(axis=0)
        worst = max(worst, float(np.abs(found[row] - chosen).max()))
    return worst / float(found.std())


def text_error(encoder: Encoder, model: Any, words: Any, task: Task) -> float:
    """Compare each text's vector with that of plain transformers."""
    found = encoder.encode(task, layers=[-1])["train"].layer(-1)
    pooling, worst = encoder.reading().pooling, 0.0
    for row, text in enumerate(task["train"].texts):
        read = words(text, return_special_tokens_mask=True)
        hidden = plain_states(model, read["input_ids"])
        own = np.flatnonzero(np.array(read["special_tokens_mask"]) == 0)
        if pooling == "cls":
            chosen = hidden[read["input_ids"].index(words.cls_token_id)]
        else:
            chosen = hidden[-1] if pooling == "last" else hidden[own].mean(axis=0)
        worst = max(worst, float(np.abs(found[row] - chosen).max()))
    return worst / float(found.std())


def batch_error(encoder: Encoder, task: Task) -> float:
    """Compare vectors of texts read together with those of texts read alone."""
    together = encoder.encode(task, layers=[-1])["train"].layer(-1)
    alone = encoder.encode(task, layers=[-1], token_budget=1)["train"].layer(-1)
    return float(np.abs(together - alone).max() / alone.std())


def adapter_error(model: Any, words: Any, task: Task) -> float:
    """Put a LoRA into the model, and compare with what the adapted model gives itself."""
    import peft

    inner = model.get_encoder() if getattr(model.config, "is_encoder_decoder", False) else model
    before = Encoder(inner, tokenizer=words).encode(task, layers=[-1], pooling="mean")["train"]
    torch.manual_seed(1)
    config = peft.LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False)
    adapted = peft.get_peft_model(inner, config).eval()
    after = Encoder(adapted, tokenizer=words).encode(task, layers=[-1], pooling="mean")["train"]
    if np.allclose(before.layer(-1), after.layer(-1), atol=1e-4):
        return math.nan  # its blocks have convolutions in place of linear layers
    worst = 0.0
    for row, text in enumerate(task["train"].texts):
        read = words(text, return_special_tokens_mask=True)
        own = np.flatnonzero(np.array(read["special_tokens_mask"]) == 0)
        with torch.no_grad():
            out = adapted(input_ids=torch.tensor([read["input_ids"]]), output_hidden_states=True)
        chosen = np.asarray(out.hidden_states[-1][0])[own].mean(axis=0)
        worst = max(worst, float(np.abs(after.layer(-1)[row] - chosen).max()))
    return worst / float(after.layer(-1).std())


def runs(folder: Path, task: Task) -> bool:
    """Fine-tune it and measure it, as `tunescope run` does."""
    study = make_study(
        {
            "models": [str(folder)],
            "tasks": [task.name],
            "tuning": {"epochs": 1, "batch_size": 8, "snapshots": 2},
            "probing": {"protocol": "none"},
            "random_baseline": False,
            "keep": "none",
            "device": "cpu",
        }
    )
    run = conduct(study, folder.parent / "run", tasks={task.name: task})
    return bool(run.record["complete"]) and set(run.tables["spread"]["stage"]) == {
        "original",
        "tuned",
    }


def close(error: float) -> str:
    """Say whether a difference is rounding."""
    if math.isnan(error):
        return "has no linear layer"
    return "yes" if error < 1e-3 else f"**no** ({error:.1g})"


def tried(name: str) -> list[str]:
    """Try everything with one family."""
    architecture, tokenizer, more = FAMILIES[name]
    words = tokenizer()
    model = made(architecture, words, more)
    kind = tokenizer.__name__.removesuffix("_tokenizer")
    texts, sentences = tiny.text_task(), tiny.word_task(sizes=(8, 6))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        model.save_pretrained(folder)
        words.save_pretrained(folder)
        try:
            encoder = Encoder(folder, device="cpu")
        except TunescopeError as error:
            return [name, kind, f"**no**: {error}"]
        row = [name, kind, "yes, from left to right" if encoder.left_to_right else "yes"]
        steps = (
            lambda: close(word_error(encoder, model, words, sentences)),
            lambda: close(text_error(encoder, model, words, texts)),
            lambda: close(batch_error(encoder, sentences)),
            lambda: "yes" if runs(folder, sentences) else "**no**",
            lambda: close(adapter_error(model, words, texts)),
        )
        for step in steps:
            try:
                row.append(step())
            except Exception as error:  # noqa: BLE001 - the table says what became of each
                reason = f"{type(error).__name__}: {error}".partition("\n")[0]
                row.append(f"**no**: {reason.replace(place, '')[:120]}")
    return row


def sweep() -> dict[str, str]:
    """Say of every architecture that reads token ids whether its words are read as alone.

    Returns
    -------
    dict
        Kind → ``right``, ``wrong: ...``, ``refused: ...`` by the package in a line of its own, or
        ``not tried: ...`` where its configuration alone makes no small model.
    """
    found = {}
    for kind in sorted(transformers.models.auto.modeling_auto.MODEL_MAPPING_NAMES):
        config = transformers.models.auto.configuration_auto.CONFIG_MAPPING[kind]
        try:
            reads = hasattr(config(), "vocab_size")
        except Exception:  # noqa: BLE001 - it cannot be made without being told more
            continue
        if reads:
            began = time.perf_counter()
            found[kind] = _swept(config)
            print(f"{kind}: {found[kind]}  {time.perf_counter() - began:.0f} s", flush=True)
    return found


def _swept(config: Any) -> str:
    words = WORDPIECE()
    model, reason = _small(config.__name__.removesuffix("Config"), words)
    if model is None:
        return f"not tried: {reason}"
    try:
        encoder = Encoder(model, tokenizer=words)
        error = word_error(encoder, model, words, tiny.word_task(sizes=(4, 2)))
    except TunescopeError as error:
        return f"refused: {_line(error)}"
    except Exception as error:  # noqa: BLE001 - a fault of ours, which the list names
        return f"wrong: {_line(error)}"
    return "right" if error < 1e-3 else f"wrong: words differ by {error:.2g}"


def _small(architecture: str, words: Any) -> tuple[Any, str]:
    """Make a small model that runs on a text, or say why none could be made."""
    reason = ""
    heads = {"head_dim", "d_head", "num_key_value_heads", "num_kv_heads"}
    for more, left in (
        ({}, frozenset()),
        ({"num_hidden_layers": 4}, frozenset()),  # for those whose layers are of several kinds
        ({}, heads),
        ({}, heads | {"num_attention_heads", "intermediate_size"}),
        ({}, {*SIZES} - {"num_hidden_layers", "max_position_embeddings"}),
    ):
        try:
            with torch.device("meta"):  # sizes of other names may be those of a large model
                empty = made(architecture, words, more, frozenset(left))
            weights = sum(each.numel() for each in empty.parameters())
            if weights > LARGE:
                raise ValueError(f"{weights / 1e6:,.0f} million weights")
            model = made(architecture, words, more, frozenset(left))
            if np.isfinite(plain_states(model, words("Ann saw it")["input_ids"])).all():
                return model, ""
            reason = reason or "its vectors are not finite"
        except Exception as error:  # noqa: BLE001 - the list says what became of each
            reason = reason or _line(error)
    return None, reason


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:150]


def swept(found: dict[str, str]) -> str:
    """Write the outcomes of a sweep as the page shows them."""
    by: dict[str, list[str]] = {"right": [], "wrong": [], "refused": [], "not tried": []}
    for kind, outcome in found.items():
        by[outcome.partition(":")[0]].append(kind)
    counts = ", ".join(f"{len(kinds)} {outcome}" for outcome, kinds in by.items())
    names = ", ".join(f"`{kind}`" for kind in by["not tried"])
    rows = [
        f"| `{kind}` | {outcome.replace('|', '/')} |"
        for kind, outcome in found.items()
        if outcome.startswith(("wrong", "refused"))
    ]
    head = f"Of {len(found)} architectures: {counts} (transformers {transformers.__version__})."
    table = "\n".join(["| architecture | outcome |", "| --- | --- |", *rows])
    rest = f"Not tried, as a configuration alone makes no small model of texts: {names}."
    return f"{head}\n\n{table}\n\n{rest}"


def main(names: list[str]) -> int:
    """Try the families, and write the table if all were asked for; 1 if a sweep finds a fault."""
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    if names == ["--sweep"]:
        found = sweep()
        put(PAGE, "families.py sweep", swept(found))
        return int(any(outcome.startswith("wrong") for outcome in found.values()))
    head = ["family", "tokenizer", "loads", "words", "texts", "batches", "`run`", "adapter"]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for name in names or FAMILIES:
        began = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            try:
                row = tried(name)
            except Exception as error:  # noqa: BLE001 - the table says what became of each
                row = [name, "", f"**not made**: {type(error).__name__}: {error}"[:160]]
        lines.append(" | ".join([*row, *[""] * (len(head) - len(row))]))
        print(f"{lines[-1]}  {time.perf_counter() - began:.0f} s", flush=True)
    if not names:
        put(PAGE, "families.py", "\n".join(f"| {line} |" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
