"""Runs of different models, tasks or seeds are taken as one; others are refused."""

from typing import Any

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.paper import join, settings

SIZES = {"kind": "word", "labels": 17, "examples": {"train": 9, "test": 3}}


def part(model: str, seed: int, sizes: dict = SIZES) -> tuple[dict, dict]:
    row = {"model": model, "task": "pos", "seed": seed, "accuracy": 0.5}
    study = {"models": [model], "tasks": ["pos", {"name": "mine"}], "seeds": [seed]}
    study |= {"tuning": {"epochs": 3.0, "snapshots": 5}, "probing": {"protocol": "quick"}}
    record = {"models": {model: {"layers": 2}}, "tasks": {"pos": sizes}, "study": study}
    return {"accuracy": pd.DataFrame([row])}, record


def test_runs_are_taken_as_one() -> None:
    tables, record = join({"a": part("tiny", 0), "b": part("tiny", 1), "c": part("mini", 0)})
    assert tables["accuracy"][["model", "seed"]].to_numpy().tolist() == [
        ["tiny", 0],
        ["tiny", 1],
        ["mini", 0],
    ]
    assert list(record["models"]) == ["tiny", "mini"]
    assert record["tasks"] == {"pos": SIZES}


def test_the_settings_of_each_run_are_told() -> None:
    _, record = join({"a": part("tiny", 0), "b": part("mini", 1)})
    rows = settings(record)
    assert rows["models"].tolist() == ["tiny", "mini"]
    assert rows["tasks"].tolist() == ["pos, mine"] * 2
    assert rows["epochs"].tolist() == ["3", "3"]
    alone = part("tiny", 0)[1]
    assert settings(alone)["probe"].tolist() == ["quick"]


def test_the_same_cell_twice_is_refused() -> None:
    with pytest.raises(InputError, match="a and b both hold tiny on pos with seed 0"):
        join({"a": part("tiny", 0), "b": part("tiny", 0)})


def test_other_data_under_the_same_name_is_refused() -> None:
    other = {**SIZES, "examples": {"train": 8, "test": 3}}
    with pytest.raises(InputError, match="b: its pos has other examples"):
        join({"a": part("tiny", 0), "b": part("mini", 0, other)})


def with_data(
    seed: int, *, own: dict[str, Any] | None = None, **identity: Any
) -> tuple[dict, dict]:
    """A run whose record names the bytes of its data and model."""
    tables, record = part("tiny", seed)
    if own is not None:
        record["study"] = record["study"] | {"tasks": [{"name": "pos", **own}]}
    return tables, {**record, "identity": identity}


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ({"data": {"pos": {"a.csv": "sha256:1"}}}, {"data": {"pos": {"a.csv": "sha256:2"}}}, "pos"),
        ({"data": {"pos": {"content": "1"}}}, {"data": {"pos": {"content": "2"}}}, "pos"),
        (
            {"data": {"pos": {"a.csv": "1", "content": "1"}}},
            {"data": {"pos": {"a.csv": "1", "content": "2"}}},
            "pos",
        ),
        (
            {"data": {"pos": {"a": "1"}}, "own": {"label": "upos"}},
            {"data": {"pos": {"a": "1"}}, "own": {"label": "xpos"}},
            "pos",
        ),
        ({"bytes": {"tiny": "sha256:1"}}, {"bytes": {"tiny": "sha256:2"}}, "tiny"),
    ],
)
def test_other_bytes_of_as_many_examples_are_refused(
    one: dict[str, Any], other: dict[str, Any], word: str
) -> None:
    with pytest.raises(InputError, match=f"b: its {word} has other"):
        join({"a": with_data(0, **one), "b": with_data(1, **other)})
    join({"a": with_data(0, **one), "b": with_data(1, **one)})


def of_commit(seed: int, commit: str | None, *, noted: str = "tiny") -> tuple[dict, dict]:
    """A run of a model on the Hub that was named without a commit, or of an adapter of one."""
    tables, record = with_data(seed, bytes={"tiny": None if noted == "tiny" else "sha256:1"})
    return tables, {**record, "revisions": {} if commit is None else {noted: commit}}


def loaded(seed: int, commit: str | None) -> tuple[dict, dict]:
    """A run that has only the commit of the model as it was loaded."""
    tables, record = part("tiny", seed)
    return tables, {**record, "models": {"tiny": {"layers": 2, "revision": commit}}}


@pytest.mark.parametrize(
    ("runs", "word"),
    [
        ([of_commit(seed, commit * 40) for seed, commit in enumerate("ab")], "tiny"),
        ([loaded(seed, commit * 40) for seed, commit in enumerate("ab")], "tiny"),
        ([of_commit(0, "a" * 40), loaded(1, "b" * 40)], "tiny"),
        ([of_commit(s, c * 40, noted="org/base") for s, c in enumerate("ab")], "org/base"),
    ],
)
def test_another_commit_of_a_model_or_of_an_adapter_s_base_is_refused(
    runs: list[tuple[dict, dict]], word: str
) -> None:
    with pytest.raises(InputError, match=f"b: its {word} has other .* is another commit"):
        join(dict(zip("ab", runs, strict=True)))


def test_the_same_commit_and_one_that_nobody_noted_are_joined() -> None:
    runs = [of_commit(0, "a" * 40), loaded(1, "a" * 40), of_commit(2, None), loaded(3, None)]
    tables, _ = join(dict(zip("abcd", runs, strict=True)))
    assert tables["accuracy"]["seed"].tolist() == [0, 1, 2, 3]


def test_the_same_bytes_may_lie_elsewhere_and_be_unknown_to_one() -> None:
    known = with_data(0, data={"pos": {"a/x.csv": "1"}}, own={"files": {"train": "a/x.csv"}})
    moved = with_data(1, data={"pos": {"x.csv": "1"}}, own={"files": {"train": "b/x.csv"}})
    silent = part("tiny", 2)
    handed_in = with_data(
        3, data={"pos": {"x.csv": "1", "content": "2"}}, own={"rare": "keep", "label": None}
    )
    tables, _ = join({"a": known, "b": moved, "c": silent, "d": handed_in})
    assert tables["accuracy"]["seed"].tolist() == [0, 1, 2, 3]


def with_examples(seed: int, *labels: str) -> tuple[dict, dict]:
    tables, record = part("tiny", seed)
    rows = {"task": "pos", "split": "train", "example": range(len(labels)), "label": labels}
    return {**tables, "examples": pd.DataFrame(rows)}, record


def test_examples_that_runs_share_stand_once() -> None:
    runs = {str(seed): with_examples(seed, "NOUN", "VERB") for seed in range(3)}
    tables, _ = join(runs)
    assert tables["examples"]["label"].tolist() == ["NOUN", "VERB"]
    assert len(tables["accuracy"]) == 3


def test_examples_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="example 1 of pos, split train"):
        join({"a": with_examples(0, "NOUN", "VERB"), "b": with_examples(1, "NOUN", "ADJ")})


def archived(run: tuple[dict, dict]) -> tuple[dict, dict]:
    """The same run as an archive of it has it."""
    tables, record = run
    tables = {**tables, "examples": tables["examples"].assign(text="")}
    return tables, {**record, "without_texts": {"examples": ["text"], "suspects": ["text"]}}


def with_texts(seed: int, *texts: str) -> tuple[dict, dict]:
    tables, record = with_examples(seed, *["NOUN"] * len(texts))
    return {**tables, "examples": tables["examples"].assign(text=texts)}, record


def test_an_archive_is_joined_with_runs_on_the_same_data() -> None:
    a, b, c = (with_texts(seed, "dog", "cat") for seed in range(3))
    for runs in ({"a": archived(a), "b": b, "c": c}, {"a": a, "b": archived(b), "c": archived(c)}):
        assert join(runs)[0]["examples"]["text"].tolist() == ["dog", "cat"]
    both = {"a": archived(a), "b": archived(b)}
    assert join(both)[0]["examples"]["text"].tolist() == ["", ""]
    assert join({"a": archived(a)})[0]["examples"]["text"].tolist() == ["", ""]


def test_texts_that_differ_or_are_empty_in_a_run_are_refused_beside_an_archive() -> None:
    a, b = with_texts(0, "dog", "cat"), with_texts(1, "dog", "")
    with pytest.raises(InputError, match="example 1 of pos, split train"):
        join({"a": a, "b": b, "c": archived(with_texts(2, "dog", "cat"))})


def inspected(data: dict[str, str], *checksums: str) -> tuple[dict, dict]:
    """An inspection of two checkpoints; in its tables both stand under the second."""
    tables, record = part("after", 0)
    models = ["before", "after"]
    identity = {"data": {"pos": data}, "bytes": list(checksums)}
    return tables, {**record, "study": {"models": models, "task": "pos"}, "identity": identity}


def watched(model: str, data: dict[str, str]) -> tuple[dict, dict]:
    tables, record = part(model, 3)
    study = {"watched": "pos", "model": model}
    return tables, {**record, "study": study, "identity": {**study, "data": data, "seed": 3}}


def test_inspected_and_watched_runs_are_taken_with_a_study() -> None:
    data = {"a.csv": "1"}
    known = with_data(0, data={"pos": data}, bytes={"tiny": "1", "before": "2"})
    runs = {"a": known, "b": inspected(data, "2", "3")}
    runs |= {
        "c": watched("mine", {**data, "content": "4"}),
        "d": watched("yours", {"content": "4"}),
    }
    tables, _ = join(runs)
    assert tables["accuracy"]["model"].tolist() == ["tiny", "after", "mine", "yours"]


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (inspected({"a.csv": "2"}, "2", "3"), "pos"),
        (inspected({"a.csv": "1"}, "5", "3"), "before"),
        (watched("mine", {"a.csv": "2", "content": "4"}), "pos"),
    ],
)
def test_inspected_and_watched_runs_of_other_bytes_are_refused(
    other: tuple[dict, dict], word: str
) -> None:
    known = with_data(0, data={"pos": {"a.csv": "1"}}, bytes={"before": "2"})
    with pytest.raises(InputError, match=f"b: its {word} has other"):
        join({"a": known, "b": other})
