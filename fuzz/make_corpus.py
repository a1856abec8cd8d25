"""Write the small corpus that fuzzing begins with: ``python fuzz/make_corpus.py``."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from targets import BETWEEN, FILES
from tunescope import directprobe
from tunescope.geometry import DirectProbe
from tunescope.seals import write_sealed
from tunescope.tasks.builtin import SENTENCES

CORPUS = Path(__file__).parent / "corpus"
ROWS = [("a dog barks", "animal"), ("a cake, cut", "food"), ("two cats", "animal"), ("tea", "food")]
STUDY = """\
models: [bert-tiny, ./mine]
tasks:
- pos
- name: reviews
  files: {train: a.csv, test: b.csv}
  label: stars
seeds: [0, 1]
tuning: {epochs: 2.5, snapshots: "log:8", learning_rate: 3e-4}
probing: {protocol: quick, layers: last}
keep: none
"""
TEXTS = ("plain", "</script><b>x</b>", "\\input{x} $x_1$ % & #", "\u202e\x1b[31m", "=1+1", "../..")


def saved(array_writer: object) -> bytes:
    """Give the bytes that a writer writes."""
    buffer = io.BytesIO()
    array_writer(buffer)  # type: ignore[operator]
    return buffer.getvalue()


def published() -> bytes:
    """Give the files of a small published folder as one input."""
    X = np.array([[0.0, 0], [1, 0], [0, 3], [1, 3], [7, 0], [7, 3]])
    y = np.array(list("aabbcc"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        directprobe.write_data(folder, (X, y))
        directprobe.write_results(folder, DirectProbe().fit(X, y), (X, y))
        (folder / "log.txt").write_text("x: Finish loading 6 entities\nx: Acc=0.5\n")
        (folder / "vec.txt").write_text("a---b,3.0000\na---c,6.0000\n")
        parts = [folder / name for name in FILES]
        return BETWEEN.join(part.read_bytes() if part.exists() else b"" for part in parts)


def inputs() -> dict[str, list[bytes]]:
    """Give the inputs of each target."""
    X = np.arange(12, dtype=np.float32).reshape(4, 3)
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(label=[label for _, label in ROWS])
    lists = pd.DataFrame({"embedding": list(X), "label": table.label})
    frame = pd.DataFrame(ROWS * 3, columns=["text", "label"])
    sentences = SENTENCES.read_bytes().split(b"\n\n")
    with tempfile.TemporaryDirectory() as folder:
        write_sealed(Path(folder, "r"), {"layout": 2, "study": {"seeds": [0]}, "text": "ü"})
        sealed = Path(folder, "r").read_bytes()
    return {
        "csv": [frame.to_csv(index=False).encode(), b'\xef\xbb\xbftext;label\r\n"a ""b""";c\r\n'],
        "tsv": [frame.to_csv(index=False, sep="\t").encode()],
        "jsonl": [
            frame.to_json(orient="records", lines=True).encode(),
            b'{"tokens": ["a", "b"], "positions": [1], "label": "x"}\n' * 3,
        ],
        "conllu": [b"\n\n".join(sentences[:3]) + b"\n\n"],
        "study": [STUDY.encode(), b"models: minilm\ntasks: demo-pos\n"],
        "published": [published()],
        "npy": [saved(lambda file: np.save(file, X))],
        "npz": [
            saved(lambda file: np.savez(file, X=X, y=np.array(list("abab")))),
            saved(lambda file: np.savez_compressed(file, X=X, y=np.array(list("abab")))),
        ],
        "parquet": [saved(table.to_parquet), saved(lists.to_parquet)],
        "texts-parquet": [saved(frame.to_parquet)],
        "vectors-jsonl": [
            one.to_json(orient="records", lines=True).encode() for one in (table, lists)
        ],
        "vectors": [table.to_csv(index=False).encode(), table.to_csv().encode()],
        "record": [sealed],
        "text": [text.encode() for text in TEXTS],
    }


def main() -> None:
    """Write them."""
    for name, contents in inputs().items():
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(contents):
            (folder / f"{number}").write_bytes(content)


if __name__ == "__main__":
    main()
