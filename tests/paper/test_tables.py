"""Ours beside theirs: the right published number, and means over seeds that are means."""

from typing import Any

import pandas as pd
import pytest
from frames import tables as framed
from synthetic_runs import FUNCTIONS, POS, synthetic_run

from tunescope.paper import join, paper_tables, published
from tunescope.paper.layout import layout
from tunescope.paper.published import nearest_model

RECORD = {
    "models": {
        "bert-small": {"layers": 4, "heads": 8, "features": 512, "parameters": 29_000_000},
        "mine": {"layers": 12, "features": 700, "parameters": 9_000_000},
    },
    "tasks": {"trec-50": {"kind": "text", "labels": 50, "examples": {"train": 5452, "test": 500}}},
}


def accuracy(model: str, seed: int, update: int, value: float) -> dict[str, object]:
    where = {"model": model, "task": "ps-fxn", "seed": seed, "update": update, "layer": 4}
    more = {"split": "test", "probe": "classifier", "setting": "32x32"}
    return {**where, **more, "accuracy": value, "lower": value - 0.01, "upper": value + 0.01}


def tables() -> dict[str, pd.DataFrame]:
    rows = [
        accuracy("bert-small", seed, update, value)
        for seed, after in ((0, 0.84), (1, 0.86))
        for update, value in ((0, 0.86), (9, after))
    ]
    return framed(accuracy=[*rows, accuracy("mine", 0, 0, 0.5)])


def row(table: pd.DataFrame, **where: str) -> pd.Series:
    chosen = (table[list(where)] == list(where.values())).all(axis=1)
    assert chosen.sum() == 1
    return table[chosen].iloc[0]


def test_the_published_numbers_are_the_paper_s() -> None:
    table = published()
    assert table["table"].value_counts().to_dict() == {3: 30, 1: 20, 4: 20, 2: 18, 5: 13}
    small = table.query("table == 2 and task == 'ps-fxn' and quantity == 'train_test_similarity'")
    assert small["value"].tolist() == [0.82, 0.44]
    assert set(table.query("table == 4 and quantity == 'clusters'")["value"]) == {58, 51, 52}
    assert table["value"].notna().all()


@pytest.mark.slow
def test_a_number_stands_beside_the_published_one() -> None:
    found = row(paper_tables(tables(), RECORD)["table-2"], model="bert-small", stage="tuned")
    assert found["ours"] == pytest.approx(85)
    assert found["spread"] == pytest.approx(2**0.5)
    assert (found["n_seeds"], found["theirs"], found["theirs_model"]) == (2, 85.08, "bert-small")
    assert found["difference"] == pytest.approx(85 - 85.08)


@pytest.mark.slow
def test_before_fine_tuning_there_is_no_seed() -> None:
    found = row(paper_tables(tables(), RECORD)["table-2"], model="bert-small", stage="original")
    assert found["n_seeds"] == 1
    assert pd.isna(found["spread"])


@pytest.mark.slow
def test_another_model_is_said_to_be_another() -> None:
    made = paper_tables(tables(), RECORD)
    found = row(made["table-2"], model="mine")
    assert (found["theirs"], found["theirs_model"]) == (86.26, "bert-small")
    assert "another model" in found["note"]
    layers = row(made["table-1"], model="mine", quantity="layers")
    assert (layers["theirs_model"], layers["difference"]) == ("bert-base", 0)


@pytest.mark.slow
def test_table_7_shows_what_tables_2_to_5_hold() -> None:
    found = row(
        paper_tables(tables(), RECORD)["table-7"],
        model="bert-small",
        stage="tuned",
        quantity="accuracy",
    )
    assert (found["theirs"], found["theirs_model"]) == (85.08, "bert-small")


@pytest.mark.slow
def test_labels_that_the_training_split_lacks_are_said() -> None:
    counted = {"task": "dep", "seed": 0, "update": 0, "layer": 4, "split": "train"}
    counted |= {"model": "mine", "n_labels": 44, "n_clusters": 44.0, "is_linear": True}
    table = paper_tables(framed(linearity=[counted]), RECORD)["table-3"]
    said = row(table, quantity="labels")["note"]
    assert said == "the training split has 44 of the paper's 46 labels"
    assert layout(3, table).caption.endswith(f"Of dep, {said}.")
    whole = framed(linearity=[{**counted, "n_labels": 46}])
    assert row(paper_tables(whole, RECORD)["table-3"], quantity="labels")["note"] == ""


def test_table_6_counts_the_data() -> None:
    table = paper_tables({}, RECORD)["table-6"]
    assert dict(zip(table["quantity"], table["ours"], strict=True)) == {
        "labels": 50,
        "train_examples": 5452,
        "test_examples": 500,
    }


def test_the_nearest_model_is_by_layers_then_dimensions() -> None:
    models = pd.DataFrame(
        {"model": ["tiny", "mini", "base"], "layers": [2, 4, 12], "features": [128, 256, 768]}
    )
    assert nearest_model("a", 2, 384, models) == "tiny"
    assert nearest_model("b", 12, 384, models) == "base"
    assert nearest_model("mini", 99, 1, models) == "mini"


def runs(*epochs: float) -> dict[str, tuple[dict[str, pd.DataFrame], dict[str, Any]]]:
    """One run a seed, each with numbers of its own, trained for so many epochs."""
    made = {}
    for seed, passes in enumerate(epochs):
        run = synthetic_run({"pos": POS[:4], "ps-fxn": FUNCTIONS[:4]}, ("minilm",), (seed,))
        known = run.tables["accuracy"]
        known["accuracy"] -= 0.2 * seed
        known["setting"] = f"32x{seed}"
        run.tables["linearity"]["n_clusters"] += seed
        study = run.record["study"] | {"tuning": {"epochs": passes}}
        sizes = {task: {"labels": 4, "examples": {"train": 9}} for task in ("pos", "ps-fxn")}
        made[f"run {seed}"] = run.tables, {**run.record, "study": study, "tasks": sizes}
    return made


@pytest.mark.slow
def test_numbers_of_several_protocols_are_not_pooled() -> None:
    apart = runs(3.0, 10.0)
    joined = paper_tables(*join(apart))
    alone = {
        f"{passes} epochs": paper_tables(*parts)
        for passes, parts in zip((3, 10), apart.values(), strict=True)
    }
    assert {"table-2", "table-3", "table-7"} <= set(joined)
    for name, table in joined.items():
        if name in ("table-1", "table-6"):  # of models and tasks, which no protocol changes
            pd.testing.assert_frame_equal(table, alone["3 epochs"][name])
            continue
        assert set(table["protocol"]) == set(alone)
        for protocol, part in table.groupby("protocol"):
            mine = part.drop(columns="protocol").reset_index(drop=True)
            pd.testing.assert_frame_equal(mine, alone[str(protocol)][name])


@pytest.mark.slow
def test_every_row_that_is_laid_out_names_its_protocol_where_there_are_several() -> None:
    shown = layout(2, paper_tables(*join(runs(3.0, 10.0)))["table-2"])
    place = shown.head.index("protocol")
    assert place < shown.n_keys
    assert {row[place] for row in shown.rows} == {"3 epochs", "10 epochs"}
    assert "protocol" not in layout(2, paper_tables(*join(runs(3.0, 3.0)))["table-2"]).head


@pytest.mark.slow
def test_seeds_of_one_protocol_are_taken_together() -> None:
    table = paper_tables(*join(runs(3.0, 3.0)))["table-2"]
    found = row(table, task="pos", stage="tuned", quantity="accuracy")
    assert "protocol" not in table
    assert found["n_seeds"] == 2


@pytest.mark.slow
def test_similarities_without_an_accuracy_have_their_place() -> None:
    where = {"model": "mine", "task": "ps-fxn", "seed": 0, "layer": 4, "split": "train"}
    rows = [
        {**where, "update": update, "tuned_on": tuned_on, "similarity": value}
        | {"comparison": "train_test", "measure": measure}
        for update, tuned_on, value in ((0, "", 0.9), (9, "ps-fxn", 0.8))
        for measure in ("spatial_pearson", "spatial_pearson_zhou2022")
    ]
    found = paper_tables(framed(similarity=rows), RECORD)
    for number in (2, 7):
        table = found[f"table-{number}"]
        for quantity in ("train_test_similarity", "train_test_similarity_zhou2022"):
            rows_of = table[table["quantity"] == quantity]
            assert rows_of[["tuned_on", "ours"]].values.tolist() == [["", 0.9], ["ps-fxn", 0.8]]
