"""What is archived without texts holds none, and is a run."""

from pathlib import Path

import pandas as pd
import pytest
from synthetic_runs import SyntheticRun

from tunescope.cli.telling import remember, summary
from tunescope.errors import InputError
from tunescope.reports.archive import export
from tunescope.runs import Run
from tunescope.studies.conduct import conduct
from tunescope.studies.reading import make_study
from tunescope.tables.schema import schema, verbatim_columns

MANUAL = Path(__file__).parents[2] / "docs" / "how-to" / "archive.md"
ARTICLES = ("the", "a", "one", "this", "some", "each", "any", "no")
WORDS = {"animal": ("dog", "cat", "bird"), "deed": ("sees", "hears", "likes")}


def everything_in(folder: Path) -> str:
    """Read every file, and the names of all of them, as text."""
    found = []
    for path in sorted(folder.rglob("*")):
        found.append(path.name)
        if path.suffix == ".parquet":
            found.append(pd.read_parquet(path).to_json())
            found.append(path.read_bytes().decode("latin-1"))
        elif path.is_file():
            found.append(path.read_text())
    return "\n".join(found)


def stored(made: SyntheticRun, folder: Path) -> Run:
    with Run.start(folder, {}, identity={}) as run:
        run.write_tables(made.tables)
        run.note(complete=True, notes={"pos": ["one text with 2 labels: 'The cat sat' is …"]})
        run.note(told={"call": "", "found": {"suspects": [{"text": "The cat sat"}]}})
        reasons = {"4": "tokenizer: it cannot read 'The cat sat' (ValueError)"}
        run.note(watching={"updates": [0, 8], "could_not_be_looked_at": reasons})
    return run


def test_it_is_the_run_without_its_texts(small_run: SyntheticRun, tmp_path: Path) -> None:
    run = stored(small_run, tmp_path / "run")
    assert "cat sat" in everything_in(run.folder)
    for _ in range(2):  # an earlier archive is replaced
        archive = Run.open(export(run, tmp_path / "archive"))
    assert "cat" not in everything_in(archive.folder)
    assert archive.tables.keys() == run.tables.keys()
    for name, table in run.tables.items():
        hidden = verbatim_columns().get(name, [])
        pd.testing.assert_frame_equal(
            archive.tables[name].drop(columns=hidden, errors="ignore"),
            table.drop(columns=hidden, errors="ignore"),
        )
    left_out = archive.record["without_texts"]
    assert left_out
    assert left_out.items() <= verbatim_columns().items()
    assert "told" not in archive.record
    assert archive.record["watching"]["could_not_be_looked_at"] == {"4": "left out"}
    kept = run.record.keys() - {"files", "notes", "told", "watching"}
    assert {name: archive.record[name] for name in kept} == {n: run.record[n] for n in kept}


def test_a_folder_of_something_else_stays(small_run: SyntheticRun, tmp_path: Path) -> None:
    run = stored(small_run, tmp_path / "run")
    with pytest.raises(InputError, match="exists already"):
        export(run, tmp_path / "run")
    assert Run.open(tmp_path / "run").tables.keys() == small_run.tables.keys()


def test_an_archive_that_is_gone_on_with_is_a_run_with_its_texts(
    small_run: SyntheticRun, tmp_path: Path
) -> None:
    run = stored(small_run, tmp_path / "run")
    later = stored(small_run, export(run, tmp_path / "archive"))
    assert "without_texts" not in later.record
    with pytest.raises(InputError, match="exists already"):
        export(run, later.folder)
    assert "cat sat" in everything_in(later.folder)


@pytest.mark.parametrize("name", ["README.md", "steps/m/done.json", "tables/mine.csv"])
def test_what_was_put_beside_an_archive_stays(
    small_run: SyntheticRun, tmp_path: Path, name: str
) -> None:
    run = stored(small_run, tmp_path / "run")
    archive = export(run, tmp_path / "archive")
    for left in (".lock", ".DS_Store", "tables/Thumbs.db"):
        (archive / left).touch()
    export(run, archive)
    added = archive / name
    added.parent.mkdir(parents=True, exist_ok=True)
    added.write_text("kept")
    named = name if name.startswith("tables") else added.relative_to(archive).parts[0]
    with pytest.raises(InputError, match=f"archive: holds {named} beside an archive"):
        export(run, archive)
    assert added.read_text() == "kept"


def test_the_manual_names_what_is_left_out() -> None:
    text = MANUAL.read_text()
    for table, columns in verbatim_columns().items():
        assert f"`{table}`" in text
        assert all(schema().columns(table)[column].type == "text" for column in columns)


@pytest.mark.slow
def test_every_column_in_which_a_text_of_the_data_stands_is_marked(
    tiny_bert: Path, tmp_path: Path
) -> None:
    path = tmp_path / "texts.csv"
    rows = [
        (f"{article} {adjective} {word}", label)
        for label, words in WORDS.items()
        for word in words
        for article in ARTICLES
        for adjective in ("old", "small", "grey")
    ]
    rows += [(rows[0][0], "deed"), (rows[-1][0], "animal")]  # contradictions: remarks quote them
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)
    values = {
        "models": [str(tiny_bert)],
        "tasks": [str(path)],
        "tuning": {"epochs": 1, "snapshots": 2, "batch_size": 32},
        "random_baseline": False,
        "keep": "none",
    }
    run = conduct(make_study(values), tmp_path / "run")
    remember(run, values, 10, summary(run.tables, run.record, 10))
    assert "the old dog" in (run.folder / "record.json").read_text()
    texts = {text for text, _ in rows}
    holding = {
        name: [
            column
            for column in table
            if any(text in str(table[column].to_list()) for text in texts)
        ]
        for name, table in run.tables.items()
    }
    assert {name: columns for name, columns in holding.items() if columns} == {
        name: [column for column in columns if column in run.tables[name]]
        for name, columns in verbatim_columns().items()
        if name in run.tables
    }
    archived = everything_in(export(run, tmp_path / "archive"))
    assert not [text for text in texts if text in archived]
