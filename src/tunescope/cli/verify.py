"""The command for published results of the authors' code: verify."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from tunescope.cli.bars import bar
from tunescope.cli.output import Json, Quiet, as_json, show
from tunescope.errors import InputError, place
from tunescope.storage import check_new_folder

SHOWN = 12
"""Issues that are printed; all of them are in --out and --json."""
UNJUDGED = {
    "n_separations_undecided": "undecided",
    "n_separations_unpublished": "not published",
}
"""Counts of separations that are neither right nor wrong, told where there are any."""


def verify(
    folder: Annotated[
        Path, typer.Argument(help="Holds clusters.txt, dis.txt, prediction.txt or vec.txt.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder with entities/, labels/ and embeddings/.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The config.ini that the results were made with.")
    ] = None,
    embeddings: Annotated[
        str | None, typer.Option(help="File in embeddings/, e.g. 'layers/{split}/12.txt'.")
    ] = None,
    budget: Annotated[
        float, typer.Option(help="Seconds for each of the two searches through clusterings.")
    ] = 60.0,
    out: Annotated[
        Path | None, typer.Option("--out", help="New folder for the tables and certificates.")
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Compute a result of DirectProbe anew, with proofs, and list what was wrong in it.

    Ends with 1 if something is proven to be wrong.
    """
    from tunescope import directprobe

    if not 0 <= budget < math.inf:
        raise InputError(f"--budget {budget:g}: expected a number of seconds, at least 0")
    if out is not None:
        check_new_folder(out)
    published = directprobe.read_folder(folder, data=data, config=config, embeddings=embeddings)
    with bar(quiet=quiet, as_events=json) as progress:
        found = directprobe.verify(published, budget=budget, progress=progress)
    if out is not None:
        found.save(out)
    if json:
        issues = found.issues.astype(object).where(found.issues.notna(), None)
        told = {"holds": found.holds, "counts": found.counts, "skipped": found.skipped}
        typer.echo(as_json({**told, "issues": issues}))
    else:
        _tell(found, found.counts)
        if out is not None:
            typer.echo(f"Tables and certificates: {out}")
    if not found.holds:
        raise typer.Exit(1)


def _tell(found: Any, counts: dict[str, Any]) -> None:
    for line in _lines(counts):
        typer.echo(line)
    if len(found.issues):
        show(found.summary(), "Issues")
        _show_some(found.issues)
    for what in found.skipped:
        typer.echo(f"Not checked: {what}")
    verdict = "Nothing is proven to be wrong" if found.holds else "The result does not hold"
    typer.echo(f"{verdict}{' in what was checked' if found.skipped and found.holds else ''}.")


def _lines(counts: dict[str, Any]) -> list[str]:
    lines = [f"{counts['n_clusters'] or '?'} clusters of {counts['n_labels'] or '?'} labels"]
    if counts["n_examples"] is not None:
        lines[0] += f", {counts['n_examples']} examples of {counts['n_features']} features"
        lines.append(
            f"{counts['n_separations_right']} of {counts['n_separations']} separations are right, "
            f"{counts['n_separations_wrong']} wrong, {counts['n_overlaps']} of hulls that meet"
        )
        for name, words in UNJUDGED.items():
            lines[-1] += f", {counts[name]} {words}" if counts[name] else ""
    if counts["n_distances"] is not None:
        lines.append(
            f"{counts['n_distances'] - counts['n_distances_wrong']} of {counts['n_distances']} "
            f"distances of test examples are right, {counts['n_distances_wrong']} wrong"
        )
    if counts["accuracy_at_least"] is not None and counts["accuracy"] is not None:
        least, most = counts["accuracy_at_least"], counts["accuracy_at_most"]
        range_ = f"{least:.4f}" if least == most else f"{least:.4f} to {most:.4f}"
        lines.append(f"Accuracy {counts['accuracy']:.4f}, by the nearest hull {range_}")
    return lines


def _show_some(issues: pd.DataFrame) -> None:
    """Print a few of each kind."""
    few = issues.groupby("kind", sort=False).head(max(2, SHOWN // issues["kind"].nunique()))
    places = zip(few["file"], few["line"], strict=True)
    where = [file if pd.isna(line) else place(file, int(line)) for file, line in places]
    shown = pd.DataFrame({"severity": few["severity"], "where": where, "issue": few["message"]})
    rest = len(issues) - len(few)
    show(shown, f"{len(few)} of {len(issues)} issues" if rest else "Issues, one by one")
