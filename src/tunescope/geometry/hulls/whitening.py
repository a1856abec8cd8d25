"""Coordinates in which two nearly flat sets of points are as thick as they are wide.

Whether two hulls meet does not depend on the coordinates, but how soon a solver finds
out does: vectors behind a layer normalisation lie in a plane but for the rounding of
float32, a thickness of 1e-9 of their width, and two hulls may differ in nothing else.
So the decision is made where every direction has the same spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tunescope.geometry.hulls.active_set import UNIT
from tunescope.geometry.hulls.cloud import Cloud

_ROWS = 2048  # transformed at a time
_USABLE = 1e-12  # of the scaled moments' eigenvalues, which are about 1
_MOST_FEATURES = 2048  # the eigenvectors of larger matrices take longer than they save


@dataclass(frozen=True, eq=False)
class Whitened:
    """Two sets of points after a change of coordinates."""

    near_a: np.ndarray
    """(n_a, r) the points of A relative to their centre."""
    near_b: np.ndarray
    """(n_b, r) the points of B relative to theirs."""
    shift: np.ndarray
    """(r,) from the centre of B to that of A."""
    change: np.ndarray
    """(d, r) what vectors were multiplied by; maps a normal back."""


def _moments(A: Cloud, B: Cloud, shift: np.ndarray, change: np.ndarray | None = None) -> np.ndarray:
    """Return the mean outer product of all points and the shift, after a change of coordinates."""
    moved = shift if change is None else shift @ change
    total = np.outer(moved, moved)
    for near in (A.near, B.near):
        for first in range(0, len(near), _ROWS):
            block = near[first : first + _ROWS]
            if change is not None:
                block = block @ change
            total += block.T @ block
    return np.asarray(total / (len(A) + len(B) + 1))


def can_whiten(A: Cloud) -> bool:
    """Say whether a change of coordinates is worth its while."""
    return bool(A.near.shape[1] <= _MOST_FEATURES)


@dataclass(frozen=True, eq=False)
class Directions:
    """Orthogonal directions in which two sets of points and their shift have some spread."""

    turn: np.ndarray
    """(d, r) orthonormal columns."""
    spread: np.ndarray
    """(r,) the root of the mean square along each, ascending but for rounding."""
    moments: np.ndarray
    """(r, r) the mean outer product, in these directions."""


def directions(A: Cloud, B: Cloud) -> Directions:
    """Find the directions of small and of large spread; those without any are left out."""
    shift = A.centre - B.centre
    reach = A.reach + B.reach + float(np.sqrt(shift @ shift))
    turn = np.linalg.eigh(_moments(A, B, shift))[1]
    moments = _moments(A, B, shift, turn)
    spread = np.sqrt(np.diag(moments))
    some = spread > 8.0 * UNIT * reach
    return Directions(turn[:, some], spread[some], moments[some][:, some])


def project(points: np.ndarray, turn: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Give ``points @ turn * scale``, a block of points at a time."""
    moved = np.empty((len(points), turn.shape[1]))
    for first in range(0, len(points), _ROWS):
        np.matmul(points[first : first + _ROWS], turn, out=moved[first : first + _ROWS])
    moved *= scale
    return moved


def whiten(A: Cloud, B: Cloud) -> Whitened:
    """Change to coordinates in which all directions have the same spread.

    Directions without any, rounding errors apart, are left out.  The eigenvectors of the
    moments give the directions of small spread only to within those of large spread; turned
    that far and scaled, a second set of eigenvectors puts them right.
    """
    along = directions(A, B)
    scale = 1.0 / along.spread
    squares, second = np.linalg.eigh(along.moments * np.outer(scale, scale))
    usable = squares > _USABLE
    # The symmetric root: it leaves apart what is apart, so that the rounding errors of
    # directions of small spread, which are scaled up with them, do not get into the others.
    kept = second[:, usable]
    root = (kept / np.sqrt(squares[usable])) @ kept.T

    def move(points: np.ndarray) -> np.ndarray:
        return project(project(points, along.turn, scale), root, np.ones(len(root)))

    shift = A.centre - B.centre
    change = (along.turn * scale) @ root
    return Whitened(move(A.near), move(B.near), move(shift[None])[0], change)
