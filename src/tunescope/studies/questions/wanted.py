"""Which questions are asked of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """Which questions are asked of a snapshot."""

    separations: bool = True
    """Separations, minimum distances, nearest pairs, centroids, spread of the training split."""
    test: bool = False
    """Separations of the test split too, to compare it with the training split; and in the last
    layer, of both with their labels permuted."""
    clusters: bool = False
    suspects: bool = False
    """Which training examples to look at again, by the last layer."""
    held_out: bool = False
    """What is expected of each training example, for those who look at all snapshots."""
    accuracy: bool = False
    """Classifier probes, trained on the training split and tested on the test split."""
    controls: bool = True
    """What the study wants beside the classifier probe, too."""
    predictions: bool = False
    """What the classifier probe of the last layer says of each example."""
    baseline: bool = False
    """Of random weights only numbers count: clusters are bounded and not explained, and
    separations measured in the last layer."""
    transfer: bool = False
    """Only what is asked of a model that was tuned on another task."""
