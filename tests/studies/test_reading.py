"""A study is checked before anything runs, and a mistake is named with its line."""

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
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_study(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: cannot read"):
        read_study(tmp_path / "none.yaml")


def test_a_probe_that_is_not_known_is_named_with_its_line(tmp_path: Path) -> None:
    text = "models: m\ntasks: pos\nprobing:\n  also: [linear, controls]\n"
    with pytest.raises(InputError, match=r"study.yaml:4: probing.also.1: .*found 'controls'"):
        read_study(write(tmp_path, text))
