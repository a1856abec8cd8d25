"""An archive of a run that holds no text of its data: the record and the tables without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunescope.runs import Run
from tunescope.runs.files import FILES, RECORD
from tunescope.seals import read_sealed, stamp, write_sealed
from tunescope.storage import check_new_folder, replacing
from tunescope.tables.schema import verbatim_columns

WITHOUT_TEXTS = "without_texts"
"""In a record: the columns of each table whose texts are left out."""
TOLD = "told"
"""In a record: what a command has printed of the run, suspects with their texts among it."""
REASONS = "could_not_be_looked_at"
"""Of a watched training: errors by their updates; those of other libraries may quote a text."""


def export(run: Run, folder: Path) -> Path:
    """Write a run's record and tables without the texts of its data.

    Texts are empty where they stood; remarks on the data, what a command has printed of the run,
    and errors of a watched training, which quote some, are left out of the record. Labels and the
    places of examples (file and line) stay.

    Parameters
    ----------
    run : a run that has its tables.
    folder : new or empty, or an earlier archive, which is replaced.

    Returns
    -------
    Path
        The folder, a run to be read as any other.

    Raises
    ------
    InputError
        If the folder holds something else.
    DamagedError
        If a table is not what was written.
    """
    if not (folder / RECORD).is_file() or WITHOUT_TEXTS not in read_sealed(folder / RECORD):
        check_new_folder(folder)
    record = run.record
    left_out: dict[str, list[str]] = {}
    with replacing(folder) as part:
        (part / "tables").mkdir(parents=True)
        files = {}
        for name, table in run.tables.items():
            columns = [c for c in verbatim_columns().get(name, []) if c in table]
            emptied = table.assign(
                **{column: table[column].where(table[column].isna(), "") for column in columns}
            )
            path = part / "tables" / f"{name}.parquet"
            emptied.to_parquet(path, index=False)
            files[path.name] = stamp(path)
            left_out |= {name: columns} if columns else {}
        record = _without_quotations(record) | {FILES: files, WITHOUT_TEXTS: left_out}
        write_sealed(part / RECORD, record)
    return folder


def _without_quotations(record: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a record what quotes texts of the data."""
    left = {name: value for name, value in record.items() if name != TOLD} | {"notes": {}}
    if REASONS in record.get("watching", {}):
        reasons = dict.fromkeys(record["watching"][REASONS], "left out")
        left["watching"] = {**record["watching"], REASONS: reasons}
    return left
