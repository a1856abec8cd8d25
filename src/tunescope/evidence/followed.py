"""Suspects of a training that was watched: by what its own head said at each look."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunescope.evidence.learning import learning
from tunescope.evidence.ranking import scores
from tunescope.evidence.wording import in_words


def followed(dynamics: pd.DataFrame) -> pd.DataFrame:
    """Rank the examples whose labels a head did not learn, or was never sure of.

    Parameters
    ----------
    dynamics : a row an example and update: ``update, example, label, predicted, confidence,
        correct``, of one split, without the update before any training.

    Returns
    -------
    DataFrame
        A row an example that the head takes for another label at the end, or whose label got less
        than half of the probability on average, the least first: ``rank, example, given,
        suggested`` (the label that it was most often taken for), ``score``, the columns of
        `learning`, and ``evidence`` in words. An example that was never taken for another label
        is not among them.

    Examples
    --------
    >>> rows = [(9, 0, "a", "a", 0.9), (9, 1, "a", "b", 0.2)]
    >>> names = ["update", "example", "label", "predicted", "confidence"]
    >>> found = followed(pd.DataFrame(rows, columns=names).assign(correct=[True, False]))
    >>> found[["example", "given", "suggested"]].to_numpy().tolist()
    [[1, 'a', 'b']]
    """
    wide = dynamics.pivot(index="update", columns="example", values="confidence")
    right = dynamics.pivot(index="update", columns="example", values="correct")
    found = learning(np.array(wide.index), wide.to_numpy(), right.to_numpy().astype(bool))
    found.insert(0, "example", wide.columns.to_numpy())
    wrong = dynamics[~dynamics["correct"].astype(bool)]
    taken = wrong.groupby("example")["predicted"].agg(lambda of: of.value_counts().index[0])
    found.insert(1, "given", found["example"].map(dynamics.groupby("example")["label"].first()))
    found.insert(2, "suggested", found["example"].map(taken))
    found["score"] = scores(found)
    unsure = (found["mean_confidence"] < 0.5) | found["learned"].isna()
    found = found[unsure & found["suggested"].notna()]
    found = found.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    found["evidence"] = in_words(found)
    found.insert(0, "rank", np.arange(1, len(found) + 1))
    return found
