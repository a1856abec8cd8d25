"""A study with transfers: its tables, and that it goes on where it was stopped."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.studies.conduct import conduct
from tunescope.studies.reading import make_study
from tunescope.studies.study import Study
from tunescope.tables import distance_growth

pytestmark = pytest.mark.slow

SENTENCES = [
    ("the dog sees a cat", "DET NOUN VERB DET NOUN"),
    ("a small bird hears the old dog", "DET OTHER NOUN VERB DET OTHER NOUN"),
    ("the cat likes the grey bird", "DET NOUN VERB DET OTHER NOUN"),
    ("a bird with a grey cat likes the dog", "DET NOUN OTHER DET OTHER NOUN VERB DET NOUN"),
]


def words(path: Path, *, coarse: bool) -> Path:
    """Make a task of words; the coarse one knows nouns and all else."""
    rows = []
    for cut in range(4):
        for text, labels in SENTENCES:
            tokens, tags = text.split(), labels.split()
            tags = [t if t == "NOUN" else "REST" for t in tags] if coarse else tags
            turned = {"tokens": tokens[cut:] + tokens[:cut], "labels": tags[cut:] + tags[:cut]}
            rows.append(json.dumps(turned))
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Study:
    folder = tmp_path_factory.mktemp("transfer")
    tasks = [
        {"name": name, "files": {"train": words(folder / f"{name}.jsonl", coarse=name == "coarse")}}
        for name in ("fine", "coarse")
    ]
    return make_study(
        {
            "models": [str(tiny_bert)],
            "tasks": [{**task, "label": "labels"} for task in tasks],
            "transfer": [{"tune": "coarse", "probe": "fine"}],
            "tuning": {"epochs": 2, "batch_size": 4, "snapshots": 2},
            "probing": {"memorisation": True},
            "random_baseline": False,
            "keep": "none",
        }
    )


@pytest.fixture(scope="module")
def folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("run") / "run"
    conduct(study, run)
    return run


def tables(run: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted((run / "tables").glob("*"))}


def test_the_task_is_measured_under_both_models(folder: Path) -> None:
    found = tables(folder)
    transfer = distance_growth(found)
    fine = transfer[transfer["task"] == "fine"]
    assert set(fine["tuned_on"]) == {"", "fine", "coarse"}
    assert (fine["n_labels"] == 4).all()
    kinds = ["n_increased", "n_decreased", "n_unchanged", "n_undecided"]
    assert (fine[fine["stage"] == "tuned"][kinds].sum(axis=1) == 4).all()
    assert fine["accuracy"].between(0, 1).all()
    assert set(found["memorisation"]["compared_on"]) == {"training rest", "test"}
    assert set(transfer.loc[transfer["task"] == "coarse", "tuned_on"]) == {"", "coarse"}
    changed = found["accuracy_change"][["task", "tuned_on", "family"]].drop_duplicates()
    assert sorted(map(tuple, changed.to_numpy())) == [
        ("coarse", "coarse", "own task"),
        ("fine", "coarse", "transfer"),
        ("fine", "fine", "own task"),
    ]


def test_a_task_that_is_added_later_brings_its_transfer(
    study: Study, folder: Path, tmp_path: Path
) -> None:
    alone = study.model_copy(update={"tasks": study.tasks[:1], "transfer": []})
    conduct(alone, tmp_path / "run")
    conduct(study, tmp_path / "run")
    expected = tables(folder)
    found = tables(tmp_path / "run")
    assert found.keys() == expected.keys()
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name])


def test_a_transfer_that_is_added_later_tunes_again_and_changes_nothing_else(
    study: Study, folder: Path, tmp_path: Path
) -> None:
    conduct(study.model_copy(update={"transfer": []}), tmp_path / "run")
    done = {p: p.read_bytes() for p in (tmp_path / "run" / "steps").rglob("*") if p.is_file()}
    conduct(study, tmp_path / "run")
    assert {path: path.read_bytes() for path in done} == done
    expected = tables(folder)
    found = tables(tmp_path / "run")
    assert found.keys() == expected.keys()
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name])


def test_fewer_transfers_are_another_study(study: Study, folder: Path) -> None:
    with pytest.raises(InputError, match="transfer is"):
        conduct(study.model_copy(update={"transfer": []}), folder)


@pytest.mark.parametrize("lost", ["seed-0/train", "seed-0/transfer-fine"])
def test_stopped_before_or_after_the_transfer_it_ends_with_the_same_tables(
    study: Study, folder: Path, tmp_path: Path, lost: str
) -> None:
    again = Path(shutil.copytree(folder, tmp_path / "run"))
    (cell,) = (again / "steps").glob("*/coarse")
    shutil.rmtree(cell / lost)
    shutil.rmtree(again / "tables")
    record = json.loads((again / "record.json").read_text())
    del record["complete"]
    del record["sha256"]
    (again / "record.json").write_text(json.dumps(record))
    conduct(study, again)
    expected = tables(folder)
    found = tables(again)
    assert found.keys() == expected.keys()
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name])
