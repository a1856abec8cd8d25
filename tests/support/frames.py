"""Tables of runs that were never made: a few rows, with all columns of the schema."""

import pandas as pd

from tunescope.tables import settle


def tables(**rows: list[dict[str, object]] | pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Make tables from rows; what rows do not say is missing, their stage follows the update."""
    return {name: settle(name, pd.DataFrame(part)) for name, part in rows.items()}
