"""Labelled examples: readers, the catalogue of tasks, download, the built-in corpus."""

from tunescope.tasks.corpora.catalogue import load_task, task_names
from tunescope.tasks.draft import Kind
from tunescope.tasks.split import Split
from tunescope.tasks.task import Task

__all__ = ["Kind", "Split", "Task", "load_task", "task_names"]
