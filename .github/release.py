"""Check that a tag is the version of everything, or print what the changelog says of it.

python .github/release.py v0.1.0            # fails where the tag, package or citation differ
python .github/release.py v0.1.0 --notes    # prints the changelog's section
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def versions(root: Path = ROOT) -> dict[str, str]:
    """Give the version that each place says."""
    package = (root / "src" / "tunescope" / "__init__.py").read_text(encoding="utf-8")
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    return {
        "src/tunescope/__init__.py": re.findall(r'^__version__ = "(.*)"', package, re.M)[0],
        "CITATION.cff": re.findall(r"^version: (.*)", citation, re.M)[0],
    }


def section(version: str, root: Path = ROOT) -> str:
    """Give what the changelog says of a version; empty if it has no section with a date."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(
        rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)\n(.*?)(?=^## |\Z)", text, re.M | re.S
    )
    return found[1].strip() if found else ""


def main(tag: str, *options: str) -> int:
    """Do what the call says; give the exit code."""
    version = tag.removeprefix("v")
    if "--notes" in options:
        print(section(version))  # noqa: T201 - what the script is for
        return 0
    wrong = [f"{place} says {found}" for place, found in versions().items() if found != version]
    if not section(version):
        wrong.append(f"CHANGELOG.md has no section '## {version} (YYYY-MM-DD)'")
    for one in wrong:
        print(f"{tag}: {one}", file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
