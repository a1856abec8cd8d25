"""A checksum of what a task holds: the same for the same, another for whatever is measured."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tunescope.tasks import Task
from tunescope.tasks.content import content_of, made_of

FRAME = pd.DataFrame(
    {
        "text": [f"one {i}" for i in range(12)],
        "second": [f"two {i}" for i in range(12)],
        "label": list("abcabc") * 2,
        "other": list("aabbcc") * 2,
    }
)


def task_of(**options: Any) -> Task:
    return Task.from_dataset(FRAME, **{"text": "text", "label": "label", **options})


@pytest.mark.parametrize(
    "options",
    [
        {"label": "other"},
        {"text": "second"},
        {"text_pair": "second"},
        {"limit": 6},
        {"test_fraction": 0.5},
        {"test_fraction": 0},
        {"seed": 1},
    ],
    ids=str,
)
def test_what_is_made_otherwise_of_one_source_has_another_content(options: Any) -> None:
    one, other = task_of(), task_of(**options)
    assert one.provenance == other.provenance
    assert content_of(one) == content_of(task_of())
    assert content_of(one) != content_of(other)


def test_a_name_for_a_label_is_content_and_a_name_for_the_task_is_none() -> None:
    task = task_of()
    assert content_of(task) == content_of(replace(task, name="other", notes=("said",)))
    assert content_of(task) != content_of(replace(task, label_names=("a", "b", "d")))


def test_the_sources_stand_beside_it() -> None:
    task = task_of()
    assert made_of(task) == {**task.provenance, "content": content_of(task)}
