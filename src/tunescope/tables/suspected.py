"""Which of the ranked examples a person should read: one rule for page, terminal and notebook."""

from __future__ import annotations

import pandas as pd


def suspected(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the suspects whose own label another one fits better, the most suspect first.

    Every training example has a rank, those of clean data as well: a rank alone is no reason to
    read an example.

    Parameters
    ----------
    table : rows of ``suspects``, of one model.

    Examples
    --------
    >>> suspected(pd.DataFrame({"rank": [2, 1], "margin": [0.1, -0.3]}))["rank"].tolist()
    [2]
    """
    if table.empty:
        return table
    return table[~(table["margin"] <= 0)].sort_values("rank", kind="stable")
