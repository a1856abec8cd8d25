"""What the tables say, in plain words; every number is one of theirs."""

from tunescope.reports.statements.accuracy import (
    accuracy_sentence,
    controls,
    main_accuracy,
    only_accuracy,
)
from tunescope.reports.statements.clusters import (
    clusters_sentence,
    dimension,
    linear_layers,
    shown_clusters,
)
from tunescope.reports.statements.labels import apart, distances, movement, nearest, relative
from tunescope.reports.statements.layers import similarity_sentence, train_test
from tunescope.reports.statements.panel import Statement, overview, statements

__all__ = [
    "Statement",
    "accuracy_sentence",
    "apart",
    "clusters_sentence",
    "controls",
    "dimension",
    "distances",
    "linear_layers",
    "main_accuracy",
    "movement",
    "nearest",
    "only_accuracy",
    "overview",
    "relative",
    "shown_clusters",
    "similarity_sentence",
    "statements",
    "train_test",
]
