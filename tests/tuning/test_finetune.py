import gc
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tunescope.encoders import Encoder, Representations
from tunescope.encoders.batching import collate
from tunescope.encoders.inputs import plan
from tunescope.encoders.policy import Policy
from tunescope.errors import InputError, TunescopeError
from tunescope.tuning import finetune
from tunescope.tuning.data import TrainingCollator, TrainingItems
from tunescope.tuning.head import Classifier
from tunescope.tuning.trainer import use_one_gpu

QUICK = {"epochs": 2, "batch_size": 4, "learning_rate": 3e-3}


def weights(tuned):
    found = {name: w.detach().clone() for name, w in tuned.encoder.model.named_parameters()}
    return found | {"head": tuned.head.weight.detach().clone(), "bias": tuned.head.bias}


def identical(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def tuned(tiny, bert):
    return finetune(bert, tiny.word_task(), **QUICK, snapshots=3)


@pytest.mark.slow
def test_snapshots_leave_no_trace_in_the_training(tiny, bert, tmp_path):
    task = tiny.word_task()
    without = weights(finetune(bert, task, **QUICK, snapshots=2, keep=False, evaluate=()))

    def disturb(update, encoder):
        torch.rand(100)
        np.random.rand(100)  # noqa: NPY002 - to show that it does no harm
        random.random()
        encoder.encode(task)

    for options in (
        {"snapshots": 7},
        {"snapshots": 7, "folder": tmp_path / "s"},
        {"snapshots": 7, "on_snapshot": disturb},
    ):
        assert identical(without, weights(finetune(bert, task, **QUICK, **options)))


@pytest.mark.slow
def test_a_seed_gives_one_result(tiny, bert):
    task = tiny.word_task()

    def run(seed):
        return weights(finetune(bert, task, **QUICK, snapshots=2, seed=seed))

    first = run(1)
    torch.rand(7)
    assert identical(first, run(1))
    assert not identical(first, run(2))


@pytest.mark.slow
def test_the_callers_model_and_random_state_stay_as_they_are(tiny, bert):
    before = {name: weight.clone() for name, weight in bert.model.named_parameters()}
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # noqa: NPY002
    finetune(bert, tiny.word_task(), **QUICK, snapshots=2)
    after = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # noqa: NPY002
    assert identical(before, dict(bert.model.named_parameters()))
    assert states[:2] == after[:2]
    assert torch.equal(states[2], after[2])


@pytest.mark.slow
def test_a_loaded_model_is_copied_too(tiny):
    model, tokenizer = tiny.tiny_model("gpt2")
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    tuned = finetune(model, tiny.word_task(), tokenizer=tokenizer, **QUICK, snapshots=2)
    assert identical(before, dict(model.named_parameters()))
    assert not identical(before, dict(tuned.encoder.model.named_parameters()))


@pytest.mark.slow
def test_it_says_and_leaves_nothing(tiny, bert, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finetune(bert, tiny.word_task(), **QUICK, snapshots=2)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", ["word_task", "pair_task", "text_task"])
def test_the_head_sits_on_exactly_the_vector_that_is_probed(tiny, bert, make):
    task = getattr(tiny, make)()
    inputs = plan(task, ["train"], bert.reading())
    planned = inputs.splits["train"]
    k = planned.units.shape[1]
    classifier = Classifier(bert, k * bert.n_features, len(task.label_names), seed=0).eval()
    batch = collate(inputs, np.arange(len(inputs.sequences)), bert.padding_id)
    units = torch.from_numpy(np.searchsorted(batch.units.numpy(), planned.units))
    labels = torch.from_numpy(task["train"].labels)
    with torch.no_grad():
        logits = classifier(**batch.tensors(), example_units=units, labels=labels)["logits"]
    vectors = bert.encode(task)["train"].layer(-1)
    expected = vectors @ classifier.head.weight.detach().numpy().T
    np.testing.assert_allclose(logits.numpy(), expected, atol=1e-5)


@pytest.mark.slow
def test_training_is_adam_with_warm_up_and_linear_decay(tiny):
    """Against a plain loop: one batch of everything, no dropout, no clipping."""
    model, tokenizer = tiny.tiny_model("bert", dropout=0.0)
    encoder = Encoder(model, tokenizer=tokenizer)
    task = tiny.word_task()
    epochs, peak, warm = 10, 1e-3, 2
    tuned = finetune(
        encoder,
        task,
        epochs=epochs,
        batch_size=1000,
        learning_rate=peak,
        warmup=0.2,
        snapshots=2,
        training_arguments={"max_grad_norm": 0.0},
    )
    mine = encoder.copy()
    inputs = plan(task, ["train"], mine.reading())
    planned = inputs.splits["train"]
    classifier = Classifier(mine, 16, 4, seed=0).train()
    batch = collate(inputs, np.arange(len(inputs.sequences)), mine.padding_id)
    units = torch.from_numpy(np.searchsorted(batch.units.numpy(), planned.units))
    labels = torch.from_numpy(task["train"].labels)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=peak)
    losses, rates = [], []
    for step in range(epochs):
        rate = peak * (step / warm if step < warm else (epochs - step) / (epochs - warm))
        optimizer.param_groups[0]["lr"] = rate
        loss = classifier(**batch.tensors(), example_units=units, labels=labels)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        rates.append(rate)
    np.testing.assert_allclose(tuned.history["learning_rate"], rates, rtol=1e-6)
    np.testing.assert_allclose(tuned.history["loss"], losses, rtol=1e-3)
    expected = mine.encode(task)["test"].layer(-1)
    np.testing.assert_allclose(tuned.encode(task)["test"].layer(-1), expected, atol=1e-3)


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_parts_of_a_batch_give_the_gradients_of_the_whole(tiny, family, monkeypatch):
    task = tiny.word_task(longest=20)
    model, tokenizer = tiny.tiny_model(family, dropout=0.0)
    encoder = Encoder(model, tokenizer=tokenizer)
    planned = plan(task, ["train"], encoder.reading(Policy()))
    classifier = Classifier(encoder, encoder.n_features, len(task.label_names), seed=0)
    items = TrainingItems(task["train"].text_index, "texts")
    collator = TrainingCollator(planned, "train", task["train"].labels, encoder.padding_id)
    batch = collator([items[i] for i in range(len(items))])
    asked = []
    states = encoder.states
    monkeypatch.setattr(encoder, "states", lambda *x: asked.append(x[0].shape) or states(*x))

    def gradients(overhead):
        monkeypatch.setattr("tunescope.encoders.transformer._PART", overhead)
        asked.clear()
        classifier.zero_grad()
        classifier(**batch)["loss"].backward()
        return {n: w.grad.clone() for n, w in classifier.named_parameters() if w.grad is not None}

    whole = gradients(10**6)
    assert len(asked) == 1
    parts = gradients(5)
    assert len(asked) > 2
    assert sum(n * longest for n, longest in asked) < batch["input_ids"].numel()
    assert whole.keys() == parts.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_it_learns(tiny, bert):
    task = tiny.word_task(sizes=(40, 20))
    tuned = finetune(bert, task, epochs=20, batch_size=8, learning_rate=3e-3, snapshots=3)
    scores = tuned.evaluations["accuracy"]
    assert scores.iloc[-1] > 0.95 > scores.iloc[0]
    assert tuned.history["loss"].iloc[-1] < 0.5 * tuned.history["loss"].iloc[0]
    assert tuned.history["accuracy"].iloc[-1] > 0.9
    found = tuned.snapshots[tuned.updates[-1]]["test"]
    assert (tuned.predict(found) == found.label_ids).mean() == scores.iloc[-1]


@pytest.mark.slow
def test_the_history_has_a_row_for_each_update(tuned):
    history = tuned.history
    assert list(history.columns) == ["update", "epoch", "loss", "learning_rate", "accuracy"]
    assert history["update"].tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(history["epoch"], np.arange(1, 7) / 3)
    assert history["accuracy"].between(0, 1).all()


@pytest.mark.slow
def test_the_evaluations_have_a_row_for_each_snapshot(tuned, tiny):
    table = tuned.evaluations
    assert list(table.columns) == ["update", "split", "accuracy", "n_examples"]
    assert table["update"].tolist() == [0, 3, 6]
    assert set(table["split"]) == {"test"}
    assert set(table["n_examples"]) == {len(tiny.word_task()["test"])}


@pytest.mark.slow
def test_the_first_snapshot_is_the_original_and_the_last_the_result(tuned, tiny, bert):
    task = tiny.word_task()
    assert tuned.updates == (0, 3, 6) == tuple(tuned.snapshots)
    for split in task.splits:
        for layer in range(4):
            first = tuned.snapshots[0][split].layer(layer)
            assert np.array_equal(first, bert.encode(task)[split].layer(layer))
            last = tuned.snapshots[6][split].layer(layer)
            assert np.array_equal(last, tuned.encode(task)[split].layer(layer))
            assert not np.array_equal(first, last)


@pytest.mark.slow
def test_snapshots_are_on_disk_and_go_with_the_result(tiny, bert):
    tuned = finetune(bert, tiny.word_task(), **QUICK, snapshots=2)
    vectors = tuned.snapshots[0]["train"].layer(0)
    assert isinstance(vectors, np.memmap)
    folder = Path(vectors.filename).parents[2]
    assert folder.exists()
    del tuned, vectors
    gc.collect()
    assert not folder.exists()


@pytest.mark.slow
def test_snapshots_in_a_folder_stay(tiny, bert, tmp_path):
    tuned = finetune(bert, tiny.word_task(), **QUICK, snapshots=2, folder=tmp_path, layers=[-1])
    expected = np.array(tuned.snapshots[6]["test"].layer(-1))
    del tuned
    gc.collect()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["update-0000000", "update-0000006"]
    again = Representations.load(tmp_path / names[1])["test"]
    assert again.layers == (3,)
    assert np.array_equal(again.layer(-1), expected)


@pytest.mark.slow
def test_what_is_given_to_on_snapshot(tiny, bert):
    seen = []

    def look(update, encoder):
        assert not any(module.training for module in encoder.model.modules())
        seen.append((update, float(encoder.encode(task, layers=[-1])["test"].layer(-1).sum())))

    task = tiny.word_task()
    tuned = finetune(bert, task, **QUICK, snapshots=[2], on_snapshot=look)
    assert [update for update, _ in seen] == [0, 2, 6]
    assert len({total for _, total in seen}) == 3
    assert tuned.snapshots == {}
    assert tuned.evaluations["update"].tolist() == [0, 2, 6]


@pytest.mark.slow
def test_evaluations_do_not_depend_on_what_is_kept(tiny, bert):
    task = tiny.word_task()
    kept = finetune(bert, task, **QUICK, snapshots=3).evaluations
    for options in ({"keep": False}, {"layers": [0]}, {"splits": ["train"]}):
        assert finetune(bert, task, **QUICK, snapshots=3, **options).evaluations.equals(kept)


@pytest.mark.slow
def test_batches_of_texts_or_of_examples(tiny, bert):
    task = tiny.word_task()
    n_texts, n_examples = len(task["train"].texts), len(task["train"])
    options = {"epochs": 1, "batch_size": 4, "snapshots": 2}
    texts = finetune(bert, task, **options)
    examples = finetune(bert, task, **options, batch_of="examples")
    assert len(texts.history) == -(-n_texts // 4)
    assert len(examples.history) == -(-n_examples // 4)


@pytest.mark.slow
def test_more_of_the_trainers_arguments(tiny, bert):
    task = tiny.word_task()
    plain = finetune(bert, task, **QUICK, snapshots=2)
    accumulated = finetune(
        bert, task, **QUICK, snapshots=2, training_arguments={"gradient_accumulation_steps": 3}
    )
    assert len(plain.history) == 3 * len(accumulated.history)
    assert accumulated.settings["training_arguments"] == {"gradient_accumulation_steps": 3}


@pytest.mark.slow
def test_layers_that_are_computed_twice_to_hold_less_change_nothing(tiny, bert):
    task = tiny.word_task()
    plain = finetune(bert, task, **QUICK, snapshots=2)
    less = finetune(
        bert, task, **QUICK, snapshots=2, training_arguments={"gradient_checkpointing": True}
    )
    pd.testing.assert_frame_equal(less.history, plain.history, rtol=1e-5)


@pytest.mark.slow
def test_mixed_precision_can_be_asked_for(tiny, bert):
    task = tiny.word_task()
    options = QUICK | {"snapshots": 2, "device": "cpu"}
    plain = finetune(bert, task, **options)
    mixed = finetune(bert, task, **options, training_arguments={"bf16": True})
    assert not identical(weights(plain), weights(mixed))
    np.testing.assert_allclose(mixed.history["loss"], plain.history["loss"], rtol=0.2)
    first = [tuned.snapshots[0]["test"].layer(-1) for tuned in (plain, mixed)]
    assert np.array_equal(*first)


@pytest.mark.slow
def test_checkpoints_can_be_asked_for(tiny, bert, tmp_path):
    finetune(
        bert,
        tiny.word_task(),
        **QUICK,
        snapshots=2,
        training_arguments={"save_strategy": "epoch", "output_dir": str(tmp_path)},
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-3", "checkpoint-6"]


@pytest.mark.slow
def test_long_texts_and_words_without_tokens_follow_their_policy(tiny):
    model, tokenizer = tiny.tiny_model("bert", positions=16)
    texts = [["the", "\u200b", "dog"], ["a", "cat"] * 20]
    index = [0, 0, 0] + [1] * 40
    positions = [[0], [1], [2]] + [[j] for j in range(40)]
    labels = [0, 3, 1] + [0, 1] * 20
    split = tiny.split_of("train", texts, index, positions, labels)
    task = tiny.Task("odd", "word", tiny.LABELS, {"train": split})
    encoder = Encoder(model, tokenizer=tokenizer)
    with pytest.raises(InputError, match=r"train\.txt:2"):
        finetune(encoder, task, epochs=1, snapshots=2, on_long="window")
    tuned = finetune(encoder, task, epochs=1, snapshots=2, on_long="window", on_missing="drop")
    assert tuned.snapshots[0]["train"].counts["dropped_missing"] == 1
    assert tuned.snapshots[0]["train"].counts["windowed"] == 40


@pytest.mark.slow
def test_progress_counts_updates(tiny, bert):
    calls = []
    finetune(
        bert, tiny.word_task(), **QUICK, snapshots=2, progress=lambda *call: calls.append(call)
    )
    assert calls == [(update, 6) for update in range(1, 7)]


@pytest.mark.slow
def test_a_loss_that_is_not_finite_stops_it(tiny, bert, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    options = QUICK | {"learning_rate": 1e30, "warmup": 0.0}
    with pytest.raises(TunescopeError, match=r"the loss is nan at update \d"):
        finetune(bert, tiny.word_task(), **options, snapshots=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_papers_epochs_are_the_default(tiny, bert):
    assert bert.epochs == 10
    bert.epochs = 1.0
    assert finetune(bert, tiny.word_task(), snapshots=2).settings["epochs"] == 1.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epochs": 0}, "epochs=0; expected more"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"learning_rate": 0.0}, "learning_rate=0.0"),
        ({"warmup": 1.0}, "warmup=1.0"),
        ({"batch_of": "words"}, "batch_of='words'; known"),
        ({"snapshots": 1}, "at least 2"),
        ({"epochs": float("inf")}, "epochs=inf; expected more than 0, up to 1,000,000"),
        ({"epochs": 1e308}, r"epochs=1e\+308"),
        ({"epochs": float("nan")}, "epochs=nan"),
        ({"epochs": "2"}, "epochs='2'; expected a number"),
        ({"batch_size": 2.0}, "batch_size=2.0"),
        ({"learning_rate": float("inf")}, "learning_rate=inf"),
        ({"learning_rate": None}, "learning_rate=None; expected a number"),
        ({"warmup": "0"}, "warmup='0'; expected a number"),
        ({"seed": -1}, "seed=-1; expected a whole number from 0 to 4294967295"),
        ({"seed": 2**40}, "seed=1099511627776"),
        ({"seed": "a"}, "seed='a'"),
        ({"snapshots": None}, "snapshots=None"),
        ({"on_snapshot": 3}, "on_snapshot=3; expected a function"),
        ({"evaluate": 3}, "splits=3; expected their names"),
        ({"splits": ["dev"]}, "has no split 'dev'"),
        ({"pooling": "max"}, "pooling='max'; known"),
        ({"on_long": []}, "on_long="),
        ({"policy": "cls"}, "policy='cls'; expected"),
        ({"training_arguments": [1]}, "training_arguments"),
        ({"snapshots": [7]}, "update 7; the training has updates 0 to 6"),
        ({"evaluate": ["dev"]}, "has no split 'dev'"),
        ({"train_split": "trian"}, "has no split 'trian'"),
        ({"folder": 5}, "folder=5; expected a path"),
        ({"folder": ""}, "folder=''; expected a path"),
        ({"checkpoint": ["state"], "folder": "vectors"}, "checkpoint=.'state'.; expected a path"),
        ({"training_arguments": {"bf61": True}}, "did you mean 'bf16'"),
        ({"training_arguments": {"seed": 1}}, "give seed= instead"),
        ({"training_arguments": {"fsdp": True}}, "'fsdp' is fixed"),
        ({"training_arguments": {"label_smoothing_factor": 0.1}}, "is fixed; the loss is"),
        ({"training_arguments": {"neftune_noise_alpha": 5.0}}, "is fixed; the embeddings"),
        ({"training_arguments": {"eval_strategy": "epoch"}}, "is fixed; evaluate= names"),
        ({"training_arguments": {"save_strategy": "best"}}, "transformers refuses them: "),
        ({"training_arguments": {"optim": "sgd2"}}, "transformers refuses them: sgd2 is not"),
        ({"training_arguments": {"lr_scheduler_type": "x"}}, "transformers refuses them: x is"),
        ({"training_arguments": {"report_to": "x"}}, "transformers refuses them: x is not"),
        ({"revision": "main"}, "an Encoder has its own"),
    ],
)
@pytest.mark.slow
def test_wrong_settings_are_named(tiny, bert, options, said):
    with pytest.raises(InputError, match=said):
        finetune(bert, tiny.word_task(), **{**QUICK, "snapshots": 2, **options})


@pytest.mark.slow
def test_the_split_may_be_called_what_others_call_it(tiny, bert):
    tuned = finetune(bert, tiny.word_task(), **QUICK, snapshots=2, train_split="training")
    assert set(tuned.evaluations["split"]) == {"test"}


@pytest.mark.parametrize("model", [None, 3, b"bert", ["bert"]])
def test_what_is_no_model_or_task_is_named(tiny, bert, model):
    with pytest.raises(InputError, match="model="):
        finetune(model, tiny.word_task())
    with pytest.raises(InputError, match="model="):
        Encoder(model)
    for call in (bert.encode, lambda task: finetune(bert, task)):
        with pytest.raises(InputError, match="; expected a Task"):
            call(model)


def test_one_gpu_is_used_or_the_reason_why_not_is_said():
    class Arguments:
        n_gpu = _n_gpu = 2

    with pytest.raises(TunescopeError, match="set CUDA_VISIBLE_DEVICES"):
        use_one_gpu(Arguments())


def test_one_label_is_not_enough(tiny, bert):
    split = tiny.split_of("train", [["the", "dog"]], [0, 0], [[0], [1]], [1, 1])
    task = tiny.Task("t", "word", tiny.LABELS, {"train": split})
    with pytest.raises(InputError, match="has one label; training needs two"):
        finetune(bert, task)
