"""The geometry of labelled vectors: separations of hulls, clusters, and what follows from them.

What is public is what this module exports; the modules below are inner.
"""

from __future__ import annotations

from tunescope.geometry.clusters.clustering import Clustering, cluster
from tunescope.geometry.clusters.contradictions import contradictions
from tunescope.geometry.direct_probe import DirectProbe
from tunescope.geometry.hulls.leave_one_out import LeftOut, leave_one_out
from tunescope.geometry.hulls.pairs import Separations, separations
from tunescope.geometry.hulls.point_to_hull import (
    HullDistances,
    NearestHulls,
    hull_distances,
    nearest_hulls,
)
from tunescope.geometry.hulls.result import Separation, Verification
from tunescope.geometry.hulls.separation import meet, separation
from tunescope.geometry.spaces.beyond_sizes import (
    CorrectedSimilarity,
    similarity_beyond_sizes,
)
from tunescope.geometry.spaces.capacity import expected_separable_pairs, separable_probability
from tunescope.geometry.spaces.centroids import Centroids, Plane, centroids, shared_plane
from tunescope.geometry.spaces.measures import (
    linear_cka,
    neighbour_overlap,
    procrustes_distance,
    rsa,
)
from tunescope.geometry.spaces.random_separation import (
    expected_separation,
    principal_variances,
    separations_by_sizes,
)
from tunescope.geometry.spaces.similarity import Similarity, spatial_similarity
from tunescope.geometry.spaces.similarity_change import SimilarityChange, similarity_change
from tunescope.geometry.spaces.size_corrected import (
    by_label_sizes,
    permuted_labels,
    size_corrected_similarity,
)
from tunescope.geometry.spaces.sketches import (
    Sketch,
    plane_of_labels,
    plane_of_variance,
    sketch,
)
from tunescope.geometry.spaces.spread import Spread, spread

__all__ = [
    "Centroids",
    "Clustering",
    "CorrectedSimilarity",
    "DirectProbe",
    "HullDistances",
    "LeftOut",
    "NearestHulls",
    "Plane",
    "Separation",
    "Separations",
    "Similarity",
    "SimilarityChange",
    "Sketch",
    "Spread",
    "Verification",
    "by_label_sizes",
    "centroids",
    "cluster",
    "contradictions",
    "expected_separable_pairs",
    "expected_separation",
    "hull_distances",
    "leave_one_out",
    "linear_cka",
    "meet",
    "nearest_hulls",
    "neighbour_overlap",
    "permuted_labels",
    "plane_of_labels",
    "plane_of_variance",
    "principal_variances",
    "procrustes_distance",
    "rsa",
    "separable_probability",
    "separation",
    "separations",
    "separations_by_sizes",
    "shared_plane",
    "similarity_beyond_sizes",
    "similarity_change",
    "size_corrected_similarity",
    "sketch",
    "spatial_similarity",
    "spread",
]
