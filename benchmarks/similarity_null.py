"""What spatial similarity finds in spaces that share all, half or nothing of their label structure.

Two spaces of nine labels in 40 dimensions are drawn, of equal sizes or Zipf-like ones. Each label
has a centre, of which a share is common to both spaces (``all``, ``half``, ``none``) or which is 0
(``noise``); the examples are normal around it. Plain r, the size-corrected value and its p-value
are written as one row a draw, and summed up as in the manual's page on similarity.

    python benchmarks/similarity_null.py [--draws 24] [--out similarity.csv]
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from tunescope.geometry import separations, size_corrected_similarity, spatial_similarity

N_LABELS, N_FEATURES = 9, 40
SHARED = {"all": 1.0, "half": 0.5, "none": 0.0, "noise": 0.0}
SIZES = {"balanced": np.full(N_LABELS, 22), "Zipf": (200 / np.arange(1, 10) / 2.829).astype(int)}


def spaces(shared: str, sizes: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the vectors of both spaces and their labels."""
    random = np.random.default_rng(seed)
    y = np.repeat(np.arange(N_LABELS), np.maximum(4, SIZES[sizes]))
    centres = random.normal(size=(3, N_LABELS, N_FEATURES))
    centres *= np.exp(0.5 * random.normal(size=(3, N_LABELS)))[:, :, None]
    strength = 0.0 if shared == "noise" else 6.0 / np.sqrt(N_FEATURES)
    part = SHARED[shared]
    of_space = [np.sqrt(part) * centres[2] + np.sqrt(1 - part) * centres[s] for s in range(2)]
    X1, X2 = (random.normal(size=(len(y), N_FEATURES)) + strength * c[y] for c in of_space)
    return X1, X2, y


def measure(shared: str, sizes: str, seed: int) -> dict[str, object]:
    """Measure both similarities of one draw."""
    X1, X2, y = spaces(shared, sizes, seed)
    plain = spatial_similarity(
        separations(X1, y, rtol=1e-3), separations(X2, y, rtol=1e-3), n_resamples=200
    )
    corrected = size_corrected_similarity(X1, y, X2, y, seed=seed, rtol=1e-2)
    return {
        "shared": shared,
        "sizes": sizes,
        "seed": seed,
        "plain": plain.value,
        "corrected": corrected.value,
        "p_value": corrected.p_value,
        "n_pairs": corrected.n_pairs,
        "n_met": corrected.n_met,
    }


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Give means, spreads and the share of p-values up to 0.05 for each kind of space."""
    by = table.groupby(["sizes", "shared"], sort=False)
    return by.agg(
        draws=("seed", "size"),
        plain=("plain", "mean"),
        corrected=("corrected", "mean"),
        spread=("corrected", "std"),
        called_shared=("p_value", lambda p: float((p <= 0.05).mean())),
    ).round(2)


def main() -> None:
    """Draw, measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path("similarity.csv"))
    options = parser.parse_args()
    rows = []
    for seed in range(options.draws):
        rows += [measure(shared, sizes, seed) for sizes in SIZES for shared in SHARED]
        pd.DataFrame(rows).round(4).to_csv(options.out, index=False)
    print(summary(pd.DataFrame(rows)).to_string())


if __name__ == "__main__":
    main()
