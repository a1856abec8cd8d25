"""What must hold of the built-in questions: known labels, no repeats, no templates."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict

from tunescope.errors import nearest
from tunescope.tasks.builtin.labels import TREC_LABELS
from tunescope.tasks.builtin.problems import Problem

MIN_QUESTIONS = 700
MIN_LABELS = 12
MIN_PER_LABEL = 20
"""Fewer examples than this make a label hard to read in a report."""
MAX_SAME_START = 12
"""More questions than this with the same first four words look like a template."""
MAX_OVERLAP = 0.8
"""Two questions that share more of their words (Jaccard) look like one question twice."""


def folded(text: str) -> str:
    """Fold case, accents' encoding, punctuation and spaces away, to find repeated texts."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", text))


def check_questions(
    name: str, lines: list[tuple[int, str]], *, partial: bool
) -> tuple[list[Problem], str]:
    """Check lines of ``COARSE:fine<TAB>question``."""
    problems: list[Problem] = []
    questions: list[tuple[int, str, str]] = []
    for number, line in lines:
        if line.startswith("#") and not questions:
            continue
        label, tab, text = line.partition("\t")
        if not line.strip():
            problems.append(Problem(name, number, "blank line; expected COARSE:fine<TAB>question"))
            continue
        if not tab or "\t" in text:
            n_tabs = line.count("\t")
            problems.append(
                Problem(name, number, f"{n_tabs} tabs; expected one: COARSE:fine<TAB>question")
            )
            continue
        if label not in TREC_LABELS:
            hint = nearest(label, TREC_LABELS)
            problems.append(Problem(name, number, f"unknown label {label!r}; {hint}"))
        problems += [Problem(name, number, message) for message in _faults_of(text)]
        questions.append((number, label, text))
    problems += _repeats(name, questions)
    problems += _counts(name, questions, partial=partial)
    labels = Counter(label for _, label, _ in questions)
    table = ", ".join(f"{label} {n}" for label, n in sorted(labels.items()))
    return problems, f"{len(questions)} questions, {len(labels)} labels: {table}"


def _faults_of(text: str) -> list[str]:
    faults = []
    if text != " ".join(text.split()):
        faults.append("leading, trailing or doubled spaces in the question")
    if not text.rstrip().endswith(("?", ".")):
        faults.append("the question ends with neither '?' nor (for an imperative) '.'")
    if len(text.split()) < 3:
        faults.append(f"the question has fewer than 3 words: {text!r}")
    return faults


def _repeats(name: str, questions: list[tuple[int, str, str]]) -> list[Problem]:
    problems: list[Problem] = []
    first_at: dict[str, int] = {}
    starts: dict[str, list[int]] = defaultdict(list)
    earlier: list[tuple[int, frozenset[str]]] = []
    for number, _, text in questions:
        key = folded(text)
        words = key.split()
        if key in first_at:
            problems.append(Problem(name, number, f"repeats the question of line {first_at[key]}"))
            continue
        first_at[key] = number
        starts[" ".join(words[:4])].append(number)
        bag = frozenset(words)
        for other, other_bag in earlier:
            if len(bag & other_bag) > MAX_OVERLAP * len(bag | other_bag):
                message = f"shares nearly all its words with line {other}"
                problems.append(Problem(name, number, message, is_error=False))
        earlier.append((number, bag))
    for start, numbers in starts.items():
        if len(numbers) > MAX_SAME_START:
            message = (
                f"{len(numbers)} questions start with {start!r} (more than {MAX_SAME_START}); "
                "vary them"
            )
            problems.append(Problem(name, numbers[-1], message, is_error=False))
    return problems


def _counts(name: str, questions: list[tuple[int, str, str]], *, partial: bool) -> list[Problem]:
    if partial:
        return []
    problems: list[Problem] = []
    labels = Counter(label for _, label, _ in questions)
    if len(questions) < MIN_QUESTIONS:
        message = f"{len(questions)} questions; expected at least {MIN_QUESTIONS}"
        problems.append(Problem(name, 0, message))
    if len(labels) < MIN_LABELS:
        message = f"{len(labels)} labels; expected at least {MIN_LABELS}"
        problems.append(Problem(name, 0, message))
    for label, n in sorted(labels.items()):
        if n < MIN_PER_LABEL:
            message = f"label {label} has {n} questions; {MIN_PER_LABEL} or more would be better"
            problems.append(Problem(name, 0, message, is_error=False))
    return problems
