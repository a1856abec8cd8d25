"""A loop of one's own is watched by three lines."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import tiny_model
from trainings import ANIMALS, animal_task, same, text_rows, weights
from transformers import BertForSequenceClassification, DataCollatorWithPadding

import tunescope as ts
from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.watching.folder import looks_in

pytestmark = pytest.mark.slow


def make() -> tuple[Any, Any, list[Any]]:
    model, tokenizer = tiny_model("bert")
    model.config.num_labels = len(ANIMALS)
    torch.manual_seed(0)
    classifier = BertForSequenceClassification(model.config)
    collate = DataCollatorWithPadding(tokenizer)
    rows = text_rows(tokenizer, animal_task())
    batches = [collate(rows[i : i + 4]) for i in range(0, len(rows), 4)]
    return classifier.train(), tokenizer, batches


def train(model: Any, batches: list[Any], step: Any = None) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for batch in batches * 2:
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if step is not None:
            step(loss=loss.item())


def test_a_loop_that_is_watched_is_what_it_is_without(tmp_path: Path) -> None:
    plain, _, batches = make()
    torch.manual_seed(1)
    train(plain, batches)
    model, tokenizer, _ = make()
    torch.manual_seed(1)
    heard: dict[int, dict[str, float]] = {}
    with ts.watch(
        model,
        tokenizer,
        animal_task(),
        every=5,
        budget=None,
        folder=tmp_path / "geometry",
        log=lambda values, update: heard.update({update: values}),
    ) as w:
        train(model, batches, w.step)
    assert same(weights(plain), weights(model))
    assert model.training
    assert list(heard) == [0, 5, 10, 12] == w.result.record["watching"]["updates"]
    assert heard[12]["geometry/head/test/accuracy"] <= 1
    assert len(w.result.tables["training"]) == 12
    assert w.report().name == "report.html"


def test_epochs_are_said_and_an_update_counts_once(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    task = animal_task()
    with ts.watch(
        model, tokenizer, task, every="epoch", measures=["spread"], folder=tmp_path / "g"
    ) as w:
        for update in (1, 1, 2, 2):  # as a loop that accumulates gradients has it
            w.step(update)
        assert w.update == 2
    assert w.result.record["watching"]["updates"] == [0, 2]
    with pytest.raises(InputError, match="inside of `with`"):
        w.step()


def test_what_was_seen_before_an_error_is_kept(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "folder": tmp_path / "g"}
    with (
        pytest.raises(ZeroDivisionError),
        ts.watch(model, tokenizer, animal_task(), every=1, **options) as w,
    ):
        w.step()
        raise ZeroDivisionError
    assert set(w.result.tables["spread"]["update"]) == {0, 1}


def test_an_error_of_the_log_leaves_the_tables(tmp_path: Path) -> None:
    def log(_values: object, update: int) -> None:
        if update:
            raise ZeroDivisionError

    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "folder": tmp_path / "g"}
    w = ts.watch(model, tokenizer, animal_task(), log=log, **options)
    with pytest.raises(ZeroDivisionError), w:
        w.step()
    assert set(w.result.tables["spread"]["update"]) == {0, 1}


@pytest.mark.parametrize("place", ["bert.embeddings.word_embeddings.weight", "classifier.weight"])
def test_weights_that_are_not_finite_do_not_end_the_training(
    place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread", "head"], "folder": tmp_path / "g"}
    weight = dict(model.named_parameters())[place]
    whole = weight.detach().clone()
    with ts.watch(model, tokenizer, animal_task(), every=1, budget=None, **options) as w:
        assert w.step() is not None
        with torch.no_grad():
            weight.fill_(torch.nan)
        assert w.step() is None
        with torch.no_grad():
            weight.copy_(whole)
        assert w.step() is not None
        with torch.no_grad():
            weight.fill_(torch.nan)
        w.step()
    said = [row.getMessage() for row in caplog.records if "is not looked at" in row.getMessage()]
    assert len(said) == 2
    assert all("not finite" in line for line in said)
    record = w.result.record
    assert record["watching"]["updates"] == [0, 1, 3]
    assert list(record["watching"]["could_not_be_looked_at"]) == ["2", "4"]
    assert record["final_update"] == 4
    assert any("the end that is shown is update 3" in note for note in record["notes"]["animals"])
    assert set(w.result.tables["dynamics"]["update"]) == {0, 1, 3}


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_losses_that_are_no_numbers_are_left_out_and_said_once(
    wrong: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "folder": tmp_path / "g"}
    with ts.watch(model, tokenizer, animal_task(), budget=None, **options) as w:
        for loss in (1.0, wrong, 2.0, wrong):
            w.step(loss=loss)
    assert w.result.tables["training"]["loss"].tolist() == [1.0, 2.0]
    assert sum("left out" in row.getMessage() for row in caplog.records) == 1


def test_a_loop_that_goes_on_says_where_it_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["similarity"], "every": 3, "budget": None}
    options |= {"folder": tmp_path / "g"}
    with ts.watch(model, tokenizer, animal_task(), **options) as w:
        for loss in range(4):
            w.step(loss=loss)
    with ts.watch(model, tokenizer, animal_task(), start=4, **options) as w:
        assert w.update == 4
        for update in (4, 5, 6, 7):  # by the loop's own count, and one that is no new update
            w.step(update, loss=update - 1)
    assert w.result.folder == tmp_path / "g"
    assert w.result.record["resumed_at"] == [4]
    assert w.result.record["watching"]["updates"] == [0, 3, 4, 6, 7]
    assert w.result.tables["training"]["loss"].tolist() == list(range(7))
    cka = w.result.tables["similarity"].query("measure == 'linear_cka'")
    assert set(cka["update"]) == {3, 4, 6, 7}
    assert not caplog.records
    with ts.watch(model, tokenizer, animal_task(), **options) as w:
        w.step(101)
    assert "start=100" in caplog.text


def test_a_training_goes_on_in_its_own_folder_and_not_in_a_newer_one(tmp_path: Path) -> None:
    options: dict[str, Any] = {"measures": ["spread"], "every": 4, "budget": None}
    at_4: list[dict[str, torch.Tensor]] = []

    def watched(share: float, updates: range) -> ts.Result:
        model, tokenizer, _ = make()
        if updates.start:
            model.load_state_dict(at_4[0])
        options["folder"] = tmp_path / "g"
        with ts.watch(model, tokenizer, animal_task(), start=updates.start, **options) as w:
            for _ in updates:
                with torch.no_grad():
                    for weight in model.parameters():
                        weight.mul_(1 + share)
                w.step()
                if w.update == 4:
                    at_4.append(weights(model))
        return w.result

    first, second = watched(0.01, range(8)), watched(0.2, range(12))
    again = watched(0.01, range(4, 8))
    assert [run.folder.name for run in (first, second, again)] == ["g", "g-2", "g"]
    assert again.tables["spread"].equals(first.tables["spread"])
    assert set(Run.open(second.folder).tables["spread"]["update"]) == {0, 4, 8, 12}
    assert looks_in(Run.open(second.folder)) == [0, 4, 8, 12]


def test_losses_after_the_last_look_are_there_when_the_training_goes_on(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "every": 4, "budget": None}
    options |= {"folder": tmp_path / "g"}
    with (
        pytest.raises(ZeroDivisionError),
        ts.watch(model, tokenizer, animal_task(), **options) as w,
    ):
        for loss in range(1, 7):
            w.step(loss=loss)
        raise ZeroDivisionError
    with ts.watch(model, tokenizer, animal_task(), start=6, **options) as w:
        for loss in (7, 8):
            w.step(loss=loss)
    assert w.result.folder == tmp_path / "g"
    assert w.result.tables["training"]["loss"].tolist() == list(range(1, 9))
    (note,) = w.result.record["notes"]["animals"]  # at update 6 there was no look
    assert "nothing tells whether" in note


def test_the_notes_of_a_task_are_those_of_its_run(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    task = dataclasses.replace(animal_task(), notes=("12 rows without a label are left out",))
    options: dict[str, Any] = {"measures": ["spread"], "folder": tmp_path / "g"}
    with ts.watch(model, tokenizer, task, **options) as w:
        w.step()
    assert w.result.record["notes"] == {"animals": list(task.notes)}


@pytest.mark.parametrize("start", [0, 2])
def test_each_training_of_a_watch_is_counted_from_its_start(start: int, tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "every": 2, "folder": tmp_path / "g"}
    w = ts.watch(model, tokenizer, animal_task(), start=start, updates=5, budget=None, **options)
    for _ in range(2):
        with w:
            for _ in range(start, 5):
                w.step()
            w.epoch()
        assert w.update == 5
        assert w.result.record["watching"]["updates"] == sorted({*range(start, 5, 2), 5})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        *[({"start": start}, "start=") for start in (-1, 6, 2.5, True)],
        *[({"updates": updates}, "updates=") for updates in ("100", 2.5, -5, 0)],
        *[({"batch_size": size}, "batch_size=") for size in ("8", -8, 0)],
        ({"seed": "a"}, "seed='a'"),
        ({"log": 5}, "log=5"),
    ],
)
def test_numbers_that_cannot_be_are_refused(wrong: Any, said: str, tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    with pytest.raises(InputError, match=said):
        ts.watch(model, tokenizer, animal_task(), folder=tmp_path, **{"updates": 5, **wrong})


def test_updates_may_be_numpy_s(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "folder": tmp_path / "g"}
    with ts.watch(model, tokenizer, animal_task(), every=np.array([1, 3]), **options) as w:
        for _ in range(4):
            w.step()
    assert w.result.record["watching"]["updates"] == [0, 1, 3, 4]


def test_a_layer_that_is_not_the_model_s_last_is_named_so(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    heard: dict[str, float] = {}
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "folder": tmp_path / "g"}
    log = {"log": lambda values, _update: heard.update(values)}
    with ts.watch(model, tokenizer, animal_task(), layers=[1, 2], **options, **log):
        pass
    assert {"geometry/layer_1/spread", "geometry/layer_2/spread"} <= set(heard)
    assert "geometry/spread" not in heard
    rule = ts.Diverging()
    w = ts.watch(model, tokenizer, animal_task(), layers=[1, 2], stop_when=rule)
    with pytest.raises(InputError, match=r"last layer, 3; add it to layers=\[1, 2\]"), w:
        pass
    assert not Path("geometry").exists()


@pytest.mark.parametrize(("given", "ends"), [("at once", 1), (False, 3), ("", 3), (None, 3)])
def test_a_rule_is_asked_after_updates_and_gives_a_reason_or_none(
    given: Any, ends: int, tmp_path: Path
) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "folder": tmp_path / "g"}
    with ts.watch(
        model, tokenizer, animal_task(), every=1, stop_when=lambda _: given, **options
    ) as w:
        assert not w.should_stop
        for _ in range(3):
            w.step()
            if w.should_stop:
                break
    assert w.update == ends
    notes = w.result.record.get("notes", {}).get("animals", [])
    assert [("it gave False" in note) for note in notes] == [True] * (given is False)


def test_a_training_that_is_over_is_not_said_to_be_stopped(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "every": 2}
    for updates in (None, 2):
        folder = tmp_path / str(updates)
        with ts.watch(
            *(model, tokenizer, animal_task()),
            **{**options, "folder": folder, "updates": updates, "stop_when": lambda _: "enough"},
        ) as w:
            w.step()
            if updates:
                w.step()
        assert w.result.record["watching"]["stopped"] is None


@pytest.mark.parametrize("how", ["error", "kill"])
def test_what_was_not_seen_before_a_stop_stays_in_the_record(how: str, tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "folder": tmp_path / "g"}
    weight = next(model.parameters())
    w = ts.watch(model, tokenizer, animal_task(), every=2, **options)
    with pytest.raises(ZeroDivisionError), w:
        w.step()
        whole = weight.detach().clone()
        with torch.no_grad():
            weight.fill_(torch.nan)
        w.step()
        with torch.no_grad():
            weight.copy_(whole)
        w.step()
        w.step()
        if how == "kill":
            assert w._training is not None
            w._training.abandon()  # another process would have let go of the folder by its end
            w._training = None
        raise ZeroDivisionError
    before = Run.open(tmp_path / "g").record["watching"]
    with ts.watch(model, tokenizer, animal_task(), every=2, start=4, **options) as w:
        w.step()
        w.step()
    record = w.result.record
    assert record["resumed_at"] == [4]
    assert record["watching"]["updates"] == [0, 4, 6]
    assert list(record["watching"]["could_not_be_looked_at"]) == ["2"]
    for name in ("seconds_of_looking", "seconds_of_training"):
        assert record["watching"][name] > before[name] > 0
    (note,) = record["notes"]["animals"]
    assert note.startswith("update 2 could not be looked at")


def test_nothing_is_said_against_an_update_that_was_looked_at_after_all(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    options: dict[str, Any] = {"measures": ["spread"], "budget": None, "folder": tmp_path / "g"}
    weight = next(model.parameters())
    whole = weight.detach().clone()
    with ts.watch(model, tokenizer, animal_task(), every=2, updates=2, **options) as w:
        w.step()
        with torch.no_grad():
            weight.fill_(torch.nan)
        w.step()
    (note,) = w.result.record["notes"]["animals"]
    assert note.startswith("update 2 could not be looked at")
    with torch.no_grad():
        weight.copy_(whole)
    with ts.watch(model, tokenizer, animal_task(), every=2, start=2, updates=4, **options) as w:
        w.step()
        w.step()
    record = w.result.record
    assert record["watching"]["updates"] == [0, 2, 4]
    assert record["watching"]["could_not_be_looked_at"] == {}
    assert not any("could not be" in note for note in record["notes"]["animals"])


def test_of_several_processes_another_than_the_first_does_not_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer, _ = make()
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    with ts.watch(model, tokenizer, animal_task(), every=1, folder=tmp_path / "g") as w:
        assert w.step(loss=1.0) is None
        assert w.epoch() is None
        assert not w.should_stop
    assert not (tmp_path / "g").exists()
    with pytest.raises(InputError, match="the first one alone looks"):
        w.report()
    with pytest.raises(InputError, match="inside of `with`"):
        w.step()


def test_a_compiled_model_is_looked_at_itself(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    compiled = torch.compile(model, backend="eager")
    options: dict[str, Any] = {"measures": ["spread"], "folder": tmp_path / "g"}
    with ts.watch(compiled, tokenizer, animal_task(), **options) as w:
        w.step()
    assert len(w.result.tables["spread"]) == 2


def test_log_spacing_needs_an_end(tmp_path: Path) -> None:
    model, tokenizer, _ = make()
    with pytest.raises(InputError, match="updates="):
        ts.watch(model, tokenizer, animal_task(), every="log:5", folder=tmp_path)
