"""Write docs/findings.md from finished runs.

python docs/findings.py RUN [RUN ...] --seeds RUN [RUN ...]

Also docs/findings/: tables as CSV and figures of the first runs, and in docs/findings/seeds/ those
of the second, in which each model was fine-tuned with several seeds. Each group of runs is taken as
one. The words stand in docs/findings.md.j2; every number is filled in from the runs' tables.
"""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from jinja2 import Environment, StrictUndefined

from tunescope.reports import paper
from tunescope.reports.paper.layout import layout
from tunescope.reports.paper.writing import explained
from tunescope.runs import Run
from tunescope.studies.paper import cases, findings, join, paper_tables, settings
from tunescope.studies.paper.ends import last_layer, stages, train_test

HERE = Path(__file__).parent
FILES = HERE / "findings"
SEEDED = FILES / "seeds"
KEPT = ("table-*.csv", "findings*.csv", "extra-clusters.csv", "figure-*.svg")
EXAMPLES = 4
"""Extra clusters of each task, before and after, on the page; the CSV file has all."""
LONGEST = 110
"""Characters of an example on the page."""


class Numbers:
    """What the template can ask for.

    Parameters
    ----------
    folders : of the runs, which are taken as one.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        runs = {str(folder): Run.open(folder) for folder in folders}
        self.tables, self.record = join(
            {name: (run.tables, run.record) for name, run in runs.items()}
        )
        self.paper = paper_tables(self.tables, self.record)
        self.findings = findings(self.tables)

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
        """What became of the finding that begins so."""
        return str(self._finding(start)["verdict"])

    def seen(self, start: str) -> str:
        """In how many cases the finding that begins so is seen."""
        found = self._finding(start)
        return f"{found['n_seen']} of {found['n_cases']}"

    def _finding(self, start: str) -> pd.Series:
        rows = self.findings[self.findings["finding"].str.startswith(start)]
        if len(rows) != 1:
            raise ValueError(f"{len(rows)} findings begin with {start!r}")
        return rows.iloc[0]

    def similarity(self, task: str, stage: str, measure: str, model: str = "minilm") -> str:
        """Similarity of training and test split, with its interval and number of pairs."""
        rows = train_test(self.tables, measure)
        rows = rows[(rows["model"] == model) & (rows["task"] == task)]
        (row,) = rows[rows["representation"] == stage].to_dict("records")
        bounds = f"{row['lower']:.2f} to {row['upper']:.2f}"
        return f"{row['similarity']:.2f} ({bounds}; {row['n_pairs']:.0f} label pairs)"

    def judged(self) -> str:
        """Every finding and what became of it."""
        head = ["section", "finding", "here", "seen in", "undecided"]
        rows = [
            [
                f["section"],
                f["finding"],
                f["verdict"],
                f"{f['n_seen']} of {f['n_cases']}",
                str(f["n_undecided"]),
            ]
            for f in self.findings.to_dict("records")
        ]
        return markdown(head, rows)

    def judged_by_seed(self) -> str:
        """Every finding that there are cases of: in how many it is seen, by model and seed."""
        found = cases(self.tables)
        models = list(dict.fromkeys(found["model"]))
        rows = []
        for finding in self.findings.to_dict("records"):
            mine = found[found["finding"] == finding["finding"]]
            if len(mine):
                seen = [_by_seed(mine[mine["model"] == model]) for model in models]
                rows.append([finding["finding"], finding["verdict"], *seen])
        return markdown(["finding", "here", *models], rows)

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

    def extra(self) -> str:
        """The first examples of clusters beyond the labels."""
        rows = explained(self.tables)
        if rows is None or rows.empty:
            return ""
        columns = ["model", "task", "representation", "label", "cluster_size", "kind"]
        columns += ["collides_with", "text"]
        head = ["model", "task", "when", "label", "size", "what it is", "collides with", "example"]
        chosen = rows.drop_duplicates(["model", "task", "representation", "label", "cluster"])
        few = chosen.groupby(["model", "task", "representation"], sort=False).head(EXAMPLES)
        few = few.assign(text=[textwrap.shorten(text, LONGEST) for text in few["text"]])
        shown = few[columns].astype(str).to_numpy().tolist()
        more = len(chosen) - len(shown)
        rest = f"\n{more} further clusters are in the CSV file.\n" if more > 0 else ""
        return markdown(head, shown) + rest

    def not_pushed_away(self) -> str:
        """The labels whose certified minimum distance fell in fine-tuning on their own task."""
        rows = self.tables["transfer_distances"]
        rows = rows[(rows["task"] == rows["tuned_on"]) & (rows["direction"] == "decreased")]
        return markdown(
            ["model", "task", "label", "minimum distance before", "after"],
            [
                [
                    row["model"],
                    row["task"],
                    row["label"],
                    f"{row['before']:.2f}",
                    f"{row['after']:.2f}",
                ]
                for row in rows.to_dict("records")
            ],
        )

    def scale(self) -> str:
        """How the last layer's space grew, the distances in it, and what lies inside labels."""
        keys = ["model", "task"]

        def ends(table: str, column: str, digits: int, factor: float = 1) -> pd.Series:
            rows = self.tables[table]
            rows = stages(last_layer(rows[rows["split"] == "train"]))
            mean = factor * rows.groupby([*keys, "representation"])[column].mean().unstack()
            return mean.apply(
                lambda row: f"{row['original']:.{digits}f} → {row['tuned']:.{digits}f}", axis=1
            )

        shown = pd.DataFrame(
            {
                "space": ends("spread", "total", 1),
                "mean minimum distance": ends("minimum_distances", "minimum_distance", 2),
                "variance inside labels (%)": ends("spread", "share_within", 1, 100),
            }
        ).dropna()
        return markdown([*keys, *shown.columns], shown.reset_index().to_numpy().tolist())

    def elephant(self) -> str:
        """The contradictory question of TREC-50, as the corpus has it."""
        rows = explained(self.tables)
        assert rows is not None
        rows = rows[(rows["task"] == "trec-50") & (rows["kind"] == "contradiction")]
        (text,) = set(rows["text"])
        return str(text)

    def accuracy_changes(self) -> str:
        """What fine-tuning did to the accuracy of the classifier probe, with p-values."""
        rows = self.tables["accuracy_change"]
        rows = rows[rows["probe"] == "classifier"]
        head = ["model", "task", "seed", "points", "95 % interval", "p", "p, Holm"]
        cells = [
            [
                row["model"],
                row["task"],
                str(row["seed"]),
                f"{100 * row['difference']:+.1f}",
                f"{100 * row['lower']:+.1f} to {100 * row['upper']:+.1f}",
                f"{row['p_value']:.4f}",
                f"{row['p_corrected']:.4f}",
            ]
            for row in rows.to_dict("records")
        ]
        return markdown(head, cells)

    def baselines(self) -> str:
        """Every probe's accuracy before and after, last layer, in per cent."""
        rows = self.tables["accuracy"]
        last = rows.groupby(["model", "task"])["layer"].transform("max")
        rows = rows[(rows["layer"] == last) & (rows["split"] == "test")]
        tuned = rows[rows["weights"] == "pretrained"].groupby(["model", "task", "seed"])["update"]
        end = tuned.transform("max").reindex(rows.index)
        stage = pd.Series("before", rows.index).mask(rows["weights"] == "random", "random weights")
        stage = stage.mask((rows["update"] == end) & (rows["update"] > 0), "after")
        rows = rows.assign(stage=stage)
        made = rows.pivot_table(
            index=["model", "task", "stage"], columns="probe", values="accuracy", sort=False
        )
        cells = [
            [*map(str, key), *("–" if pd.isna(v) else f"{100 * v:.1f}" for v in values)]
            for key, values in zip(made.index, made.to_numpy(), strict=True)
        ]
        return markdown(["model", "task", "when", *map(str, made.columns)], cells)

    def hours(self) -> str:
        """Where the time of the first run went: minutes by task and kind of step."""
        kinds = ["original", "random weights", "fine-tuning", "snapshots", "other tasks", "all"]
        rows: dict[tuple[str, str], dict[str, float]] = {}
        for model, task, kind, seconds in steps(Path(next(iter(self.record["runs"])))):
            row = rows.setdefault((model, task), dict.fromkeys(kinds, 0.0))
            row[kind] += seconds
            row["all"] += seconds
        cells = [
            [model, task, *(f"{row[kind] / 60:.1f}" for kind in kinds)]
            for (model, task), row in rows.items()
        ]
        sums = [f"{sum(row[kind] for row in rows.values()) / 60:.1f}" for kind in kinds]
        return markdown(["model", "task", *kinds], [*cells, ["all", "", *sums]])


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
    """Model, task, kind and seconds of a run's steps; fine-tuning without what it measured."""
    found = []
    for done in sorted((folder / "steps").rglob("done.json")):
        model, task, *rest = done.parent.relative_to(folder / "steps").parts
        seconds = json.loads(done.read_text(encoding="utf-8"))["seconds"]
        kind = {"original": "original", "random": "random weights"}.get(rest[0], "snapshots")
        if rest[-1].startswith("transfer-"):
            kind = "other tasks"
        if rest[-1] == "training":
            measured = done.parent.parent.glob("*/done.json")
            others = [path for path in measured if path.parent.name != "training"]
            seconds -= sum(json.loads(path.read_text("utf-8"))["seconds"] for path in others)
            kind = "fine-tuning"
        found.append((model, task, kind, seconds))
    return found


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Write a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("`", "'").replace("\n", " ")


def write(numbers: Numbers, folder: Path) -> dict[str, str]:
    """Write the tables and figures of runs, and give the figures' captions by name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with TemporaryDirectory() as made:
        paper.write(Path(made), tables=numbers.tables, record=numbers.record)
        for pattern in KEPT:
            for path in Path(made).glob(pattern):
                shutil.copy(path, folder / path.name)
        captions = pd.read_csv(Path(made) / "contents.csv", keep_default_na=False)
    return dict(zip(captions["name"], captions["caption"], strict=True))


def figure(folder: Path, name: str, words: str, captions: dict[str, str]) -> str:
    """Show a figure with its caption, if the runs have it."""
    path = folder / f"{name}.svg"
    where = path.relative_to(HERE).as_posix()
    return f"![{words}]({where})\n\n*{captions[name]}*\n" if path.exists() else ""


def main() -> None:
    """Write the page and the files beside it."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("runs", nargs="+", type=Path)
    asked.add_argument("--seeds", nargs="+", type=Path, required=True)
    given = asked.parse_args()
    first, seeded = Numbers(given.runs), Numbers(given.seeds)
    captions, captions_seeded = write(first, FILES), write(seeded, SEEDED)
    template = (HERE / "findings.md.j2").read_text(encoding="utf-8")
    page = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(template)
    text = page.render(
        n=first,
        seeds=seeded,
        figure=lambda name, words: figure(FILES, name, words, captions),
        figure_of_seeds=lambda name, words: figure(SEEDED, name, words, captions_seeded),
    )
    (HERE / "findings.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
