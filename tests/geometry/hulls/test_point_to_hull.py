import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import hull_distances, nearest_hulls, separation


def test_equals_the_separation_of_one_point_and_one_hull():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 8)) + 3 * rng.normal(size=(5, 8))[np.arange(200) % 5]
    ids = np.arange(200) % 5
    points = 2 * rng.normal(size=(30, 8))
    result = hull_distances(points, X, ids)
    assert result.hulls.tolist() == [0, 1, 2, 3, 4]
    assert (result.lower <= result.distance).all()
    assert (result.distance <= result.upper).all()
    for i, point in enumerate(points):
        for j in range(5):
            alone = separation(point[None], X[ids == j])
            assert result.distance[i, j] == pytest.approx(alone.distance, rel=2e-6, abs=1e-13)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_a_point_of_the_hull_has_distance_0(scale):
    rng = np.random.default_rng(1)
    X = scale * (rng.normal(size=(60, 5)) + 100.0)
    ids = np.repeat([0, 1], 30)
    inside = 0.2 * X[:5] + 0.3 * X[5:10] + 0.5 * X[10:15]
    result = hull_distances(np.vstack([X[:30], inside]), X, ids)
    assert (result.distance[:, 0] == 0.0).all()
    assert (result.lower[:, 0] == 0.0).all()
    assert (result.upper[:, 0] <= 1e-11 * scale).all()


def test_knows_the_distances_from_a_cube():
    cube = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
    points = np.array([[0.5, 0.5, 3.0], [2.0, 2.0, 0.5], [2.0, 3.0, 4.0], [0.5, 1.0, 0.2]])
    result = hull_distances(points, cube, np.zeros(8, int))
    expected = [2.0, np.sqrt(2), np.sqrt(14), 0.0]
    assert result.distance[:, 0] == pytest.approx(expected, rel=1e-6, abs=1e-14)


def test_reports_progress_and_takes_any_ids():
    seen = []
    X = np.array([[0.0], [1.0], [5.0]])
    result = hull_distances(
        np.array([[3.0]]), X, np.array(["b", "b", "a"]), progress=lambda *at: seen.append(at)
    )
    assert result.hulls.tolist() == ["a", "b"]
    assert result.distance[0] == pytest.approx([2.0, 2.0])
    assert seen == [(1, 1)]


@pytest.mark.parametrize("apart", [0.3, 1.0, 4.0])
@pytest.mark.slow
def test_the_nearest_hull_is_that_of_the_smallest_distance(apart):
    rng = np.random.default_rng(2)
    ids = np.arange(300) % 7
    X = rng.normal(size=(300, 6)) + apart * rng.normal(size=(7, 6))[ids]
    points = np.vstack([2 * rng.normal(size=(100, 6)), X[::10]])
    full = hull_distances(points, X, ids)
    nearest = nearest_hulls(points, X, ids)
    assert nearest.distance == pytest.approx(full.distance.min(axis=1), rel=1e-6)
    best = full.distance[np.arange(len(points)), nearest.hulls]
    assert best == pytest.approx(full.distance.min(axis=1), rel=1e-6)
    inside = full.distance.min(axis=1) == 0.0
    assert inside.any()
    assert (nearest.hulls[inside] == full.distance[inside].argmin(axis=1)).all()
    assert (nearest.lower <= nearest.distance).all()
    assert (nearest.distance <= nearest.upper).all()


@pytest.mark.parametrize(
    ("points", "ids", "message"),
    [
        (np.ones((2, 3)), np.zeros(4), "points: expected 2 features"),
        (np.ones((2, 2)), np.zeros(3), "cluster_ids: expected 4"),
        (np.full((1, 2), np.nan), np.zeros(4), "points: row 0, column 0 is nan"),
    ],
)
def test_refuses_what_does_not_fit(points, ids, message):
    with pytest.raises(InputError, match=message):
        hull_distances(points, np.ones((4, 2)), ids)
