"""Anybody's training is watched, and is what it is without."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from trainings import (
    LoadingFirst,
    animal_task,
    same,
    scored,
    text_trainer,
    weights,
    word_trainer,
)
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback

import tunescope as ts
from tunescope.encoders import Encoder
from tunescope.errors import InputError
from tunescope.evidence import followed
from tunescope.results import Result
from tunescope.runs import Run
from tunescope.storage import remove
from tunescope.watching import Diverging, GeometryCallback, tables
from tunescope.watching.folder import looks_in

pytestmark = pytest.mark.slow


def logged(trainer: Any) -> dict[int, dict[str, float]]:
    """Give what the Trainer's own history holds of the geometry, by update."""
    return {
        row["step"]: row
        for row in trainer.state.log_history
        if any(name.startswith("geometry/") for name in row)
    }


@pytest.mark.parametrize("make", [text_trainer, word_trainer])
def test_a_training_that_is_watched_is_what_it_is_without(make: Any, tmp_path: Path) -> None:
    plain, task = make(tmp_path / "plain", [])
    plain.train()
    callback = GeometryCallback(task, every=3, budget=None)
    trainer, _ = make(tmp_path / "watched", [callback], logging_strategy="steps", logging_steps=1)
    trainer.train()
    assert same(weights(plain.model), weights(trainer.model))
    last = trainer.state.max_steps
    expected = sorted({*range(0, last + 1, 3), last})
    found = logged(trainer)
    assert sorted(found) == expected == callback.result.record["watching"]["updates"]
    assert {"geometry/min_distance_mean", "geometry/clusters", "geometry/spread"} <= set(found[0])
    assert found[last]["geometry/similarity_train_test"] == pytest.approx(
        _similarity(callback.result, "train_test", last)
    )
    losses = [row["step"] for row in trainer.state.log_history if "loss" in row]
    assert losses == list(range(1, last + 1))  # none of the training's own logs is lost


def _similarity(run: Run, comparison: str, update: int) -> float:
    table = run.tables["similarity"]
    chosen = table[
        (table["comparison"] == comparison)
        & (table["measure"] == "spatial_pearson")
        & (table["update"] == update)
    ]
    return float(chosen["similarity"].iloc[0])


def test_the_vectors_are_those_of_the_model_at_that_update(tmp_path: Path) -> None:
    class Keep(TrainerCallback):
        def __init__(self) -> None:
            self.models: dict[int, Any] = {}

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.models[state.global_step] = copy.deepcopy(kwargs["model"])

    keep = Keep()
    callback = GeometryCallback(animal_task(), every=[5], budget=None)
    trainer, task = text_trainer(tmp_path, [callback, keep])
    trainer.train()
    encoder = Encoder(keep.models[5].eval(), tokenizer=trainer.processing_class)
    expected = ts.separations(encoder.encode(task)["train"].layer(-1), task_labels(task))
    table = callback.result.tables["separations"]
    chosen = table[(table["update"] == 5) & (table["split"] == "train")]
    np.testing.assert_allclose(chosen["separation"], expected.distance, rtol=1e-5)


def task_labels(task: ts.Task) -> np.ndarray:
    return np.asarray(task.label_names)[task["train"].labels]


def test_the_head_s_own_confidence_is_kept_for_each_example(tmp_path: Path) -> None:
    callback = GeometryCallback(animal_task(), budget=None)
    trainer, task = text_trainer(tmp_path, [callback])
    trainer.train()
    model, tokenizer = trainer.model.eval(), trainer.processing_class
    table = callback.result.tables["dynamics"]
    last = table[(table["update"] == trainer.state.max_steps) & (table["split"] == "test")]
    for number, text in enumerate(task["test"].texts):
        with torch.no_grad():
            logits = model(**tokenizer(text, return_tensors="pt")).logits[0]
        row = last[last["example"] == number].iloc[0]
        given = int(task["test"].labels[number])
        assert row["confidence"] == pytest.approx(float(logits.softmax(-1)[given]), abs=1e-5)
        assert row["predicted"] == task.label_names[int(logits.argmax())]
        assert row["correct"] == (row["predicted"] == row["label"])
    scored = callback.result.tables["evaluations"]
    row = scored[(scored["update"] == trainer.state.max_steps) & (scored["split"] == "test")]
    assert float(row["accuracy"].iloc[0]) == pytest.approx(float(last["correct"].mean()))
    loss = -np.log(last["confidence"]).mean()
    assert float(row["loss"].iloc[0]) == pytest.approx(float(loss), rel=1e-5)
    train = table[(table["split"] == "train") & (table["update"] > 0)]
    expected = followed(train)["example"].tolist()
    assert expected  # the head is not sure of all after so short a training
    suspects = callback.result.tables["suspects"]
    assert suspects["example"].tolist() == expected
    assert suspects["text"].tolist() == [task["train"].text(i) for i in expected]
    assert set(suspects["stage"]) == {"tuned"}


def test_each_training_of_a_callback_has_a_folder_of_its_own(tmp_path: Path) -> None:
    callback = GeometryCallback(animal_task(), budget=None, measures=["spread"])
    trainer, _ = text_trainer(tmp_path, [callback], how="model_init")
    trainer.train()
    first = callback.result
    trainer.train()
    second = callback.result
    assert (first.folder, second.folder) == (tmp_path / "geometry", tmp_path / "geometry-2")
    assert first.tables["spread"].equals(second.tables["spread"])  # made anew, trained the same


class Stop(TrainerCallback):
    """Break a training off after an update, as a killed process does."""

    def __init__(self, update: int) -> None:
        self.update = update

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.update:
            raise KeyboardInterrupt


def broken_off(folder: Path, callback: GeometryCallback, update: int, **arguments: Any) -> None:
    trainer, _ = text_trainer(folder, [callback, Stop(update)], **arguments)
    with pytest.raises(KeyboardInterrupt):
        trainer.train()
    callback._abandon()  # another process would have let go of the folder by its end


def test_a_training_that_is_resumed_goes_on_in_its_folder(tmp_path: Path) -> None:
    arguments = {"save_strategy": "steps", "save_steps": 5, "num_train_epochs": 2}
    whole, broken, again = (GeometryCallback(animal_task(), every=4, budget=None) for _ in range(3))
    trainer, _ = text_trainer(tmp_path / "whole", [whole], **arguments)
    trainer.train()
    broken_off(tmp_path / "broken", broken, 8, **arguments)
    trainer, _ = text_trainer(tmp_path / "broken", [again], **arguments)
    trainer.train(resume_from_checkpoint=str(tmp_path / "broken" / "checkpoint-5"))
    assert again.result.folder == tmp_path / "broken" / "geometry"
    assert again.result.record["resumed_at"] == [5]
    found, expected = again.result.tables["spread"], whole.result.tables["spread"]
    of_both = found["update"].isin(expected["update"])
    assert set(found["update"]) == {0, 4, 5, 8, 12}
    assert found[of_both].reset_index(drop=True).equals(expected)


def test_a_resumed_training_leaves_a_newer_one_alone(tmp_path: Path) -> None:
    def trained(rate: float, *more: TrainerCallback, resume: bool | str = False) -> Any:
        callback = GeometryCallback(animal_task(), every=4, budget=None, measures=["spread"])
        arguments = {"save_strategy": "steps", "save_steps": 5, "max_steps": 12}
        # a checkpoint says which run it is of; it may be anywhere
        folder = tmp_path / f"rate-{rate}"
        callback._folder = tmp_path / "geometry"
        trainer, _ = text_trainer(folder, [callback, *more], **arguments, learning_rate=rate)
        try:
            trainer.train(resume_from_checkpoint=resume)
        except KeyboardInterrupt:
            return callback
        return callback.result

    broken = trained(1e-3, Stop(9))
    other = trained(1e-2)
    broken._abandon()  # another process would have let go of the folder by its end
    again = trained(1e-3, resume=str(tmp_path / "rate-0.001" / "checkpoint-5"))
    assert other.folder == tmp_path / "geometry-2"
    assert other.record["watching"]["updates"] == [0, 4, 8, 12]
    assert again.folder == tmp_path / "geometry"
    assert again.record["watching"]["updates"] == [0, 4, 5, 8, 12]
    assert looks_in(Run.open(other.folder)) == [0, 4, 8, 12]


def test_a_training_goes_on_in_the_process_in_which_it_was_broken_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    arguments = {"save_strategy": "steps", "save_steps": 2, "max_steps": 8}
    options: dict[str, Any] = {"every": 2, "budget": None, "measures": ["similarity"]}
    broken = GeometryCallback(animal_task(), **options)
    trainer, _ = text_trainer(tmp_path, [broken, Stop(5)], **arguments)
    with pytest.raises(KeyboardInterrupt):
        trainer.train()
    again = GeometryCallback(animal_task(), **options)  # as a cell does that is run again
    trainer, _ = text_trainer(tmp_path, [again], **arguments)
    trainer.train(resume_from_checkpoint=True)
    assert again.result.folder == tmp_path / "geometry"
    assert again.result.record["watching"]["updates"] == [0, 2, 4, 6, 8]
    assert not notes_of(again.result)
    assert not [row for row in caplog.records if row.name.startswith("tunescope")]


def test_a_training_that_is_at_work_keeps_its_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One Trainer begins another, which goes on from a checkpoint of the first."""
    arguments = {"save_strategy": "steps", "save_steps": 2, "max_steps": 6}
    options: dict[str, Any] = {"every": 2, "budget": None, "measures": ["spread"]}
    outer, inner = (GeometryCallback(animal_task(), **options) for _ in range(2))

    class Begin(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == 5:
                second, _ = text_trainer(tmp_path, [inner], **arguments)
                second.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))

    trainer, _ = text_trainer(tmp_path, [outer, Begin()], **arguments)
    trainer.train()
    assert outer.result.folder == tmp_path / "geometry"
    assert outer.result.record["watching"]["updates"] == [0, 2, 4, 6]
    assert inner.result.folder == tmp_path / "geometry-2"
    (said,) = [row.getMessage() for row in caplog.records if "gone on with" in row.getMessage()]
    assert "another process is working in this folder" in said
    assert any("not gone on with" in note for note in notes_of(inner.result))


def same_tables(found: Result, expected: Result) -> None:
    assert found.tables.keys() == expected.tables.keys()
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table, obj=name)


@pytest.mark.parametrize("best", [2, 6])
def test_a_resumed_training_with_the_best_model_is_what_it_is_in_one(
    best: int, tmp_path: Path
) -> None:
    def trained(folder: Path, *more: TrainerCallback, resume: bool = False) -> GeometryCallback:
        callback = GeometryCallback(animal_task(), every=2, budget=None)
        arguments = {"save_strategy": "steps", "eval_strategy": "steps", "max_steps": 8}
        arguments |= {"save_steps": 1, "eval_steps": 1, "load_best_model_at_end": True}
        arguments |= {"logging_strategy": "steps", "logging_steps": 1}
        trainer, _ = text_trainer(
            folder, [callback, *more], **arguments, metric_for_best_model="near"
        )
        trainer.compute_metrics = lambda _: {"near": -abs(trainer.state.global_step - best)}
        try:
            trainer.train(resume_from_checkpoint=resume)
        except KeyboardInterrupt:
            callback._abandon()
        return callback

    whole = trained(tmp_path / "whole").result
    trained(tmp_path / "broken", Stop(5))
    again = trained(tmp_path / "broken", resume=True).result
    assert again.record["resumed_at"] == [4]
    assert again.record["final_update"] == whole.record["final_update"] == best
    assert again.tables["training"]["update"].tolist() == list(range(1, 9))
    same_tables(again, whole)


@pytest.mark.parametrize("kept", [True, False])
def test_a_training_that_is_extended_is_compared_with_its_own_start(
    kept: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def trained(folder: Path, last: int, *, resume: bool = False) -> Result:
        callback = GeometryCallback(
            animal_task(), every=3, budget=None, measures=["similarity", "head"]
        )
        arguments = {"save_strategy": "steps", "save_steps": 6, "lr_scheduler_type": "constant"}
        arguments |= {"logging_strategy": "steps", "logging_steps": 1}
        trainer, _ = text_trainer(folder, [callback], **arguments, max_steps=last)
        trainer.train(resume_from_checkpoint=resume)
        return callback.result

    whole = trained(tmp_path / "whole", 12)
    first = trained(tmp_path / "extended", 6)
    if not kept:
        remove(first.folder / "vectors")
    found = trained(tmp_path / "extended", 12, resume=True)
    assert found.folder == first.folder
    said = any("similarity with the start is left out" in r.getMessage() for r in caplog.records)
    noted = any("similarity with the start is left out" in n for n in notes_of(found))
    assert said == noted == (not kept)
    if kept:
        same_tables(found, whole)
        return
    cka = found.tables["similarity"].query("measure == 'linear_cka'")
    assert set(cka["update"]) == {3, 6}  # none with a later update as its start
    found.report()


def notes_of(result: Result) -> list[str]:
    return [note for of_task in result.record.get("notes", {}).values() for note in of_task]


@pytest.mark.parametrize(
    ("splits", "measures"), [("train", ["distances"]), (["train", "test"], None)]
)
def test_a_callback_that_comes_with_a_resume_has_no_start(
    splits: Any, measures: Any, tmp_path: Path
) -> None:
    trainer, task = text_trainer(tmp_path, [], max_steps=4, save_strategy="steps", save_steps=4)
    trainer.train()
    callback = GeometryCallback(task, every=2, budget=None, measures=measures, splits=splits)
    trainer, _ = text_trainer(tmp_path, [callback], max_steps=6)
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    assert callback.result.record["watching"]["updates"] == [4, 6]
    assert "minimum_distances" in callback.result.tables
    for table in callback.result.tables.values():
        assert "original" not in set(table.get("stage", ()))
        assert "with_original" not in set(table.get("comparison", ()))
    assert callback.report().exists()


def test_a_best_model_is_looked_at_under_its_own_update(tmp_path: Path) -> None:
    callback = GeometryCallback(animal_task(), every=100, budget=None)
    trainer, task = text_trainer(
        tmp_path,
        [callback, EarlyStoppingCallback(2)],
        num_train_epochs=20,
        learning_rate=0.05,
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
    )
    trainer.train()
    best, last = trainer.state.best_global_step, trainer.state.global_step
    assert best is not None and best < last < trainer.state.max_steps
    record = callback.result.record
    assert record["final_update"] == best
    assert set(record["watching"]["updates"]) == {0, best, last}
    encoder = Encoder(trainer.model.eval(), tokenizer=trainer.processing_class)
    expected = ts.separations(encoder.encode(task)["train"].layer(-1), task_labels(task))
    table = callback.result.tables["separations"]
    chosen = table[(table["update"] == best) & (table["split"] == "train")]
    np.testing.assert_allclose(chosen["separation"], expected.distance, rtol=1e-5)


BEST: dict[str, Any] = {
    "load_best_model_at_end": True,
    "metric_for_best_model": "score",
    "greater_is_better": True,
    "learning_rate": 1e-2,
}


def test_a_best_update_that_was_not_saved_is_not_looked_at_as_the_last(tmp_path: Path) -> None:
    callback = GeometryCallback(animal_task(), every=100, budget=None, measures=["spread"])
    more = {**BEST, "eval_strategy": "steps", "eval_steps": 1}
    more |= {"save_strategy": "steps", "save_steps": 2}
    trainer, _ = text_trainer(tmp_path, [callback], **more, max_steps=6)
    scored(trainer, [0.1, 0.5, 0.9, 0.2, 0.1, 0.1])
    trainer.train()
    assert trainer.state.best_global_step == 3
    record = callback.result.record
    assert record["final_update"] == 2
    assert record["watching"]["updates"] == [0, 6, 2]


def test_a_best_model_that_an_earlier_training_has_left_is_not_looked_at(tmp_path: Path) -> None:
    more = {**BEST, "eval_strategy": "steps", "eval_steps": 1, "save_strategy": "steps"}
    for save_steps in (1, 2):
        callback = GeometryCallback(animal_task(), every=9, budget=None, measures=["spread"])
        trainer, _ = text_trainer(
            tmp_path, [callback], **more, save_steps=save_steps, max_steps=4, seed=save_steps
        )
        scored(trainer, [0.1, 0.5, 0.9, 0.2])
        trainer.train()
        if save_steps == 1:
            assert callback.result.record["watching"]["updates"] == [0, 4, 3]
            assert not notes_of(callback.result)
    record = callback.result.record
    assert record["watching"]["updates"] == [0, 4]
    assert record["final_update"] is None
    (note,) = notes_of(callback.result)
    assert "of no update of this training" in note
    assert "checkpoint-3" in note


@pytest.mark.parametrize(
    ("kind", "after"), [(Trainer, False), (LoadingFirst, False), (LoadingFirst, True)]
)
def test_the_last_update_is_looked_at_where_an_evaluation_ends_a_training_and_saves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: Any, after: bool
) -> None:
    keep: dict[int, Any] = {}

    class Keep(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            keep[state.global_step] = copy.deepcopy(kwargs["model"])

    callback = GeometryCallback(animal_task(), every=100, budget=None, measures=["distances"])
    callbacks = [callback, Keep(), EarlyStoppingCallback(2)]
    more = {**BEST, "eval_strategy": "epoch", "save_strategy": "best", "num_train_epochs": 20}
    trainer, task = text_trainer(
        tmp_path, callbacks[::-1] if after else callbacks, **more, kind=kind
    )
    scored(trainer, [0.1, 0.9, 0.3, 0.2])
    trainer.train()
    best, last = 12, 24
    record = callback.result.record
    assert (trainer.state.global_step, record["final_update"]) == (last, best)
    looked = record["watching"]["updates"]
    said = [row.getMessage() for row in caplog.records if row.name.startswith("tunescope")]
    lost = kind is LoadingFirst and not after
    assert looked == ([0, best] if lost else [0, last, best])
    assert bool(record["watching"]["could_not_be_looked_at"]) == lost
    assert [text.partition(":")[2].partition(":")[0] for text in said] == (
        [" update 24 is not looked at"] if lost else []
    )
    table = callback.result.tables["separations"]
    for update in looked[1:]:
        encoder = Encoder(keep[update].eval(), tokenizer=trainer.processing_class)
        expected = ts.separations(encoder.encode(task)["train"].layer(-1), task_labels(task))
        chosen = table[(table["update"] == update) & (table["split"] == "train")]
        np.testing.assert_allclose(chosen["separation"], expected.distance, rtol=1e-5)


def test_a_rule_stops_the_training_and_says_why(tmp_path: Path) -> None:
    callback = GeometryCallback(
        animal_task(), every=2, budget=None, stop_when=Diverging(similarity=1.0)
    )
    trainer, _ = text_trainer(tmp_path, [callback])
    trainer.train()
    assert trainer.state.global_step == 2 < trainer.state.max_steps
    assert "below 1" in callback.result.record["watching"]["stopped"]


def test_a_resumed_training_stops_where_its_first_look_says_so(tmp_path: Path) -> None:
    arguments = {"save_strategy": "steps", "save_steps": 5}
    options: dict[str, Any] = {"every": 4, "budget": None, "measures": ["spread"]}
    broken_off(tmp_path, GeometryCallback(animal_task(), **options), 8, **arguments)
    callback = GeometryCallback(animal_task(), stop_when=lambda _looks: "enough", **options)
    trainer, _ = text_trainer(tmp_path, [callback], **arguments)
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))
    assert trainer.state.global_step == 6
    assert callback.result.record["watching"]["updates"] == [0, 4, 5, 6]


def test_a_rule_that_fails_does_not_end_the_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def rule(looks: Any) -> str | None:
        return "near" if looks[-1].values["no such name"] > 1 else None

    callback = GeometryCallback(
        animal_task(), every=4, budget=None, measures=["spread"], stop_when=rule
    )
    trainer, _ = text_trainer(tmp_path, [callback])
    trainer.train()
    assert trainer.state.global_step == trainer.state.max_steps
    assert callback.result.record["watching"]["updates"] == [0, 4, 8, 12]
    (said,) = [row.getMessage() for row in caplog.records if "not heeded" in row.getMessage()]
    assert "KeyError: 'no such name'" in said
    assert notes_of(callback.result) == [said.removeprefix("geometry: ")]


def test_a_budget_takes_fewer_looks_and_says_which(tmp_path: Path) -> None:
    callback = GeometryCallback(animal_task(), every=1, budget=1e-9)
    trainer, _ = text_trainer(tmp_path, [callback])
    trainer.train()
    record = callback.result.record["watching"]
    last = trainer.state.max_steps
    assert record["updates"] == [0, last]
    assert record["left_out_for_the_budget"] == list(range(1, last))


def test_an_error_at_the_end_does_not_end_somebody_s_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tables, "assemble", lambda *_: {}["of no table"])
    callback = GeometryCallback(animal_task(), every=4, budget=None, measures=["spread"])
    trainer, _ = text_trainer(tmp_path, [callback])
    trainer.train()
    (said,) = [row.getMessage() for row in caplog.records if "could not be made" in row.message]
    assert "KeyError: 'of no table'" in said
    assert "\n" not in said
    with pytest.raises(InputError, match="could not be made"):
        callback.report()
    monkeypatch.undo()
    trainer.train()  # the folder is let go of
    assert callback.result.folder == tmp_path / "geometry-2"
    kept = Run.open(tmp_path / "geometry")
    assert looks_in(kept) == callback.result.record["watching"]["updates"] == [0, 4, 8, 12]


def test_the_page_is_that_of_a_run(tmp_path: Path) -> None:
    callback = GeometryCallback(animal_task(), budget=None, measures=["distances", "head"])
    with pytest.raises(InputError, match="no training"):
        callback.report()
    trainer, _ = text_trainer(tmp_path, [callback])
    trainer.train()
    page = callback.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "animals" in page


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"every": 0}, "at least 1"),
        ({"every": "often"}, "'epoch'"),
        ({"measures": ["cluster"]}, "'clusters'"),
        ({"budget": 0}, "budget=0"),
        ({"layers": "first"}, "'last', 'all'"),
        ({"splits": ["trian"]}, "trian"),
        ({"stop_when": 0.4}, "Diverging"),
        ({"stop_when": Diverging(), "measures": "distances"}, "add 'similarity' to measures="),
        ({"every": np.array([1, -2])}, "update -2"),
        ({"every": np.array(5)}, "every="),
        ({"layers": -1}, "layers=-1"),
        ({"layers": [1.5]}, "layers="),
        ({"layers": []}, "layers: none"),
        ({"measures": 5}, "measures=5"),
        ({"splits": 5}, "splits=5"),
        ({"budget": float("nan")}, "budget=nan"),
        ({"budget": float("inf")}, "budget=inf"),
    ],
)
def test_what_cannot_be_is_refused_before_the_training(wrong: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GeometryCallback(animal_task(), **wrong)
