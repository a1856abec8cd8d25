"""What is wrong at a line of the built-in corpus."""

from __future__ import annotations

from dataclasses import dataclass

from tunescope.errors import place


@dataclass(frozen=True)
class Problem:
    """Something wrong (or doubtful) at a line of a corpus file."""

    path: str
    line: int
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        """Say it the way compilers do."""
        kind = "error" if self.is_error else "warning"
        return f"{place(self.path, self.line or None)}: {kind}: {self.message}"
