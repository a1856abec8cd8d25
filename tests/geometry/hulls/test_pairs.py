import time
import tracemalloc
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from problems import rotation

from tunescope.errors import InputError
from tunescope.geometry import Separations, separation, separations, spatial_similarity


def labelled(seed=0, n=300, d=12, k=6, spread=1.0):
    """Draw points of k labels around k centres."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    X = rng.normal(size=(n, d)) + 3.0 * spread * rng.normal(size=(k, d))[y]
    return X, np.array(["ABCDEFGHIJ"[label] for label in y])


def test_equals_the_separation_of_each_pair_alone():
    X, y = labelled()
    both = separations(X, y)
    assert both.labels.tolist() == sorted(set(y))
    assert [tuple(pair) for pair in both.pairs] == list(combinations(range(6), 2))
    for (a, b), result in zip(both.pairs, both.results, strict=True):
        A, B = X[y == both.labels[a]], X[y == both.labels[b]]
        alone = separation(A, B)
        assert result.status == alone.status
        assert result.distance == alone.distance
        assert result.verify(A, B)


def test_gives_a_table_a_matrix_and_minimum_distances_that_agree():
    X, y = labelled(seed=1, d=3, spread=0.6)
    result = separations(X, y)
    table = result.table()
    assert list(table) == [
        "label_a",
        "label_b",
        "separation",
        "lower",
        "upper",
        "status",
        "example_a",
        "example_b",
    ]
    assert {"separable", "overlapping"} == set(table["status"])
    assert (y[table["example_a"]] == table["label_a"]).all()
    assert (y[table["example_b"]] == table["label_b"]).all()
    for what in ("separation", "lower", "upper"):
        matrix = result.matrix(what)
        assert (matrix.to_numpy() == matrix.to_numpy().T).all()
        assert (np.diag(matrix) == 0).all()
        for row in table.itertuples():
            assert matrix.loc[row.label_a, row.label_b] == getattr(row, what)
    minimum = result.minimum().set_index("label")
    matrix = result.matrix().to_numpy() + np.diag(np.full(6, np.inf))
    assert minimum["minimum_distance"].tolist() == matrix.min(axis=1).tolist()
    assert (minimum["lower"] <= minimum["minimum_distance"]).all()
    assert (minimum["minimum_distance"] <= minimum["upper"]).all()
    for label, row in minimum.iterrows():
        assert result.matrix().loc[label, row["nearest_label"]] == row["minimum_distance"]
    assert minimum["second_distance"].tolist() == np.sort(matrix, axis=1)[:, 1].tolist()


def test_which_is_nearest_but_one_is_missing_where_there_is_none():
    X, y = labelled()
    some = separations(X, y, pairs=np.array([[0, 1], [0, 2], [0, 3], [1, 2]]))
    second = some.minimum().set_index("label")["second_distance"]
    assert second["A"] == np.sort(some.distance[:3])[1]
    assert np.isnan(second["D"])


@pytest.mark.parametrize("place", range(3))
def test_which_is_nearest_but_one_is_missing_where_it_is_open(place):
    X, y = labelled(k=4)
    found = separations(X, y)
    results = list(found.results)
    mine = int(np.argsort(found.distance[:3])[place])
    results[mine] = replace(results[mine], lower=0.9 * results[mine].upper, status="undecided")
    opened = replace(found, results=results)
    could_be = place < 2 or results[mine].lower < np.sort(found.distance[:3])[1]
    second = opened.minimum().set_index("label")["second_distance"]["A"]
    assert np.isnan(second) == could_be


def test_measures_the_pairs_asked_for_alone():
    X, y = labelled()
    some = separations(X, y, pairs=np.array([[4, 1], [0, 5]]))
    everything = separations(X, y)
    assert some.pairs.tolist() == [[1, 4], [0, 5]]
    assert some.distance.tolist() == everything.distance[[7, 4]].tolist()
    assert np.isnan(some.matrix().loc["A", "B"])
    assert set(some.minimum()["label"]) == {"A", "B", "E", "F"}


def test_one_label_has_no_pairs():
    result = separations(np.ones((3, 2)), np.array(["a", "a", "a"]))
    assert len(result) == 0
    assert result.distance.shape == result.status.shape == (0,)
    assert result.table().empty
    assert result.minimum().empty


def test_does_not_depend_on_the_order_of_examples_or_on_threads():
    X, y = labelled(seed=2)
    plain = separations(X, y, n_jobs=1)
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = separations(X[order], y[order], n_jobs=3)
    assert shuffled.distance == pytest.approx(plain.distance, rel=1e-9)
    assert separations(X, y, n_jobs=2).distance.tolist() == plain.distance.tolist()


def test_a_start_changes_nothing_but_the_work():
    X, y = labelled(seed=3, n=600, d=40)
    first = separations(X, y)
    rng = np.random.default_rng(0)
    later = X @ rotation(rng, 40) + 0.05 * rng.normal(size=X.shape)
    warm, cold = separations(later, y, start=first), separations(later, y)
    assert warm.distance == pytest.approx(cold.distance, rel=1e-6)
    assert warm.status.tolist() == cold.status.tolist()
    # Other examples, other labels: nothing to start from, and no harm.
    other = separations(later[:200], y[:200], start=first)
    assert other.distance.tolist() == separations(later[:200], y[:200]).distance.tolist()


def test_stays_within_its_memory(tmp_path):
    X, y = labelled(seed=4, n=6000, d=64, k=10)
    np.save(tmp_path / "X.npy", X.astype(np.float32))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    memory = 5 * X.nbytes // 4  # room for one pair and its second solution, not for all labels
    roomy = separations(mapped, y, n_jobs=2)
    tracemalloc.start()
    tight = separations(mapped, y, n_jobs=2, memory=memory)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    results = sum(r.normal.nbytes * 3 + 4096 for r in tight.results)
    assert peak < memory + results + 2**20
    assert tight.distance.tolist() == roomy.distance.tolist()
    with pytest.raises(InputError, match=r"memory: the largest pair of labels needs \d+ MiB"):
        separations(mapped, y, memory=2**16)


def test_reports_progress():
    X, y = labelled()
    seen = []
    separations(X, y, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i + 1, 15) for i in range(15)]


def test_a_failing_progress_callable_stops_the_work():
    def fail(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        separations(*labelled(), progress=fail)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(3)}, "y: expected 300 labels"),
        ({"pairs": np.array([[0, 9]])}, "pairs: expected indices of the 6 labels, got 9"),
        ({"pairs": np.array([[-1, 2]])}, "pairs: expected indices of the 6 labels, got -1"),
        ({"pairs": np.array([[1, 1]])}, "pairs: expected two different labels"),
        ({"pairs": np.array([0.5, 1.0])}, "pairs: expected whole numbers"),
        ({"rtol": 2.0}, "rtol"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"X": np.full((300, 12), np.nan)}, "X: row 0, column 0 is nan"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    X, y = labelled()
    arguments = {"X": X, "y": y} | change
    with pytest.raises(InputError, match=message):
        separations(arguments.pop("X"), arguments.pop("y"), **arguments)


def test_refuses_an_unknown_matrix():
    with pytest.raises(InputError, match="expected one of separation, lower, upper, got 'mean'"):
        separations(*labelled()).matrix("mean")


def test_minimum_distances_take_a_fraction_of_a_second_for_hundreds_of_labels():
    one = separations(np.array([[0.0], [2.0]]), np.array([0, 1])).results[0]
    pairs = np.array(list(combinations(range(600), 2)))
    many = Separations(np.arange(600), pairs, [one] * len(pairs), [np.zeros(1, int)] * 600)
    begin = time.perf_counter()
    minimum = many.minimum()
    assert time.perf_counter() - begin < 5.0
    assert minimum["nearest_label"].tolist() == [1, *[0] * 599]


@pytest.fixture
def with_open():
    """Give the separations of three labels, of which that of A and B is open."""
    found = separations(*labelled(k=3))
    first = replace(found.results[0], lower=0.0, status="undecided")
    assert found.pairs[0].tolist() == [0, 1]
    return replace(found, results=[first, *found.results[1:]])


def test_an_open_separation_is_missing_and_its_bounds_are_there(with_open):
    table = with_open.table()
    assert table["separation"].isna().tolist() == [True, False, False]
    assert np.isnan(with_open.known[0])
    matrix = with_open.matrix()
    assert np.isnan(matrix.loc["A", "B"]) and np.isnan(matrix.loc["B", "A"])
    assert matrix.loc["A", "C"] == with_open.known[1]
    assert with_open.matrix("upper").loc["A", "B"] == with_open.upper[0]
    assert table["lower"].notna().all()
    assert table["upper"].notna().all()


def test_bounds_wider_than_asked_are_open_though_the_hulls_are_apart(with_open):
    wide = replace(with_open.results[1], lower=0.9 * with_open.results[1].upper)
    found = replace(with_open, results=[with_open.results[0], wide, with_open.results[2]])
    assert found.status[1] == "separable"
    assert np.isnan(found.known).tolist() == [True, True, False]
    assert np.isnan(replace(found, rtol=0.2).known).tolist() == [True, False, False]


def test_hulls_that_meet_are_at_distance_0_and_not_open():
    X = np.array([[-1.0, 0], [1, 0], [0, -1], [0, 1], [9, 9], [9, 8]])
    found = separations(X, np.repeat(["a", "b", "c"], 2))
    assert found.status[0] == "overlapping"
    assert found.known[0] == 0.0
    assert found.minimum().set_index("label")["minimum_distance"]["a"] == 0.0


def test_a_minimum_is_open_where_an_open_pair_could_be_it(with_open):
    minimum = with_open.minimum().set_index("label")["minimum_distance"]
    assert minimum[["A", "B"]].isna().all()
    assert minimum["C"] == with_open.known[1:].min()


def test_no_similarity_is_drawn_from_an_open_separation():
    found = separations(*labelled(k=5))
    first = replace(found.results[0], lower=0.0, status="undecided")
    open_one = replace(found, results=[first, *found.results[1:]])
    assert spatial_similarity(found, open_one).n_pairs == len(found) - 1
