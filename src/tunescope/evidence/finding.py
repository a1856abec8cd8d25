"""Suspects: which labelled examples to look at again, with the evidence against each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tunescope.arrays import as_numbers, refuse_unusable
from tunescope.errors import InputError
from tunescope.evidence.carriers import carried
from tunescope.evidence.confidence import Confidence, out_of_fold
from tunescope.evidence.neighbours import contradicting, nearest_neighbours
from tunescope.evidence.ranking import scores
from tunescope.evidence.regression import left_out_regression
from tunescope.evidence.wording import in_words
from tunescope.geometry import Separations, leave_one_out, separations
from tunescope.geometry.hulls.cloud import as_points
from tunescope.geometry.hulls.pairs import as_labels
from tunescope.geometry.hulls.same_examples import HALF_PRECISION, refuse_of_others

SHOWN = 3
"""Nearest neighbours that are named."""
LEARNED = ("learned", "forgotten", "mean_confidence", "variability")
CANDIDATES = 0.1
"""Part of the examples whose distances from hulls are measured, the most suspect ones."""


def suspects(
    X: Any,
    y: Any,
    groups: Any = None,
    *,
    measured: Separations | None = None,
    probabilities: Any = None,
    head: Any = None,
    learned: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank labelled vectors by how much speaks against their labels.

    Parameters
    ----------
    X : (n_examples, n_features) vectors, say a layer of a `Representation`.
    y : (n_examples,) their labels.
    groups : (n_examples,) the text that each is from, where several share one.
    measured : the separations of all label pairs of these vectors, if they are known.
    probabilities : (n_examples, n_labels) of the sorted labels, by somebody who has not seen the
        examples' labels; by default by logistic regression out of fold.
    head : (n_examples,) probability that the model's own head gives to each example's label; NaN
        where it was not asked.
    learned : how each example was learned in a fine-tuning, from `tunescope.evidence.learning`.
    seed : of the folds.

    Returns
    -------
    DataFrame
        A row an example, the most suspect first: ``rank`` from 1, ``example`` (its row in X),
        ``given`` and ``suggested`` labels, ``score`` from 0 to 1, the evidence (see the manual's
        page of the table `suspects`), ``evidence`` in words, and ``neighbours``, the rows of the
        nearest examples of other texts, with ``neighbour_labels``.

    Raises
    ------
    InputError
        If the shapes do not fit, a number is not finite, a probability not from 0 to 1, a group
        missing, `measured` of other vectors or labels, or there are fewer than two labels.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(40, 2)) + np.repeat([[0, 0], [9, 9]], 20, axis=0)
    >>> y = np.repeat(["low", "high"], 20)
    >>> y[7] = "high"
    >>> first = suspects(X, y).iloc[0]
    >>> int(first["example"]), first["given"], first["suggested"]
    (7, 'high', 'low')
    """
    X = as_points(X, "X")
    y = as_labels(y, len(X))
    names, codes = np.unique(y, return_inverse=True)
    if len(names) < 2:
        raise InputError(
            f"y: one label, {names.tolist()[0]!r}; suspects need examples of at least 2"
        )
    groups = None if groups is None else as_groups(groups, len(X))
    if measured is not None:
        _refuse_of_others(measured, X, names, codes)
    if learned is not None:
        learned = _learned(learned, len(X))
    if head is not None:
        head = as_numbers(head, "head", (len(X),), low=0.0, high=1.0, missing=True)
    if probabilities is None:
        probabilities = out_of_fold(X, codes, groups=groups, seed=seed)
    shape = (len(X), len(names))
    confidence = Confidence.of(
        as_numbers(probabilities, "probabilities", shape, low=0.0, high=1.0), codes
    )
    expected = Confidence.of(left_out_regression(X, codes, groups=groups), codes)
    neighbours = nearest_neighbours(X, groups=groups)
    found = separations(X, y) if measured is None else measured
    evidence = pd.DataFrame(
        {
            "confidence": confidence.given,
            "confidence_suggested": confidence.other,
            "expected": expected.given,
            "margin": expected.excess,
            "agreement": neighbours.agreement(codes),
            "weight": carried(found),
            "contradictions": contradicting(X, codes),
            "near_duplicates": neighbours.near_duplicates(codes),
        }
    )
    if head is not None:
        evidence.insert(2, "head_confidence", head)
    if learned is not None:
        evidence = evidence.assign(**{name: learned[name].to_numpy() for name in LEARNED})
    evidence = with_hulls(evidence, X, y)
    evidence["score"] = scores(evidence)
    suggested = names[confidence.suggested]
    evidence.insert(0, "example", np.arange(len(X)))
    evidence.insert(1, "given", y)
    evidence.insert(2, "suggested", suggested)
    evidence["evidence"] = in_words(evidence)
    shown = neighbours.examples[:, :SHOWN]
    evidence["neighbours"] = [row[row >= 0].tolist() for row in shown]
    evidence["neighbour_labels"] = [y[row[row >= 0]].tolist() for row in shown]
    ranked = evidence.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    ranked.insert(0, "rank", np.arange(1, len(X) + 1))
    return ranked


def _refuse_of_others(measured: Any, X: np.ndarray, names: np.ndarray, codes: np.ndarray) -> None:
    """Refuse separations that are not those of all label pairs of these vectors."""
    refuse_of_others(measured, X, names, codes, name="measured", rounding=HALF_PRECISION)
    n_pairs = len(names) * (len(names) - 1) // 2
    if len(measured) != n_pairs:
        raise InputError(f"measured: {len(measured)} label pairs; expected all {n_pairs}")


def _learned(learned: Any, n_examples: int) -> pd.DataFrame:
    """Check that an argument says how each example was learned."""
    if not isinstance(learned, pd.DataFrame) or not {*LEARNED} <= {*learned.columns}:
        raise InputError(
            f"learned: expected a data frame with the columns {', '.join(LEARNED)}, "
            "of tunescope.evidence.learning"
        )
    if len(learned) != n_examples:
        raise InputError(f"learned: {len(learned)} rows; expected {n_examples}, one for each of X")
    return learned


def as_groups(groups: Any, n_examples: int) -> np.ndarray:
    """Check that an argument holds the group of each example.

    Raises
    ------
    InputError
        If it does not, or a group is missing.
    """
    refuse_unusable(groups, "groups")
    known = np.asarray(groups)
    if known.shape != (n_examples,):
        raise InputError(
            f"groups: expected {n_examples}, one for each row of X, got shape {known.shape}"
        )
    return known


def with_hulls(evidence: pd.DataFrame, X: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Add the distances from hulls of the examples that the other evidence speaks against most."""
    first = np.argsort(-scores(evidence), kind="stable")
    candidates = np.sort(first[: max(SHOWN, round(CANDIDATES * len(X)))])
    left_out = leave_one_out(X, y, candidates)
    columns = {
        "distance_own": left_out.own,
        "distance_other": left_out.other,
        "excess": left_out.excess,
    }
    for name, values in columns.items():
        whole = np.full(len(X), np.nan)
        whole[candidates] = values
        evidence[name] = whole
    return evidence
