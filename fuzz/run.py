"""Fuzz the targets, guided by coverage: ``python fuzz/run.py [TARGET...] --runs 100000``.

Every target has a process of its own, which ends at the first input that is wrong, writes it into
``fuzz/found/`` and says where. New inputs that reach more code are kept in ``fuzz/grown/``; the
small corpus that is in the repository lies in ``fuzz/corpus/``. Needs the extra ``fuzz``.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 20
"""An input may take at most this long."""
MEGABYTES = 2048
"""And the process at most this much memory."""


def fuzz(name: str, runs: int, seed: int) -> None:
    """Fuzz one target in this process."""
    import atheris

    with atheris.instrument_imports(include=["tunescope", "targets"]):
        from targets import TARGETS
    target = TARGETS[name]
    logging.disable()
    warnings.simplefilter("ignore")

    def once(data: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="tunescope-fuzz-") as folder:
            target(data, Path(folder))

    grown, found = HERE / "grown" / name, HERE / "found" / name
    for folder in (grown, found):
        folder.mkdir(parents=True, exist_ok=True)
    options = {"runs": runs, "seed": seed, "timeout": SECONDS, "rss_limit_mb": MEGABYTES}
    atheris.Setup(
        [
            sys.argv[0],
            *(f"-{key}={value}" for key, value in options.items()),
            f"-artifact_prefix={found}/",
            "-max_len=4096",
            "-print_final_stats=1",
            str(grown),
            str(HERE / "corpus" / name),
        ],
        once,
    )
    atheris.Fuzz()


def main() -> None:
    """Fuzz one target after the other, and say how each ended."""
    names = sorted(path.name for path in (HERE / "corpus").iterdir())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*names, []], help=", ".join(names))
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        fuzz(given.targets[0], given.runs, given.seed)
        return
    wrong = []
    for name in given.targets or names:
        command = [sys.executable, __file__, name, "--here", "--runs", str(given.runs)]
        done = subprocess.run(
            [*command, "--seed", str(given.seed)], capture_output=True, text=True, check=False
        )
        stats = dict(
            line.removeprefix("stat::").split(":", 1)
            for line in done.stderr.splitlines()
            if line.startswith("stat::")
        )
        executed = stats.get("number_of_executed_units", "?").strip()
        print(f"{name}: {executed} inputs, {'nothing wrong' if not done.returncode else 'WRONG'}")
        if done.returncode:
            wrong.append(name)
            print(done.stderr[-4000:])
    shutil.rmtree(HERE / "found") if not wrong else None
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
