"""Try everything, and print the counts: ``python -m robustness`` (``make robustness``)."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from robustness import material
from robustness.attacks import browser, try_attacks
from robustness.damage import try_damage
from robustness.disk import try_full_disks
from robustness.inputs import cases, try_inputs
from robustness.kills import try_kills


def main() -> None:
    """Try each part, and end with 1 if something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", type=float, default=1.0, help="of the usual counts")
    parser.add_argument(
        "--only", nargs="*", default=[], help="kills, damage, disks, inputs, attacks"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tunescope-robustness-") as name:
        folder = Path(name)
        made = material.make(folder / "bare")
        whole = material.copied(made, folder / "whole")
        ended = material.finished(whole)
        if ended.code:
            sys.exit(f"the study that everything is held against: {ended}")
        parts: dict[str, tuple[int, Callable[[Path, int], list[str]]]] = {
            "kills": (60, lambda at, n: try_kills(whole, at, n, given.seed)),
            "damage": (100, lambda at, n: try_damage(whole, at, n, given.seed)),
            "disks": (20, lambda at, n: try_full_disks(whole, at, n, given.seed)),
            "inputs": (len(list(cases())), lambda at, n: try_inputs(made, at, n, given.seed)),
            "attacks": (150, lambda at, n: try_attacks(at, n, given.seed)),
        }
        n_wrong = 0
        for what, (usual, attempt) in parts.items():
            if given.only and what not in given.only:
                continue
            if what == "attacks" and browser() is None:
                sys.exit("attacks need a browser: install Chromium")
            n = max(1, round(usual * given.part))
            (folder / what).mkdir()
            begin = time.monotonic()
            wrong = attempt(folder / what, n)
            print(f"{what}: {n} tried, {len(wrong)} wrong, {time.monotonic() - begin:.0f} s")
            for line in wrong:
                print(f"  {line}")
            sys.stdout.flush()
            n_wrong += len(wrong)
    sys.exit(bool(n_wrong))


if __name__ == "__main__":
    main()
