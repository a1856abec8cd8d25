"""The geometry of labelled vectors: separations of hulls, clusters, and what follows from them."""

from __future__ import annotations

from tunescope.geometry.pairs import Separations, separations
from tunescope.geometry.point_to_hull import HullDistances, hull_distances
from tunescope.geometry.separation import Separation, Verification, meet, separation

__all__ = [
    "HullDistances",
    "Separation",
    "Separations",
    "Verification",
    "hull_distances",
    "meet",
    "separation",
    "separations",
]
