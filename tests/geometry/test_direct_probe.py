"""DirectProbe is a scikit-learn classifier, and its attributes say what the clusters are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from tunescope.errors import InputError
from tunescope.geometry.clusters.clustering import cluster
from tunescope.geometry.direct_probe import DirectProbe
from tunescope.geometry.hulls.separation import separation


@parametrize_with_checks([DirectProbe()])
@pytest.mark.slow
def test_scikit_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


EXCLUSIVE_OR = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])


def blobs(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(50, 3)), np.array(list("abc"))[rng.integers(0, 3, size=50)]


def test_attributes_are_those_of_the_clustering():
    X, y = blobs()
    probe, found = DirectProbe().fit(X, y), cluster(X, y)
    assert np.array_equal(probe.labels_, found.labels)
    assert np.array_equal(probe.cluster_classes_, found.cluster_classes)
    assert np.array_equal(probe.refused_merges_, found.refused_merges)
    assert probe.n_clusters_ == found.n_clusters == found.labels.max() + 1 > 3
    assert probe.complete_ and probe.least_clusters_ == probe.n_clusters_
    assert not probe.is_linear_


def test_distances_are_the_separations_of_the_clusters():
    X, y = blobs()
    probe = DirectProbe().fit(X, y)
    different = probe.cluster_classes_[:, None] != probe.cluster_classes_[None, :]
    assert np.array_equal(np.isfinite(probe.distances_), different)
    for i, j in np.argwhere(different):
        expected = separation(X[probe.labels_ == i], X[probe.labels_ == j]).distance
        assert probe.distances_[i, j] == pytest.approx(expected, rel=2e-6)
        assert 0 < probe.distances_lower_[i, j] <= probe.distances_[i, j]
        assert probe.distances_[i, j] <= probe.distances_upper_[i, j]
    assert np.array_equal(probe.distances_[different], probe.distances_.T[different])


def test_separations_are_of_whole_labels():
    probe = DirectProbe().fit(EXCLUSIVE_OR, list("aabb"))
    assert probe.separations_.labels.tolist() == ["a", "b"]
    assert probe.separations_.distance.tolist() == [0.0]
    assert np.allclose(probe.distances_[0, 1:], np.sqrt(0.5))


def test_without_distances_only_they_are_missing():
    X, y = blobs()
    probe = DirectProbe(distances=False).fit(X, y)
    assert np.array_equal(probe.labels_, DirectProbe().fit(X, y).labels_)
    assert not hasattr(probe, "distances_") and not hasattr(probe, "separations_")
    assert probe.score(X, y) == 1.0


def test_a_training_example_lies_in_its_own_hull():
    X, y = blobs()
    probe = DirectProbe().fit(X, y)
    distances = probe.transform(X)
    assert distances.shape == (50, probe.n_clusters_)
    assert np.all(distances[np.arange(50), probe.labels_] == 0)
    assert np.array_equal(probe.predict(X), y)


def test_predicts_the_nearest_hull_not_the_nearest_mean():
    X = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 3.0], [2.0, 3.0]])
    probe = DirectProbe().fit(X, ["long", "long", "short", "short"])
    assert probe.predict([[1.0, 1.4], [1.0, 1.6]]).tolist() == ["long", "short"]
    assert probe.transform([[1.0, 1.4]]) == pytest.approx(np.array([[1.4, 1.6]]))


def test_a_tie_goes_to_the_label_that_sorts_first():
    probe = DirectProbe().fit([[1.0], [-1.0]], ["b", "a"])
    assert probe.predict([[0.0]]).tolist() == ["a"]
    contradictory = DirectProbe().fit([[0.0], [0.0]], ["b", "a"])
    assert contradictory.transform([[0.0]]).tolist() == [[0.0, 0.0]]
    assert contradictory.predict([[0.0]]).tolist() == ["a"]


def test_contradictions_are_listed_and_at_distance_zero():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 1.0]])
    probe = DirectProbe().fit(X, list("aabb"))
    assert [group.tolist() for group in probe.contradictions_] == [[1, 2]]
    assert not probe.is_linear_
    assert probe.labels_.tolist() == [0, 1, 2, 3]
    assert probe.distances_[1, 2] == 0.0
    assert probe.separations_.distance.tolist() == [0.0]


def test_an_exhausted_budget_is_not_called_linear_or_complete():
    X, y = blobs()
    probe = DirectProbe(budget=0.0, distances=False).fit(X, y)
    assert not probe.complete_ and not probe.is_linear_
    assert probe.least_clusters_ <= DirectProbe(distances=False).fit(X, y).n_clusters_


# --- A given assignment ---------------------------------------------------------------------


def test_a_found_assignment_can_be_given_back():
    X, y = blobs()
    found = DirectProbe().fit(X, y)
    given = DirectProbe.from_clusters(X, y, found.labels_)
    assert np.array_equal(given.labels_, found.labels_)
    assert np.allclose(given.distances_, found.distances_, equal_nan=True)
    assert given.is_linear_ == found.is_linear_
    assert np.array_equal(given.predict(X), y)


def test_names_of_given_clusters_do_not_matter():
    X, y = blobs()
    found = DirectProbe(distances=False).fit(X, y)
    names = np.array([f"cluster {-k}" for k in found.labels_])
    given = DirectProbe.from_clusters(X, y, names, distances=False)
    assert np.array_equal(given.labels_, found.labels_)


def test_given_clusters_that_meet_are_not_linear():
    probe = DirectProbe.from_clusters(EXCLUSIVE_OR, list("aabb"), [0, 0, 1, 1])
    assert probe.n_clusters_ == 2
    assert not probe.is_linear_
    assert probe.distances_[0, 1] == 0.0
    quick = DirectProbe.from_clusters(EXCLUSIVE_OR, list("aabb"), [0, 0, 1, 1], distances=False)
    assert not quick.is_linear_


def test_a_given_cluster_has_one_label():
    with pytest.raises(InputError, match=r"labels\[2\].*one label a cluster"):
        DirectProbe.from_clusters(EXCLUSIVE_OR, list("aabb"), [0, 0, 0, 1])
    with pytest.raises(InputError, match=r"shape \(2,\)"):
        DirectProbe.from_clusters(EXCLUSIVE_OR, list("aabb"), [0, 1])


def test_parameters_survive_a_clone():
    probe = DirectProbe(distances=False, rtol=1e-3, budget=2.0, n_jobs=1)
    assert clone(probe).get_params() == probe.get_params()


def test_names_its_columns():
    X, y = blobs()
    names = DirectProbe(distances=False).fit(X, y).get_feature_names_out()
    assert names[0] == "directprobe0"
