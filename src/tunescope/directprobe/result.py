"""What a verified result is, and how it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunescope.directprobe.issues import KINDS, SEVERITIES, records
from tunescope.geometry import Separations
from tunescope.storage import replacing, write_json


@dataclass(frozen=True, eq=False)
class VerifiedResult:
    """What a published result is worth."""

    folder: Path
    """Where it lies."""
    issues: pd.DataFrame
    """One row an issue: ``kind, severity, file, line, cluster_a, label_a, cluster_b, label_b,
    published, lower, upper, off_by, message``. ``off_by`` is relative to what is right; of one
    kind, the worst come first."""
    counts: dict[str, Any]
    """Numbers of what was looked at: ``n_examples, n_features, n_labels, n_clusters,
    n_clusters_by_definition, n_contradictory, n_separations, n_separations_right,
    n_separations_wrong, n_overlaps, n_separations_undecided, n_separations_unpublished, n_test,
    n_distances, n_distances_wrong, accuracy, accuracy_at_least, accuracy_at_most``; None where it
    could not be."""
    skipped: tuple[str, ...]
    """What could not be checked, and why."""
    separations: pd.DataFrame | None = None
    """Published beside proven, as `recompute.separation_table` gives it; None without vectors."""
    predictions: pd.DataFrame | None = None
    """As `predictions.prediction_table` gives it; None without vectors."""
    certificates: Separations | None = None
    """What proves the bounds in `separations`, row by row."""

    @property
    def holds(self) -> bool:
        """Whether nothing was proven wrong; what was skipped may be wrong all the same."""
        return not (self.issues["severity"] == "wrong").any()

    def summary(self) -> pd.DataFrame:
        """Count the issues: ``kind, severity, n_issues, worst, meaning``, one row a kind.

        ``worst`` is the largest ``off_by`` among them.
        """
        groups = self.issues.groupby(["kind", "severity"])
        counts, worst = groups.size(), groups["off_by"].max()
        rows = [
            {
                "kind": kind,
                "severity": severity,
                "n_issues": int(counts[kind, severity]),
                "worst": float(worst[kind, severity]),
                "meaning": meaning,
            }
            for kind, meaning in KINDS.items()
            for severity in SEVERITIES
            if (kind, severity) in counts.index
        ]
        return pd.DataFrame(rows, columns=["kind", "severity", "n_issues", "worst", "meaning"])

    def save(self, folder: Path) -> None:
        """Write the issues, the tables and the certificates.

        ``issues.parquet``, ``separations.parquet``, ``predictions.parquet``, ``summary.json``,
        and ``certificates.npz``, whose arrays are ``clusters`` (p, 2), ``normal`` (p, d),
        ``offset``, ``lower``, ``upper`` (p,), and for the two sides s in a and b ``rows_s`` and
        ``weights_s``: lines of the vectors' file, counted from 0, and their convex weights, those
        of pair i from ``starts_s[i]`` to ``starts_s[i + 1]``.
        """
        tables = {"issues": self.issues, "separations": self.separations}
        for name, table in (tables | {"predictions": self.predictions}).items():
            if table is not None:
                with replacing(folder / f"{name}.parquet") as part:
                    table.to_parquet(part, index=False)
        write_json(
            folder / "summary.json",
            {
                "folder": str(self.folder),
                "holds": self.holds,
                "counts": self.counts,
                "skipped": list(self.skipped),
                "issues": [
                    {name: None if pd.isna(value) else value for name, value in row.items()}
                    for row in records(self.summary())
                ],
            },
        )
        if self.certificates is not None and len(self.certificates):
            with replacing(folder / "certificates.npz") as part, part.open("wb") as file:
                np.savez(file, allow_pickle=False, **certificate_arrays(self.certificates))


def certificate_arrays(found: Separations) -> dict[str, NDArray[Any]]:
    """Lay out certificates as arrays; `VerifiedResult.save` says how."""
    arrays: dict[str, NDArray[Any]] = {
        "clusters": found.labels[found.pairs],
        "normal": np.stack([result.normal for result in found.results]),
        "offset": np.array([result.offset for result in found.results]),
        "lower": found.lower,
        "upper": found.upper,
    }
    for side, column in (("a", 0), ("b", 1)):
        supports = [getattr(result, f"support_{side}") for result in found.results]
        rows = [
            found.members[label][support]
            for label, support in zip(found.pairs[:, column], supports, strict=True)
        ]
        weights = [getattr(result, f"weights_{side}") for result in found.results]
        arrays[f"rows_{side}"] = np.concatenate(rows)
        arrays[f"weights_{side}"] = np.concatenate(weights)
        arrays[f"starts_{side}"] = np.cumsum([0, *map(len, supports)])
    return arrays
