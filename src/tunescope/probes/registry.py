"""The probes that there are, each under one name: in a study, in the tables, on the page, in code.

A new probe needs its module, its entry here and its test: a study can then ask for it, and its rows
stand in the tables and on the page. Nothing here loads what the probes need.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from tunescope.probes.base import Probe
    from tunescope.probes.protocol import Protocol

Also = Literal["linear", "nearest neighbour", "word majority", "control", "description length"]
ALSO: tuple[Also, ...] = get_args(Also)
"""What a study can ask for beside the classifier and the most frequent label."""

CLASSIFIER = "classifier"
CONTROL = f"{CLASSIFIER} (control)"
"""The rows of the classifier on labels drawn by word."""


@dataclass(frozen=True)
class Entry:
    """A probe that has rows in the table ``accuracy``."""

    name: str
    home: str
    """Module in ``tunescope.probes``, and class."""
    sees: Literal["vectors", "words", "nothing"] = "vectors"
    """What it reads the label off. What sees no vectors is the same for every encoder and layer."""
    title: str = ""
    """How the page calls it; by its name if left out."""

    def make(self, protocol: Protocol, *, seed: int, device: str) -> Probe:
        """Make the probe, not fitted, with those of the arguments that it takes."""
        module, name = self.home.split(":")
        kind = getattr(import_module(f"tunescope.probes.{module}"), name)
        given: dict[str, Any] = {"protocol": protocol, "random_state": seed, "device": device}
        taken = kind().get_params()
        return kind(**{key: value for key, value in given.items() if key in taken})  # type: ignore[no-any-return]


ENTRIES = (
    Entry(CLASSIFIER, "classifier:ClassifierProbe"),
    Entry("linear", "linear:LinearProbe"),
    Entry("nearest neighbour", "baselines:NearestNeighbourProbe"),
    Entry("majority", "baselines:MajorityProbe", "nothing", "majority label"),
    Entry("word majority", "baselines:WordMajority", "words", "majority label of the word"),
)

BLIND = {entry.name: entry.title for entry in ENTRIES if entry.sees != "vectors"}
"""The probes that see no vectors, and how the page calls them."""
