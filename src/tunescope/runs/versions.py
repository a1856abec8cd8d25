"""The versions of what makes the numbers."""

from __future__ import annotations

from importlib import metadata

VERSIONS_OF = (
    "tunescope",
    "torch",
    "transformers",
    "tokenizers",
    "accelerate",
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "pandas",
)


def versions() -> dict[str, str]:
    """Give the versions of what makes the numbers, as installed."""
    found = {}
    for name in VERSIONS_OF:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
