"""What speaks against the labels of examples: which to look at again, in vectors from anywhere."""

from __future__ import annotations

from tunescope.evidence.carriers import carried
from tunescope.evidence.confidence import Confidence, out_of_fold
from tunescope.evidence.finding import suspects
from tunescope.evidence.followed import followed
from tunescope.evidence.learning import learning
from tunescope.evidence.neighbours import Neighbours, contradicting, nearest_neighbours
from tunescope.evidence.ranking import scores
from tunescope.evidence.regression import left_out_regression
from tunescope.evidence.wording import in_words

__all__ = [
    "Confidence",
    "Neighbours",
    "carried",
    "contradicting",
    "followed",
    "in_words",
    "learning",
    "left_out_regression",
    "nearest_neighbours",
    "out_of_fold",
    "scores",
    "suspects",
]
