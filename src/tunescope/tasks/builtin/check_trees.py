"""What must hold of the built-in sentences: CoNLL-U that is whole, trees that are trees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tunescope.errors import nearest
from tunescope.tasks.builtin.check_questions import folded
from tunescope.tasks.builtin.labels import RELATIONS, UPOS
from tunescope.tasks.builtin.problems import Problem

MIN_SENTENCES = 250
N_COLUMNS = 10
COLUMNS = "ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC"

_LEFT_TO_RIGHT = frozenset({"conj", "fixed", "flat", "goeswith", "appos"})
"""Relations whose head comes first, by the UD guidelines."""

_PARTS_OF_RELATION = {
    "aux": {"AUX"},
    "cop": {"AUX"},
    "det": {"DET", "PRON"},
    "nummod": {"NUM", "SYM"},
    "cc": {"CCONJ", "ADV", "SYM", "ADP", "PART"},
    "expl": {"PRON", "DET", "PART"},
    "advmod": {"ADV", "ADJ", "CCONJ", "DET", "PART", "SYM", "ADP"},
    "amod": {"ADJ", "VERB", "NUM", "ADV"},
    "case": {"ADP", "PART", "ADV", "SCONJ", "VERB", "SYM"},
    "mark": {"SCONJ", "PART", "ADP", "ADV"},
    "discourse": {"INTJ", "ADV", "SYM", "PART"},
}
"""The parts of speech that usually bear a relation; anything else is worth a look."""

_LEAVES = frozenset({"punct", "cop", "aux", "case", "mark", "cc", "det"})
_BELOW_LEAVES = frozenset(
    {"advmod", "fixed", "goeswith", "conj", "cc", "punct", "obl", "reparandum"}
)


@dataclass
class _Sentence:
    start: int
    comments: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def check_trees(
    name: str, lines: list[tuple[int, str]], *, partial: bool
) -> tuple[list[Problem], str]:
    """Check the lines of a CoNLL-U file without multiword tokens or empty nodes."""
    problems: list[Problem] = []
    seen_ids: dict[str, int] = {}
    seen_texts: dict[str, int] = {}
    parts: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    n_sentences = 0
    for sentence in _sentences(lines):
        n_sentences += 1
        problems += _comments(name, sentence, seen_ids, seen_texts)
        if not sentence.rows:
            problems.append(Problem(name, sentence.start, "comments without a word below them"))
            continue
        faults = _columns(name, sentence)
        problems += faults
        if faults:
            continue  # heads and text of a broken sentence would only repeat the news
        problems += _text(name, sentence) + _tree(name, sentence) + _conventions(name, sentence)
        parts.update(row[3] for _, row in sentence.rows)
        relations.update(row[7] for _, row in sentence.rows)
    if lines[-1][1].strip():
        problems.append(Problem(name, lines[-1][0], "a blank line must follow the last sentence"))
    if not partial and n_sentences < MIN_SENTENCES:
        message = f"{n_sentences} sentences; expected at least {MIN_SENTENCES}"
        problems.append(Problem(name, 0, message))
    summary = (
        f"{n_sentences} sentences, {sum(parts.values())} words, {len(parts)} UPOS, "
        f"{len(relations)} relations; UPOS: {_table(parts)}; relations: {_table(relations)}"
    )
    return problems, summary


def _table(counts: Counter[str]) -> str:
    return ", ".join(f"{label} {n}" for label, n in counts.most_common())


def _sentences(lines: list[tuple[int, str]]) -> Iterator[_Sentence]:
    sentence: _Sentence | None = None
    for number, line in lines:
        if not line.strip():
            if sentence is not None:
                yield sentence
            sentence = None
            continue
        if sentence is None:
            sentence = _Sentence(number)
        if line.startswith("#"):
            key, _, value = line[1:].partition("=")
            sentence.comments[key.strip()] = value.strip()
        else:
            sentence.rows.append((number, line.split("\t")))
    if sentence is not None:
        yield sentence


def _comments(
    name: str, sentence: _Sentence, seen_ids: dict[str, int], seen_texts: dict[str, int]
) -> list[Problem]:
    problems = []
    start = sentence.start
    for key, seen, fold in (("sent_id", seen_ids, False), ("text", seen_texts, True)):
        value = sentence.comments.get(key)
        if not value:
            problems.append(Problem(name, start, f"no '# {key} = ...' above the sentence"))
            continue
        value = folded(value) if fold else value
        if value in seen:
            message = f"{key} repeats that of the sentence at line {seen[value]}"
            problems.append(Problem(name, start, message))
        seen.setdefault(value, start)
    return problems


def _columns(name: str, sentence: _Sentence) -> list[Problem]:
    problems = []
    n_words = len(sentence.rows)

    def say(line: int, message: str) -> None:
        problems.append(Problem(name, line, message))

    for position, (line, row) in enumerate(sentence.rows, start=1):
        if len(row) != N_COLUMNS:
            say(line, f"{len(row)} tab-separated columns; expected {N_COLUMNS}: {COLUMNS}")
            continue
        if row[0] != str(position):
            say(line, f"word id {row[0]!r}; expected {position} (no ranges, no empty nodes)")
        for column, value in zip(COLUMNS.split(), row, strict=True):
            if not value or value != value.strip():
                say(line, f"{column} is {value!r}; expected a value without outer spaces, or '_'")
        if row[3] not in UPOS:
            say(line, f"unknown UPOS {row[3]!r}; {nearest(row[3], UPOS)}")
        if row[7] not in RELATIONS:
            say(line, f"unknown relation {row[7]!r}; {nearest(row[7], RELATIONS)}")
        if not (row[6].isascii() and row[6].isdigit() and int(row[6]) <= n_words):
            say(line, f"head {row[6]!r}; expected a number from 0 to {n_words}")
        elif int(row[6]) == position:
            say(line, f"word {position} ({row[1]}) is its own head")
    return problems


def _text(name: str, sentence: _Sentence) -> list[Problem]:
    written = ""
    for _, row in sentence.rows:
        glued = "SpaceAfter=No" in row[9].split("|")
        written += row[1] + ("" if glued else " ")
    text = sentence.comments.get("text", "")
    if not text or written.rstrip() == text:
        return []
    message = f"the words make {written.rstrip()!r}, but # text = {text!r}"
    return [Problem(name, sentence.start, message)]


def _tree(name: str, sentence: _Sentence) -> list[Problem]:
    problems: list[Problem] = []
    heads = [int(row[6]) for _, row in sentence.rows]
    roots = [position for position, head in enumerate(heads, start=1) if head == 0]
    if len(roots) != 1:
        message = f"{len(roots)} words with head 0; expected exactly one"
        problems.append(Problem(name, sentence.start, message))
    for line, row in sentence.rows:
        if (row[6] == "0") != (row[7] == "root"):
            message = f"head {row[6]} with relation {row[7]!r}; head 0 and 'root' go together"
            problems.append(Problem(name, line, message))
    for position, (line, row) in enumerate(sentence.rows, start=1):
        path: list[int] = []
        node = position
        while node and node not in path:
            path.append(node)
            node = heads[node - 1]
        if node == position:  # on the cycle itself, not merely leading to it
            cycle = " -> ".join(str(step) for step in [*path, position])
            problems.append(Problem(name, line, f"the head of {row[1]!r} closes a cycle: {cycle}"))
    return problems


def _conventions(name: str, sentence: _Sentence) -> list[Problem]:
    problems: list[Problem] = []
    rows = [row for _, row in sentence.rows]
    heads = [int(row[6]) for row in rows]

    def warn(line: int, message: str) -> None:
        problems.append(Problem(name, line, message, is_error=False))

    for position, (line, row) in enumerate(sentence.rows, start=1):
        part, relation, head = row[3], row[7].partition(":")[0], heads[position - 1]
        if (relation == "punct") != (part == "PUNCT"):
            warn(
                line, f"{row[1]!r} is {part} with relation {row[7]!r}; PUNCT and punct go together"
            )
        if relation in _LEFT_TO_RIGHT and head > position:
            warn(line, f"{row[7]!r} has its head on the right; by UD the first word is the head")
        usual = _PARTS_OF_RELATION.get(relation)
        promoted = any(r[7] == "fixed" and h == position for r, h in zip(rows, heads, strict=True))
        if usual and part not in usual and not promoted:
            known = ", ".join(sorted(usual))
            warn(line, f"{row[1]!r} is {part} with relation {row[7]!r}; usual are {known}")
        if head:
            above = rows[head - 1][7].partition(":")[0]
            if above in _LEAVES and relation not in _BELOW_LEAVES:
                warn(line, f"{row[7]!r} hangs below {rows[head - 1][1]!r}, which is {above!r}")
        if head and _crossed(heads, position):
            warn(line, f"the arc {head} -> {position} ({row[7]}) is crossed: is that meant?")
    return problems


def _crossed(heads: list[int], position: int) -> bool:
    """Tell if a word between a head and its dependent is not below the head."""
    head = heads[position - 1]
    for between in range(min(head, position) + 1, max(head, position)):
        node, seen = between, 0
        while node not in (0, head) and seen <= len(heads):
            node, seen = heads[node - 1], seen + 1
        if node != head:
            return True
    return False
