"""One rule says which ranked examples a person should read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunescope.tables import suspected


def test_only_where_another_label_fits_better_or_nobody_knows() -> None:
    table = pd.DataFrame({"rank": [3, 1, 2, 4], "margin": [np.nan, 0.4, 0.0, -1.0]})
    assert suspected(table)["rank"].tolist() == [1, 3]
    assert suspected(table.iloc[:0]).empty
