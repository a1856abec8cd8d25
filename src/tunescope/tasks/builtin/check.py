"""Check the built-in corpus: ``python -m tunescope.tasks.builtin.check FILE...``.

A ``.conllu`` file is checked as a treebank, any other file as questions. Each problem is one
line, ``FILE:LINE: error: ...`` or ``FILE:LINE: warning: ...``; the exit code is 1 if there is
an error. ``--partial`` leaves out the minimum counts, for a file that is still being written.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tunescope.tasks.builtin.check_questions import check_questions
from tunescope.tasks.builtin.check_trees import check_trees
from tunescope.tasks.builtin.problems import Problem


def numbered_lines(path: Path) -> tuple[list[tuple[int, str]], list[Problem]]:
    """Read a UTF-8 file into (line number, text) pairs, or say why it cannot be read."""
    name = path.name
    try:
        content = path.read_bytes()
    except OSError as error:
        return [], [Problem(name, 0, f"cannot be read: {error.strerror or error}")]
    if not content:
        return [], [Problem(name, 0, "the file is empty")]
    lines: list[tuple[int, str]] = []
    problems: list[Problem] = []
    for number, raw in enumerate(content.removesuffix(b"\n").split(b"\n"), start=1):
        if raw.endswith(b"\r"):
            problems.append(Problem(name, number, "ends with CR LF; expected LF alone"))
            raw = raw.removesuffix(b"\r")  # noqa: PLW2901 - the same line, mended
        try:
            lines.append((number, raw.decode("utf-8")))
        except UnicodeDecodeError as error:
            problems.append(Problem(name, number, f"not UTF-8: {error.reason}"))
    return lines, problems


def check_file(path: Path, *, partial: bool = False) -> tuple[list[Problem], str]:
    """Check one file.

    Parameters
    ----------
    path : a ``.conllu`` file, or a file of questions.
    partial : leave out the minimum counts.

    Returns
    -------
    problems : what is wrong, by line.
    summary : one line of counts.
    """
    lines, problems = numbered_lines(path)
    if not lines:
        return problems, "nothing to check"
    check = check_trees if path.suffix == ".conllu" else check_questions
    found, summary = check(path.name, lines, partial=partial)
    return sorted(problems + found, key=lambda p: p.line), summary


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tunescope.tasks.builtin.check")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--partial", action="store_true", help="skip the minimum counts")
    parser.add_argument("--quiet", action="store_true", help="errors only, no warnings")
    options = parser.parse_args(arguments)
    n_errors = 0
    for path in options.files:
        problems, summary = check_file(path, partial=options.partial)
        counts = Counter(problem.is_error for problem in problems)
        n_errors += counts[True]
        for problem in problems:
            if problem.is_error or not options.quiet:
                sys.stdout.write(f"{problem}\n")
        sys.stdout.write(f"{path.name}: {summary}\n")
        sys.stdout.write(f"{path.name}: {counts[True]} errors, {counts[False]} warnings\n")
    return 1 if n_errors else 0


if __name__ == "__main__":
    sys.exit(main())
