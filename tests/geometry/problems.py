"""Pairs of point sets that are awkward in every way the geometry promises to bear."""

from __future__ import annotations

import numpy as np

FAMILIES = (
    "random",
    "known distance",
    "huge aspect ratio",
    "tiny cluster",
    "grid",
    "touching",
    "flat",
    "duplicates",
    "far from the origin",
    "more features than points",
    "more points than features",
)


def rotation(rng, d):
    """Draw a rotation (or reflection) of d-dimensional space."""
    q, r = np.linalg.qr(rng.normal(size=(d, d)))
    return q * np.sign(np.diag(r))


def known_distance(rng, d, n_a, n_b, gap):
    """Draw two hulls whose nearest points lie inside faces of random size, `gap` apart."""
    k_a, k_b = (int(k) for k in rng.integers(1, d + 1, size=2))
    face_a, face_b = rng.normal(size=(k_a, d - 1)), rng.normal(size=(k_b, d - 1))
    face_a -= rng.dirichlet(np.ones(k_a)) @ face_a
    face_b -= rng.dirichlet(np.ones(k_b)) @ face_b
    behind_a = rng.exponential(size=n_a) * 10.0 ** rng.uniform(-6, 0)
    behind_b = rng.exponential(size=n_b) * 10.0 ** rng.uniform(-6, 0)
    A = np.vstack([np.c_[np.zeros(k_a), face_a], np.c_[behind_a, rng.normal(size=(n_a, d - 1))]])
    B = np.vstack([np.c_[np.zeros(k_b), face_b], np.c_[-behind_b, rng.normal(size=(n_b, d - 1))]])
    A[:, 0] += gap
    turn = rotation(rng, d)
    return A @ turn, B @ turn


def draw(family, seed):
    """Draw two point sets of a family."""
    rng = np.random.default_rng([FAMILIES.index(family), seed])
    d, n_a, n_b = (int(n) for n in rng.integers(1, [25, 40, 40]))
    A, B = rng.normal(size=(n_a, d)), rng.normal(size=(n_b, d))
    if family == "known distance":
        return known_distance(rng, max(d, 2), n_a, n_b, 10.0 ** rng.uniform(-12, 0))
    if family == "grid":
        d = min(d, 4)
        A = rng.integers(0, 4, size=(n_a, d)).astype(np.float64)
        B = rng.integers(0, 4, size=(n_b, d)).astype(np.float64)
        B[:, 0] += rng.integers(0, 4)
    elif family == "touching":
        A, B = np.abs(A), -np.abs(B)
        A[0] = B[0] = 0.0
    elif family == "flat":
        plane = rng.normal(size=(max(1, d // 2), d))
        A = rng.normal(size=(n_a, len(plane))) @ plane
        B = (rng.normal(size=(n_b, len(plane))) + rng.uniform(0, 3)) @ plane
        if rng.random() < 0.5:  # rounding makes it a plane of some thickness
            A, B = (Z.astype(np.float32).astype(np.float64) for Z in (A, B))
    elif family == "duplicates":
        A, B = A[rng.integers(0, n_a, 3 * n_a)], B[rng.integers(0, n_b, 3 * n_b)]
        B[:, 0] += rng.uniform(0, 4)
    elif family == "tiny cluster":
        A *= 10.0 ** rng.uniform(-9, -3)
        B *= 10.0 ** rng.uniform(-9, 0)
        B[:, 0] += rng.uniform(1, 2)
    elif family == "huge aspect ratio":
        stretch = 10.0 ** rng.uniform(-8, 0, size=d)
        B[:, 0] += rng.uniform(0, 6)
        turn = rotation(rng, d)
        A, B = A * stretch @ turn, B * stretch @ turn
    elif family == "far from the origin":
        B[:, 0] += rng.uniform(0, 5)
        origin = rng.normal(size=d) * 10.0 ** rng.uniform(2, 8)
        A, B = A + origin, B + origin
    elif family == "more features than points":
        d = int(rng.integers(50, 300))
        A, B = rng.normal(size=(n_a, d)), rng.normal(size=(n_b, d))
    elif family == "more points than features":
        d = int(rng.integers(2, 12))
        A, B = rng.normal(size=(400, d)), rng.normal(size=(600, d))
        B[:, 0] += rng.uniform(3, 7)
    else:
        B[:, 0] += rng.uniform(0, 4)
    return A, B
