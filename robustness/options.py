"""Every documented option of every command, by itself and in drawn pairs, on a tiny model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from robustness.calls import call
from robustness.inputs import files_of
from robustness.material import RUN, copied
from robustness.pieces import WHOLE, Piece

FEW = ("--protocol", "none", "--clusters", "none", "--no-rank-suspects", "--quiet", "--out", "o")
LOOK = ("--data", "texts.csv", *FEW)
BASES: Mapping[str, tuple[str, ...]] = {
    "run": (
        *("run", "--model", "bert", "--task", "texts.csv", "--epochs", "1", "--snapshots", "2"),
        *("--batch-size", "16", "--no-random-baseline", *FEW),
    ),
    "inspect": ("inspect", "bert", *LOOK),
    "compare": ("compare", "bert", "tuned", *LOOK),
    "reproduce": ("reproduce", "--plan", "--models", "bert-tiny", "--tasks", "trec-50"),
    "paper": ("paper", RUN, "--out", "o"),
    "report": ("report", RUN, "--out", "o"),
    "probe": ("probe", "v.csv"),
    "verify": ("verify", "published", "--budget", "1"),
    "models": ("models",),
    "data": ("data",),
    "data get": ("data", "get", "demo-pos"),
}
"""A call of each command that ends with 0 in seconds."""
N_PAIRS = 60
"""Pairs of options that are drawn."""
NOT_TRIED = {
    "demo": "takes minutes, and its options are some of those of `run`",
    "": "--version, and what writes completions into the user's shell",
}
"""Commands that are left out, and why."""
OTHER_DATA = {
    "--tokens": ("words.jsonl", "tokens"),
    "--positions": ("places.jsonl", "at"),
    "--split-column": ("parts.csv", "part"),
    "--text": ("columns.csv", "kind"),
    "--text-pair": ("pairs.csv", "second"),
    "--label": ("columns.csv", "other"),
}
"""Options that say something of a file: which, and what."""
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "--model": ("tuned",),
    "--task": ("parts.csv",),
    "--data": ("parts.csv",),
    "--rare": ("keep", "drop", "error"),
    "--limit": ("40", "null"),
    "--trained-on": ("all", "none"),
    "--seed": ("3",),
    "--epochs": ("0.5", "2"),
    "--batch-size": ("7",),
    "--learning-rate": ("1e-3",),
    "--warmup": ("0", "0.5"),
    "--snapshots": ("3", "log:3", "0,1,2"),
    "--pooling": ("cls", "mean", "last"),
    "--on-long": ("error", "drop", "window", "truncate"),
    "--on-missing": ("error", "drop"),
    "--dtype": ("float32", "bfloat16"),
    "--protocol": ("quick",),
    "--probe-layers": ("last", "all"),
    "--also": ("linear", "nearest neighbour", "control", "description length"),
    "--clusters": ("ends", "all"),
    "--cluster-checks": ("5", "null"),
    "--rtol": ("0.01",),
    "--test-fraction": ("0.4",),
    "--split-seed": ("9",),
    "--device": ("cpu", "auto"),
    "--workers": ("1",),
    "--threads": ("1",),
    "--memory": ("4GiB",),
    "--step-limit": ("600",),
    "--gpus-per-worker": ("0",),
    "--keep": ("none", "ends", "all", "models"),
    "--test": ("parts.csv",),
    "--suspects": ("0", "3"),
    "--out": ("other", "deep/er"),
    "--models": ("bert-tiny", "bert-tiny,bert-mini"),
    "--tasks": ("trec-50,trec-6",),
    "--seeds": ("0,1",),
    "--format": ("html", "md"),
    "--export": ("atlas", "archive"),
    "--config": ("published/config.ini",),
    "--embeddings": ("train.txt",),
    "--budget": ("0.5",),
    "--folder": ("data",),
}
"""Values of each option that takes one."""
OWN: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("verify", "--data"): ("published",),
    ("probe", "--label"): ("kind",),
    ("reproduce", "--protocol"): ("quick", "zhou2022", "none"),
    ("reproduce", "--keep"): ("none", "all"),
}
"""Values of an option that means something else in one command."""
REFUSED = {
    "--subset": "texts",
    "--revision": "main",
    "--cluster": "tcp://127.0.0.1:9",
    "--transfer": "texts:texts",
}
"""Options that need the Hub, a scheduler or two tasks: without, a line says so."""


@dataclass(frozen=True)
class Option:
    """An option of a command, as the command line defines it."""

    command: str
    name: str
    is_flag: bool
    negation: str | None = None

    def words(self) -> Iterator[tuple[str, ...]]:
        """Give each way in which it is tried."""
        if self.is_flag:
            yield (self.name,)
            if self.negation:
                yield (self.negation,)
            return
        for value in self._values():
            yield (self.name, value)

    def _values(self) -> tuple[str, ...]:
        if (self.command, self.name) in OWN:
            return OWN[self.command, self.name]
        if self.name in OTHER_DATA:
            return (OTHER_DATA[self.name][1],)
        return (REFUSED[self.name],) if self.name in REFUSED else EXAMPLES[self.name]

    @property
    def is_known(self) -> bool:
        """Whether there is a value to try it with."""
        named = (OTHER_DATA, REFUSED, EXAMPLES)
        own = (self.command, self.name) in OWN
        return self.is_flag or own or any(self.name in known for known in named)


def options() -> list[Option]:
    """List the options of every command that is tried, from the command line's definitions."""
    import typer

    from tunescope.cli import app

    found: list[Option] = []

    def visit(command: Any, name: str) -> None:
        for one in command.params:
            if one.param_type_name == "option":
                negation = one.secondary_opts[0] if one.secondary_opts else None
                found.append(Option(name, max(one.opts, key=len), one.is_flag, negation))
        for inner, below in getattr(command, "commands", {}).items():
            visit(below, f"{name} {inner}".strip())

    visit(typer.main.get_command(app), "")
    return [option for option in found if option.command not in NOT_TRIED]


def with_words(base: tuple[str, ...], *given: tuple[str, ...]) -> tuple[str, ...]:
    """Put options into a call, in the place of those that it has of the same name."""
    words = list(base)
    for option, *value in given:
        plain = option.removeprefix("--no-").removeprefix("--")
        for there in (f"--{plain}", f"--no-{plain}"):
            while there in words:
                at = words.index(there)
                takes = at + 1 < len(words) and not words[at + 1].startswith("-")
                del words[at : at + 1 + takes]
        file = OTHER_DATA.get(option, ("",))[0]
        for there in ("--task", "--data"):
            if file and there in words and words[0] in ("run", "inspect", "compare"):
                words[words.index(there) + 1] = file
        words += [option, *value]
    return tuple(words)


def calls(n_pairs: int, seed: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give calls, and how each has to end: ``works``, ``refused``, or ``either``."""
    found = [option for option in options() if option.is_known]
    for option in found:
        for words in option.words():
            call_ = with_words(BASES[option.command], words)
            refused = option.name in REFUSED and option.command != "reproduce"  # which plans only
            yield call_, "refused" if refused else "works"
    random = np.random.default_rng(seed)
    pairs = [
        (one, other)
        for number, one in enumerate(found)
        for other in found[number + 1 :]
        if one.command == other.command
    ]
    for index in random.permutation(len(pairs))[:n_pairs].tolist():
        given = []
        for option in pairs[index]:
            ways = list(option.words())
            given.append(ways[int(random.integers(len(ways)))])
        yield with_words(BASES[pairs[index][0].command], *given), "either"


def try_options(
    material: Path,
    folder: Path,
    n_calls: int,
    seed: int,
    *,
    n_pairs: int = N_PAIRS,
    piece: Piece = WHOLE,
) -> list[str]:
    """Make the calls; list those that did not end as they should.

    Parameters
    ----------
    material : holds the models, the texts and a finished run.
    n_calls : how many are made, drawn from all.
    """
    every = list(calls(n_pairs, seed))
    wrong = [f"{o.command} {o.name}: no value to try it with" for o in options() if not o.is_known]
    source = prepared(material, folder / "source")
    for number in piece.of(len(every), n_calls, seed):
        words, how = every[number]
        place = copied(source, folder / f"call-{number}")
        before = files_of(place)
        ended = call(words, place)
        unlike = {"works": ended.code != 0, "refused": ended.code == 0, "either": False}[how]
        if not ended.clear or unlike:
            wrong.append(f"{how} expected: {ended}")
        elif ended.code and files_of(place) != before:
            wrong.append(f"left {sorted(files_of(place).keys() ^ before.keys())[:5]}: {ended}")
        elif not ended.code and "--json" in words:
            try:
                json.loads(ended.out)
            except ValueError:
                wrong.append(f"no JSON on standard output: {ended.out[:200]!r}: {ended}")
        shutil.rmtree(place)
    return wrong


def prepared(material: Path, folder: Path) -> Path:
    """Add a second model, and data of other kinds, to the material."""
    from tiny_models import tiny_model

    from tunescope import directprobe
    from tunescope.geometry import DirectProbe

    copied(material, folder)
    model, tokenizer = tiny_model("bert", seed=1)
    model.save_pretrained(folder / "tuned")
    tokenizer.save_pretrained(folder / "tuned")
    texts = [line.split(",") for line in (folder / "texts.csv").read_text().splitlines()[1:]]
    rows = [(text, label, "test" if i % 3 else "train") for i, (text, label) in enumerate(texts)]
    parts = "".join(f"{text},{label},{part}\n" for text, label, part in rows)
    (folder / "parts.csv").write_text(f"text,label,part\n{parts}")
    kinds = "".join(f"{text},{label},{text.split()[1]}\n" for text, label, _ in rows)
    (folder / "columns.csv").write_text(f"kind,label,other\n{kinds}")
    pairs = "".join(f"{text},a {text.split()[-1]},{label}\n" for text, label, _ in rows)
    (folder / "pairs.csv").write_text(f"text,second,label\n{pairs}")
    words = [{"tokens": text.split(), "labels": ["D", "A", label, "V"]} for text, label in texts]
    places = [{"tokens": text.split(), "at": 2, "label": label} for text, label in texts]
    for name, lines in (("words.jsonl", words), ("places.jsonl", places)):
        (folder / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    vectors = "".join(f"{i},{i * i % 7},{i % 2},{8 + (i > 4)}\n" for i in range(9))
    (folder / "v.csv").write_text(f"a,b,label,kind\n{vectors}")
    X, y = np.array([[0.0, 0], [0, 1], [3, 0], [3, 1]]), np.array(list("aabb"))
    directprobe.write_data(folder / "published", (X, y))
    directprobe.write_results(folder / "published", DirectProbe().fit(X, y), (X, y))
    return folder
