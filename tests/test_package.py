"""The public names: there, documented, and loaded only when they are used."""

import subprocess
import sys

import pytest

import tunescope


@pytest.mark.parametrize("name", tunescope.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(tunescope, name)
    assert name == "__version__" or value.__doc__


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="No tunescope attribute sepration"):
        tunescope.sepration  # noqa: B018


@pytest.mark.slow
def test_importing_it_loads_no_torch() -> None:
    code = (
        "import sys, tunescope, tunescope.cli\n"
        "heavy = {'torch', 'transformers', 'altair', 'sklearn', 'numba'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
