"""Data sets by name: from disk, or from the Hub at the commit that a revision is now."""

from pathlib import Path
from typing import Any

import pytest

from tunescope.errors import InputError, TunescopeError
from tunescope.tasks.readers.named import load_named


def refusing(error: Exception) -> Any:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    return refuse


def test_a_folder_without_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no data set that save_to_disk wrote"):
        load_named(str(tmp_path))


def test_what_is_saved_is_loaded_without_asking_anybody(tmp_path: Path) -> None:
    import datasets

    datasets.Dataset.from_dict({"text": ["a", "b"]}).save_to_disk(tmp_path / "saved")
    found, revision = load_named(str(tmp_path / "saved"))
    assert (found["text"][:], revision) == (["a", "b"], "")


def test_a_data_set_or_revision_that_is_not_on_the_hub_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import HfApi, errors

    for kind, message in (
        (errors.RepositoryNotFoundError, "'a/b': neither a file or folder here"),
        (errors.RevisionNotFoundError, "'a/b': no revision 'v9'"),
    ):
        monkeypatch.setattr(HfApi, "dataset_info", refusing(kind.__new__(kind)))
        with pytest.raises(InputError, match=message):
            load_named("a/b", revision="v9")


def test_where_the_hub_gives_no_answer_it_is_a_failure_and_no_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import datasets
    from huggingface_hub import HfApi

    monkeypatch.setattr(HfApi, "dataset_info", refusing(OSError("no route")))
    monkeypatch.setattr(datasets, "load_dataset", refusing(ConnectionError("no route\nat all")))
    with pytest.raises(TunescopeError, match=r"'a/b' cannot be loaded: no route$") as caught:
        load_named("a/b")
    assert not isinstance(caught.value, InputError)
