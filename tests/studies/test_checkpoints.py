"""One or two checkpoints on one's own file: what was asked and not done is nowhere claimed."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from questions import KINDS, checkpoint, questions
from tiny_models import text_task

from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.studies.checkpoints import inspect_models
from tunescope.studies.inspection import Inspection, trained_on
from tunescope.tables import confused
from tunescope.tasks import Task

pytestmark = pytest.mark.slow

QUICK: dict[str, Any] = {"probing": {"also": []}, "device": "cpu"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checkpoints")
    questions(made / "questions.csv")
    checkpoint(made / "base", kind="BertModel", seed=0)
    checkpoint(made / "tuned", labels=sorted(KINDS))
    return made


def asked(folder: Path, *models: str, **more: Any) -> Inspection:
    names = [str(folder / model) for model in models]
    task = more.pop("task", str(folder / "questions.csv"))
    return Inspection.model_validate({"models": names, "task": task, **QUICK, **more})


@pytest.fixture(scope="module")
def compared(folder: Path) -> Run:
    return inspect_models(asked(folder, "base", "tuned", trained_on="all"), folder / "compared")


def test_the_first_is_the_original_and_the_second_is_tuned_on_the_task(compared: Run) -> None:
    rows = compared.tables["separations"][["stage", "update", "tuned_on"]].drop_duplicates()
    found = set(rows.itertuples(index=False, name=None))
    assert found == {("original", 0, ""), ("tuned", 1, "questions")}
    assert set(compared.tables["accuracy_change"]["family"]) == {"own task"}
    assert "training" not in compared.tables


def test_nothing_that_was_not_done_is_in_the_record(compared: Run) -> None:
    study = compared.record["study"]
    assert not {"tuning", "transfer", "seeds", "random_baseline", "keep"} & set(study)
    assert study["trained_on"] == "all"
    assert "trained on all of these texts" in trained_on(compared.record)


def test_every_example_is_predicted_before_and_after_and_can_be_read(compared: Run) -> None:
    predictions, examples = compared.tables["predictions"], compared.tables["examples"]
    probe = predictions[predictions["source"] == "probe"]
    assert probe.groupby("stage").size().to_dict() == {"original": 90, "tuned": 90}
    both = probe.merge(examples, on=["task", "split", "example"])
    assert len(both) == len(probe)
    assert (both["given"] == both["label"]).all()
    assert both["place"].str.startswith("questions.csv:").all()
    wrong = confused(compared.tables, split="train", source="probe")
    counted = probe[(probe["split"] == "train") & (probe["given"] != probe["predicted"])]
    assert wrong["after"].sum() == (counted["stage"] == "tuned").sum()
    assert wrong["before"].sum() == (counted["stage"] == "original").sum()


def test_one_checkpoint_is_compared_with_nothing(folder: Path) -> None:
    run = inspect_models(asked(folder, "tuned"), folder / "inspected")
    assert set(run.tables["separations"]["stage"]) == {"original"}
    assert "accuracy_change" not in run.tables
    assert "with_original" not in set(
        run.tables["similarity"].query("measure == 'linear_cka'")["comparison"]
    )
    assert "not known" in trained_on(run.record)
    wrong = confused(run.tables)
    assert wrong["after"].isna().all()


def test_a_split_that_was_not_drawn_is_not_in_the_record(folder: Path) -> None:
    frame = pd.read_csv(folder / "questions.csv", sep=";")
    frame["part"] = ["test" if i % 5 == 0 else "Train" for i in range(len(frame))]
    frame.to_csv(folder / "parts.csv", index=False)
    task = {"name": "p", "files": {"train": str(folder / "parts.csv")}, "split": "part"}
    wanted = asked(folder, "tuned", task=task, trained_on="train")
    run = inspect_models(wanted, folder / "parts-run")
    assert "split" not in run.record["study"]
    assert "has not seen the test split" in trained_on(run.record)
    assert (run.tables["examples"]["split"] == "test").sum() == 18


def test_a_split_that_was_drawn_here_cannot_have_been_trained_on(folder: Path) -> None:
    wanted = asked(folder, "tuned", trained_on="train")
    with pytest.raises(InputError, match="the training split was drawn here"):
        inspect_models(wanted, folder / "never")
    assert not (folder / "never").exists()


def test_a_split_that_a_task_brings_is_not_in_the_record_and_may_be_trained_on(
    folder: Path,
) -> None:
    task = Task.from_csv(folder / "questions.csv", test_fraction=0.5, seed=7)
    more: dict[str, Any] = {"probing": {"protocol": "none"}, "encoding": {"pooling": "mean"}}
    wanted = asked(folder, "base", task="questions", trained_on="train", **more)
    run = inspect_models(wanted, folder / "brought", task=task)
    assert "split" not in run.record["study"]
    (read,) = run.record["models"].values()
    assert read["pooling"] == "mean"
    run.note(identity={"split": {"test_fraction": 0.2, "seed": 0}})  # as earlier runs had it
    inspect_models(wanted, folder / "brought", task=task)
    other = Task.from_csv(folder / "questions.csv", test_fraction=0.5, seed=8)
    with pytest.raises(InputError, match=r"another study \(data.questions.content"):
        inspect_models(wanted, folder / "brought", task=other)
    with pytest.raises(InputError, match="the training split was drawn here"):
        inspect_models(wanted, folder / "never", task=task, by_split=True)


@pytest.mark.parametrize("names", [("test",), ("dev", "eval")])
def test_a_task_in_memory_without_a_training_split_is_refused(
    folder: Path, names: tuple[str, ...]
) -> None:
    frame = pd.DataFrame({"text": [f"text {i}" for i in range(20)], "label": ["x", "y"] * 10})
    task = Task.from_dataset(dict.fromkeys(names, frame))
    with pytest.raises(InputError, match=f"no split 'train'; its splits are '{names[0]}'"):
        inspect_models(asked(folder, "base", task="data"), folder / "never", task=task)
    assert not (folder / "never").exists()


def test_a_task_made_in_memory_is_known_by_its_content(folder: Path) -> None:
    task = text_task(12)
    wanted = asked(folder, "base", task="texts", probing={"protocol": "none"})
    inspect_models(wanted, folder / "memory", task=task)
    with pytest.raises(InputError, match="holds another study"):
        inspect_models(wanted, folder / "memory", task=text_task(12, seed=5))


def test_a_folder_holds_one_way_of_making_a_task_of_one_source(folder: Path) -> None:
    """The columns and options of data in memory are nowhere in the record but in the content."""
    rows = [(f"the dog {i}", "ab"[i % 2], "cd"[i // 2 % 2], f"a cat {i}") for i in range(24)]
    frame = pd.DataFrame(rows, columns=["text", "label", "other", "second"])
    ways: list[dict[str, Any]] = [
        {"label": "other"},
        {"text": "second"},
        {"limit": 12},
        {"test_fraction": 0.5},
        {"seed": 1},
        {"text_pair": "second"},
    ]
    plain: dict[str, Any] = {"text": "text", "label": "label", "name": "d"}
    wanted = asked(folder, "base", task="d", probing={"protocol": "none"})
    for _ in range(2):
        task = Task.from_dataset(frame, **plain)
        run = inspect_models(wanted, folder / "one-source", task=task)
    for way in ways:
        other = Task.from_dataset(frame, **plain | way)
        assert other.provenance == task.provenance
        with pytest.raises(InputError, match=r"another study \(data\.d\.content"):
            inspect_models(wanted, folder / "one-source", task=other)
    assert set(run.tables["separations"]["label_a"]) == {"a"}


def test_a_head_stands_beside_the_probe_or_says_why_not(compared: Run) -> None:
    rows = compared.tables["predictions"]
    head = rows[rows["source"] == "head"]
    assert head.groupby(["stage", "split"]).size().to_dict() == {
        ("tuned", "test"): 18,
        ("tuned", "train"): 72,
    }
    assert set(head["layer"]) == {3}
    heads = compared.record["heads"]
    assert heads["after"] == ""
    assert heads["before"] is None  # an encoder alone: nobody expects a head
    wrong = confused(compared.tables, source="head")
    assert wrong["before"].isna().all()
    scores = compared.tables["label_scores"]
    assert (scores.groupby(["source", "stage", "split"])["n_given"].sum() > 0).all()


def test_a_base_is_compared_with_its_adapter(folder: Path) -> None:
    peft = pytest.importorskip("peft")
    transformers = pytest.importorskip("transformers")
    tuned = transformers.AutoModelForSequenceClassification.from_pretrained(folder / "base")
    config = peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"])
    adapted = peft.get_peft_model(tuned, config)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.add_(0.5)
    adapted.save_pretrained(folder / "adapter")
    wanted = asked(folder, "base", "adapter", probing={"protocol": "none"})
    run = inspect_models(wanted, folder / "adapted")
    alike = run.tables["similarity"]
    alike = alike[(alike["stage"] == "tuned") & (alike["measure"] == "linear_cka")]
    values = alike.set_index("layer")["similarity"]
    assert 0 < values[3] < 0.999
    assert run.record["differences"] == []
    assert "adapter" in run.record["heads"]["after"]


def test_the_own_head_s_confidence_is_evidence_where_there_is_one(compared: Run) -> None:
    suspects, said = (compared.tables[name] for name in ("suspects", "predictions"))
    assert suspects[suspects["stage"] == "original"]["head_confidence"].isna().all()
    tuned = suspects[suspects["stage"] == "tuned"].set_index("example")["head_confidence"]
    head = said[(said["source"] == "head") & (said["split"] == "train")].set_index("example")
    assert tuned.sort_index().to_dict() == head["given_confidence"].sort_index().to_dict()


@pytest.mark.parametrize(
    ("shape", "layers", "said"),
    [
        ({"num_hidden_layers": 6}, {0, 1, 2, 3}, "matched by their share of it, 0, 1, 2, 3 of"),
        ({"hidden_size": 24}, {0, 1, 2, 3}, "(16 and 24 features)"),
        ({"num_hidden_layers": 2, "hidden_size": 24}, {0, 1, 2}, "0, 2, 3 of"),
    ],
)
def test_models_of_different_shape_are_compared_where_that_means_something(
    folder: Path, tmp_path: Path, shape: dict[str, int], layers: set[int], said: str
) -> None:
    other = checkpoint(tmp_path / "other", labels=sorted(KINDS), **shape)
    wanted = asked(folder, "base", str(other))
    run = inspect_models(wanted, tmp_path / "run")
    assert set(run.tables["separations"]["layer"]) == layers
    assert any(said in note for note in run.record["differences"])
    assert len(run.tables["accuracy_change"])
    similar = run.tables["similarity"].query("comparison == 'with_original'")
    assert set(similar["stage"]) == {"original", "tuned"}
    known = similar[(similar["stage"] == "tuned") & (similar["layer"] == max(layers))]
    assert (
        known.set_index("measure")["similarity"]
        .loc[["linear_cka", "spatial_pearson"]]
        .notna()
        .all()
    )
    assert ("motion" in run.tables) == ("hidden_size" not in shape)
    assert ("plane" in run.tables) == ("hidden_size" not in shape)


def test_only_examples_that_both_models_read_are_compared(folder: Path, tmp_path: Path) -> None:
    short = checkpoint(tmp_path / "short", labels=sorted(KINDS), max_position_embeddings=9)
    wanted = asked(folder, "base", str(short), encoding={"on_long": "drop"})
    run = inspect_models(wanted, tmp_path / "run")
    sizes = run.tables["linearity"].groupby("stage")["n_examples"].unique()
    assert sizes["original"].tolist() == sizes["tuned"].tolist()
    assert sizes["tuned"][0] < 72
