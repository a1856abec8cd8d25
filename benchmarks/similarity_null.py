"""What spatial similarity finds in spaces that share all, part or nothing of their label structure.

Two spaces of 8 or 16 labels in 64 dimensions are drawn, of equal sizes or Zipf-like ones. Each
label has a centre, of which a share is common to both spaces, from 0 to 1; in spaces of noise
there are no centres. The examples are normal around them. What is said of each draw:

- ``r > 0.5``: plain spatial similarity above the paper's mark for "close";
- ``r, exchanged names``: r of the log distances, by Mantel's test at 5 %;
- ``beyond sizes``: the size-corrected similarity, with what sizes give predicted from the
  covariance, by Mantel's test at 5 %.

    python benchmarks/similarity_null.py [--draws 100] [--write]
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from manual import put
from tunescope.geometry import by_label_sizes, separations, similarity_beyond_sizes

SUMMARY = Path(__file__).parents[1] / "docs" / "similarity.csv"
PAGE = "explanation/similarity.md"
N_FEATURES = 64
LABELS = (8, 16)
SHARES = ("noise", "0", "0.25", "0.5", "0.75", "1")
STRENGTH = 6.0 / np.sqrt(N_FEATURES)


def sizes_of(sizes: str, n_labels: int) -> np.ndarray:
    """Give the number of examples of each label: about 25 a label."""
    if sizes == "equal":
        return np.full(n_labels, 25)
    ranks = 1.0 / np.arange(1, n_labels + 1)
    return np.maximum(4, (75 * ranks).round().astype(int))


def spaces(
    share: str, sizes: str, n_labels: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the vectors of both spaces and their labels."""
    random = np.random.default_rng([seed, n_labels, SHARES.index(share), sizes == "equal"])
    y = np.repeat(np.arange(n_labels), sizes_of(sizes, n_labels))
    centres = random.normal(size=(3, n_labels, N_FEATURES))
    centres *= np.exp(0.5 * random.normal(size=(3, n_labels)))[:, :, None]
    common = 0.0 if share == "noise" else float(share)
    strength = 0.0 if share == "noise" else STRENGTH
    of_space = [np.sqrt(common) * centres[2] + np.sqrt(1 - common) * centres[s] for s in range(2)]
    X1, X2 = (random.normal(size=(len(y), N_FEATURES)) + strength * c[y] for c in of_space)
    return X1, X2, y


def measure(share: str, sizes: str, n_labels: int, seed: int) -> list[dict[str, object]]:
    """Measure the similarities of one draw."""
    X1, X2, y = spaces(share, sizes, n_labels, seed)
    found = [separations(X, y, rtol=1e-3) for X in (X1, X2)]
    pairs = list(map(tuple, found[0].pairs.tolist()))
    distances = [side.distance for side in found]
    plain = float(np.corrcoef(*distances)[0, 1])
    by_sizes = [by_label_sizes(side, X) for side, X in zip(found, (X1, X2), strict=True)]
    # against equal sizes the "correction" takes out a constant: plain log distances
    exchanged = similarity_beyond_sizes(pairs, distances, np.ones_like(distances), seed=seed)
    corrected = similarity_beyond_sizes(pairs, distances, by_sizes, seed=seed)
    said = {
        "r > 0.5": (plain, plain > 0.5),
        "r, exchanged names": (exchanged.value, (exchanged.p_value or 1) <= 0.05),
        "beyond sizes": (corrected.value, (corrected.p_value or 1) <= 0.05),
    }
    where = {"sizes": sizes, "labels": n_labels, "shared": share, "seed": seed}
    return [
        {**where, "measure": name, "value": value, "called": bool(called)}
        for name, (value, called) in said.items()
    ]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Give mean value, its spread, and the share of draws that are called similar."""
    by = table.groupby(["sizes", "labels", "shared", "measure"], sort=False)
    found = by.agg(
        draws=("seed", "size"),
        value=("value", "mean"),
        spread=("value", "std"),
        called=("called", "mean"),
    )
    return found.round(3).reset_index()


def page(table: pd.DataFrame) -> str:
    """Write for each kind of sizes and each measure how often spaces are called similar."""
    lines = ["| sizes | labels | measure | draws | " + " | ".join(SHARES) + " |", "|---" * 10 + "|"]
    for (sizes, labels, measure), rows in table.groupby(["sizes", "labels", "measure"], sort=False):
        by_share = rows.assign(shared=rows["shared"].astype(str)).set_index("shared")
        cells = [
            f"{100 * by_share.loc[share, 'called']:.0f} % ({by_share.loc[share, 'value']:.2f})"
            for share in SHARES
        ]
        said = [str(sizes), str(labels), str(measure), str(rows["draws"].iloc[0]), *cells]
        lines.append(f"| {' | '.join(said)} |")
    caption = "Called similar, and in brackets the mean of the measure, by the share in common"
    return "\n".join([*lines, "", f"*{caption}.*"])


def main() -> None:
    """Draw, measure, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--write", action="store_true", help=f"write {SUMMARY.name} of the docs")
    options = parser.parse_args()
    rows = []
    for seed in range(options.draws):
        for sizes in ("equal", "Zipf"):
            for n_labels in LABELS:
                for share in SHARES:
                    rows += measure(share, sizes, n_labels, seed)
        if options.write:
            summary(pd.DataFrame(rows)).to_csv(SUMMARY, index=False)
            put(PAGE, "similarity_null.py", page(summary(pd.DataFrame(rows))))
    print(summary(pd.DataFrame(rows)).to_string())


if __name__ == "__main__":
    main()
