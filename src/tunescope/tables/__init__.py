"""What a run's tables are, and the questions that every reader of them asks. Frames in, frames out.

The schema (`schema.yaml`) says which tables and columns there are; `stages` which model a row is
about; the other modules answer what the command line, the page and the paper's tables show.
"""

from __future__ import annotations

from tunescope.tables.accuracies import accuracies, accuracy_changes
from tunescope.tables.confused import confused
from tunescope.tables.distances import (
    changes,
    distance_changes,
    distance_growth,
    growth_of_space,
    relative_changes,
)
from tunescope.tables.overview import overview
from tunescope.tables.schema import Column, Schema, Table, conform, schema, settle
from tunescope.tables.similarities import similarity_changes, train_test, with_original
from tunescope.tables.spaces import (
    closest_three,
    clusters,
    extra_clusters,
)
from tunescope.tables.stages import BETWEEN, ORIGINAL, RANDOM, STAGES, TUNED, Tables
from tunescope.tables.suspected import suspected

__all__ = [
    "BETWEEN",
    "ORIGINAL",
    "RANDOM",
    "STAGES",
    "TUNED",
    "Column",
    "Schema",
    "Table",
    "Tables",
    "accuracies",
    "accuracy_changes",
    "changes",
    "closest_three",
    "clusters",
    "conform",
    "confused",
    "distance_changes",
    "distance_growth",
    "extra_clusters",
    "growth_of_space",
    "overview",
    "relative_changes",
    "schema",
    "settle",
    "similarity_changes",
    "suspected",
    "train_test",
    "with_original",
]
