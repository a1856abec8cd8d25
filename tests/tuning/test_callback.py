import numpy as np
import pytest
import torch
from transformers import BertForSequenceClassification, Trainer, TrainingArguments

from tunescope.encoders import Encoder, Representations
from tunescope.errors import InputError
from tunescope.tuning import SnapshotCallback


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
    from transformers import TrainerCallback

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
