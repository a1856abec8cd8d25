"""CSV files: no text of the data is a formula when a spreadsheet opens them."""

import csv
from io import StringIO

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.tables.spreadsheet import BEGINS, as_csv


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1+1", "@SUM(A1)", "\t=1", " =1", "＝1"]
)
def test_what_would_be_computed_gets_an_apostrophe(text: str) -> None:
    read = pd.read_csv(StringIO(as_csv(pd.DataFrame({"label": [text]}))), dtype=str)
    assert read["label"].tolist() == [f"'{text}"]


def test_numbers_stay_numbers() -> None:
    table = pd.DataFrame({"change": [-0.5, 1.0], "n": [-1, 2], "is_linear": [True, False]})
    assert as_csv(table) == table.to_csv(index=False)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
@pytest.mark.slow
def test_no_cell_begins_as_a_formula(texts: list[str]) -> None:
    rows = list(csv.reader(StringIO(as_csv(pd.DataFrame({"n": 1, "label": texts})), newline="")))
    assert len(rows) == len(texts) + 1
    assert not any(cell.lstrip(" ").startswith(BEGINS) for _, cell in rows[1:])
