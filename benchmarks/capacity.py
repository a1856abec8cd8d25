"""Predicted against counted: how often the hulls of two random sets are disjoint.

For 40 settings, from 1 against 1 to 1 against 1,000 points and from 2 to 1,536 dimensions, sets of
standard normal points are drawn and `meet` decides, with a certificate, whether their hulls are
disjoint. Beside the share of disjoint ones stands `separable_probability`. Sizes are chosen so
that the probability is not trivial; the coin column is what Cover's count of the two sizes
together gives, which knows nothing of their balance.

    python benchmarks/capacity.py [--seconds 3]
"""

import argparse
import time

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import binom

from tunescope.geometry import meet, separable_probability
from tunescope.geometry.spaces.capacity import threshold_of

RATIOS = (1, 3, 10, 30, 100, 300, 1000)
FEATURES = (2, 4, 8, 16, 32, 64, 128, 256, 384, 768, 1536)
LARGEST = 12_000  # points of a set; larger ones take minutes a draw


def sizes(ratio: int, n_features: int) -> tuple[int, int]:
    """Choose the sizes of that ratio for which about d + 1 points carry the nearest points."""

    def carriers(n_a: float) -> float:
        threshold = threshold_of(n_a, n_a * ratio)  # type: ignore[arg-type]
        return n_a * ndtr(-threshold) + n_a * ratio * ndtr(threshold) - n_features - 1.5

    if carriers(1.0) > 0.0:
        return 1, ratio
    n_a = max(1, round(brentq(carriers, 1.0, 10.0 * n_features + 10.0)))
    return n_a, n_a * ratio


def settings(count: int = 40) -> list[tuple[int, int, int]]:
    """List the settings: every dimension with the ratios that fit, the smallest sets first."""
    every = {(*sizes(ratio, d), d) for d in FEATURES for ratio in RATIOS}
    fitting = sorted(s for s in every if s[1] <= LARGEST)
    places = np.linspace(0, len(fitting) - 1, count).round().astype(int)
    return [fitting[place] for place in places]


def count(n_a: int, n_b: int, d: int, seconds: float, seed: int) -> tuple[int, int]:
    """Draw sets until the time is over, at least ten; return disjoint ones and draws."""
    random = np.random.default_rng(seed)
    end = time.monotonic() + seconds
    apart = draws = 0
    while draws < 10 or (time.monotonic() < end and draws < 2000):
        A, B = random.normal(size=(n_a, d)), random.normal(size=(n_b, d))
        apart += meet(A, B).separable
        draws += 1
    return apart, draws


def main() -> None:
    """Print the table and the largest deviation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each setting")
    seconds = parser.parse_args().seconds
    rows = []
    for seed, (n_a, n_b, d) in enumerate(settings()):
        apart, draws = count(n_a, n_b, d, seconds, seed)
        predicted = separable_probability(n_a, n_b, d)
        error = np.sqrt(max(predicted * (1 - predicted), 0.25 / draws) / draws)
        rows.append(
            {
                "n_a": n_a,
                "n_b": n_b,
                "d": d,
                "draws": draws,
                "counted": apart / draws,
                "predicted": predicted,
                "standard errors": (apart / draws - predicted) / error,
                "coin": min(1.0, float(binom.cdf(d, n_a + n_b - 1, 0.5))),
            }
        )
        print(pd.DataFrame(rows[-1:]).round(3).to_string(index=False, header=seed == 0), flush=True)
    table = pd.DataFrame(rows)
    deviation = (table["counted"] - table["predicted"]).abs()
    worst = table["standard errors"].abs()
    print(f"\n{len(table)} settings; largest deviation {deviation.max():.3f}, ", end="")
    print(f"{worst.max():.1f} standard errors; {(worst > 2).sum()} of {len(table)} above 2")


if __name__ == "__main__":
    main()
