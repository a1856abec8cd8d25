"""Commands for vectors from anywhere: probe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tunescope.cli.output import Json, as_json, show
from tunescope.errors import InputError
from tunescope.storage import check_new_folder


def probe(
    vectors: Annotated[
        Path, typer.Argument(help=".npy, .npz, .parquet, .csv, .tsv, or .txt (numbers).")
    ],
    labels: Annotated[
        Path | None, typer.Argument(help=".npy, text with one label a line, or a table.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Column of labels in a table; by default label.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the tables and the report.")
    ] = None,
    json: Json = False,
) -> None:
    """Probe the geometry of labelled vectors: clusters, separations, contradictions."""
    from tunescope.studies.questions.vectors import probe_vectors
    from tunescope.tasks.readers.tables import READERS
    from tunescope.tasks.readers.vectors import read_labelled

    read = [path for path in (vectors, labels) if path is not None]
    if label is not None and not any(path.suffix.lower() in READERS for path in read):
        names = " and ".join(map(str, read))
        raise InputError(
            f"--label {label}: names a column of a table, and there is none in {names}"
        )
    label = label or "label"
    if out is not None:
        check_new_folder(out)
    data = read_labelled(vectors, labels, label=label)
    found = probe_vectors(data, source=str(vectors))
    contradictions = [group.tolist() for group in found.clustering.contradictions]
    linearity = found.tables["linearity"].iloc[0]
    page = None
    if out is not None:
        from tunescope import reports
        from tunescope.studies.questions.vectors import store_vectors

        run = store_vectors(
            found, out, source=vectors.name, labels=labels.name if labels else label
        )
        page = reports.write(out, tables=run.tables, record=run.record)
    if json:
        result = {
            **linearity.to_dict(),
            "contradictions": contradictions,
            "nearest_pairs": found.tables["nearest_pairs"],
            "notes": list(found.notes),
            "report": page,
        }
        typer.echo(as_json(result))
        return
    verdict = "linear" if linearity["is_linear"] else "not linear"
    chance, n_pairs = linearity["capacity_pairs"], linearity["n_pairs"]
    typer.echo(
        f"{linearity['n_examples']} examples of {linearity['n_features']} features: "
        f"{linearity['n_clusters']:g} clusters for {linearity['n_labels']} labels, {verdict}\n"
        f"Random vectors would make {'under 0.1' if chance < 0.05 else f'{chance:.1f}'} of "
        f"{n_pairs} label {'pair' if n_pairs == 1 else 'pairs'} linear."
    )
    for note in found.notes:
        typer.echo(f"Note: {note}")
    split = found.tables["clusters"]
    split = split[(split["n_clusters"] > 1) | (split["n_contradictions"] > 0)]
    if len(split):
        show(split, "Labels with more than one cluster, or contradictions")
    for group in contradictions:
        typer.echo(f"Contradiction: rows {', '.join(map(str, group))} are identical vectors")
    nearest = found.tables["nearest_pairs"]
    show(nearest[["label_a", "label_b", "separation", "lower", "upper", "status"]], "Nearest pairs")
    if page:
        typer.echo(f"Report: {page}")
