"""What a release checks before anything is published."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts import load

ROOT = Path(__file__).parents[1]


release = load(".github/release.py")


def test_package_and_citation_say_the_same_version() -> None:
    assert len(set(release.versions().values())) == 1


def test_another_tag_is_refused_with_every_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main("v99.0.0") == 1
    said = capsys.readouterr().err
    assert "CITATION.cff says" in said
    assert "CHANGELOG.md has no section '## 99.0.0 (YYYY-MM-DD)'" in said


def test_the_notes_are_the_changelogs_section(tmp_path: Path) -> None:
    sections = ["# Changelog", "## 0.3.0 (unreleased)", "x", "## 0.2.0 (2026-12-01)", "- new"]
    sections += ["## 0.1.0 (2026-11-01)", "- old"]
    (tmp_path / "CHANGELOG.md").write_text("\n\n".join(sections) + "\n")
    assert release.section("0.2.0", tmp_path) == "- new"
    assert release.section("0.3.0", tmp_path) == ""
