"""Tasks that a study names by a file, or spells out."""

from pathlib import Path
from typing import Any

import pytest

from tunescope.errors import InputError
from tunescope.studies.own_tasks import find_tasks
from tunescope.studies.reading import make_study
from tunescope.tasks import Task

GOOD = "text,label\n" + "".join(f"text {i},{'xy'[i % 2]}\n" for i in range(20))


def found(tasks: Any) -> dict[str, Task]:
    return find_tasks(make_study({"models": "bert-tiny", "tasks": tasks}))


@pytest.mark.parametrize(
    "name",
    ["my reviews (1)", "ünï.test", "日本語", "a:b", "a'b\"c", "[red]x", "=1+1", "-", "UP"],
)
def test_a_file_may_be_called_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.csv").write_text(GOOD)
    assert list(found(f"{name}.csv")) == [name]


def test_bytes_in_a_files_name_that_are_no_text_are_written_out(tmp_path: Path) -> None:
    path = tmp_path / b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    path.write_text(GOOD)
    (task,) = found(str(path)).values()
    assert task.name == "caf\\udce9"
    assert task["train"].files == ("caf\\udce9.csv",)


def test_endings_in_capitals_are_known(tmp_path: Path) -> None:
    (tmp_path / "A.CSV").write_text(GOOD)
    assert list(found(str(tmp_path / "A.CSV"))) == ["A"]


@pytest.mark.parametrize("held_out", ["test", "Test", "validation", "dev", "eval", "held-out"])
def test_a_held_out_split_of_any_name_is_the_test_split(tmp_path: Path, held_out: str) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(GOOD)
    files = {"training": str(tmp_path / "a.csv"), held_out: str(tmp_path / "b.csv")}
    (task,) = found([{"name": "t", "files": files}]).values()
    assert list(task.splits) == ["train", "test"]


def test_without_a_split_to_train_on_it_says_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("text,label,part\na,x,fold 1\nb,y,fold 2\n")
    wanted = {"name": "t", "files": {"train": str(tmp_path / "b.csv")}, "split": "part"}
    with pytest.raises(InputError, match="has no split 'train'; its splits are 'fold 1', 'fold 2'"):
        found([wanted])


@pytest.mark.parametrize("name", ["test", "dev", "all"])
def test_a_file_that_is_no_split_to_train_on_is_not_made_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "b.csv").write_text(GOOD)
    with pytest.raises(
        InputError, match=f"its splits are '{name}'; models and probes are trained on"
    ):
        found([{"name": "t", "files": {name: str(tmp_path / "b.csv")}}])


def test_rare_labels_are_kept_dropped_or_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD + "bread,fod\n")
    wanted = {"name": "t", "files": {"train": str(tmp_path / "a.csv")}}
    assert "fod" in found([wanted])["t"].label_names
    assert "fod" not in found([wanted | {"rare": "drop"}])["t"].label_names
    with pytest.raises(InputError, match=r"a.csv:22: label 'fod' has this one example"):
        found([wanted | {"rare": "error"}])


def test_two_tasks_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.csv").write_text(GOOD)
    with pytest.raises(InputError, match="two tasks are called 't'"):
        found([str(tmp_path / "a" / "t.csv"), str(tmp_path / "b" / "t.csv")])


def test_a_data_set_from_disk_is_a_task_without_what_is_kept_back(tmp_path: Path) -> None:
    from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

    features = Features({"review": Value("string"), "label": ClassLabel(names=["bad", "good"])})

    def made(n: int, label: int | None = None) -> Dataset:
        rows = {"review": [f"text {i}" for i in range(n)]}
        labels = [i % 2 if label is None else label for i in range(n)]
        return Dataset.from_dict(rows | {"label": labels}, features=features)

    splits = DatasetDict(train=made(8), validation=made(4), test=made(3, -1))
    splits.save_to_disk(tmp_path / "reviews")
    (task,) = found(str(tmp_path / "reviews")).values()
    assert (task.name, task.label_names) == ("reviews", ("bad", "good"))
    assert {name: len(split) for name, split in task.splits.items()} == {"train": 8, "test": 4}
    assert "split 'test' is left out: its labels are kept back (-1)" in task.notes
    with pytest.raises(InputError, match="a folder has no subset and no revision"):
        found([{"name": "r", "dataset": str(tmp_path / "reviews"), "revision": "main"}])


@pytest.mark.parametrize("several", [True, False])
def test_a_tasks_name_that_a_data_set_here_has_too_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    from datasets import Dataset, DatasetDict

    monkeypatch.chdir(tmp_path)
    Path("demo-pos").mkdir()
    assert found("demo-pos")["demo-pos"].kind == "word"
    rows = {"text": [f"text {i}" for i in range(20)], "label": ["x", "y"] * 10}
    data = Dataset.from_dict(rows)
    (DatasetDict(train=data) if several else data).save_to_disk("demo-pos")
    with pytest.raises(InputError, match=r"'demo-pos' is the name of a task, .*'\./demo-pos'"):
        found("demo-pos")
    assert found("./demo-pos")["demo-pos"].kind == "text"


def test_a_revision_on_the_hub_is_asked_for_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    from huggingface_hub import HfApi

    asked = []

    class Info:
        sha = "c0ffee"

    def load(name: str, subset: str | None, *, revision: str) -> Any:
        asked.append((name, subset, revision))
        rows = {"text": [f"t {i}" for i in range(10)], "label": ["x", "y"] * 5}
        return datasets.DatasetDict(train=datasets.Dataset.from_dict(rows))

    monkeypatch.setattr(HfApi, "dataset_info", lambda *_, **__: Info())
    monkeypatch.setattr(datasets, "load_dataset", load)
    wanted = {"name": "d", "dataset": "some/data", "subset": "en", "revision": "v1"}
    (task,) = found([wanted]).values()
    assert asked == [("some/data", "en", "c0ffee")]
    assert task.provenance["some/data"] == "revision c0ffee"


def test_a_task_with_a_name_can_be_cut_short_and_nothing_else() -> None:
    (task,) = found([{"name": "demo-questions", "limit": 60}]).values()
    assert sum(map(len, task.splits.values())) <= 60
    assert any("stratified sample" in note for note in task.notes)
    with pytest.raises(InputError, match="'demo-questions': label cannot be chosen"):
        found([{"name": "demo-questions", "label": "x"}])


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"files": {"train": "a.csv"}, "dataset": "b"}, "files and dataset are both given"),
        ({"files": {"train": "a.csv"}, "revision": "b"}, "are of a dataset, and none is given"),
        ({"files": {"train": "a.conllu"}, "tokens": "b"}, "tokens cannot be chosen: CoNLL-U"),
        ({"files": {"train": "a.csv"}, "limit": 0}, "tasks.0.limit: .*greater than or equal to 1"),
        ({"files": {"train": "a.csv"}, "limit": "x"}, "tasks.0.limit: .*integer.*found 'x'"),
    ],
)
def test_what_does_not_go_together_is_refused(task: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        found([{"name": "t", **task}])
