"""A run is of one commit of a model on the Hub, whatever the Hub has when it is gone on with."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file

from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.studies.conduct import conduct
from tunescope.studies.reading import make_study
from tunescope.studies.revisions import pin, pinned

FIRST, SECOND = "1" * 40, "2" * 40
HUB_ID = "some-org/tiny"


@pytest.fixture
def moved(tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A cache of the Hub with two commits of a model, and no network; a call moves its branch."""
    repository = tmp_path / "cache" / "models--some-org--tiny"
    for commit in (FIRST, SECOND):
        shutil.copytree(tiny_bert, repository / "snapshots" / commit)
    weights = repository / "snapshots" / SECOND / "model.safetensors"
    save_file(
        {name: 1.5 * tensor for name, tensor in load_file(weights).items()},
        weights,
        metadata={"format": "pt"},
    )
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(FIRST)
    cache = str(tmp_path / "cache")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", cache)
    monkeypatch.setattr("transformers.utils.hub.constants.HF_HUB_CACHE", cache)

    def no_network(*_arguments: object, **_options: object) -> None:
        raise ConnectionError("no network here")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", no_network)
    return lambda: (repository / "refs" / "main").write_text(SECOND) and None


def test_the_first_commit_stays(moved: Callable[[], None], tmp_path: Path) -> None:
    with Run.start(tmp_path / "run", {}, identity={}) as run:
        pin(run, [HUB_ID, "minilm"])
        moved()
        pin(run, [HUB_ID, f"{HUB_ID}:1"])
        assert run.record["revisions"] == {HUB_ID: FIRST, f"{HUB_ID}:1": SECOND}
        assert pinned(run, HUB_ID) == FIRST
        assert pinned(run, "minilm") is None


def adapter(folder: Path, revision: str | None = None) -> Path:
    folder.mkdir()
    config = {"base_model_name_or_path": HUB_ID, "revision": revision, "peft_type": "LORA"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    save_file({"weight": torch.zeros(1)}, folder / "adapter_model.safetensors")
    return folder


def test_the_base_of_an_adapter_is_of_the_revision_that_it_names(
    moved: Callable[[], None], tmp_path: Path
) -> None:
    models = [
        str(adapter(tmp_path / "one", FIRST)),
        str(adapter(tmp_path / "two", "main")),
        str(adapter(tmp_path / "three")),
    ]
    with Run.start(tmp_path / "run", {}, identity={}) as run:
        pin(run, models)
        assert run.record["revisions"] == {f"{HUB_ID}@main": FIRST, HUB_ID: FIRST}
        moved()
        pin(run, models[:1])
        with pytest.raises(InputError, match=f"its base '{HUB_ID}@main' is {SECOND} on the Hub"):
            pin(run, models[1:2])


def test_an_adapter_whose_base_has_moved_is_refused(
    moved: Callable[[], None], tmp_path: Path
) -> None:
    adapter(tmp_path / "adapter")
    with Run.start(tmp_path / "run", {}, identity={}) as run:
        pin(run, [str(tmp_path / "adapter")])
        pin(run, [str(tmp_path / "adapter")])
        moved()
        with pytest.raises(InputError, match=f"is {SECOND} on the Hub, and was {FIRST} when"):
            pin(run, [str(tmp_path / "adapter")])


@pytest.mark.slow
def test_a_run_goes_on_with_the_weights_that_it_began_with(
    moved: Callable[[], None], tmp_path: Path
) -> None:
    rows = [
        f"the {adjective} {word},{label}\n"
        for label, word in (("animal", "dog"), ("animal", "cat"), ("deed", "sees"))
        for adjective in ("old", "small", "grey", "red", "big", "new")
    ]
    (tmp_path / "texts.csv").write_text("text,label\n" + "".join(rows))
    values = {
        "models": [HUB_ID],
        "tasks": [str(tmp_path / "texts.csv")],
        "tuning": {"epochs": 1, "snapshots": 2, "batch_size": 8},
        "probing": {"protocol": "none", "also": [], "rank_suspects": False},
        "geometry": {"clusters": "none"},
        "random_baseline": False,
        "device": "cpu",
    }
    conduct(make_study(values), tmp_path / "run")
    moved()
    run = conduct(make_study(values | {"seeds": [0, 1]}), tmp_path / "run")
    assert run.record["models"][HUB_ID]["revision"] == FIRST
    assert json.loads((run.folder / "record.json").read_text())["revisions"] == {HUB_ID: FIRST}
    spread = run.tables["spread"].query("stage == 'tuned' and layer == 0")
    first, second = (spread.query("seed == @seed")["total"].item() for seed in (0, 1))
    assert second == pytest.approx(first, rel=0.05)
