"""A folder of sentence-transformers gives the vectors that sentence-transformers gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import text_task, tiny_model, word_task

from tunescope.encoders import Encoder
from tunescope.encoders.loading import model_bytes
from tunescope.errors import InputError


def folder_of(place: Path, pooling: dict[str, Any], *, normalise: bool, old: bool) -> Path:
    """Write a model of sentences as the library does, today or years ago."""
    model, tokenizer = tiny_model("bert")
    inner = place / ("0_Transformer" if old else "")
    inner.mkdir(parents=True)
    model.save_pretrained(inner)
    tokenizer.save_pretrained(inner)
    (inner / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    (place / "1_Pooling").mkdir()
    about = {"word_embedding_dimension": 16, **pooling}
    (place / "1_Pooling" / "config.json").write_text(json.dumps(about))
    modules = [("0_Transformer" if old else "", "Transformer"), ("1_Pooling", "Pooling")]
    if normalise:
        (place / "2_Normalize").mkdir()
        modules.append(("2_Normalize", "Normalize"))
    described = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(modules)
    ]
    (place / "modules.json").write_text(json.dumps(described))
    return place


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken"])
@pytest.mark.slow
def test_it_is_pooled_and_scaled_as_its_folder_says(
    pooling: str, normalise: bool, old: bool, tmp_path: Path
) -> None:
    sentences = pytest.importorskip("sentence_transformers")
    names = {"mean": "mean_tokens", "cls": "cls_token", "lasttoken": "lasttoken"}
    said = {f"pooling_mode_{names[pooling]}": True} if old else {"pooling_mode": pooling}
    folder = folder_of(tmp_path / "m", said, normalise=normalise, old=old)
    task = text_task()
    theirs = sentences.SentenceTransformer(str(folder), device="cpu")
    expected = theirs.encode(list(task["train"].texts))
    own = Encoder(folder, device="cpu").encode(task)["train"].layer(-1)
    np.testing.assert_allclose(own, expected, atol=1e-5)
    loaded = Encoder(theirs, tokenizer=theirs.tokenizer).encode(task)["train"].layer(-1)
    np.testing.assert_allclose(loaded, expected, atol=1e-5)


@pytest.mark.slow
def test_what_is_asked_for_comes_before_what_the_folder_says(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "m", {"pooling_mode": "mean"}, normalise=True, old=False)
    encoder = Encoder(folder, device="cpu")
    cls = encoder.encode(text_task(), pooling="cls")["train"].layer(-1)
    model, tokenizer = tiny_model("bert")
    plain = Encoder(model, tokenizer=tokenizer).encode(text_task(), pooling="cls")["train"]
    np.testing.assert_allclose(cls, plain.layer(-1), atol=1e-6)
    words = encoder.encode(word_task())["train"].layer(-1)
    assert not np.allclose(np.linalg.norm(words, axis=1), 1)


@pytest.mark.parametrize(
    "said",
    [
        *({"pooling_mode": mode} for mode in ("max", "weightedmean", ["cls", "mean"])),
        {"pooling_mode_max_tokens": True},
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
    ],
)
def test_a_pooling_that_is_not_known_here_is_said(
    said: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_of(tmp_path / "m", said, normalise=True, old=False)
    found = Encoder(folder, device="cpu").encode(text_task())["train"].layer(-1)
    assert "its own pooling of texts is none of those known here" in caplog.text
    assert not np.allclose(np.linalg.norm(found, axis=1), 1)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize(
    "said", [{"pooling_mode": "mean"}, {"pooling_mode_cls_token": True}, {"pooling_mode": "max"}]
)
def test_saved_it_is_pooled_and_scaled_as_before(
    said: dict[str, Any], normalise: bool, old: bool, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path / "m", said, normalise=normalise, old=old)
    encoder = Encoder(folder, device="cpu")
    for _ in range(2):
        encoder.save(tmp_path / "kept")
        again = Encoder(tmp_path / "kept", device="cpu")
        first, second = (one.encode(text_task())["train"].layer(-1) for one in (encoder, again))
        np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_sentence_transformers_reads_what_was_saved(tmp_path: Path) -> None:
    sentences = pytest.importorskip("sentence_transformers")
    folder = folder_of(tmp_path / "m", {"pooling_mode": "mean"}, normalise=True, old=True)
    encoder = Encoder(folder, device="cpu")
    encoder.save(tmp_path / "kept")
    theirs = sentences.SentenceTransformer(str(tmp_path / "kept"), device="cpu")
    task = text_task()
    expected = theirs.encode(list(task["train"].texts))
    np.testing.assert_allclose(encoder.encode(task)["train"].layer(-1), expected, atol=1e-5)


def test_a_short_name_is_saved_as_the_paper_reads_it(tmp_path: Path) -> None:
    encoder = Encoder("minilm:1", device="cpu")
    encoder.save(tmp_path / "kept")
    assert Encoder(tmp_path / "kept", device="cpu").reading().pooling == "cls"


@pytest.mark.parametrize("old", [False, True])
def test_each_of_its_files_is_a_part_of_what_it_is(old: bool, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "m", {"pooling_mode": "mean"}, normalise=True, old=old)
    inner = folder / "0_Transformer" if old else folder
    (inner / "chat_template.jinja").write_text("{{ messages[0].content }}")
    (inner / "additional_chat_templates").mkdir()
    (inner / "additional_chat_templates" / "tools.jinja").write_text("{{ tools }}")
    (folder / "2_Normalize" / "config.json").write_text("{}")
    seen = {Encoder(folder, device="cpu").revision}
    assert seen == {model_bytes(str(folder))}
    for path in sorted(folder.rglob("*.*")):
        if path.is_file():
            kept = path.read_bytes()
            path.write_bytes(kept + b" ")
            found = model_bytes(str(folder))
            assert found not in {None, *seen}, path
            seen.add(found)
            path.write_bytes(kept)
    (inner / "README.md").write_text("how it was made")
    assert model_bytes(str(folder)) in seen


@pytest.mark.parametrize(
    ("modules", "message"),
    [({}, "expected a list of modules"), ([{"type": "a.Pooling", "path": "../x"}], "outside")],
)
def test_a_damaged_description_is_named(modules: Any, message: str, bert_folder: Path) -> None:
    (bert_folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(InputError, match=message):
        Encoder(bert_folder, device="cpu")
