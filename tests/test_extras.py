"""What needs no extra works without any, and what needs one says which."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.extras import EXTRAS, MissingError, explained, missing, needed_for

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
COME_ALONG = {"huggingface_hub", "tokenizers", "dask"}
"""Modules that the packages of an extra bring with them."""
IMPORTED_AS = {"vl-convert-python": "vl_convert", "pillow": "PIL"}

WITHOUT_EXTRAS = """
import sys
from importlib.abc import MetaPathFinder
from tunescope.extras import EXTRAS

class Nothing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {one for modules in EXTRAS.values() for one in modules}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nothing())
"""
ARRAYS = """
import numpy as np, tunescope as ts
from tunescope.probes import LinearProbe, MajorityProbe, NearestNeighbourProbe
random = np.random.default_rng(0)
y = np.repeat(["a", "b", "c"], 20)
X = random.normal(size=(60, 4)) + np.repeat(9 * np.eye(3, 4), 20, axis=0)
pairs = ts.separations(X, y)
assert ts.DirectProbe().fit(X, y).is_linear_ and len(pairs.table()) == 3
assert ts.separation(X[:20], X[20:40]).verify(X[:20], X[20:40])
assert ts.spatial_similarity(pairs, pairs).value == 1
assert len(ts.suspects(X, y)) == 60
for probe in (LinearProbe("quick"), MajorityProbe(), NearestNeighbourProbe()):
    probe.fit(X, y).score(X, y)
"""


def said(code: str) -> tuple[int, str]:
    """Run code where no extra is installed; give its exit code and its last line on stderr."""
    call = [sys.executable, "-c", WITHOUT_EXTRAS + code]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    return done.returncode, (done.stderr.strip().splitlines() or [""])[-1]


@pytest.mark.slow
def test_arrays_need_no_extra() -> None:
    assert said(ARRAYS) == (0, "")


@pytest.mark.slow
def test_vectors_in_a_file_need_no_extra(tmp_path: Path) -> None:
    vectors, labels = tmp_path / "vectors.npy", tmp_path / "labels.txt"
    np.save(vectors, np.eye(4))
    labels.write_text("a\na\nb\nb\n")
    call = f"from tunescope.cli import main; main(['probe', {str(vectors)!r}, {str(labels)!r}])"
    assert said(call) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "extra"),
    [
        ("ts.ClassifierProbe('quick').fit([[0.0], [1.0]] * 9, ['a', 'b'] * 9)", "classifier"),
        ("ts.Encoder", "study"),
        ("from tunescope.tuning import finetune", "study"),
        ("ts.compare", "study"),
        ("ts.GeometryCallback", "study"),
    ],
)
def test_a_missing_extra_is_named(call: str, extra: str) -> None:
    code, line = said(f"import tunescope as ts\n{call}")
    assert code == 1
    assert re.search(rf"needs the package \w+, .* pip install 'tunescope\[{extra}\]'$", line), line


@pytest.mark.slow
def test_a_command_without_its_extra_ends_with_one_line() -> None:
    call = "from tunescope.cli import main; main(['run', '--model', 'x', '--task', 'demo-pos'])"
    code, line = said(call)
    assert code == 2
    assert re.fullmatch(r"tunescope: this command needs the package \w+, .*\[study\]'", line), line


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_modules_are_those_of_the_projects_extra(extra: str) -> None:
    listed = [re.split(r"[<>=]", one)[0] for one in PROJECT["optional-dependencies"][extra]]
    brings = {IMPORTED_AS.get(one, one.replace("-", "_")) for one in listed}
    assert brings - {"tunescope[study]"} == set(EXTRAS[extra]) - COME_ALONG


def test_another_error_is_left_alone() -> None:
    with pytest.raises(ImportError, match="no_such_module"), needed_for("a figure"):
        import no_such_module  # type: ignore[import-not-found]  # noqa: F401
    assert explained(ImportError("cannot import name 'x'"), "a figure") is None


def test_what_pandas_says_in_its_text_is_understood() -> None:
    error = explained(ImportError("Unable to find a usable engine; tried 'pyarrow'"), "a table")
    assert "a table needs the package pyarrow" in str(error)


def test_it_is_a_wrong_call_and_a_failed_import() -> None:
    error = missing("a table", "pyarrow")
    assert isinstance(error, MissingError | InputError)
    assert isinstance(error, ImportError)
    assert explained(error, "another") is error
