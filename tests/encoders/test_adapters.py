"""Adapters in a model's layers are read; those in front of its texts are refused."""

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from tunescope.encoders import Encoder
from tunescope.encoders.loading import model_bytes
from tunescope.errors import InputError
from tunescope.tuning import finetune

peft = pytest.importorskip("peft")

TARGETS = ["query", "value"]
KINDS = {
    "LoRA": lambda: peft.LoraConfig(task_type="SEQ_CLS", r=4, target_modules=TARGETS),
    "DoRA": lambda: peft.LoraConfig(
        task_type="SEQ_CLS", r=4, target_modules=TARGETS, use_dora=True
    ),
    "IA3": lambda: peft.IA3Config(
        task_type="SEQ_CLS", target_modules=["key", "value"], feedforward_modules=[]
    ),
}
IN_FRONT = {
    "prefix_tuning": lambda: peft.PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=5),
    "prompt_tuning": lambda: peft.PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=5),
    "p_tuning": lambda: peft.PromptEncoderConfig(
        task_type="SEQ_CLS", num_virtual_tokens=5, encoder_hidden_size=16
    ),
}


def adapted(folder: Path, config: Any, head: type) -> Any:
    """A model with a head on the base in a folder, and an adapter as if it were tuned."""
    base = head.from_pretrained(folder)  # type: ignore[attr-defined]
    model = peft.get_peft_model(base, config)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(1)
        for name, weight in model.named_parameters():
            if weight.requires_grad and "classifier" not in name:
                weight.copy_(torch.rand_like(weight) + 0.5)
    return model.eval()


def reference(model: Any, tokenizer: Any, text: str) -> Any:
    tokens = tokenizer(text, return_tensors="pt")
    given = {name: tokens[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        return model(**given, output_hidden_states=True).hidden_states[-1][0, 0].numpy()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_a_folder_with_an_adapter_is_the_tuned_model(
    tiny: ModuleType, bert_folder: Path, tmp_path: Path, kind: str
) -> None:
    model = adapted(bert_folder, KINDS[kind](), transformers.BertForSequenceClassification)
    model.save_pretrained(tmp_path / "adapter")
    encoder = Encoder(tmp_path / "adapter", device="cpu")
    task = tiny.text_task()
    vectors = encoder.encode(task)["train"].layer(-1)
    for i, text in enumerate(task["train"].texts):
        expected = reference(model, encoder.tokenizer, text)
        np.testing.assert_allclose(vectors[i], expected, atol=1e-4)
    base = Encoder(bert_folder, device="cpu")
    assert not np.allclose(base.encode(task)["train"].layer(-1), vectors, atol=1e-2)
    assert encoder.revision != base.revision
    in_memory = Encoder(model, tokenizer=encoder.tokenizer).encode(task)["train"].layer(-1)
    np.testing.assert_allclose(in_memory, vectors, atol=1e-4)


def lora_for(module: str, **options: Any) -> Any:
    return lambda: peft.LoraConfig(
        **{"r": 4, "lora_alpha": 8, "target_modules": [module], **options}
    )


INSIDE = {
    "Llama": ("model.layers.{}.self_attn.q_proj", "model.embed_tokens"),
    "Bert": ("bert.encoder.layer.{}.attention.self.query", "bert.embeddings.word_embeddings"),
}
"""A linear layer of a block, and the embeddings, by their names in a model with a head."""


def kinds_inside(full: str, embeddings: str) -> dict[str, Any]:
    """Make configurations that name modules in full, or have embeddings of their own."""
    first, word = full.format(0), embeddings.rpartition(".")[2]
    q = full.rpartition(".")[2]
    pattern = {"target_modules": [q], "alpha_pattern": {first: 64}}
    return {
        "alpha_pattern": lora_for(q, alpha_pattern={first: 64}),
        "rank_pattern": lora_for(q, rank_pattern={f"^{first}": 8}),
        "layers_to_transform": lora_for(q, layers_to_transform=[0]),
        "a regular expression": lora_for(q, target_modules=full.replace(".", r"\.").format(r"\d")),
        "exclude_modules": lora_for(q, exclude_modules=[first]),
        "LoHa": lambda: peft.LoHaConfig(r=4, alpha=8, **pattern),
        "all linear layers": lora_for(q, target_modules="all-linear", task_type="SEQ_CLS"),
        "embeddings": lora_for(q, target_modules=[q, word]),
        "whole embeddings": lora_for(q, modules_to_save=[word]),
        "single tokens": lora_for(q, trainable_token_indices=[3, 5]),
        "more tokens": lora_for(q),
        "more tokens, and adapted": lora_for(q, target_modules=[q, word]),
        "more tokens, single ones": lora_for(q, trainable_token_indices=[3, 5]),
        "more tokens, whole": lora_for(q, modules_to_save=[word]),
    }


@pytest.mark.parametrize("kind", kinds_inside("", ""))
@pytest.mark.parametrize("family", INSIDE)
@pytest.mark.slow
def test_an_adapter_names_modules_as_the_model_with_a_head_does(
    tiny: ModuleType, tmp_path: Path, family: str, kind: str
) -> None:
    plain, tokenizer = tiny.tiny_model(family.lower())
    head = getattr(transformers, f"{family}ForSequenceClassification")
    head(plain.config).save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    base = head.from_pretrained(tmp_path / "base")
    if kind.startswith("more tokens"):
        base.resize_token_embeddings(len(tokenizer) + 5, mean_resizing=False)
    model = peft.get_peft_model(base, kinds_inside(*INSIDE[family])[kind]())
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(1)
        for weight in model.parameters():
            if weight.requires_grad:
                torch.nn.init.normal_(weight, std=0.3)
    model.eval().save_pretrained(tmp_path / "adapter")
    task = tiny.text_task()
    expected = Encoder(model, tokenizer=tokenizer).encode(task, pooling="mean")["train"]
    found = Encoder(tmp_path / "adapter", device="cpu")
    vectors = found.encode(task, pooling="mean")["train"]
    for layer in range(found.n_layers + 1):
        np.testing.assert_allclose(vectors.layer(layer), expected.layer(layer), atol=1e-4)
    assert found.n_embeddings == base.config.vocab_size


@pytest.mark.slow
def test_a_decoders_adapter_is_read_too(tiny: ModuleType, tmp_path: Path) -> None:
    plain, tokenizer = tiny.tiny_model("qwen")
    config = plain.config
    transformers.LlamaForCausalLM(config).save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    lora = peft.LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj", "v_proj"])
    model = adapted(tmp_path / "base", lora, transformers.LlamaForCausalLM)
    model.save_pretrained(tmp_path / "adapter")
    encoder = Encoder(tmp_path / "adapter", device="cpu")
    task = tiny.text_task()
    vectors = encoder.encode(task, pooling="last")["train"].layer(-1)
    for i, text in enumerate(task["train"].texts):
        tokens = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            hidden = model(input_ids=tokens["input_ids"], output_hidden_states=True).hidden_states
        np.testing.assert_allclose(vectors[i], hidden[-1][0, -1].numpy(), atol=1e-4)
    finetune(encoder, tiny.word_task(), epochs=1, snapshots=2)


@pytest.mark.parametrize("kind", IN_FRONT)
@pytest.mark.slow
def test_trained_vectors_in_front_of_the_texts_are_refused(
    tiny: ModuleType, bert_folder: Path, tmp_path: Path, kind: str
) -> None:
    model = adapted(bert_folder, IN_FRONT[kind](), transformers.BertForSequenceClassification)
    tokenizer = tiny.tiny_model("bert")[1]
    with pytest.raises(InputError, match=rf"of the kind {kind}, .* in front of each text"):
        Encoder(model, tokenizer=tokenizer)
    model.save_pretrained(tmp_path / "adapter")
    with pytest.raises(InputError, match=rf"of the kind {kind}"):
        Encoder(tmp_path / "adapter")


NOT_READ = {
    "alora": lambda: peft.LoraConfig(
        task_type="CAUSAL_LM", target_modules=["q_proj"], alora_invocation_tokens=[5]
    ),
    "lily": lambda: peft.LilyConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj"]),
    "poly": lambda: peft.PolyConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj"]),
    "shadow": lambda: peft.ShadowConfig(task_type="CAUSAL_LM"),
}


@pytest.mark.parametrize("kind", NOT_READ)
@pytest.mark.slow
def test_adapters_that_do_not_act_in_the_layers_alone_are_refused(
    tiny: ModuleType, tmp_path: Path, kind: str
) -> None:
    plain, tokenizer = tiny.tiny_model("qwen")
    transformers.LlamaForCausalLM(plain.config).save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    model = adapted(tmp_path / "base", NOT_READ[kind](), transformers.LlamaForCausalLM)
    with pytest.raises(InputError, match=rf"of the kind {kind}, which"):
        Encoder(model, tokenizer=tokenizer)
    if kind == "lily":
        return  # peft saves it as far as its weights are no shared ones
    model.save_pretrained(tmp_path / "adapter")
    with pytest.raises(InputError, match=rf"of the kind {kind}, which"):
        Encoder(tmp_path / "adapter")


@pytest.mark.slow
def test_an_adapter_that_cannot_be_merged_is_refused_as_a_folder_and_read_when_loaded(
    tiny: ModuleType, tmp_path: Path
) -> None:
    plain, tokenizer = tiny.tiny_model("qwen")
    transformers.LlamaForCausalLM(plain.config).save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    config = peft.AdaptionPromptConfig(task_type="CAUSAL_LM", adapter_len=3, adapter_layers=2)
    model = adapted(tmp_path / "base", config, transformers.LlamaForCausalLM)
    model.save_pretrained(tmp_path / "adapter")
    with pytest.raises(InputError, match="adapter: peft cannot merge an adapter of the kind adap"):
        Encoder(tmp_path / "adapter")
    task = tiny.text_task()
    found = Encoder(model, tokenizer=tokenizer).encode(task, pooling="last")["train"].layer(-1)
    tokens = tokenizer(task["train"].texts[0], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        hidden = model(input_ids=tokens, output_hidden_states=True).hidden_states[-1]
    np.testing.assert_allclose(found[0], hidden[0, -1].numpy(), atol=1e-4)


@pytest.fixture
def lora(bert_folder: Path, tmp_path: Path) -> Path:
    model = adapted(bert_folder, KINDS["LoRA"](), transformers.BertForSequenceClassification)
    model.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_an_adapter_of_another_model_is_refused(tiny: ModuleType, lora: Path) -> None:
    other, tokenizer = tiny.tiny_model("bert", n_layers=2)
    other.save_pretrained(lora.parent / "other")
    tokenizer.save_pretrained(lora.parent / "other")
    described = json.loads((lora / "adapter_config.json").read_text())
    described["base_model_name_or_path"] = "other"
    (lora / "adapter_config.json").write_text(json.dumps(described))
    with pytest.raises(InputError, match=r"does not fit its base; it has, .*layer\.2"):
        Encoder(lora)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("adapter_model.safetensors", b"", "adapter_model.safetensors: it has 0 bytes"),
        ("adapter_config.json", b"{", "adapter_config.json: it is not valid JSON"),
        ("adapter_config.json", b"{}", "expected a base_model_name_or_path"),
        (
            "adapter_config.json",
            b'{"base_model_name_or_path": "no-such-model"}',
            "no folder and no known name",
        ),
    ],
)
@pytest.mark.slow
def test_a_damaged_adapter_gets_one_line(lora: Path, name: str, content: bytes, said: str) -> None:
    (lora / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        Encoder(lora)


def test_the_first_layers_of_an_adapter_are_not_taken(lora: Path) -> None:
    with pytest.raises(InputError, match="first layers of an adapter"):
        Encoder(f"{lora}:1")


def described(folder: Path, **values: Any) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_the_base_on_the_hub_is_of_the_revision_that_the_adapter_names(
    lora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []

    def find_on_hub(hub_id: str, revision: str | None, **_options: Any) -> Any:
        asked.append((hub_id, revision))
        raise InputError("no network here")

    monkeypatch.setattr("tunescope.encoders.loading.find_on_hub", find_on_hub)
    for base, revision in (("org/model", "v1"), ("org/model", None), ("bert-small", "v2")):
        described(lora, base_model_name_or_path=base, revision=revision)
        with pytest.raises(InputError, match="no network"):
            Encoder(lora)
    assert asked[:2] == [("org/model", "v1"), ("org/model", None)]
    assert asked[2][1] == "v2"
    described(lora, revision=1)
    with pytest.raises(InputError, match=r"adapter_config\.json: revision is 1; expected a commit"):
        Encoder(lora)


@pytest.mark.slow
def test_a_local_base_has_no_revisions(lora: Path) -> None:
    expected = Encoder(lora).revision
    described(lora, revision="main")
    assert Encoder(lora).revision != expected  # other bytes, and no error


@pytest.mark.slow
def test_an_adapter_in_the_folder_of_its_base_is_put_into_it(
    tiny: ModuleType, bert_folder: Path
) -> None:
    model = adapted(bert_folder, KINDS["LoRA"](), transformers.BertForSequenceClassification)
    model.save_pretrained(bert_folder)
    assert (bert_folder / "model.safetensors").is_file()
    encoder, task = Encoder(bert_folder, device="cpu"), tiny.text_task()
    expected = Encoder(model, tokenizer=encoder.tokenizer).encode(task)["train"].layer(-1)
    np.testing.assert_allclose(encoder.encode(task)["train"].layer(-1), expected, atol=1e-4)
    assert model_bytes(str(bert_folder)) == encoder.revision
    described(bert_folder, lora_alpha=9)
    assert model_bytes(str(bert_folder)) != encoder.revision


def test_a_base_that_holds_an_adapter_itself_is_refused(lora: Path, tmp_path: Path) -> None:
    shutil.copytree(lora, tmp_path / "second")
    described(lora, base_model_name_or_path=str(tmp_path / "second"))
    described(tmp_path / "second", base_model_name_or_path=str(lora))
    with pytest.raises(InputError, match=r"adapter: the base of its adapter, .*second', holds"):
        Encoder(lora)
    with pytest.raises(InputError, match=r"second: the base of its adapter, .*adapter', holds"):
        model_bytes(str(tmp_path / "second"))
