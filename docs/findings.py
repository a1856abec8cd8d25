"""Write docs/findings.md from finished runs.

python docs/findings.py RUN [RUN ...]

The runs are taken as one. Also docs/findings/: tables as CSV, and figures. The words stand in
docs/findings.md.j2; every number is filled in from the runs' tables, and those of the runs before
from docs/findings/earlier/, which stays as it is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from tunescope.cli.runs import finished
from tunescope.paper import cases, findings, join, paper_tables, settings, tally
from tunescope.paper.layout import layout
from tunescope.paper.writing import write as write_paper
from tunescope.studies.spending import SPENT
from tunescope.tables import ORIGINAL, RANDOM, TUNED, distance_changes, extra_clusters, train_test
from tunescope.tables.similarities import (
    BEYOND_SIZES,
    PEARSON,
    similarity_changes,
    with_original,
)
from tunescope.tables.stages import CELL, at, last_layer, on_split, own, trained

HERE = Path(__file__).parent
FILES = HERE / "findings"
EARLIER = FILES / "earlier"
KEPT = ("table-*.csv", "findings*.csv", "extra-clusters.csv", "figure-*.svg")
EXAMPLES = 4
"""Extra clusters, or labels, of each task on the page; the CSV files have all."""
LONGEST = 110
"""Characters of an example on the page."""


class Numbers:
    """What the template can ask for.

    Parameters
    ----------
    tables, record : of a run, or of several that were joined.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any]) -> None:
        self.tables, self.record = dict(tables), dict(record)
        self.paper = paper_tables(self.tables, self.record)
        self.findings = findings(self.tables, self.record)

    @classmethod
    def read(cls, folders: Sequence[Path]) -> Numbers:
        """Open runs, which are taken as one."""
        runs = finished(list(folders))
        return cls(*join({name: (run.tables, run.record) for name, run in runs.items()}))

    def table(self, number: int) -> str:
        """One of the paper's tables as Markdown, with its caption."""
        shown = layout(number, self.paper[f"table-{number}"])
        return markdown(shown.head, shown.rows) + f"\n*Table {number}. {shown.caption}*\n"

    def number(self, table: int, quantity: str, digits: int = 1, **where: str) -> str:
        """One number of ours in one of the paper's tables."""
        rows = self.paper[f"table-{table}"]
        for column, value in {"quantity": quantity, **where}.items():
            rows = rows[rows[column] == value]
        if len(rows) != 1:
            raise ValueError(f"table {table}: {len(rows)} rows of {quantity} with {where}")
        return f"{rows['ours'].iloc[0]:.{digits}f}"

    def verdict(self, start: str) -> str:
        """What became of the finding that begins so, under each protocol."""
        rows = self._finding(start).to_dict("records")
        named = {row["protocol"]: str(row["verdict"]) for row in rows}
        if len(set(named.values())) == 1:
            return str(rows[0]["verdict"])
        return "; ".join(f"{said} ({protocol})" for protocol, said in named.items())

    def seen(self, start: str) -> str:
        """In how many cases the finding that begins so is seen."""
        found = self._finding(start)
        return f"{found['n_seen'].sum()} of {found['n_cases'].sum()}"

    def undecided(self, start: str) -> str:
        """In how many cases the finding that begins so is undecided."""
        return str(self._finding(start)["n_undecided"].sum())

    def tally(self) -> str:
        """How many findings hold, do not, are left open and not tested."""
        return tally(self.findings)

    def _finding(self, start: str) -> pd.DataFrame:
        rows = self.findings[self.findings["finding"].str.startswith(start)]
        if rows["finding"].nunique() != 1:
            raise ValueError(f"{rows['finding'].nunique()} findings begin with {start!r}")
        return rows

    def similarity(self, task: str, stage: str, measure: str, model: str = "minilm") -> str:
        """Similarity of training and test split, with its interval and number of pairs."""
        rows = train_test(self.tables, measure)
        rows = rows[(rows["model"] == model) & (rows["task"] == task)]
        (row,) = at(rows, stage).to_dict("records")
        bounds = f"{row['lower']:.2f} to {row['upper']:.2f}"
        return f"{row['similarity']:.2f} ({bounds}; {row['n_pairs']:.0f} label pairs)"

    def judged(self) -> str:
        """Every finding, what became of it, and in how many cases each model shows it."""
        found = cases(self.tables, self.record)
        models = sorted(set(found["model"]))
        rows = []
        for finding in self.findings.to_dict("records"):
            mine = found[
                (found["finding"] == finding["finding"])
                & (found["protocol"] == finding["protocol"])
            ]
            protocol = f" ({finding['protocol']})" if finding["protocol"] else ""
            rows.append(
                [
                    finding["section"],
                    finding["finding"],
                    finding["verdict"] + protocol,
                    f"{finding['n_seen']} of {finding['n_cases']}",
                    *(_by_seed(mine[mine["model"] == model]) for model in models),
                ]
            )
        return markdown(["section", "finding", "here", "seen in", *models], rows)

    def runs(self) -> str:
        """What was run."""
        found = settings(self.record)
        return markdown(list(found.columns), found.astype(str).to_numpy().tolist())

    def versions(self) -> str:
        """What the runs were made with."""
        found = {json.dumps(run["versions"]) for run in self.record["runs"].values()}
        named = [json.loads(text) for text in sorted(found)]
        return "; ".join(
            ", ".join(f"{name} {v[name]}" for name in ("tunescope", "torch", "transformers"))
            for v in named
        )

    def clusters_by_layer(self) -> str:
        """Clusters in every layer, original, tuned (by seed) and random; a range where bounded."""
        rows = at(on_split(own(self.tables["linearity"])), ORIGINAL, TUNED, RANDOM)
        rows = rows.dropna(subset=["most_clusters"])
        rows = rows.assign(
            shown=[
                f"{row['most_clusters']:.0f}"
                if row["least_clusters"] == row["most_clusters"]
                else f"{row['least_clusters']:.0f} to {row['most_clusters']:.0f}"
                for row in rows.to_dict("records")
            ]
        )
        keys = ["model", "task", "n_labels", "stage"]
        over_seeds = rows.groupby([*keys, "layer"], sort=False)["shown"]
        made = over_seeds.agg(_distinct).unstack(sort=False).sort_index(axis=1)
        cells = [
            [*map(str, key), *map(str, values)]
            for key, values in zip(made.index, made.to_numpy(), strict=True)
        ]
        head = ["model", "task", "labels", "when", *(f"layer {n}" for n in made.columns)]
        return markdown(head, cells)

    def extra(self) -> str:
        """The first examples of clusters beyond the labels."""
        rows = extra_clusters(self.tables)
        if rows is None or rows.empty:
            return ""
        columns = ["model", "task", "stage", "label", "cluster_size", "kind"]
        columns += ["collides_with", "text"]
        head = ["model", "task", "when", "label", "size", "what it is", "collides with", "example"]
        chosen = rows.drop_duplicates(["model", "task", "stage", "label", "cluster"])
        few = chosen.groupby(["model", "task", "stage"], sort=False).head(EXAMPLES)
        few = few.assign(text=[textwrap.shorten(text, LONGEST) for text in few["text"]])
        shown = few[columns].astype(str).to_numpy().tolist()
        more = len(chosen) - len(shown)
        rest = f"\n{more} further clusters are in the CSV file.\n" if more > 0 else ""
        return markdown(head, shown) + rest

    def not_pushed_away(self) -> str:
        """The labels whose certified minimum distance fell in fine-tuning on their own task."""
        rows = own(distance_changes(self.tables))
        rows = rows[rows["direction"] == "decreased"]
        cells = []
        for key, labels in rows.groupby(CELL, sort=True):
            most = labels.sort_values("change").head(EXAMPLES).to_dict("records")
            named = [f"{row['label']} {row['before']:.2f} → {row['after']:.2f}" for row in most]
            cells.append([*map(str, key), str(len(labels)), "; ".join(named)])
        head = [*CELL, "labels nearer than before", "minimum distances that fell most"]
        return markdown(head, cells)

    def course(self) -> str:
        """The mean minimum distance before, where it is smallest, at the end, and the fit then."""
        rows = last_layer(on_split(own(trained(self.tables["minimum_distances"]))))
        means = rows.groupby([*CELL, "update"])["minimum_distance"].mean()
        fitted = self.tables["training"].set_index(CELL).sort_index()
        cells = []
        for key, mean in means.groupby(level=[0, 1, 2]):
            by_update = mean.droplevel([0, 1, 2])
            lowest, end = int(by_update[1:].idxmin()), int(by_update.index[-1])
            cells.append(
                [
                    *map(str, key),
                    f"{by_update[0]:.2f}",
                    f"{by_update[lowest]:.2f}",
                    f"{lowest} ({_fit(fitted.loc[key], lowest)})",
                    f"{by_update[end]:.2f}",
                    f"{end} ({_fit(fitted.loc[key], end)})",
                ]
            )
        head = [*CELL, "before", "smallest after", "at update (fit)", "end"]
        return markdown([*head, "at update (fit)"], cells)

    def growth(self, table: str, column: str, model: str) -> str:
        """By which factors the mean of a quantity grew in a model's last layer: the range."""
        means = self._ends(table, column).loc[model]
        factors = means["tuned"] / means["original"]
        return f"{factors.min():.1f} to {factors.max():.1f}"

    def _ends(self, table: str, column: str) -> pd.DataFrame:
        """Mean of a quantity in the last layer by model and task, original and tuned."""
        rows = at(last_layer(on_split(own(self.tables[table]))), ORIGINAL, TUNED)
        return rows.groupby(["model", "task", "stage"])[column].mean().unstack()

    def scale(self) -> str:
        """How the last layer's space grew, the distances in it, and what lies inside labels."""

        def ends(table: str, column: str, digits: int, factor: float = 1) -> pd.Series:
            return (factor * self._ends(table, column)).apply(
                lambda row: f"{row['original']:.{digits}f} → {row['tuned']:.{digits}f}", axis=1
            )

        shown = pd.DataFrame(
            {
                "space": ends("spread", "total", 1),
                "mean minimum distance": ends("minimum_distances", "minimum_distance", 2),
                "variance inside labels (%)": ends("spread", "share_within", 1, 100),
            }
        ).dropna()
        return markdown(["model", "task", *shown.columns], shown.reset_index().to_numpy().tolist())

    def elephant(self) -> str:
        """The contradictory question of TREC-50, as the corpus has it."""
        rows = extra_clusters(self.tables)
        assert rows is not None
        rows = rows[(rows["task"] == "trec-50") & (rows["kind"] == "contradiction")]
        (text,) = set(rows["text"])
        return str(text)

    def accuracy_changes(self) -> str:
        """What fine-tuning did to the accuracy of the classifier probe, with p-values."""
        rows = own(self.tables["accuracy_change"])
        rows = rows[rows["probe"] == "classifier"]
        head = ["model", "task", "seed", "points", "95 % interval", "p", "p, Holm"]
        cells = [
            [
                row["model"],
                row["task"],
                str(row["seed"]),
                f"{100 * row['difference']:+.1f}",
                f"{100 * row['lower']:+.1f} to {100 * row['upper']:+.1f}",
                f"{row['p_value']:.2g}",
                f"{row['p_corrected']:.2g}",
            ]
            for row in rows.to_dict("records")
        ]
        return markdown(head, cells)

    def baselines(self) -> str:
        """Every probe's accuracy before and after, last layer, in per cent."""
        rows = at(last_layer(own(self.tables["accuracy"])), ORIGINAL, TUNED, RANDOM)
        rows = rows[rows["split"] == "test"]
        made = rows.pivot_table(
            index=["model", "task", "stage"], columns="probe", values="accuracy", sort=False
        )
        cells = [
            [*map(str, key), *("–" if pd.isna(v) else f"{100 * v:.1f}" for v in values)]
            for key, values in zip(made.index, made.to_numpy(), strict=True)
        ]
        return markdown(["model", "task", "when", *map(str, made.columns)], cells)

    def before_and_after(self, reasons: Mapping[str, Sequence[str]]) -> str:
        """Every finding of the earlier runs beside this one.

        Parameters
        ----------
        reasons : for each finding of today its name then, and what changed the rule; both may be
            missing.
        """
        then = pd.read_csv(EARLIER / "findings.csv").set_index("finding")
        each = pd.read_csv(EARLIER / "findings-cases.csv")
        each = each[each["model"].isin(self.record["models"])]
        rows = []
        for finding in self.findings.to_dict("records"):
            name, *why = reasons.get(finding["finding"], [finding["finding"]])
            before = "not asked"
            if name in then.index:
                mine = each.loc[each["finding"] == name, "seen"]
                before = f"{then.loc[name, 'verdict']}; {(mine == 'yes').sum()} of {len(mine)}"
            now = f"{finding['verdict']}; {finding['n_seen']} of {finding['n_cases']}"
            rows.append([finding["section"], finding["finding"], before, now, *(why or ["–"])])
        unknown = set(reasons) - set(self.findings["finding"])
        if unknown:
            raise ValueError(f"no such findings: {sorted(unknown)}")
        return markdown(["section", "finding", "before", "now", "what changed the rule"], rows)

    def splits_alike(self) -> str:
        """Similarity of training and test split, before and after, also beyond label sizes."""
        drawn = train_test(self.tables).set_index([*CELL, "stage"])["permuted"]
        tests = {
            measure: similarity_changes(self.tables, measure).set_index(CELL)
            for measure in (PEARSON, BEYOND_SIZES)
        }
        rows = []
        for key, plain in tests[PEARSON].iterrows():
            stages = [_digits(drawn.get((*key, stage))) for stage in (ORIGINAL, TUNED)]
            cells = [*key, _change(plain), f"{plain['p_value']:.2g}", " → ".join(stages)]
            if key in tests[BEYOND_SIZES].index:
                left = tests[BEYOND_SIZES].loc[key]
                cells += [_change(left), f"{left['p_value']:.2g}"]
            rows.append(cells + ["–"] * (8 - len(cells)))
        head = [*CELL, "r", "p of the change", "r, labels permuted", "beyond sizes"]
        return markdown([*head, "p of the change"], rows)

    def below_permuted(self) -> str:
        """In how many tasks the tuned splits are less alike than with labels permuted."""
        rows = at(train_test(self.tables), TUNED).dropna(subset=["permuted"])
        return f"{(rows['similarity'] < rows['permuted']).sum()} of {len(rows)}"

    def layers_alike(self) -> str:
        """Similarity of the tuned model with its original, first block and last layer."""
        rows = []
        tables = {
            measure: with_original(self.tables, measure, random=True)
            for measure in (PEARSON, BEYOND_SIZES)
        }
        for key, plain in at(tables[PEARSON], TUNED).groupby(CELL, sort=True):
            for layer in (1, plain["layer"].max()):
                (row,) = plain[plain["layer"] == layer].to_dict("records")
                cells = [*key, str(int(layer)), f"{row['similarity']:.2f}"]
                cells += [_digits(row["by_sizes"]), _digits(row["permuted"])]
                for measure, stage in (
                    (BEYOND_SIZES, TUNED),
                    (PEARSON, RANDOM),
                    (BEYOND_SIZES, RANDOM),
                ):
                    found = at(tables[measure], stage).set_index([*CELL, "layer"])
                    cells.append(_digits(found["similarity"].get((*key, layer))))
                rows.append(cells)
        head = [*CELL, "layer", "r", "by sizes alone", "labels permuted", "beyond sizes"]
        return markdown([*head, "random weights: r", "random weights: beyond sizes"], rows)

    def alike(
        self, model: str, measure: str, column: str = "similarity", stage: str = TUNED
    ) -> str:
        """The range over a model's tasks of the last layer's similarity with the original."""
        rows = at(last_layer(with_original(self.tables, measure, random=True)), stage)
        rows = rows[rows["model"] == model]
        return f"{rows[column].min():.2f} to {rows[column].max():.2f}"

    def case(self, start: str, model: str, task: str) -> str:
        """The numbers of a model's case of the finding that begins so, seed by seed."""
        (claim,) = set(self._finding(start)["finding"])
        found = cases(self.tables, self.record).set_index(["finding", "model", "task"])
        return "; ".join(map(str, found.sort_index().loc[[(claim, model, task)], "numbers"]))

    def gains(self, model: str) -> str:
        """By how many points fine-tuning on a task raised its accuracy: the range over tasks."""
        rows = own(self.tables["accuracy_change"])
        rows = rows[(rows["model"] == model) & (rows["probe"] == "classifier")]
        points = 100 * rows["difference"]
        return f"{points.min():.1f} to {points.max():.1f}"

    def spent(self) -> str:
        """Processor seconds of the runs by stage, and each stage's share."""
        stages: dict[str, float] = {}
        for run in self.record["runs"].values():
            for stage, seconds in run[SPENT].items():
                stages[stage] = stages.get(stage, 0.0) + seconds
        whole = sum(stages.values())
        cells = [
            [stage, f"{seconds:,.0f}", f"{100 * seconds / whole:.0f} %"]
            for stage, seconds in sorted(stages.items(), key=lambda item: -item[1])
        ]
        return markdown(
            ["stage", "processor seconds", "share"], [*cells, ["all", f"{whole:,.0f}", ""]]
        )

    def hours(self) -> str:
        """Minutes by model, task and kind of step, by the clock."""
        kinds = ["original", "random weights", "fine-tuning", "snapshots", "other tasks", "all"]
        rows: dict[tuple[str, str], dict[str, float]] = {}
        for model, task, kind, seconds in (
            s for run in self.record["runs"] for s in steps(Path(run))
        ):
            row = rows.setdefault((model, task), dict.fromkeys(kinds, 0.0))
            row[kind] += seconds
            row["all"] += seconds
        cells = [
            [model, task, *(f"{row[kind] / 60:.1f}" for kind in kinds)]
            for (model, task), row in rows.items()
        ]
        sums = [f"{sum(row[kind] for row in rows.values()) / 60:.1f}" for kind in kinds]
        return markdown(["model", "task", *kinds], [*cells, ["all", "", *sums]])


def _distinct(texts: pd.Series) -> str:
    """Join texts, each once."""
    return ", ".join(dict.fromkeys(texts))


def _change(row: pd.Series) -> str:
    return f"{row['before']:.2f} → {row['after']:.2f}"


def _digits(value: float | None) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:.2f}"


def _fit(training: pd.DataFrame, update: int, batches: int = 10) -> str:
    """The head's accuracy on the training batches just before an update, in per cent."""
    before = training[(training["update"] > update - batches) & (training["update"] <= update)]
    return f"{100 * before['accuracy'].mean():.0f} %"


def _by_seed(rows: pd.DataFrame) -> str:
    """Say in how many cases something is seen, a number a seed, and how many are undecided."""
    if rows.empty:
        return "–"
    each = rows.groupby("seed")["seen"]
    counts = sorted({str(count) for count in each.size()})
    seen = ", ".join(str(count) for count in each.agg(lambda s: (s == "yes").sum()))
    undecided = int((rows["seen"] == "undecided").sum())
    more = f"; {undecided} undecided" if undecided else ""
    return f"{seen} of {' or '.join(counts)}{more}"


def steps(folder: Path) -> list[tuple[str, str, str, float]]:
    """Model, task, kind and seconds of a run's steps."""
    found = []
    for done in sorted((folder / "steps").rglob("done.json")):
        model, task, *rest = done.parent.relative_to(folder / "steps").parts
        seconds = json.loads(done.read_text(encoding="utf-8"))["seconds"]
        kind = {"original": "original", "random": "random weights"}.get(rest[0], "snapshots")
        if rest[-2].startswith("transfer-"):
            kind = "other tasks"
        if rest[-1] == "train":
            kind = "fine-tuning"
        found.append((model, task, kind, seconds))
    return found


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Write a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("`", "'").replace("\n", " ")


def write(numbers: Numbers, folder: Path, kept: Sequence[str]) -> dict[str, str]:
    """Write those tables and figures of runs that are kept, and give the captions by name."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        write_paper(Path(made), tables=numbers.tables, record=numbers.record)
        for pattern in kept:
            for path in Path(made).glob(pattern):
                shutil.copy(path, folder / path.name)
        captions = pd.read_csv(Path(made) / "contents.csv", keep_default_na=False)
    return dict(zip(captions["name"], captions["caption"], strict=True))


def main() -> None:
    """Write the page and the files beside it."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("runs", nargs="+", type=Path)
    numbers = Numbers.read(asked.parse_args().runs)
    for path in FILES.iterdir():
        if path != EARLIER:
            path.unlink()
    captions = write(numbers, FILES, KEPT)

    def figure(name: str, words: str) -> str:
        """Show a figure with its caption."""
        where = (FILES / f"{name}.svg").relative_to(HERE).as_posix()
        return f"![{words}]({where})\n\n*{captions[name]}*\n"

    template = (HERE / "findings.md.j2").read_text(encoding="utf-8")
    page = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(template)
    (HERE / "findings.md").write_text(page.render(n=numbers, figure=figure), encoding="utf-8")


if __name__ == "__main__":
    main()
