"""The content of a task by a checksum and by its sizes: what was made of the sources."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from tunescope.tasks.task import Task

CONTENT: Final = "content"
"""Under which the checksum stands beside those of the sources."""


def content_of(task: Task) -> str:
    """Give the checksum of the texts, words and labels of all splits.

    Two tasks of one source differ in it where other columns or options made them.

    Examples
    --------
    >>> from tunescope.tasks import load_task
    >>> whole, part = load_task("demo-pos"), load_task("demo-pos", limit=100)
    >>> whole.provenance == part.provenance, content_of(whole) == content_of(part)
    (True, False)
    """
    digest = hashlib.sha256(repr((task.kind, task.label_names)).encode())
    for name, split in task.splits.items():
        digest.update(repr((name, list(split.texts))).encode("utf-8", "surrogatepass"))
        for column in (split.text_index, split.positions, split.labels):
            digest.update(column.tobytes())
    return f"sha256:{digest.hexdigest()}"


def made_of(task: Task) -> dict[str, str]:
    """Give the checksums of a task's sources and of what was made of them."""
    return {**task.provenance, CONTENT: content_of(task)}


def sizes_of(task: Task) -> dict[str, Any]:
    """Say for a run's record of what kind a task is, and how many labels and examples it has."""
    splits = {name: len(split) for name, split in task.splits.items()}
    return {"kind": task.kind, "labels": len(task.label_names), "examples": splits}
