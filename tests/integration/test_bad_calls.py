"""What a newcomer gets wrong: one or two lines, exit code 2, no traceback, nothing half-written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tunescope.cli import main

GOOD = "text,label\n" + "".join(
    f"{word} number {i},{label}\n"
    for i in range(10)
    for word, label in (("dog", "animal"), ("cake", "food"))
)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Call = Callable[..., Said]
Refused = Callable[..., str]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call the command line in an empty folder without data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TUNESCOPE_DATA", str(tmp_path / "no-data"))

    def made(*arguments: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, said.out, said.err)

    return made


@pytest.fixture
def refused(tmp_path: Path, call: Call) -> Refused:
    """Make a call that has to be refused, and give what it said."""

    def made(*arguments: str) -> str:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        done = call(*arguments)
        said = done.err.strip()
        assert done.code == 2, said
        assert "Traceback" not in said
        assert 1 <= len(said.splitlines()) <= 2, said
        assert done.out == ""
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert before == after, "something was left behind"
        return said

    return made


@pytest.fixture
def run(refused: Refused, tiny_bert: Path) -> Refused:
    """Ask for a run on a task that has to be refused."""
    return lambda task: refused(
        *("run", "--model", str(tiny_bert), "--task", task, "--epochs", "1", "--out", "run")
    )


def test_a_missing_file(tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused) -> None:
    assert "reviews.csv" in run("reviews.csv")


def test_a_file_with_a_broken_line(
    tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused
) -> None:
    (tmp_path / "reviews.jsonl").write_text('{"text": "a", "label": "b"}\n{"text": \n')
    assert "reviews.jsonl:2" in run("reviews.jsonl")


def test_a_treebank_with_a_broken_head(
    tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused
) -> None:
    row = "1\tdog\tdog\tNOUN\t_\t_\t9\troot\t_\t_\n\n"
    (tmp_path / "bank.conllu").write_text(row)
    assert "bank.conllu:1" in run("bank.conllu")


def test_an_unknown_model(refused: Refused) -> None:
    said = refused("run", "--model", "bert-tinny", "--task", "demo-pos", "--out", "run")
    assert "did you mean 'bert-tiny'" in said


def test_an_unknown_task(tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused) -> None:
    assert "did you mean 'trec-50'" in run("trec50")


def test_a_task_whose_data_are_not_here(
    tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused
) -> None:
    assert "tunescope data get pos" in run("pos")


def test_an_unknown_label_column(
    tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused
) -> None:
    (tmp_path / "reviews.csv").write_text(GOOD)
    study = (
        f"models: {tiny_bert}\ntasks:\n- name: r\n  files: {{train: reviews.csv}}\n  label: lable\n"
    )
    (tmp_path / "study.yaml").write_text(study)
    said = refused("run", "study.yaml", "--out", "run")
    assert "lable" in said
    assert "label" in said.replace("lable", "")


def test_an_unknown_key_in_the_study(
    tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused
) -> None:
    (tmp_path / "study.yaml").write_text(f"models: {tiny_bert}\ntasks: demo-pos\nepoch: 3\n")
    assert "study.yaml:3: unknown key 'epoch'" in refused("run", "study.yaml")


def test_a_folder_in_use(tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("precious")
    assert "not empty" in run("demo-pos")


def test_an_empty_split(tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused) -> None:
    (tmp_path / "train.csv").write_text(GOOD)
    (tmp_path / "test.csv").write_text("text,label\n")
    (tmp_path / "study.yaml").write_text(
        f"models: {tiny_bert}\ntasks:\n- name: r\n  files: {{train: train.csv, test: test.csv}}\n"
    )
    assert "test.csv" in refused("run", "study.yaml")


def test_a_label_with_one_example(
    tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused
) -> None:
    (tmp_path / "reviews.csv").write_text(GOOD + "bread,fod\n")
    (tmp_path / "study.yaml").write_text(
        f"models: {tiny_bert}\ntasks:\n- {{name: r, files: {{train: reviews.csv}}, rare: error}}\n"
    )
    said = refused("run", "study.yaml", "--out", "run")
    assert "reviews.csv:22" in said
    assert "'fod'" in said


def test_a_text_longer_than_the_model(
    tmp_path: Path, tiny_bert: Path, run: Refused, refused: Refused
) -> None:
    (tmp_path / "reviews.csv").write_text(GOOD + "dog " * 100 + ",animal\n")
    said = run("reviews.csv")
    assert "reviews.csv:22" in said
    assert "--on-long" in said or "on_long" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--modle", "x"), "--modle"),
        (("run",), "no model given"),
        (("run", "missing.yaml"), "missing.yaml: cannot read"),
        (("report", "nowhere"), "nowhere: holds no run"),
        (("probe", "nothing.npy"), "nothing.npy"),
        (
            ("probe", "X.npy", "y.txt", "--label", "foo"),
            "--label foo: names a column of a table, and there is none in X.npy and y.txt",
        ),
        (("probe", "X.npz", "--label", "foo"), "--label foo: names a column"),
        (("probe", "X.npz", "y.CSV", "--label", "foo"), "X.npz: "),
        (("compare", "bert-tiny"), "after"),
        (("data", "get", "poss"), "did you mean 'pos'"),
        (("frobnicate",), "frobnicate"),
        (
            ("run", "--model", "minilm", "--task", "demo-pos", "--epochs", "-1"),
            ": --epochs: input should",
        ),
        (
            ("run", "--model", "minilm", "--task", "demo-pos", "--keep", "some"),
            ": --keep: input should",
        ),
        (
            ("run", "--model", "minilm", "--task", "demo-pos", "--snapshots", "1"),
            ": --snapshots: input should",
        ),
        (
            ("run", "--model", "minilm", "--task", "demo-pos", "--snapshots", "log:1"),
            ": --snapshots: expected how many, log:2 to log:1000000, or the numbers of updates",
        ),
        (
            ("run", "--model", "minilm", "--task", "demo-pos", "--snapshots", "0,x"),
            ": --snapshots: input should be a valid integer",
        ),
        (
            ("run", "--model", "minilm", "--task", "demo-pos", "--limit", "0"),
            ": --limit: input should",
        ),
        (
            (
                "run",
                "--model",
                "minilm",
                "--task",
                "demo-pos",
                "--also",
                "none",
                "--also",
                "linear",
            ),
            ": --also: input should",
        ),
        (("run", "--model", "minilm", "--model", "minilm", "--task", "demo-pos"), ": --model: "),
        (("run", "ok.yaml", "--text-pair", "b"), ": --text-pair: is about a --task"),
        (("run", "ok.yaml", "--split-column", "b"), ": --split-column: is about a --task"),
        (("run", "ok.yaml", "--test", "b"), ": --test: is about a --task"),
        (("run", "ok.yaml", "--probe-layers", "b"), ": --probe-layers: input should"),
        (("run", "--out"), "Try 'tunescope run --help'"),
        (("data", "get", "pos", "--folder"), "Try 'tunescope data get --help'"),
        (("--what",), "Try 'tunescope --help'"),
        (("verify", "missing"), "missing: no such folder"),
        (("verify", "ok.yaml"), "ok.yaml: is a file; expected a folder"),
        (("reproduce", "--plan", "--out", "ok.yaml"), "ok.yaml: is a file; expected a folder"),
        (("reproduce", "--plan", "--keep", "some"), ": --keep: input should"),
        (("run", "--model", "minilm", "--task", "demo-pos", "--device", "cuda:9"), "cuda"),
        (
            ("reproduce", "--models", "minilm", "--seeds", "²"),
            "--seeds '²': expected whole numbers",
        ),
        (("reproduce", "--models", "minilm", "--seeds", "9" * 5000), "expected whole numbers"),
    ],
)
@pytest.mark.slow
def test_a_call_that_is_wrong(
    tmp_path: Path, refused: Refused, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "ok.yaml").write_text("models: minilm\ntasks: demo-pos\n")
    assert message in refused(*arguments)


@pytest.mark.parametrize(
    "command", ["demo", "run", "compare", "inspect", "probe", "report", "models", "data"]
)
@pytest.mark.slow
def test_every_command_explains_itself(call: Call, command: str) -> None:
    said = call(command, "--help")
    assert said.code == 0
    assert "Usage" in said.out


def test_the_short_help_and_completion_are_there(call: Call) -> None:
    assert call("inspect", "-h").out == call("inspect", "--help").out
    assert "--install-completion" in call("--help").out


FILE = "--data", "questions.csv"
ONE = "one.csv"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("inspect", "M"), "--data"),
        (("inspect", "M", "--data", "question.csv"), "did you mean 'questions.csv'"),
        (("inspect", "nowhere", *FILE), "nowhere"),
        (("inspect", "M", "--data", "book.xlsx"), "no task is called 'book.xlsx'"),
        (("inspect", "M", "--data", "folder"), "folder: holds no data set that save_to_disk wrote"),
        (("inspect", "M", "--data", "."), "holds no data set that save_to_disk wrote"),
        (("inspect", "M", "--data", ""), "the name of the data is empty"),
        (("inspect", "M", "--data", "empty.csv"), "empty.csv: the file is empty"),
        (("inspect", "M", "--data", "head.csv"), "head.csv: no rows"),
        (("inspect", "M", "--data", ONE), "expected at least two labels"),
        (("inspect", "M", "--data", "three.csv"), "three.csv:1: which column holds the texts?"),
        (("inspect", "M", *FILE, "--label", "kategory"), "did you mean 'category'"),
        (
            ("inspect", "M", *FILE, "--text", "question", "--tokens", "question"),
            "name one of the two",
        ),
        (("inspect", "M", *FILE, "--text", "category", "--label", "category"), "cannot hold both"),
        (
            ("inspect", "M", *FILE, "--text", "question", "--positions", "category"),
            "positions point at words",
        ),
        (("inspect", "M", *FILE, "--text-pair", "answer"), "no column 'answer'"),
        (
            ("inspect", "M", *FILE, "--text", "question", "--text-pair", "question"),
            "cannot hold both texts of a pair",
        ),
        (("inspect", "M", *FILE, "--split-column", "part"), "no column 'part'"),
        (("inspect", "M", *FILE, "--test", "other.csv"), "other.csv: no such file"),
        (("inspect", "M", *FILE, "--test", ONE, "--split-column", "question"), "of a single file"),
        (("inspect", "M", "--data", "demo-questions", "--test", ONE), "has its own splits"),
        (("inspect", "M", "--data", "demo-questions", "--label", "x"), "label cannot be chosen"),
        (("inspect", "M", *FILE, "--revision", "main"), "are of a dataset, and none is given"),
        (("inspect", "M", *FILE, "--limit", "0"), ": --limit: "),
        (("inspect", "M", *FILE, "--limit", "many"), ": --limit: "),
        (("inspect", "M", *FILE, "--rare", "some"), ": --rare: "),
        (("inspect", "M", *FILE, "--trained-on", "some"), ": --trained-on: "),
        (("inspect", "M", *FILE, "--trained-on", "train"), "the training split was drawn here"),
        (("inspect", "M", *FILE, "--suspects", "-1"), "--suspects"),
        (("inspect", "M", *FILE, "--out", "folder"), "folder is not empty"),
        (("compare", "M", *FILE), "AFTER"),
        (("compare", "M", "nowhere", *FILE), "nowhere"),
        (("compare", "M", "M", "M", *FILE), "unexpected extra argument"),
        (("compare", "M", "M", *FILE, "--on-long", "cut"), ": --on-long: "),
        (("compare", "M", "M", *FILE, "--protocol", "slow"), ": --protocol: "),
        (("compare", "M", "M", *FILE, "--test-fraction", "2"), ": --test-fraction: "),
        (("compare", "M", "M", *FILE, "--epochs", "2"), "--epochs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
@pytest.mark.slow
def test_a_wrong_inspection_or_comparison(
    tmp_path: Path, tiny_bert: Path, refused: Refused, arguments: tuple[str, ...], message: str
) -> None:
    rows = "".join(f"dog {i};{'ab'[i % 2]}\n" for i in range(20))
    files = {
        "questions.csv": f"question;category\n{rows}",
        "empty.csv": "",
        "head.csv": "text,label\n",
        ONE: "text,label\n" + "".join(f"dog {i},a\n" for i in range(9)),
        "three.csv": "one,two,three\na,b,c\n",
        "folder/thesis.txt": "precious",
        "book.xlsx": "x",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    made = [str(tiny_bert) if argument == "M" else argument for argument in arguments]
    assert message.lower() in refused(*made).lower()
