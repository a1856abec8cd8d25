"""A whole study from the command line, on a tiny model: done once, gone on with, never mixed."""

import html
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

TABLES = {
    "accuracy",
    "accuracy_change",
    "centroids",
    "clusters",
    "confusions",
    "description_length",
    "evaluations",
    "examples",
    "label_scores",
    "linearity",
    "minimum_distances",
    "nearest_pairs",
    "predictions",
    "selectivity",
    "separations",
    "similarity",
    "spread",
    "training",
}

SENTENCES = [
    ("the dog sees a cat", "DET NOUN VERB DET NOUN"),
    ("a small bird hears the old dog", "DET OTHER NOUN VERB DET OTHER NOUN"),
    ("the cat likes the grey bird", "DET NOUN VERB DET OTHER NOUN"),
    ("a barking dog sees the bird unhappily", "DET OTHER NOUN VERB DET NOUN OTHER"),
    ("the old cat of a dog hears", "DET OTHER NOUN OTHER DET NOUN VERB"),
    ("a bird with a grey cat likes the dog", "DET NOUN OTHER DET OTHER NOUN VERB DET NOUN"),
]


def words_file(folder: Path) -> Path:
    """Make a task of words with four labels, each sentence in several orders of its halves."""
    rows = []
    for turn in range(4):
        for text, labels in SENTENCES:
            tokens, tags = text.split(), labels.split()
            cut = turn % len(tokens)
            turned = {"tokens": tokens[cut:] + tokens[:cut], "labels": tags[cut:] + tags[:cut]}
            rows.append(json.dumps(turned))
    path = folder / "words.jsonl"
    path.write_text("\n".join(dict.fromkeys(rows)) + "\n")
    return path


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from tunescope.cli import main; main()", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "160"},
    )


def study(folder: Path, model: Path) -> Path:
    path = folder / "study.yaml"
    path.write_text(
        f"""models: [{model}]
tasks:
- name: words
  files: {{train: {words_file(folder)}}}
  label: labels
seeds: [0, 1]
tuning: {{epochs: 3, batch_size: 4, snapshots: 4}}
geometry: {{clusters: all}}
"""
    )
    return path


def tables(run: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted((run / "tables").glob("*"))}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    done = call("run", str(study(folder, tiny_bert)), "--out", "run", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["report"] == "run/report.html"
    return folder


def test_a_run_leaves_its_tables_its_page_and_its_figures(finished: Path) -> None:
    found = tables(finished / "run")
    assert found.keys() >= TABLES
    assert all(len(table) for name, table in found.items() if name != "cluster_members")
    page = (finished / "run" / "report.html").read_text()
    assert "words" in page
    probe = json.loads((finished / "run" / "record.json").read_text())["probe"]
    assert probe["protocol"]["restarts"] == 3
    assert probe["description"] in html.unescape(page)
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert list((finished / "run" / "figures").glob("*.pdf"))


def test_the_record_says_what_the_processor_time_went_into(finished: Path) -> None:
    spent = json.loads((finished / "run" / "record.json").read_text())["processor_seconds"]
    assert {"encoding", "fine-tuning", "separations", "clusters", "classifier probes"} <= {*spent}
    assert {"suspects", "other measures"} <= {*spent}
    assert all(seconds > 0 for seconds in spent.values())


def test_every_space_has_its_rows(finished: Path) -> None:
    found = tables(finished / "run")
    separations = found["separations"]
    updates = sorted(separations["update"].unique())
    assert updates[0] == 0
    assert len(updates) == 4
    random = separations[separations["stage"] == "random"]
    assert set(random["layer"]) == {3}  # the last: beside it every similarity is held
    train = separations.query("split == 'train' and stage != 'random'")
    of_space = train.groupby(["seed", "update", "layer"]).size()
    assert (of_space == 6).all()  # four labels
    assert len(of_space) == 2 * 4 * 4  # seeds, updates, layers
    assert (train["lower"] <= train["separation"]).all()
    assert (train["separation"] <= train["upper"]).all()
    assert set(found["linearity"]["stage"]) == {"original", "between", "tuned", "random"}


def test_suspects_know_how_they_were_learned(finished: Path) -> None:
    found = tables(finished / "run")
    suspects, last = found["suspects"], found["suspects"]["update"].max()
    tuned = suspects[suspects["update"] == last]
    assert tuned.groupby("seed")["rank"].min().tolist() == [1, 1]
    assert tuned["mean_confidence"].notna().all()
    assert set(tuned["learned"].dropna()) <= set(found["separations"]["update"]) - {0}
    assert suspects.loc[suspects["stage"] == "original", "mean_confidence"].isna().all()
    aside = found["distances_without_suspects"]
    assert (aside["lower_without"] <= aside["minimum_without"]).all()


def test_update_0_is_the_same_under_every_seed(finished: Path) -> None:
    separations = tables(finished / "run")["separations"]
    first = separations[separations["update"] == 0]
    by_seed = [
        part.drop(columns="seed").reset_index(drop=True) for _, part in first.groupby("seed")
    ]
    pd.testing.assert_frame_equal(*by_seed)


def test_similarity_with_itself_is_one(finished: Path) -> None:
    similarity = tables(finished / "run")["similarity"]
    first = similarity.query("stage == 'original' and comparison == 'with_original'")
    known = first[first["similarity"].notna()]
    assert len(known)
    assert known["similarity"].to_numpy() == pytest.approx(1)
    assert (first.loc[first["similarity"].isna(), "reason"] != "").all()


def test_a_second_call_computes_nothing(finished: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (finished / "run" / "steps").rglob("*.parquet")}
    again = call("run", "study.yaml", "--out", "run", cwd=finished)
    assert again.returncode == 0, again.stderr
    after = {p: p.stat().st_mtime_ns for p in (finished / "run" / "steps").rglob("*.parquet")}
    assert before == after


def test_another_study_in_the_same_folder_is_refused(finished: Path) -> None:
    refused = call("run", "study.yaml", "--epochs", "1", "--out", "run", cwd=finished)
    assert refused.returncode == 2
    assert "tuning.epochs is 3.0 there and 1.0 here" in refused.stderr
    assert "the same options, or more of models, tasks, seeds, transfer, to go on" in refused.stderr


def test_killed_and_called_again_it_ends_with_the_same_tables(
    finished: Path, tmp_path: Path, tiny_bert: Path
) -> None:
    command = [sys.executable, "-c", "from tunescope.cli import main; main()"]
    arguments = ["run", str(finished / "study.yaml"), "--out", str(tmp_path / "run"), "--quiet"]
    process = subprocess.Popen([*command, *arguments], env={**os.environ, "HF_HUB_OFFLINE": "1"})
    deadline = time.monotonic() + 240
    while not list((tmp_path / "run").glob("steps/*/*/seed-0/update-*/measure")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "run" / "tables").exists()
    resumed = call(*arguments, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    expected = tables(finished / "run")
    for name, table in tables(tmp_path / "run").items():
        pd.testing.assert_frame_equal(table, expected[name])


def test_a_seed_that_is_added_later_changes_nothing_else(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    study = str(finished / "study.yaml")
    first = call("run", study, "--seed", "1", "--out", str(run), cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    page = (run / "report.html").read_text()
    done = {p: p.stat().st_mtime_ns for p in (run / "steps").rglob("*.parquet")}
    grown = call("run", study, "--out", str(run), cwd=tmp_path)
    assert grown.returncode == 0, grown.stderr
    assert {p: p.stat().st_mtime_ns for p in done} == done
    assert (run / "report.html").read_text() != page
    expected = tables(finished / "run")
    for name, table in tables(run).items():
        pd.testing.assert_frame_equal(table, expected[name])


def test_the_report_can_be_written_again(finished: Path) -> None:
    page = finished / "run" / "report.html"
    before = page.read_text()
    page.unlink()
    assert call("report", "run", cwd=finished).returncode == 0
    assert page.read_text() == before


def test_keeping_nothing_changes_no_table(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = call(
        "run", str(finished / "study.yaml"), "--keep", "none", "--out", str(run), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert not list(run.glob("vectors/**/*.npy"))
    expected = tables(finished / "run")
    for name, table in tables(run).items():
        pd.testing.assert_frame_equal(table, expected[name])


def test_two_models_are_compared(finished: Path, tmp_path: Path, tiny_bert: Path) -> None:
    data = str(finished / "words.jsonl")
    done = call(
        *("compare", str(tiny_bert), str(tiny_bert), "--data", data, "--out", "c", "--json"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = tables(tmp_path / "c")
    assert (found["accuracy_change"]["difference"] == 0).all()
    assert (found["accuracy_change"]["p_corrected"] == 1).all()
    similarity = found["similarity"].query("comparison == 'with_original'")
    assert similarity["similarity"].dropna().to_numpy() == pytest.approx(1)
