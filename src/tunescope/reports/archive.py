"""An archive of a run that holds no text of its data: the record and the tables without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunescope.errors import InputError
from tunescope.runs import Run
from tunescope.runs.files import FILES, RECORD, WITHOUT_TEXTS
from tunescope.seals import read_sealed, stamp, write_sealed
from tunescope.storage import IGNORED, TEMPORARY, check_new_folder, replacing, said
from tunescope.tables.schema import verbatim_columns

TOLD = "told"
"""In a record: what a command has printed of the run, suspects with their texts among it."""
TABLES = "tables"
NOBODYS = (".lock", ".DS_Store", *IGNORED)
"""What may lie in an archive beside its own: the lock, and what file managers leave."""
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
    folder : new or empty, or an earlier archive that holds nothing else, which is replaced.

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
    _check_folder(folder)
    record = run.record
    left_out: dict[str, list[str]] = {}
    with replacing(folder) as part:
        (part / TABLES).mkdir(parents=True)
        files = {}
        for name, table in run.tables.items():
            columns = [c for c in verbatim_columns().get(name, []) if c in table]
            emptied = table.assign(
                **{column: table[column].where(table[column].isna(), "") for column in columns}
            )
            path = part / TABLES / f"{name}.parquet"
            emptied.to_parquet(path, index=False)
            files[path.name] = stamp(path)
            left_out |= {name: columns} if columns else {}
        record = _without_quotations(record) | {FILES: files, WITHOUT_TEXTS: left_out}
        write_sealed(part / RECORD, record)
    return folder


def _check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything that is not of an earlier archive."""
    record = read_sealed(folder / RECORD) if (folder / RECORD).is_file() else {}
    if WITHOUT_TEXTS not in record:
        check_new_folder(folder)
        return
    own = {RECORD, TABLES}
    with said(folder, "read"):
        others = [path for path in folder.iterdir() if path.name not in own]
        others += [
            path for path in folder.glob(f"{TABLES}/*") if path.name not in record.get(FILES, {})
        ]
    if named := sorted(str(path.relative_to(folder)) for path in others if _is_somebodys(path)):
        raise InputError(
            f"{folder}: holds {', '.join(named)} beside an archive, which is replaced whole; take "
            "it out of the folder, or name a new one"
        )


def _is_somebodys(path: Path) -> bool:
    return path.name not in NOBODYS and not path.name.startswith(TEMPORARY)


def _without_quotations(record: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a record what quotes texts of the data."""
    left = {name: value for name, value in record.items() if name != TOLD} | {"notes": {}}
    if REASONS in record.get("watching", {}):
        reasons = dict.fromkeys(record["watching"][REASONS], "left out")
        left["watching"] = {**record["watching"], REASONS: reasons}
    return left
