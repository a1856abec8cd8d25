"""A study is checked before anything runs, and a mistake is named with its line."""

from itertools import pairwise
from pathlib import Path

import pytest

from tunescope.errors import InputError
from tunescope.studies.reading import read_study


def write(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def test_a_single_name_is_a_list_of_one(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, "models: minilm\ntasks: pos\nseeds: 3\n"))
    assert (study.models, study.tasks, study.seeds) == (["minilm"], ["pos"], [3])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [m]\ntasks: [pos]\nseed: 1\n", r"study.yaml:3: unknown key 'seed'; did you mean"),
        (
            "models: [m]\ntasks: [pos]\ntuning:\n  epoch: 1\n",
            r"study.yaml:4: unknown key 'tuning.epoch'; did you mean 'epochs'",
        ),
        ("models: [m]\n", r"the key 'tasks' is missing"),
        ("models: []\ntasks: [pos]\n", r"study.yaml:1: models: .*at least 1"),
        (
            "models: m\ntasks: pos\ntuning: {batch_size: 0}\n",
            r"study.yaml:3: tuning.batch_size: .*found 0",
        ),
        (
            "models: m\ntasks:\n- name: a\n  file: x.csv\n",
            r"study.yaml:4: unknown key 'tasks.0.file'; did you mean 'files'",
        ),
        (
            "models: m\ntasks: {name: a, file: x.csv}\n",
            r"study.yaml:2: unknown key 'tasks.file'; did you mean 'files'",
        ),
        (
            "models: m\ntasks:\n- pos\n- label: x\n",
            r"study.yaml:4: the key 'tasks.1.name' is missing",
        ),
        (
            "models: m\ntasks: pos\ntuning: {snapshots: log:1}\n",
            r"study.yaml:3: tuning.snapshots: expected how many, log:2 to log:1000000, or",
        ),
        ("models: m\ntasks: pos\nmodels: n\n", r"study.yaml:3: the key 'models' is given twice"),
        (
            "models: m\ntasks: pos\ntuning:\n  epochs: 1\n  epochs: 2\n",
            r"study.yaml:5: the key 'epochs' is given twice",
        ),
        ("models: [m\n", r"study.yaml:\d: not YAML"),
        ("- a\n", r"expected keys such as"),
        ("models: m\ntasks: \x07\n", r"study.yaml:2: not YAML: the character #x0007"),
        (f"seeds: {'9' * 5000}\n", r"study.yaml: not YAML that can be read: .*digits"),
        ("when: 2024-13-45\n", r"study.yaml: not YAML that can be read: month"),
        (f"models: {'[' * 50_000}\n", r"study.yaml: not YAML that can be read: nested too"),
    ],
)
@pytest.mark.slow
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_study(write(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["strategy", "str", "int", "interval", "OwnTask", "constrained-int", "function-x", "0"]
)
@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("", "models: m\ntasks: pos\n{}: 3\n"),
        ("tuning.", "models: m\ntasks: pos\ntuning: {{{}: 3}}\n"),
        ("tasks.0.", "models: m\n\ntasks: [{{name: a, {}: 3}}]\n"),
        ("transfer.0.", "models: m\ntasks: pos\ntransfer: [{{tune: a, probe: b, {}: 3}}]\n"),
    ],
)
def test_a_key_like_the_name_of_a_type_is_named_whole(
    tmp_path: Path, place: str, text: str, key: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_study(write(tmp_path, text.format(f"'{key}'")))
    said = str(caught.value)
    assert f"study.yaml:3: unknown key '{place}{key}'; " in said
    assert f"did you mean '{key}'" not in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: cannot read"):
        read_study(tmp_path / "none.yaml")


def test_a_probe_that_is_not_known_is_named_with_its_line(tmp_path: Path) -> None:
    text = "models: m\ntasks: pos\nprobing:\n  also: [linear, controls]\n"
    with pytest.raises(InputError, match=r"study.yaml:4: probing.also.1: .*found 'controls'"):
        read_study(write(tmp_path, text))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("seeds: [010]", "study.yaml:3: YAML reads 010 as 8; write that"),
        ("seeds: 1:30", "study.yaml:3: YAML reads 1:30 as 90; write that"),
        ("tuning: {batch_size: 0x10}", "study.yaml:3: YAML reads 0x10 as 16; write that"),
        ("seeds: true", "study.yaml:3: seeds: true and false are no numbers and no names"),
        ("tuning: {epochs: yes}", "study.yaml:3: tuning.epochs: true and false are no numbers"),
        (
            "probing: {also: [linear, linear]}",
            "3: probing.also: 'linear' is named twice",
        ),
        ("transfer: [&a {tune: x, probe: y}, *a]", "study.yaml:3: transfer: .* is named twice"),
    ],
)
def test_what_yaml_or_a_default_would_read_otherwise_is_refused(
    tmp_path: Path, value: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_study(write(tmp_path, f"models: m\ntasks: pos\n{value}\n"))


def test_one_folder_by_two_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bert").mkdir()
    Path("link").symlink_to("bert")
    for other in ("./bert", "bert/", "link", str(tmp_path / "bert")):
        with pytest.raises(InputError, match=r"models: 'bert' and .* are one folder; name it once"):
            read_study(write(tmp_path, f"models: [bert, {other}]\ntasks: pos\n"))


def test_a_document_that_anchors_make_endless_is_read_once(tmp_path: Path) -> None:
    levels = "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi"))
    with pytest.raises(InputError, match="unknown key 'a'"):
        read_study(write(tmp_path, f"a: &a [x]\n{levels}"))
    with pytest.raises(InputError, match="models"):
        read_study(write(tmp_path, "models: &a [*a]\n"))
