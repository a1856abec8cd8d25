"""Values of wrong types and sizes in every Python call: the package's exception, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tunescope as ts
from tunescope.errors import TunescopeError
from tunescope.geometry import linear_cka, neighbour_overlap, procrustes_distance, rsa
from tunescope.tasks import Task

X = np.random.default_rng(0).normal(size=(12, 3))
Y = np.repeat(list("abc"), 4)
FRAME = pd.DataFrame({"text": [f"text {i}" for i in range(20)], "label": list("xy") * 10})
TASK = Task.from_dataset(FRAME)
BAD: dict[str, Any] = {
    "None": None,
    "a text": "x",
    "bytes": b"x",
    "a number": 3,
    "a fraction": 3.5,
    "below zero": -1,
    "NaN": float("nan"),
    "huge": 2**70,
    "a truth value": True,
    "an empty list": [],
    "a mapping": {},
    "a set": {1},
    "rows of several lengths": [[1, 2], [3]],
    "an object": object(),
    "a function": len,
    "an iterator": iter([1]),
    "an array of no dimension": np.array("x"),
    "no rows": np.zeros((0, 3)),
    "no columns": np.zeros((3, 0)),
    "a stack": X[None],
    "texts": X.astype(str),
    "complex numbers": X + 0j,
    "NaNs": np.full((12, 3), np.nan),
    "infinities": np.full((12, 3), np.inf),
    "beyond squares": np.full((12, 3), 1e308),
    "objects": np.array([[1, 2, 3], [4, 5, None]], dtype=object),
    "a frame of texts": pd.DataFrame({"a": ["x"]}),
}


def calls(path: Path, treebank: Path, bad: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give calls with the value as each of their arguments."""
    yield "separation A", lambda: ts.separation(bad, X)
    yield "separation B", lambda: ts.separation(X, bad)
    yield "separation rtol", lambda: ts.separation(X[:6], X[6:], rtol=bad)
    yield "separations X", lambda: ts.separations(bad, Y)
    yield "separations y", lambda: ts.separations(X, bad)
    yield "separations rtol", lambda: ts.separations(X, Y, rtol=bad)
    yield "fit X", lambda: ts.DirectProbe().fit(bad, Y)
    yield "fit y", lambda: ts.DirectProbe().fit(X, bad)
    yield "predict", lambda: ts.DirectProbe().fit(X, Y).predict(bad)
    for name in ts.DirectProbe().get_params():
        yield f"DirectProbe {name}", lambda name=name: ts.DirectProbe(**{name: bad}).fit(X, Y)
    for measure in (linear_cka, rsa, procrustes_distance, neighbour_overlap):
        yield f"{measure.__name__} X", lambda measure=measure: measure(bad, X)
        yield f"{measure.__name__} Y", lambda measure=measure: measure(X, bad)
    yield "linear_cka unbiased", lambda: linear_cka(X, X, unbiased=bad)
    yield "neighbour_overlap k", lambda: neighbour_overlap(X, X, k=bad)
    yield "spatial_similarity", lambda: ts.spatial_similarity(bad, bad)
    yield "from_csv", lambda: Task.from_csv(bad)
    yield "from_conllu", lambda: Task.from_conllu(bad)
    yield "from_dataset", lambda: Task.from_dataset(bad)
    for name in ("text", "tokens", "label", "positions", "split", "name", "test_fraction", "seed"):
        yield f"from_csv {name}", lambda name=name: Task.from_csv(path, **{name: bad})
        yield f"from_dataset {name}", lambda name=name: Task.from_dataset(FRAME, **{name: bad})
    for name in ("stratified", "rare", "limit"):
        yield f"from_csv {name}", lambda name=name: Task.from_csv(path, **{name: bad})
    yield "from_dataset splits", lambda: Task.from_dataset(FRAME, splits=bad)
    for name in ("column", "kind", "name", "test_fraction", "seed", "rare"):
        yield f"from_conllu {name}", lambda name=name: Task.from_conllu(treebank, **{name: bad})
    for name in ("test_fraction", "seed", "limit"):
        yield f"load_task {name}", lambda name=name: ts.load_task("demo-questions", **{name: bad})
    yield "load_task", lambda: ts.load_task(bad)
    yield "task[...]", lambda: TASK[bad]
    whole = {name: getattr(TASK, name) for name in ("name", "kind", "label_names", "splits")}
    for name in (*whole, "notes"):
        yield f"Task {name}", lambda name=name: Task(**(whole | {name: bad}))
    yield "open_run", lambda: ts.open_run(bad)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", BAD)
@pytest.mark.slow
def test_a_call_works_or_says_in_a_line_what_is_wrong(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("texts.csv", index=False)
    rows = [f"1\tword{i}\t_\t{'XY'[i % 2]}\t_\t_\t0\troot\t_\t_\n\n" for i in range(20)]
    Path("bank.conllu").write_text("".join(rows))
    for what, call in calls(Path("texts.csv"), Path("bank.conllu"), BAD[kind]):
        try:
            call()
        except TunescopeError as error:
            said = str(error)
            assert said and len(said.splitlines()) == 1, f"{what}: {said}"
            assert len(said) < 800, f"{what}: {said}"
        except Exception as error:
            raise AssertionError(f"{what} with {kind}: {error!r}") from error
