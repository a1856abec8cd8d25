"""The reproduction from the command line, on a tiny model: its files, and what it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

WORDS = [
    ("the dog sees a cat", "DET NOUN VERB DET NOUN"),
    ("a small bird hears the old dog", "DET OTHER NOUN VERB DET OTHER NOUN"),
    ("the cat likes the grey bird", "DET NOUN VERB DET OTHER NOUN"),
    ("a barking dog sees the bird unhappily", "DET OTHER NOUN VERB DET NOUN OTHER"),
    ("the old cat of a dog hears", "DET OTHER NOUN OTHER DET NOUN VERB"),
    ("a bird with a grey cat likes the dog", "DET NOUN OTHER DET OTHER NOUN VERB DET NOUN"),
]


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from tunescope.cli import main; main()", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "160"},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a task of words with four labels."""
    made = tmp_path_factory.mktemp("reproduce")
    rows = []
    for cut in range(4):
        for text, labels in WORDS:
            tokens, tags = text.split(), labels.split()
            turned = {"tokens": tokens[cut:] + tokens[:cut], "labels": tags[cut:] + tags[:cut]}
            rows.append(json.dumps(turned))
    (made / "words.jsonl").write_text("\n".join(rows) + "\n")
    return made


def test_the_paper_is_written(folder: Path, tiny_bert: Path) -> None:
    call_of = ["reproduce", "--models", str(tiny_bert), "--tasks", "words.jsonl", "--seeds", "0,1"]
    call_of += ["--quick", "--out", "run", "--json", "--quiet"]
    done = call(*call_of, cwd=folder)
    assert done.returncode == 0, done.stderr
    findings = pd.DataFrame(json.loads(done.stdout)["findings"])
    assert set(findings["verdict"]) <= {"holds", "does not hold", "left open", "not tested"}
    paper = folder / "run" / "paper"
    table = pd.read_csv(paper / "table-5.csv", keep_default_na=False)
    changed = table[table["quantity"] == "mean_minimum_distance_change"]
    assert changed["n_seeds"].tolist() == [2]
    assert (folder / "run" / "report.html").exists()
    assert not list((folder / "run").glob("vectors/**/*.npy"))
    for name in ("figure-2.png", "figure-5.pdf", "table-1.tex", "findings.csv", "paper.tex"):
        assert (paper / name).stat().st_size > 100

    before = (paper / "table-2.csv").read_text()
    again = call(*call_of, cwd=folder)
    assert again.returncode == 0, again.stderr
    assert (paper / "table-2.csv").read_text() == before

    alone = call("paper", "run", "--out", "alone", cwd=folder)
    assert alone.returncode == 0, alone.stderr
    assert (folder / "alone" / "table-2.csv").read_text() == before
    twice = call("paper", "run", "run", "--out", "twice", cwd=folder)
    assert twice.returncode == 2
    assert "named twice" in twice.stderr


def test_the_plan_is_said_and_nothing_done(folder: Path, tiny_bert: Path) -> None:
    done = call(
        *("reproduce", "--models", str(tiny_bert), "--tasks", "words.jsonl", "--plan"),
        *("--seeds", "0,1", "--quick", "--json", "--out", "none"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    # 24 texts in batches of 32 are one update an epoch: three updates have four snapshots
    assert (plan["tunings"], plan["snapshots"], plan["jobs"]) == (2, 1 + 2 * 3, 2 + 7)
    assert plan["seconds"] > 0
    assert not (folder / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seeds", "a"), "--seeds 'a': expected whole numbers"),
        (("--tasks", "poss"), "no task is called 'poss'; did you mean 'pos'"),
        (("--models", "bert-tny", "--tasks", "words.jsonl"), "did you mean 'bert-tiny'"),
        (
            ("--models", "bert-tny", "--tasks", "words.jsonl", "--quick", "--plan"),
            "did you mean 'bert-tiny'",
        ),
        (("--protocol", "fast"), ": --protocol: "),
        (("--gpus-per-worker", "1", "--plan"), "gpus_per_worker needs workers"),
    ],
)
def test_a_mistake_is_said_in_a_line(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = call("reproduce", *arguments, "--out", "wrong", cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "wrong").exists()
