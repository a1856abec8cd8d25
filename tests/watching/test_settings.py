"""Which splits are looked at."""

from dataclasses import replace

from tiny_models import text_task

from tunescope.tasks import Task
from tunescope.watching.settings import chosen_splits


def test_splits_go_by_the_names_that_they_have_in_the_task() -> None:
    one = text_task()
    train = one["train"]
    for name in ("dev", "validation"):
        splits = {"train": train, name: replace(train, name=name)}
        task = Task(one.name, one.kind, one.label_names, splits)
        assert chosen_splits(task, "validation") == (name,)
        assert chosen_splits(task, ["training", "validation"]) == ("train", name)
