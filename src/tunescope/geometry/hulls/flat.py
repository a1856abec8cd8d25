"""The nearest points of two nearly flat hulls, which rounding hides in the coordinates as given.

Vectors of low rank, or behind a layer normalisation, are flat but for the rounding of the float
type that they are stored in. If the hulls meet in the thick directions and are apart in the thin
ones alone, the distance is 1e-8 of the spread or less: the thick parts of the nearest points must
agree to so many digits that no active set finds them, while in whitened coordinates, where a set
of points is as thick as it is wide, the nearest points are other ones.

So thick directions are shrunk to a thousand times the thinnest, which the solver can do, and the
rest of their weight is put back by the proximal-point method (Rockafellar 1976): with s < 1 the
scale of a direction and y the scaled difference of the nearest points along it, the sets are moved
apart by u ← (1 − s²)(u + y), whose only fixed point has the true gradient, ``s² (y + u) = y``. Two
or three rounds suffice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tunescope.geometry.hulls.cloud import Cloud
from tunescope.geometry.hulls.nearest_point import NearestPoints, Stop, nearest_points
from tunescope.geometry.hulls.whitening import Whitened, directions, project

_STIFFEST = 1e3  # weight of a thick direction, relative to the thinnest
_ROUNDS = 5


def _reach(points: np.ndarray) -> float:
    return math.sqrt(float(np.einsum("ij,ij->i", points, points).max()))


def solve_whitened(
    moved: Whitened, start: tuple[np.ndarray, np.ndarray], rtol: float
) -> NearestPoints:
    """Decide in whitened coordinates whether two hulls meet; the normal is one of the given ones.

    Parameters
    ----------
    moved : both sets, whitened.
    start : points (rows of A, then of B) and weights to begin with, the most weighted first.
    """
    stop = Stop(rtol, enough=0.0, least=0.0)
    near_a, near_b = moved.near_a, moved.near_b
    nearest: NearestPoints = nearest_points(
        near_a, near_b, moved.shift, _reach(near_a), _reach(near_b), *start, stop
    )
    return nearest._replace(normal=moved.change @ nearest.normal)


def approach(
    A: Cloud, B: Cloud, start: tuple[np.ndarray, np.ndarray], least: float, rtol: float
) -> Iterator[NearestPoints]:
    """Give better and better nearest points of two nearly flat hulls.

    The normals are in the coordinates as given; lengths and bounds are not, and not to be used.

    Parameters
    ----------
    start : as for `solve_whitened`.
    least : a lower bound on the distance.
    rtol : relative gap between the bounds that is aimed at.
    """
    along = directions(A, B)
    weight = along.spread / max(float(along.spread.min()), least)
    scale = np.minimum(1.0, _STIFFEST / weight)
    rest = 1.0 - scale**2
    points = project(A.near, along.turn, scale)
    others = project(B.near, along.turn, scale)
    between = (A.centre - B.centre) @ along.turn * scale
    extra = np.zeros_like(between)
    reaches = _reach(points), _reach(others)
    stop = Stop(0.1 * rtol, math.inf, 0.0)
    first, weights = start
    for _ in range(_ROUNDS):
        nearest = nearest_points(points, others, between + extra, *reaches, first, weights, stop)
        of_a = nearest.points < len(points)
        difference = between + nearest.weights[of_a] @ points[nearest.points[of_a]]
        difference -= nearest.weights[~of_a] @ others[nearest.points[~of_a] - len(points)]
        difference += extra
        yield nearest._replace(normal=along.turn @ (scale * difference))
        extra = rest * difference
        order = np.argsort(-nearest.weights, kind="stable")
        first, weights = nearest.points[order], nearest.weights[order]
