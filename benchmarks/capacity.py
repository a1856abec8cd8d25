"""Predicted against counted: how often the hulls of two random sets are disjoint.

For 40 settings, from 1 against 1 to 1 against 1,000 points and from 2 to 1,536 dimensions, sets of
standard normal points are drawn and `meet` decides, with a certificate, whether their hulls are
disjoint. Beside the share of disjoint ones stands `separable_probability`. Sizes are chosen so
that the probability is not trivial; the coin column is what Cover's count of the two sizes
together gives, which knows nothing of their balance.

    python benchmarks/capacity.py [--seconds 3] [--write]
"""

import argparse
import time

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import binom

from manual import put
from tunescope.geometry import meet, separable_probability
from tunescope.geometry.spaces.capacity import threshold_of

PAGE = "explanation/geometry.md"
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
    """Draw sets until so much work is done, at least ten; return disjoint ones and draws."""
    random = np.random.default_rng(seed)
    end = time.process_time() + seconds
    apart = draws = 0
    while draws < 10 or (time.process_time() < end and draws < 2000):
        A, B = random.normal(size=(n_a, d)), random.normal(size=(n_b, d))
        apart += meet(A, B).separable
        draws += 1
    return apart, draws


def page(table: pd.DataFrame) -> str:
    """Write the settings as Markdown, two beside each other."""
    cells = [
        f"| {row.n_a:,} : {row.n_b:,} | {row.d:,} | {row.counted:.3f} ({row.draws:,}) "
        f"| {row.predicted:.3f} | {row.coin:.3f} "
        for row in table.itertuples()
    ]
    half = (len(cells) + 1) // 2
    head = "| points | dimensions | counted (draws) | predicted | by coin "
    lines = [f"{head}{head}|", "|" + " --- |" * 10]
    for left, right in zip(cells[:half], [*cells[half:], "| " * 5][:half], strict=True):
        lines.append(f"{left}{right}|")
    return "\n".join([*lines, "", f"*{verdict(table)}.*"])


def verdict(table: pd.DataFrame) -> str:
    """Say how far the counts are from the predictions."""
    deviation = (table["counted"] - table["predicted"]).abs()
    errors = table["standard errors"].abs()
    return (
        f"{len(table)} settings; the largest deviation is {deviation.max():.3f}, and "
        f"{(errors > 2).sum()} deviate by more than two standard errors, at most "
        f"{errors.max():.1f}; from what the coin gives the counts deviate by "
        f"{(table['counted'] - table['coin']).abs().max():.2f}"
    )


def main() -> None:
    """Print the table and the largest deviation, or put them into the manual."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of work for each setting")
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE}")
    options = parser.parse_args()
    rows = []
    for seed, (n_a, n_b, d) in enumerate(settings()):
        apart, draws = count(n_a, n_b, d, options.seconds, seed)
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
    print(f"\n{verdict(table)}")
    if options.write:
        put(PAGE, "capacity.py", page(table))


if __name__ == "__main__":
    main()
