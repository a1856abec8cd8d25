"""Similarities of distance vectors with what sizes give beside them, where the answer is known."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from frames import tables as framed

from tunescope.geometry.spaces.beyond_sizes import SIZES_UNKNOWN
from tunescope.studies.questions.spatial import (
    MEANINGLESS,
    NOT_MEASURED,
    TOO_SMALL,
    change_table,
    similarity_table,
)

WHERE = {"model": "m", "task": "t", "seed": 0, "layer": 1}
LABELS = [f"l{index}" for index in range(8)]
PAIRS = list(combinations(LABELS, 2))


def space(stage: str, split: str, distances: np.ndarray, **columns: object) -> pd.DataFrame:
    """One space; sizes alone give every pair another distance, and clusters are labels."""
    rows = pd.DataFrame(PAIRS, columns=["label_a", "label_b"])
    sizes = np.random.default_rng(9).uniform(1, 2, len(PAIRS))
    rows = rows.assign(separation=distances, by_sizes=sizes, by_clusters=distances, **WHERE)
    tuned_on = "t" if stage == "tuned" else ""
    rows = rows.assign(stage=stage, update=9 * (stage == "tuned"), split=split, tuned_on=tuned_on)
    return framed(separations=rows.assign(**columns))["separations"]


def drawn(seed: int) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).normal(size=len(PAIRS)))


def one(table: pd.DataFrame, **where: object) -> pd.Series:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_scaled_space_is_spatially_the_same() -> None:
    spaces = [space("original", "train", drawn(0)), space("tuned", "train", 5 * drawn(0))]
    table = similarity_table(pd.concat(spaces))
    for measure in ("spatial_pearson", "spatial_spearman", "spatial_beyond_sizes"):
        row = one(table, stage="tuned", measure=measure)
        assert row["similarity"] == pytest.approx(1)
        assert (row["n_pairs"], row["n_met"]) == (len(PAIRS), 0)
    assert one(table, stage="tuned", measure="spatial_beyond_sizes")["p_value"] == 0.001
    assert one(table, stage="tuned", measure="spatial_pearson")["by_sizes"] == pytest.approx(1)


def test_two_labels_have_no_similarity_but_a_reason() -> None:
    two = [space(stage, "train", drawn(0)).head(1) for stage in ("original", "tuned")]
    table = similarity_table(pd.concat(two))
    assert len(table) == 6
    assert table["similarity"].isna().all()
    assert (table["reason"] != "").all()


def test_one_space_alone_is_compared_with_nothing() -> None:
    assert similarity_table(space("original", "train", drawn(0))).empty


def test_what_was_not_measured_is_said_to_be_so() -> None:
    spaces = [
        space(stage, split, drawn(seed))
        for seed, (stage, split) in enumerate(
            (stage, split) for stage in ("original", "tuned") for split in ("train", "test")
        )
    ]
    watched = pd.concat(spaces).drop(columns=["by_sizes", "by_clusters", "between_means"])
    table, changes = similarity_table(watched), change_table(watched).set_index("measure")
    beyond = table[table["measure"] == "spatial_beyond_sizes"]
    authors = table[table["measure"] == "spatial_pearson_zhou2022"]
    assert len(beyond) == 6 and (beyond["reason"] == SIZES_UNKNOWN).all()
    assert len(authors) == 2 and (authors["reason"] == NOT_MEASURED).all()
    missing = pd.concat([beyond, authors])
    assert missing["similarity"].isna().all()
    assert (missing[["n_pairs", "n_met"]] == 0).all(axis=None)
    assert changes.loc["spatial_beyond_sizes", "reason"] == SIZES_UNKNOWN
    assert changes.loc["spatial_pearson", "reason"] == ""


def test_pairs_that_sizes_let_meet_are_why_a_change_is_not_known() -> None:
    tables = [
        space(stage, split, drawn(0), by_sizes=0.0)
        for stage in ("original", "tuned")
        for split in ("train", "test")
    ]
    row = change_table(pd.concat(tables)).set_index("measure").loc["spatial_beyond_sizes"]
    assert row["reason"].startswith("0 label pair(s) are separate in all four spaces")


def test_an_open_pair_is_no_zero_by_the_authors_convention() -> None:
    is_open = np.array([pair == ("l0", "l1") for pair in PAIRS])
    train = space("original", "train", drawn(0), by_clusters=np.where(is_open, np.nan, drawn(0)))
    table = similarity_table(pd.concat([train, space("original", "test", drawn(1))]))
    row = one(table, measure="spatial_pearson_zhou2022")
    expected = np.corrcoef(drawn(0)[~is_open], drawn(1)[~is_open])[0, 1]
    assert (row["similarity"], row["n_pairs"]) == (pytest.approx(expected), len(PAIRS) - 1)


def test_a_label_that_test_lacks_is_0_by_the_authors_convention_only() -> None:
    train, test = space("original", "train", drawn(0)), space("original", "test", drawn(1))
    test = test[(test["label_a"] != "l0") & (test["label_b"] != "l0")]
    table = similarity_table(pd.concat([train, test])).query("comparison == 'train_test'")
    lacking = np.array(["l0" in pair for pair in PAIRS])
    shared = np.corrcoef(drawn(0)[~lacking], drawn(1)[~lacking])[0, 1]
    theirs = np.corrcoef(drawn(0), np.where(lacking, 0, drawn(1)))[0, 1]
    row = one(table, measure="spatial_pearson")
    assert (row["similarity"], row["n_pairs"]) == (pytest.approx(shared), int((~lacking).sum()))
    row = one(table, measure="spatial_pearson_zhou2022")
    assert (row["similarity"], row["n_pairs"]) == (pytest.approx(theirs), len(PAIRS))
    assert row["convention"] == "zhou2022"


@pytest.mark.slow
def test_the_authors_similarity_is_of_their_clusters() -> None:
    small = np.where(["l1" in pair for pair in PAIRS], np.nan, drawn(3))
    train = space("original", "train", drawn(0), by_clusters=small)
    test = space("original", "test", drawn(1))
    table = similarity_table(pd.concat([train, test]))
    expected = np.corrcoef(np.nan_to_num(small), drawn(1))[0, 1]
    row = one(table, measure="spatial_pearson_zhou2022")
    assert row["similarity"] == pytest.approx(expected)
    for lower, reason in ((0.0, MEANINGLESS), (0.5, TOO_SMALL)):
        unknown = test.assign(by_clusters=np.nan, lower=lower)
        table = similarity_table(pd.concat([train, unknown]))
        row = one(table, measure="spatial_pearson_zhou2022")
        assert np.isnan(row["similarity"]) and row["reason"] == reason


def test_random_weights_are_compared_with_the_original() -> None:
    spaces = [space("original", "train", drawn(0)), space("random", "train", drawn(1))]
    table = similarity_table(pd.concat(spaces))
    row = one(table, stage="random", comparison="with_original", measure="spatial_pearson")
    assert row["similarity"] == pytest.approx(np.corrcoef(drawn(0), drawn(1))[0, 1])


def test_permuted_labels_are_compared_between_draws_that_differ() -> None:
    spaces = [space("original", split, drawn(k)) for k, split in enumerate(("train", "test"))]
    draws = [
        table.assign(draw=draw, separation=drawn(10 + draw)) for table in spaces for draw in (0, 1)
    ]
    table = similarity_table(pd.concat(spaces), pd.concat(draws))
    row = one(table, comparison="train_test", measure="spatial_pearson")
    assert row["permuted"] == pytest.approx(np.corrcoef(drawn(10), drawn(11))[0, 1])
    assert table.loc[table["measure"] != "spatial_pearson", "permuted"].isna().all()


def test_a_split_that_drifts_away_has_changed() -> None:
    noise = [1 + 0.05 * np.random.default_rng(k).random(len(PAIRS)) for k in range(2)]
    spaces = [
        space("original", "train", drawn(0)),
        space("original", "test", drawn(0) * noise[0]),
        space("tuned", "train", drawn(2)),
        space("tuned", "test", drawn(3)),
    ]
    table = change_table(pd.concat(spaces))
    assert table["measure"].tolist() == ["spatial_pearson", "spatial_beyond_sizes"]
    assert (table["stage"] == "tuned").all() and (table["shift"] < 0).all()
    assert (table["p_value"] < 0.05).all() and (table["p_corrected"] >= table["p_value"]).all()
    same = [*spaces[:2], *(table.assign(stage="tuned", update=9) for table in spaces[:2])]
    assert (change_table(pd.concat(same))["p_value"] == 1).all()
    assert change_table(spaces[0]).empty


def test_where_every_pair_meets_no_change_can_be_told() -> None:
    spaces = [
        space(stage, split, np.zeros(len(PAIRS)))
        for stage in ("original", "tuned")
        for split in ("train", "test")
    ]
    table = change_table(pd.concat(spaces))
    assert table["shift"].isna().all() and (table["reason"] != "").all()


def test_a_change_is_asked_of_the_pairs_that_are_known_all_four_times() -> None:
    tables = [
        space(stage, split, drawn(seed))
        for seed, (stage, split) in enumerate(
            (stage, split) for stage in ("original", "tuned") for split in ("train", "test")
        )
    ]
    whole = pd.concat(tables, ignore_index=True)
    opened = whole.copy()
    opened.loc[opened.index[-1], "separation"] = np.nan
    found = change_table(opened).set_index("measure")
    before = change_table(whole).set_index("measure")
    row = found.loc["spatial_pearson"]
    assert row["n_pairs"] == before.loc["spatial_pearson", "n_pairs"] - 1
    assert np.isfinite(row[["before", "after", "lower", "upper", "p_value"]].to_numpy(float)).all()
