"""Wrong calls and wrong files: a line or two, an exit code of ours, and nothing left behind."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from robustness.calls import call, with_little_memory
from robustness.material import copied
from robustness.pieces import WHOLE, Piece


@dataclass(frozen=True)
class Case:
    """One call that has to be refused, or to work."""

    name: str
    arguments: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    may_work: bool = False
    """Whether ending with 0 is right, too."""


HUGE = "9" * 5000
TABLES = {
    "empty": b"",
    "a NUL": b"\0",
    "all NUL": b"\0" * 1000,
    "not UTF-8": b"text,label\n\xff\xfe\x80,a\n",
    "UTF-16": "text,label\nx,a\n".encode("utf-16"),
    "header only": b"text,label\n",
    "no label column": b"text,kind\nx,a\ny,b\n",
    "no text column": b"what,label\nx,a\ny,b\n",
    "ragged": b"text,label\nx,a,b,c\ny\n",
    "open quote": b'text,label\n"x,a\ny,b\n',
    "one label": b"text,label\nx,a\ny,a\nz,a\n",
    "empty labels": b"text,label\nx,\ny,\n",
    "empty texts": b"text,label\n,a\n,b\n",
    "columns twice": b"text,label,label\nx,a,b\ny,b,a\n",
    "a table of JSON": b'[{"text": "x", "label": "a"}]',
    "HTML": b"<html><body>404 Not Found</body></html>",
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
    "gzip": b"\x1f\x8b\x08\x00" + bytes(40),
    "a zip": b"PK\x03\x04" + bytes(40),
    "one line of 5 MB": b"x" * 5_000_000,
    "a hundred thousand commas": b"," * 100_000,
    "only line ends": b"\n\r\n\r" * 100,
    "an LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
}
JSON_LINES = {
    "not JSON": b"{text: x}\n",
    "a cut line": b'{"text": "x", "label": "a"}\n{"text": ',
    "deep list": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "a huge number": b'{"text": "x", "label": ' + HUGE.encode() + b"}\n",
    "a number": b"1\n2\n",
    "null": b"null\n",
    "labels of several types": b'{"text": "x", "label": 1}\n{"text": "y", "label": [1]}\n',
    "a surrogate": b'{"text": "x", "label": "\\ud800"}\n{"text": "y", "label": "b"}\n',
    "null label": b'{"text": "x", "label": null}\n{"text": "y", "label": null}\n',
    "text is a number": b'{"text": 3, "label": "a"}\n{"text": 4, "label": "b"}\n',
    "NaN": b'{"text": "x", "label": NaN}\n{"text": "y", "label": NaN}\n',
}
ROW = "1\tdog\tdog\tNOUN\tNN\t_\t0\troot\t_\t_\n"
TREEBANKS = {
    "no columns": b"dog\n\n",
    "nine columns": ROW.replace("\t_\t_\n", "\t_\n").encode() + b"\n",
    "id is huge": ROW.replace("1\t", f"{HUGE}\t", 1).encode() + b"\n",
    "head is huge": ROW.replace("\t0\t", f"\t{HUGE}\t").encode() + b"\n",
    "head is no number": ROW.replace("\t0\t", "\tx\t").encode() + b"\n",
    "head outside": ROW.replace("\t0\t", "\t9\t").encode() + b"\n",
    "id out of order": (ROW + ROW).encode() + b"\n",
    "id is zero": ROW.replace("1\t", "0\t", 1).encode() + b"\n",
    "superscript id": ROW.replace("1\t", "²\t", 1).encode() + b"\n",
    "comments only": b"# text = x\n\n",
}
STUDIES = {
    "empty": "",
    "a list": "- a\n- b\n",
    "a number": "3\n",
    "a tab": "models:\tbert\n\t- x\n",
    "an anchor bomb": "a: &a [x, x]\n"
    + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    ),
    "itself": "models: &a [*a]\n",
    "a Python object": "models: !!python/object/apply:os.system ['touch ran']\n",
    "a control character": "models: \x07\n",
    "deep": "[" * 50_000,
    "a huge integer": f"models: bert\ntasks: texts.csv\nseeds: {HUGE}\n",
    "a bad date": "models: bert\ntasks: texts.csv\nwhen: 2024-13-45\n",
    "a key twice": "models: bert\nmodels: other\ntasks: texts.csv\n",
    "an unknown key": "models: bert\ntasks: texts.csv\nepoch: 1\n",
}
VALUES = {
    "tuning.epochs": ("inf", ".inf", "nan", ".nan", "-1", "0", "1e308", "x", "[1]", "null", HUGE),
    "tuning.batch_size": ("0", "-1", "1.5", "x", "1e30", HUGE),
    "tuning.learning_rate": ("0", "-1", ".inf", ".nan", "x"),
    "tuning.warmup": ("-0.1", "1.5", ".nan", "x"),
    "tuning.snapshots": ("0", "1", "-1", "log:0", "log:x", "[]", "[-1]", "[9999999]", "x", HUGE),
    "seeds": (
        "010",
        "1:30",
        "true",
        "-1",
        "[0, 0]",
        "[]",
        "1099511627776",
        "18446744073709551616",
        "x",
        "[1.5]",
    ),
    "split.test_fraction": ("0", "1", "-1", "2", ".nan", "x"),
    "split.seed": ("-1", "x", HUGE),
    "keep": ("some", "3", "[]"),
    "device": ("tpu", "cuda:99", "''", "3"),
    "encoding.pooling": ("middle", "3"),
    "encoding.on_long": ("ignore", "3"),
    "probing.protocol": ("fast", "3"),
    "probing.layers": ("some", "-1"),
    "geometry.clusters": ("some", "3"),
    "models": ("[]", "[bert, bert]", "[nowhere/at/all]", "['']", "3", "[['bert']]", "~nouser/x"),
    "tasks": ("[]", "[texts.csv, texts.csv]", "nowhere.csv", "['']", "3", "[{name: x}]"),
    "transfer": ("[{tune: texts, probe: texts}]", "[{tune: x, probe: y}]", "3"),
}
OPTIONS = {
    "--epochs": ("inf", "nan", "-1", "x", "", "1e309"),
    "--batch-size": ("0", "-3", "x", "1.5", HUGE),
    "--learning-rate": ("0", "-1", "inf", "nan", "x"),
    "--snapshots": ("0", "1", "1000000000000", "x", "log:", "1,x", "-1,2", "0,99999999", HUGE),
    "--seed": ("-1", "x", "1.5", str(2**40), str(2**64), HUGE),
    "--test-fraction": ("0", "1", "-1", "x", "nan"),
    "--split-seed": ("-1", "x", HUGE),
    "--keep": ("x", ""),
    "--device": ("x", "cuda:77", "meta"),
    "--pooling": ("x",),
    "--on-long": ("x",),
    "--protocol": ("x",),
    "--clusters": ("x",),
    "--model": ("", ".", "..", "/", "nowhere", "~nouser/m", "texts.csv", "x" * 300, "org/name"),
    "--task": ("", ".", "/", "nowhere.csv", "poss", "bert", "x" * 300 + ".csv", "texts.xyz"),
    "--out": (
        "texts.csv",
        "texts.csv/x",
        "x" * 300,
        "/proc/tunescope",
        "bert",
        "dangling",
        "a\nb/" * 2000,
    ),
}
REPRODUCE = {
    "--seeds": (HUGE, "²", "٣", "-1", "0,0", "x", "", str(2**64)),
    "--models": ("", ",", "minilm,minilm", "nowhere", f"minilm:{HUGE}", "minilm:²"),
    "--tasks": ("", "demo-pos,demo-pos", "nowhere"),
    "--protocol": ("fast",),
    "--keep": ("some",),
    "--device": ("meta",),
    "--workers": ("0", "-1", "x", HUGE),
    "--cluster": ("nowhere", ""),
}


def _array(value: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, value)
    return buffer.getvalue()


def _archive(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


X = np.arange(12.0).reshape(4, 3)
ARRAYS = {
    "v.npy": {
        "empty": b"",
        "a header that is cut": _array(X)[:20],
        "a body that is cut": _array(X)[:-8],
        "of objects": _header("{'descr': '|O', 'fortran_order': False, 'shape': (4, 3), }\n"),
        "larger than all memory": _header(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99999999), }\n"
        ),
        "of a negative shape": _header(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-4, 3), }\n"
        ),
        "no dictionary": _header("__import__('os').system('touch ran')\n"),
        "of text": _array(np.array([["a", "b"]] * 4)),
        "of one dimension": _array(X[:, 0]),
        "of complex numbers": _array(X + 1j),
        "with a NaN": _array(X + np.array([0, np.nan, 0])),
        "with an infinity": _array(X + np.array([0, np.inf, 0])),
        "without rows": _array(X[:0]),
        "without columns": _array(X[:, :0]),
        "one row more than labels": _array(np.vstack([X, X[:1]])),
    },
    "v.npz": {
        "empty": b"",
        "no zip": b"x" * 100,
        "two arrays of other names": _archive(a=X, b=X),
        "X alone": _archive(X=X),
        "y too short": _archive(X=X, y=np.array(["a", "b"])),
        "y of two dimensions": _archive(X=X, y=X),
        "cut": _archive(X=X, y=np.array(list("abab")))[:-30],
        "nothing": _archive(),
    },
    "v.parquet": {"empty": b"", "two marks": b"PAR1PAR1", "cut": b"PAR1" + bytes(100)},
    "v.txt": {
        "empty": b"",
        "words": b"a b c\n",
        "ragged": b"1 2\n1 2 3\n",
        "not UTF-8": b"\xff\xfe\n",
        "a huge number": HUGE.encode() + b" 1\n" * 4,
        "a NaN": b"nan 1\n1 2\n3 4\n5 6\n",
    },
    "v.csv": {
        "empty": b"",
        "no labels": b"a,b\n1,2\n3,4\n",
        "words": b"a,b,label\nx,y,z\n",
        "a NaN": b"a,b,label\n1,,x\n3,4,y\n",
        "missing labels": b"a,b,label\n1,2,\n3,4,\n",
        "not UTF-8": b"a,b,label\n1,2,\xff\n",
    },
    "v.xyz": {"unknown": b"1 2 3\n"},
}


def cases() -> Iterator[Case]:
    """Give every case."""
    run = ("run", "--model", "bert", "--epochs", "1", "--snapshots", "2", "--protocol", "none")
    for suffix in ("csv", "tsv", "jsonl", "conllu", "parquet"):
        for name, content in (TABLES | JSON_LINES).items():
            if suffix in ("conllu", "parquet") and name in JSON_LINES:
                continue
            file = f"bad.{suffix}"
            yield Case(f"{file}: {name}", (*run, "--task", file, "--out", "o"), {file: content})
    for name, content in TREEBANKS.items():
        yield Case(
            f"treebank: {name}", (*run, "--task", "b.conllu", "--out", "o"), {"b.conllu": content}
        )
    for name, text in STUDIES.items():
        yield Case(f"study: {name}", ("run", "s.yaml", "--out", "o"), {"s.yaml": text.encode()})
    for key, values in VALUES.items():
        for value in values:
            study = {"models": "bert", "tasks": "texts.csv", "tuning.epochs": "1"} | {key: value}
            name = f"study: {key} {value[:20]}"
            yield Case(name, ("run", "s.yaml", "--out", "o"), {"s.yaml": _yaml(study)})
    for option, values in OPTIONS.items():
        for value in values:
            known = {"--model": "bert", "--task": "texts.csv", "--out": "o", "--epochs": "1"}
            given = known | {option: value}
            words = [word for pair in given.items() for word in pair]
            yield Case(f"run {option} {value[:20]}", ("run", *words))
    for file, contents in ARRAYS.items():
        for name, content in contents.items():
            labels = () if file in ("v.npz", "v.csv", "v.parquet") else ("l.txt",)
            files = {file: content, "l.txt": b"a\nb\na\nb\n"}
            yield Case(f"{file}: {name}", ("probe", file, *labels), files)
    for option, values in REPRODUCE.items():
        for value in values:
            given = {"--models": "minilm", "--tasks": "demo-pos", "--out": "o"} | {option: value}
            words = [word for pair in given.items() for word in pair]
            yield Case(f"reproduce {option} {value[:20]}", ("reproduce", *words))
    for out in OPTIONS["--out"]:
        yield Case(f"probe --out {out[:20]}", ("probe", "v.csv", "--out", out), {"v.csv": GOOD})
    for name, folder in (("nothing", "nowhere"), ("a file", "texts.csv"), ("no run", "bert")):
        for command in ("report", "paper", "verify"):
            yield Case(f"{command} of {name}", (command, folder))
    yield from _published()


GOOD = b"a,b,label\n0,0,x\n0,1,x\n5,5,y\n5,6,y\n"


def _yaml(study: dict[str, str]) -> bytes:
    """Write settings as YAML, those with a dot in their name inside another."""
    inside: dict[str, list[str]] = {}
    for key, value in study.items():
        outer, dot, inner = key.partition(".")
        inside.setdefault(outer, []).append(f"{inner}: {value}" if dot else value)
    plain = {key for key in study if "." not in key}
    lines = [
        f"{outer}: {values[0] if outer in plain else '{' + ', '.join(values) + '}'}"
        for outer, values in inside.items()
    ]
    return "\n".join(lines).encode() + b"\n"


def _published() -> Iterator[Case]:
    good = {
        "p/clusters.txt": b"0\n0\n1\n1\n",
        "p/dis.txt": b"(0-a, 1-b): 3.0000\n",
        "p/entities/train.txt": b"x\ta\ny\ta\nz\tb\nw\tb\n",
        "p/embeddings/train.txt": b"0 0\n0 1\n3 0\n3 1\n",
    }
    spoiled = {
        "p/clusters.txt": (b"", b"x\n", HUGE.encode(), b"-1\n", b"999999999\n0\n1\n1\n", b"\xff"),
        "p/dis.txt": (b"", b"x\n", f"(0-a, 1-b): {HUGE}\n".encode(), b"(0-a, 1-b): nan\n", b"\0"),
        "p/entities/train.txt": (b"", b"x\n", b"a\tb\tc\n", b"\xff"),
        "p/embeddings/train.txt": (b"", b"x\n", b"1 2\n1\n", b"nan 1\n" * 4, b"1e999 1\n" * 4),
        "p/log.txt": (b"Acc=abc\n", f"Finish loading {HUGE} entities\n".encode(), b"\xff"),
        "p/config.ini": (
            b"",
            b"x",
            b"[data]\nentities_path = ${a}\n",
            b"[data]\na = ${a}\n",
            b"\xff",
        ),
    }
    for file, contents in spoiled.items():
        for content in contents:
            yield Case(
                f"verify: {file} {content[:20]!r}",
                ("verify", "p", "--budget", "1"),
                good | {file: content},
                may_work=True,
            )


def try_inputs(
    material: Path, folder: Path, n_inputs: int, seed: int, *, piece: Piece = WHOLE
) -> list[str]:
    """Make wrong calls in folders of their own; list those that did not end as they should."""
    every = list(cases())
    wrong = []
    for number in piece.of(len(every), n_inputs, seed):
        case = every[number]
        place = copied(material, folder / f"input-{number}")
        (place / "dangling").symlink_to(place / "nothing")
        for name, content in case.files.items():
            (place / name).parent.mkdir(exist_ok=True, parents=True)
            (place / name).write_bytes(content)
        before = files_of(place)
        os.environ["HF_HUB_OFFLINE"] = "1"
        ended = call(case.arguments, place, first=with_little_memory)
        if not ended.clear:
            wrong.append(f"{case.name}: {ended}")
        elif ended.code == 0 and not (case.may_work or _worked(ended.out)):
            wrong.append(f"{case.name}: accepted: {ended}")
        elif ended.code and files_of(place) != before:
            left = sorted(files_of(place).keys() ^ before.keys())[:5]
            wrong.append(f"{case.name}: left {left}")
        if (place / "ran").exists():
            wrong.append(f"{case.name}: something ran")
    return wrong


def _worked(out: str) -> bool:
    """Whether a call that may be right showed a result."""
    return bool(out.strip())


def files_of(place: Path) -> dict[str, int]:
    """Give the size of each file in a folder."""
    return {
        str(path.relative_to(place)): path.lstat().st_size
        for path in place.rglob("*")
        if not path.is_dir() or path.is_symlink()
    }
