"""What a training that goes on finds in its folder is moved, never removed."""

from __future__ import annotations

from pathlib import Path

from tunescope.tuning.folder import set_aside, snapshot_folder, trainings_in


def snapshots(folder: Path, *updates: int) -> None:
    for update in updates:
        place = snapshot_folder(folder, update)
        place.mkdir(parents=True)
        (place / "vectors").write_text(str(update))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_later_snapshots_are_set_aside_each_time_anew(tmp_path: Path) -> None:
    assert set_aside(tmp_path / "none", 0) is None
    snapshots(tmp_path, 0, 4, 6, 12345678)
    (tmp_path / "update-notes").mkdir()  # somebody's own
    assert set_aside(tmp_path, 4) == tmp_path / "superseded" / "1"
    assert names(tmp_path) == ["superseded", "update-0000000", "update-0000004", "update-notes"]
    assert set_aside(tmp_path, 4) is None
    snapshots(tmp_path, 6)
    second = set_aside(tmp_path, 5)
    assert second == tmp_path / "superseded" / "2"
    assert names(tmp_path / "superseded" / "1") == ["update-0000006", "update-12345678"]
    assert (second / "update-0000006" / "vectors").read_text() == "6"


def test_what_was_set_aside_counts_as_no_training(tmp_path: Path) -> None:
    snapshots(tmp_path, 6)
    snapshots(tmp_path / "training-3", 0)
    assert trainings_in(tmp_path) == 3
    assert trainings_in(tmp_path / "training-3") == 1
    set_aside(tmp_path, 4)
    set_aside(tmp_path / "training-3", 4)
    assert trainings_in(tmp_path) == 3
    assert trainings_in(tmp_path / "superseded") == 0
