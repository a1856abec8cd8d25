"""What a run found: its tables, the few of them that people ask for, its figures and its page."""

from __future__ import annotations

import html
import os
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from tunescope import reports
from tunescope.errors import InputError
from tunescope.results.plots import Plots
from tunescope.runs import Run
from tunescope.studies.inspection import trained_on
from tunescope.tables import ORIGINAL, TUNED, confused, overview, suspected
from tunescope.tables.stages import CELL, last_layer, own

SHOWN = 8
"""Rows of a table that a notebook shows."""
FROM = ("tuned_on", "seed", "stage", "update", "layer", "split")
"""What says where a row is from, and is the same in all rows once chosen."""


class Result:
    """What a run found.

    Parameters
    ----------
    run : finished.
    kept : the temporary folder that the run lies in, which goes with the result.
    """

    def __init__(self, run: Run, kept: TemporaryDirectory[str] | None = None) -> None:
        if not run.tables:
            raise InputError(f"{run.folder}: the run has no tables yet; finish it first")
        self._run, self._kept = run, kept

    @property
    def folder(self) -> Path:
        """Where the run lies."""
        return self._run.folder

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of the run by name; the manual's page on tables explains them."""
        return self._run.tables

    @property
    def record(self) -> dict[str, Any]:
        """What made the run: the settings, data, models and versions."""
        return self._run.record

    @property
    def notes(self) -> list[str]:
        """What a reader should know: what was guessed, and what the model was trained on."""
        record = self.record
        notes = [note for of_task in record.get("notes", {}).values() for note in of_task]
        said = trained_on(record)
        return [*notes, *record.get("differences", ()), *([said] if said else [])]

    @cached_property
    def plot(self) -> Plots:
        """The figures: ``result.plot.clusters()`` gives an Altair chart."""
        return Plots(self.tables)

    def suspects(self, *, stage: str | None = None, **where: Any) -> pd.DataFrame:
        """Rank the training examples to look at again, the most suspect first.

        Page and terminal show those of them whose `margin` is above 0: another label fits them
        better than their own.

        Parameters
        ----------
        stage : ``"original"`` or ``"tuned"``; by default the last there is.
        where : `model`, `task` and `seed`, in a run with several.
        """
        return self._rows("suspects", stage, **where).sort_values("rank", ignore_index=True)

    def confusions(
        self,
        *,
        source: str | None = None,
        stage: str | None = None,
        split: str = "test",
        **where: Any,
    ) -> pd.DataFrame:
        """Count which labels are taken for which: rows are given, columns predicted.

        Parameters
        ----------
        source : ``"probe"`` or the model's own ``"head"``, which is asked first where it is there.
        stage : ``"original"`` or ``"tuned"``; by default the last there is.
        split : which examples; of training examples, a probe has not seen those that it predicts.
        where : `model`, `task` and `seed`, in a run with several.
        """
        rows = self._by("confusions", source, stage, split, where)
        names = sorted({*rows["given"], *rows["predicted"]})
        wide = rows.pivot_table(index="given", columns="predicted", values="n_examples")
        return wide.reindex(index=names, columns=names).fillna(0).astype(int)

    def scores(
        self,
        *,
        source: str | None = None,
        stage: str | None = None,
        split: str = "test",
        **where: Any,
    ) -> pd.DataFrame:
        """Give precision, recall and F1 of each label; the parameters are those of `confusions`."""
        return self._by("label_scores", source, stage, split, where).drop(columns="source")

    def predictions(
        self,
        *,
        given: str | None = None,
        predicted: str | None = None,
        source: str | None = None,
        stage: str | None = None,
        split: str = "test",
        **where: Any,
    ) -> pd.DataFrame:
        """Give what is predicted for each example, with its text, the surest first.

        Parameters
        ----------
        given, predicted : only the examples behind one cell of the confusions.
        source, stage, split, where : as for `confusions`.
        """
        rows = self._by("predictions", source, stage, split, where).drop(columns="source")
        for column, label in (("given", given), ("predicted", predicted)):
            rows = rows if label is None else rows[rows[column] == label]
        task = where.get("task") or self._only("task", self.tables["predictions"])
        texts = self.tables["examples"]
        texts = texts[(texts["task"] == task) & (texts["split"] == split)]
        found = rows.merge(texts[["example", "text", "place"]], on="example")
        return found.sort_values("confidence", ascending=False, ignore_index=True)

    def nearest_pairs(
        self, *, stage: str | None = None, split: str = "train", **where: Any
    ) -> pd.DataFrame:
        """Give the label pairs of the last layer that nearly touch, and who carries the margin.

        Parameters
        ----------
        stage, split, where : as for `confusions`.
        """
        rows = self._rows("nearest_pairs", stage, split=split, **where)
        return rows.sort_values("separation", kind="stable", ignore_index=True)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the page with its figures and CSV files.

        Parameters
        ----------
        path : of the page; by default ``report.html`` in the run's folder.
        """
        out = None if path is None else Path(path)
        return reports.write(self.folder, tables=self.tables, record=self.record, out=out)

    def show(self) -> None:
        """Show the page: inside a notebook, else in the browser."""
        page = self.folder / "report.html"
        page = page if page.exists() else self.report()
        if _in_notebook():
            from IPython.display import HTML, display

            text = html.escape(page.read_text(encoding="utf-8"), quote=True)
            display(HTML(f'<iframe srcdoc="{text}" width="100%" height="720"></iframe>'))
            return
        import webbrowser

        webbrowser.open(page.resolve().as_uri())

    def __repr__(self) -> str:
        """Say on one line what was looked at, and where it is."""
        table = next(table for table in self.tables.values() if "model" in table)
        cells = table[["model", "task"]].drop_duplicates()
        first = " on ".join(cells.iloc[0])
        more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
        return f"<Result: {first}{more}; {len(self.tables)} tables in {str(self.folder)!r}>"

    def _repr_html_(self) -> str:
        """Show the main numbers, confusions and suspects in a notebook."""
        parts = [("In the last layer", overview(self.tables))]
        wrong = confused(self.tables).drop(columns="seed")
        parts.append(("Labels taken for others, test examples", wrong.head(SHOWN)))
        if "suspects" in self.tables and len(self._cells()) == 1:
            columns = ["rank", "text", "given", "suggested", "score", "evidence"]
            suspects = suspected(self.suspects())
            shown = suspects[[c for c in columns if c in suspects]].head(SHOWN)
            parts.append(("Examples to look at again", shown))
        tables = [f"<h4>{title}</h4>{_table(table)}" for title, table in parts if len(table)]
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return f"<div>{''.join(tables)}<ul>{notes}</ul><p>{html.escape(repr(self))}</p></div>"

    def _cells(self) -> pd.DataFrame:
        table = next(table for table in self.tables.values() if set(CELL) <= set(table))
        return table[CELL].drop_duplicates()

    def _by(
        self, name: str, source: str | None, stage: str | None, split: str, where: dict[str, Any]
    ) -> pd.DataFrame:
        rows = self._rows(name, stage, split=split, **where)
        known = list(dict.fromkeys(rows["source"]))
        source = source or ("head" if "head" in known else "probe")
        if source not in known:
            raise InputError(f"source={source!r}; there is {' and '.join(map(repr, known))}")
        return rows[rows["source"] == source].reset_index(drop=True)

    def _rows(self, name: str, stage: str | None, **where: Any) -> pd.DataFrame:
        """Choose the rows of one model in the last layer, without the columns that are chosen."""
        table = self.tables.get(name)
        if table is None:
            raise InputError(f"the run has no table {name!r}; it has {', '.join(self.tables)}")
        table = last_layer(own(table))
        for key, value in where.items():
            if key not in table or value not in set(table[key]):
                known = ", ".join(map(repr, dict.fromkeys(table[key]))) if key in table else "none"
                raise InputError(f"{key}={value!r}; there is {known}")
            table = table[table[key] == value]
        stages = set(table["stage"])
        stage = stage or (TUNED if TUNED in stages else ORIGINAL)
        if stage not in stages:
            raise InputError(f"stage={stage!r}; there is {', '.join(sorted(map(repr, stages)))}")
        table = table[table["stage"] == stage]
        for key in CELL:
            self._only(key, table)
        return table.drop(columns=[c for c in (*CELL, *FROM) if c in table])

    def _only(self, key: str, table: pd.DataFrame) -> Any:
        found = list(dict.fromkeys(table[key]))
        if len(found) > 1:
            raise InputError(f"several of them: choose {key}=, {', '.join(map(repr, found))}")
        return found[0]


def _table(table: pd.DataFrame) -> str:
    return str(table.to_html(index=False, escape=True, float_format="{:.4g}".format, na_rep="–"))


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return type(get_ipython()).__name__ == "ZMQInteractiveShell"
