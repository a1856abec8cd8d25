import copy
import shutil

import numpy as np
import pytest
import torch
from trainings import LoadingFirst, animal_task, scored, text_trainer
from transformers import (
    BertForSequenceClassification,
    EarlyStoppingCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from tunescope.encoders import Encoder, Representations
from tunescope.errors import InputError
from tunescope.tuning import SnapshotCallback

pytestmark = pytest.mark.slow


def own_training(tiny, folder, callbacks, with_tokenizer=True, **more):
    """A training as anybody's script has it, with nothing of this package's."""
    plain, tokenizer = tiny.tiny_model("bert")
    torch.manual_seed(0)
    model = BertForSequenceClassification(plain.config)
    task = tiny.text_task()
    rows = [
        {**tokenizer(text), "labels": int(label)}
        for text, label in zip(task["train"].texts, task["train"].labels, strict=True)
    ]
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=2,
        per_device_train_batch_size=5,
        report_to="none",
        disable_tqdm=True,
        save_strategy="no",
        logging_strategy="no",
        use_cpu=True,
        **more,
    )
    trainer = Trainer(
        model,
        arguments,
        train_dataset=rows,
        processing_class=tokenizer if with_tokenizer else None,
        callbacks=callbacks,
        data_collator=lambda items: tokenizer.pad(items, return_tensors="pt"),
    )
    trainer.train()
    return model.eval(), tokenizer


def test_anybodys_training_is_not_touched(tiny, tmp_path):
    callback = SnapshotCallback(tiny.text_task(), snapshots=3)
    without, _ = own_training(tiny, tmp_path, [])
    model, tokenizer = own_training(tiny, tmp_path, [callback])
    for name, weight in without.state_dict().items():
        assert torch.equal(weight, model.state_dict()[name])
    assert callback.taken == [0, 2, 4]
    last = Encoder(model, tokenizer=tokenizer).encode(tiny.text_task())["train"].layer(-1)
    assert np.array_equal(callback.snapshots[4]["train"].layer(-1), last)


def test_the_task_may_be_another_one_and_go_to_a_folder(tiny, tmp_path):
    callback = SnapshotCallback(
        tiny.word_task(), snapshots=[1], folder=tmp_path / "vectors", splits=["test"], layers=[-1]
    )
    own_training(tiny, tmp_path / "trainer", [callback])
    assert list(callback.snapshots) == [0, 1, 4]
    stored = Representations.load(tmp_path / "vectors" / "update-0000001")
    assert list(stored) == ["test"]
    assert stored["test"].layers == (3,)


def test_only_looking_keeps_nothing(tiny, tmp_path):
    seen = []
    callback = SnapshotCallback(
        tiny.text_task(), snapshots=2, on_snapshot=lambda update, encoder: seen.append(update)
    )
    own_training(tiny, tmp_path, [callback])
    assert seen == [0, 4]
    assert callback.snapshots == {}


def test_without_a_tokenizer_it_says_what_to_give(tiny, tmp_path):
    with pytest.raises(InputError, match="give it here"):
        own_training(tiny, tmp_path, [SnapshotCallback(tiny.text_task())], with_tokenizer=False)
    tokenizer = tiny.tiny_model("bert")[1]
    callback = SnapshotCallback(tiny.text_task(), snapshots=2, tokenizer=tokenizer)
    own_training(tiny, tmp_path, [callback], with_tokenizer=False)
    assert callback.taken == [0, 4]


def test_a_training_that_stops_early_has_its_last_snapshot(tiny, tmp_path):
    class Stop(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            control.should_training_stop = state.global_step == 3
            return control

    callback = SnapshotCallback(tiny.text_task(), snapshots=2)
    own_training(tiny, tmp_path, [callback, Stop()])
    assert callback.taken == [0, 3]


def test_a_wrong_schedule_is_refused_before_training(tiny):
    with pytest.raises(InputError, match="at least 2"):
        SnapshotCallback(tiny.text_task(), snapshots=1)


class Keep(TrainerCallback):
    """Keep the weights of every update, to compare with."""

    def __init__(self):
        self.weights = {}

    def on_step_end(self, args, state, control, model=None, **kwargs):
        self.weights[state.global_step] = copy.deepcopy(model.state_dict())


def vectors_of(model, weights, tokenizer, task):
    other = copy.deepcopy(model)
    other.load_state_dict(weights)
    return Encoder(other.eval(), tokenizer=tokenizer).encode(task)["train"].layer(-1)


def early_stopping(tiny, folder, callbacks, strategy):
    task = tiny.text_task(n=20)
    plain, tokenizer = tiny.tiny_model("bert")
    rows = [
        {**tokenizer(text), "labels": int(label)}
        for text, label in zip(task["train"].texts, task["train"].labels, strict=True)
    ]
    torch.manual_seed(0)
    model = BertForSequenceClassification(plain.config)
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=20,
        per_device_train_batch_size=5,
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        logging_strategy="no",
        eval_strategy=strategy,
        eval_steps=1,
        save_strategy=strategy,
        save_steps=1,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        learning_rate=0.05,
    )
    trainer = Trainer(
        model,
        arguments,
        train_dataset=rows,
        eval_dataset=rows[:5],
        processing_class=tokenizer,
        callbacks=[*callbacks, EarlyStoppingCallback(3)],
        data_collator=lambda items: tokenizer.pad(items, return_tensors="pt"),
    )
    trainer.train()
    return trainer, task, tokenizer


@pytest.mark.parametrize("strategy", ["steps", "epoch"])
def test_every_snapshot_is_of_the_update_it_names_when_the_best_model_is_loaded(
    tiny, tmp_path, strategy
):
    keep, task = Keep(), tiny.text_task(n=20)
    callback = SnapshotCallback(task, snapshots=2)
    trainer, task, tokenizer = early_stopping(tiny, tmp_path, [callback, keep], strategy)
    last, best = trainer.state.global_step, trainer.state.best_global_step
    assert best < last < trainer.state.max_steps
    assert callback.final_update == best
    assert callback.taken == [0, last, best]
    for update in (last, best):
        expected = vectors_of(trainer.model, keep.weights[update], tokenizer, task)
        found = callback.snapshots[update]["train"].layer(-1)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    final = vectors_of(trainer.model, trainer.model.state_dict(), tokenizer, task)
    assert np.array_equal(callback.snapshots[best]["train"].layer(-1), final)


BEST = {
    "load_best_model_at_end": True,
    "metric_for_best_model": "score",
    "greater_is_better": True,
    "learning_rate": 1e-2,
}


def test_a_best_update_that_was_not_saved_is_not_the_one_that_is_loaded(tmp_path):
    keep = Keep()
    callback = SnapshotCallback(animal_task(), snapshots=2)
    trainer, task = text_trainer(
        *(tmp_path, [callback, keep]),
        **{**BEST, "eval_strategy": "steps", "eval_steps": 1, "max_steps": 6},
        **{"save_strategy": "steps", "save_steps": 2},
    )
    scored(trainer, [0.1, 0.5, 0.9, 0.2, 0.1, 0.1])
    trainer.train()
    assert trainer.state.best_global_step == 3
    assert callback.final_update == 2
    assert callback.taken == [0, 6, 2]
    expected = vectors_of(trainer.model, keep.weights[2], trainer.processing_class, task)
    np.testing.assert_allclose(callback.snapshots[2]["train"].layer(-1), expected, atol=1e-6)


def test_a_best_model_that_is_gone_is_not_what_the_training_ends_with(tmp_path):
    class Remove(TrainerCallback):
        def on_epoch_end(self, args, state, control, **kwargs):
            if state.global_step == state.max_steps:
                shutil.rmtree(tmp_path / "checkpoint-2")

    callback = SnapshotCallback(animal_task(), snapshots=2)
    more = {**BEST, "eval_strategy": "steps", "eval_steps": 1, "save_strategy": "best"}
    trainer, _ = text_trainer(tmp_path, [callback, Remove()], **more, max_steps=3)
    scored(trainer, [0.1, 0.9, 0.2])
    trainer.train()
    assert trainer.state.best_global_step == 2
    assert callback.final_update == 3
    assert callback.taken == [0, 3]


def test_a_best_model_that_an_earlier_training_has_left_is_of_no_update(tmp_path, caplog):
    more = {**BEST, "eval_strategy": "steps", "eval_steps": 1, "save_strategy": "steps"}
    for save_steps in (1, 2):
        callback = SnapshotCallback(animal_task(), snapshots=2)
        trainer, _ = text_trainer(
            tmp_path, [callback], **more, save_steps=save_steps, max_steps=4, seed=save_steps
        )
        scored(trainer, [0.1, 0.5, 0.9, 0.2])
        trainer.train()
        if save_steps == 1:
            assert callback.taken == [0, 4, callback.final_update] == [0, 4, 3]
            assert "of no update" not in caplog.text
    assert callback.final_update is None
    assert callback.taken == [0, 4]
    (said,) = [row.getMessage() for row in caplog.records if row.name.startswith("tunescope")]
    assert f"of no update of this training: transformers has loaded {tmp_path}" in said
    assert "checkpoint-3" in said


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", [Trainer, LoadingFirst])
def test_the_last_snapshot_is_taken_where_an_evaluation_ends_a_training_and_saves_nothing(
    tmp_path, caplog, kind, after
):
    keep, callback = Keep(), SnapshotCallback(animal_task(), snapshots=2)
    callbacks = [callback, keep, EarlyStoppingCallback(2)]
    more = {**BEST, "eval_strategy": "epoch", "save_strategy": "best", "num_train_epochs": 20}
    trainer, task = text_trainer(
        tmp_path, callbacks[::-1] if after else callbacks, **more, kind=kind
    )
    scored(trainer, [0.1, 0.9, 0.3, 0.2])
    trainer.train()
    best, last = 12, 24
    assert (trainer.state.global_step, callback.final_update) == (last, best)
    said = [row.getMessage() for row in caplog.records if row.name.startswith("tunescope")]
    if kind is LoadingFirst and not after:
        assert callback.taken == [0, best]
        assert len(said) == 1
        assert "update 24 has no snapshot" in said[0]
    else:
        assert callback.taken == [0, last, best]
        assert not said
    for update in callback.taken[1:]:
        expected = vectors_of(trainer.model, keep.weights[update], trainer.processing_class, task)
        found = callback.snapshots[update]["train"].layer(-1)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    taken = list(callback.taken)
    scored(trainer, [0.1])
    trainer.evaluate()  # of a training that is over
    assert callback.taken == taken


def again_trainer(tiny, folder, callback, model_init=False, **more):
    task = tiny.text_task()
    plain, tokenizer = tiny.tiny_model("bert")
    rows = [
        {**tokenizer(text), "labels": int(label)}
        for text, label in zip(task["train"].texts, task["train"].labels, strict=True)
    ]
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=2,
        per_device_train_batch_size=5,
        report_to="none",
        disable_tqdm=True,
        logging_strategy="no",
        learning_rate=1e-2,
        use_cpu=True,
        **{"save_strategy": "no", **more},
    )
    makes = {"model_init": lambda: BertForSequenceClassification(plain.config)}
    given = {"model": BertForSequenceClassification(plain.config)}
    return Trainer(
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
        callbacks=[callback],
        data_collator=lambda items: tokenizer.pad(items, return_tensors="pt"),
        **(makes if model_init else given),
    )


@pytest.mark.parametrize("kind", ["train twice", "model_init", "two Trainers"])
def test_a_callback_used_again_looks_at_the_model_that_is_trained(tiny, tmp_path, kind):
    task = tiny.text_task()
    callback = SnapshotCallback(task, snapshots=2, folder=tmp_path / "vectors")
    init = kind == "model_init"
    trainer = again_trainer(tiny, tmp_path / "t", callback, model_init=init)
    trainer.train()
    first = {update: np.array(r["train"].layer(-1)) for update, r in callback.snapshots.items()}
    if kind == "two Trainers":
        trainer = again_trainer(tiny, tmp_path / "t", callback)
    trainer.args.learning_rate = 3e-2
    trainer.train()
    assert callback.taken == [0, 4]
    last = Encoder(trainer.model.eval(), tokenizer=trainer.processing_class).encode(task)
    found = callback.snapshots[4]["train"].layer(-1)
    assert np.array_equal(found, last["train"].layer(-1))
    assert not np.array_equal(found, first[4])
    stored = Representations.load(tmp_path / "vectors" / "update-0000004")["train"].layer(-1)
    assert np.array_equal(stored, first[4])
    again = tmp_path / "vectors" / "training-2" / "update-0000004"
    assert np.array_equal(Representations.load(again)["train"].layer(-1), found)


def test_a_resumed_training_has_no_snapshot_of_what_it_did_not_see(tiny, tmp_path):
    task = tiny.text_task()
    whole = SnapshotCallback(task, snapshots=[1, 2, 3])
    trainer = again_trainer(
        tiny, tmp_path / "t", whole, save_strategy="steps", save_steps=1, seed=3
    )
    trainer.train()
    resumed = SnapshotCallback(task, snapshots=[1, 3])  # update 2 is where it goes on from
    trainer = again_trainer(tiny, tmp_path / "t", resumed, seed=3)
    trainer.train(resume_from_checkpoint=str(tmp_path / "t" / "checkpoint-2"))
    assert resumed.taken == [2, 3, 4]
    for update in resumed.taken:
        expected = whole.snapshots[update]["train"].layer(-1)
        found = resumed.snapshots[update]["train"].layer(-1)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_new_program_does_not_write_over_the_snapshots_of_an_earlier_training(
    tiny, tmp_path, caplog
):
    task = tiny.text_task()
    folder = tmp_path / "vectors"

    def train(seed, snapshots, resume=None, **arguments):
        callback = SnapshotCallback(task, snapshots=snapshots, folder=folder)
        trainer = again_trainer(tiny, tmp_path / f"t{seed}", callback, seed=seed, **arguments)
        trainer.train(resume_from_checkpoint=resume)
        return callback

    def stored(place):
        return {
            path.name: np.array(Representations.load(path)["train"].layer(-1))
            for path in place.glob("update-*")
        }

    train(1, [2])
    first = stored(folder)
    assert not caplog.records
    second = train(2, [1, 3], save_strategy="steps", save_steps=3)
    assert f"those of this one go to {folder / 'training-2'}" in caplog.text
    assert second.taken == [0, 1, 3, 4]
    assert set(stored(folder / "training-2")) == {f"update-{k:07d}" for k in (0, 1, 3, 4)}
    caplog.clear()
    resumed = train(2, [1, 3], resume=str(tmp_path / "t2" / "checkpoint-3"))
    assert resumed.taken == [3, 4]
    assert not (folder / "training-3").exists()
    assert "go to" not in caplog.text
    found = stored(folder)
    assert found.keys() == first.keys() == {f"update-{k:07d}" for k in (0, 2, 4)}
    for name, vectors in first.items():
        assert np.array_equal(found[name], vectors)


def test_a_training_that_goes_on_otherwise_is_not_mixed_with_the_one_before(tiny, tmp_path, caplog):
    task, folder = tiny.text_task(), tmp_path / "vectors"
    saved = {"save_strategy": "steps", "save_steps": 2}
    first = SnapshotCallback(task, snapshots=[1, 3], folder=folder)
    again_trainer(tiny, tmp_path / "t", first, seed=1, **saved).train()
    second = SnapshotCallback(task, snapshots=[3, 5], folder=folder)
    trainer = again_trainer(tiny, tmp_path / "t", second, seed=2, max_steps=6)
    trainer.train(resume_from_checkpoint=str(tmp_path / "t" / "checkpoint-2"))
    assert second.taken == [2, 3, 5, 6]
    aside = folder / "superseded" / "1"
    assert f"they are now in {aside}" in caplog.text
    for callback, place, updates in ((first, aside, (3, 4)), (second, folder, (2, 3, 5, 6))):
        for update in updates:
            stored = Representations.load(place / f"update-{update:07d}")["train"].layer(-1)
            assert np.array_equal(stored, callback.snapshots[update]["train"].layer(-1))
    assert {path.name for path in folder.glob("update-*")} == {
        f"update-{update:07d}" for update in (0, 1, 2, 3, 5, 6)
    }


def test_a_callback_that_keeps_nothing_moves_nothing(tiny, tmp_path, caplog):
    task, folder = tiny.text_task(), tmp_path / "vectors"
    saved = {"save_strategy": "steps", "save_steps": 2}
    first = SnapshotCallback(task, snapshots=2, folder=folder)
    again_trainer(tiny, tmp_path / "t", first, **saved).train()
    second = SnapshotCallback(task, snapshots=2, folder=folder, keep=False)
    trainer = again_trainer(tiny, tmp_path / "t", second)
    trainer.train(resume_from_checkpoint=str(tmp_path / "t" / "checkpoint-2"))
    assert second.taken == [2, 4]
    assert {path.name for path in folder.iterdir()} == {"update-0000000", "update-0000004"}
