"""A drawn part of `make fuzz`: mutated inputs of every target are read, or refused in a line."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from targets import TARGETS

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"
MUTATIONS = 60
"""Of each input of the corpus."""
MEGABYTES = 256
PIECES = (
    *(b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n\n", b"\t", b" ", b'"', b"'", b"\\", b"|"),
    *(b"9" * 40, b"9" * 5000, b"-1", b"1e999", b"nan", b"\xc2\xb2", b"null", b"{", b"[" * 2000),
    *("\ud800".encode("utf-8", "surrogatepass"), "\u2028".encode(), b"${a}", b"&a [*a]", b"!!x"),
)


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """Change a few places: flip, cut, repeat, or put something in."""
    changed = bytearray(content)
    for _ in range(random.integers(1, 4)):
        a, b = sorted(random.integers(0, len(changed) + 1, 2).tolist())
        b = min(b, a + 60)
        match random.integers(5):
            case 0 if a < len(changed):
                changed[a] ^= 1 << int(random.integers(8))
            case 1:
                del changed[a:b]
            case 2:
                changed[a:a] = changed[a:b] * int(random.integers(1, 20))
            case 3:
                del changed[a:]
            case _:
                changed[a:a] = PIECES[int(random.integers(len(PIECES)))]
    return bytes(changed)


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read_is_read_or_refused(name: str, tmp_path: Path) -> None:
    inputs = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    assert inputs, f"fuzz/make_corpus.py writes no input for {name}"
    random = np.random.default_rng(0)
    tracemalloc.start()
    for number, content in enumerate(inputs):
        for draw in range(MUTATIONS):
            data = mutated(content, random) if draw else content
            folder = tmp_path / f"{number}-{draw}"
            folder.mkdir()
            try:
                TARGETS[name](data, folder)
            except Exception as error:
                error.add_note(f"input: {data[:300]!r}…, in {folder}")
                raise
    assert tracemalloc.get_traced_memory()[1] < MEGABYTES * 2**20
    tracemalloc.stop()
