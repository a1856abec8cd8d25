"""What tables are is said once: written tables are held to it, and the manual is made from it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunescope.errors import InputError, TunescopeError
from tunescope.tables import conform, schema, settle
from tunescope.tables.manual import manual

ROOT = Path(__file__).parents[2]
WHERE = {"model": "m", "task": "t", "tuned_on": "", "seed": 0, "stage": "original", "update": 0}
SPREAD = {**WHERE, "layer": 1, "split": "train", "n_examples": 4}
SPREAD |= {"total": 2.0, "within": 1.0, "share_within": 0.25}


def spread(**columns: object) -> dict[str, pd.DataFrame]:
    return {"spread": pd.DataFrame([{**SPREAD, **columns}])}


def test_the_manual_s_page_is_the_schema_s() -> None:
    page = (ROOT / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
    assert page == manual(), "run docs/tables.py"


@pytest.mark.parametrize("name", schema().tables)
def test_a_table_names_its_rows_by_columns_that_it_has(name: str) -> None:
    table, columns = schema().tables[name], schema().columns(name)
    assert set(table.key) <= set(table.columns)
    assert set(table.origin) <= set(schema().origin)
    assert not any(columns[column].missing for column in (*table.origin, *table.key))
    assert all(column.meaning for column in columns.values())


def test_tables_are_brought_into_one_order() -> None:
    later = pd.DataFrame([{**SPREAD, "layer": 2}, SPREAD])[sorted(SPREAD)]
    found = conform({"spread": later})["spread"]
    assert list(found) == list(schema().columns("spread"))
    assert found["layer"].tolist() == [1, 2]


def test_a_column_that_may_be_missing_is_added() -> None:
    table = spread()["spread"].drop(columns="share_within")
    assert conform({"spread": table})["spread"]["share_within"].isna().all()


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"sprad": pd.DataFrame()}, "'sprad' is not in the schema"),
        (spread(extra=1), "unknown columns extra"),
        ({"spread": spread()["spread"].drop(columns="total")}, "columns total are absent"),
        (spread(total=np.nan), "column total has 1 missing values"),
        (spread(total="wide"), "column total is .*, expected number"),
        (spread(n_examples=1.5), "column n_examples is float64, expected integer"),
        (spread(model=3), "column model is int64, expected text"),
        ({"spread": pd.DataFrame([SPREAD, SPREAD])}, "1 rows repeat the key model, task"),
    ],
)
def test_what_does_not_fit_is_refused(tables: dict[str, pd.DataFrame], message: str) -> None:
    with pytest.raises(TunescopeError, match=message):
        conform(tables)


def test_a_reader_gets_every_column() -> None:
    found = settle("accuracy", pd.DataFrame({"update": [0, 9], "probe": "p", "accuracy": [0.5, 1]}))
    assert set(schema().columns("accuracy")) <= set(found)
    assert found["stage"].tolist() == ["original", "tuned"]
    assert found["setting"].isna().all()


def test_a_reader_is_told_what_it_cannot_do_without() -> None:
    with pytest.raises(InputError, match=r"table accuracy: column 'probe' is missing; expected at"):
        settle("accuracy", pd.DataFrame({"update": [0], "accuracy": [0.5]}))
