"""Try everything, and print the counts: ``python -m robustness`` (``make robustness``)."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from robustness import material
from robustness.attacks import browser, try_attacks
from robustness.calls import PATIENCE
from robustness.damage import try_damage
from robustness.disk import try_full_disks
from robustness.inputs import cases, try_inputs
from robustness.kills import try_kills
from robustness.options import N_PAIRS, calls, try_options
from robustness.pieces import WHOLE, Piece
from robustness.workers import cases as cluster_cases
from robustness.workers import try_workers

_COUNTED = re.compile(
    r"(?P<what>\w+): (?P<tried>\d+) tried, (?P<wrong>\d+) wrong, (?P<seconds>\d+) s"
)


def main() -> None:
    """Try each part, and end with 1 if something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", type=float, default=1.0, help="of the usual counts")
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        help="kills, damage, disks, inputs, options, attacks, workers",
    )
    parser.add_argument(
        "--piece", type=Piece.read, default=WHOLE, help="2/6: the second of six pieces of each"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the pieces")
    given = parser.parse_args()
    if given.jobs > 1:
        sys.exit(_shared(given.jobs))
    seed = given.seed if given.piece == WHOLE else 1000 * given.seed + given.piece.number
    with tempfile.TemporaryDirectory(prefix="tunescope-robustness-") as name:
        folder = Path(name)
        made = material.make(folder / "bare")
        whole = material.copied(made, folder / "whole")
        ended = material.finished(whole)
        if ended.code:
            sys.exit(f"the study that everything is held against: {ended}")
        PATIENCE.measured(ended.seconds)
        n_inputs, n_options = len(list(cases())), len(list(calls(N_PAIRS, given.seed)))
        drawn: dict[str, tuple[int, Callable[[Path, int, int], list[str]]]] = {
            "kills": (60, partial(try_kills, whole)),
            "damage": (100, partial(try_damage, whole)),
            "disks": (20, partial(try_full_disks, whole)),
            "attacks": (150, try_attacks),
        }
        listed: dict[str, tuple[int, Callable[..., list[str]]]] = {
            "inputs": (n_inputs, partial(try_inputs, made)),
            "options": (n_options, partial(try_options, whole)),
            "workers": (len(cluster_cases()), partial(try_workers, whole)),
        }
        n_wrong = 0
        for what, (usual, _) in {**drawn, **listed}.items():
            if given.only and what not in given.only:
                continue
            if what == "attacks" and browser() is None:
                sys.exit("attacks need a browser: install Chromium")
            n = max(1, round(usual * given.part))
            at = folder / what
            at.mkdir()
            begin = time.monotonic()
            if what in drawn:
                wrong = drawn[what][1](at, given.piece.size(n), seed)
            else:
                wrong = listed[what][1](at, n, given.seed, piece=given.piece)
            seconds = time.monotonic() - begin
            print(f"{what}: {given.piece.size(n)} tried, {len(wrong)} wrong, {seconds:.0f} s")
            for line in wrong:
                print(f"  {line}")
            sys.stdout.flush()
            n_wrong += len(wrong)
    sys.exit(bool(n_wrong))


def _shared(jobs: int) -> bool:
    """Do the pieces in several processes, and add up what they found; tell if any was wrong."""
    at = sys.argv.index("--jobs")
    rest = [*sys.argv[1:at], *sys.argv[at + 2 :]]
    pieces = [
        subprocess.Popen(
            [sys.executable, "-m", "robustness", *rest, "--piece", f"{number}/{jobs}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(1, jobs + 1)
    ]
    counts: dict[str, list[int]] = {}
    wrong: list[str] = []
    for piece in pieces:
        out, _ = piece.communicate()
        for line in out.splitlines():
            if found := _COUNTED.fullmatch(line):
                known = counts.setdefault(found["what"], [0, 0, 0])
                known[0] += int(found["tried"])
                known[1] += int(found["wrong"])
                known[2] = max(known[2], int(found["seconds"]))
            else:
                wrong.append(line)
    for what, (tried, n_wrong, seconds) in counts.items():
        print(f"{what}: {tried} tried, {n_wrong} wrong, {seconds} s")
    print("\n".join(wrong))
    return bool(wrong) or any(piece.returncode for piece in pieces)


if __name__ == "__main__":
    main()
