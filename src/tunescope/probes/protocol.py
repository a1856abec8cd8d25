"""How a classifier probe is searched, validated and trained, as one frozen object."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tunescope.errors import InputError, nearest
from tunescope.probes.checks import is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIZES = (32, 64, 128, 256)
"""Sizes of a hidden layer in the paper's grid."""

WEIGHTS = tuple(10.0**power for power in range(-7, 1))
"""L2 weights of the paper's grid, 10⁻⁷ … 10⁰."""


@dataclass(frozen=True)
class Setting:
    """One point of the grid: the hidden layers and the L2 weight."""

    hidden: tuple[int, ...]
    """Sizes of the hidden layers; empty for a linear classifier."""

    weight: float
    """L2 weight, scaled by the batch as in scikit-learn's ``alpha``."""

    @property
    def layers(self) -> str:
        """The hidden layers as a person reads them, like "64x128"; "none" if there is none."""
        return "x".join(map(str, self.hidden)) or "none"

    @property
    def name(self) -> str:
        """The setting as a person reads it.

        Examples
        --------
        >>> Setting((64, 128), 1e-4).name
        '64x128, weight 0.0001'
        """
        return f"{self.layers}, weight {self.weight:g}"


def _number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and math.isfinite(value)


def _choices(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) > 0


_COUNT = (lambda value: is_whole(value) and value >= 1, "1 or more, a whole number")
_SHARE = (lambda value: _number(value) and 0 < value < 1, "between 0 and 1")

RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda value: isinstance(value, str), "a text"),
    "hidden": (
        lambda value: (
            _choices(value)
            and all(isinstance(hidden, tuple) for hidden in value)
            and all(is_whole(size) and size >= 1 for hidden in value for size in hidden)
        ),
        "a tuple of at least one choice, each a tuple of sizes of 1 or more",
    ),
    "weights": (
        lambda value: _choices(value) and all(_number(weight) and weight >= 0 for weight in value),
        "a tuple of at least one choice, each 0 or more",
    ),
    "validation": (lambda value: value in ("folds", "held-out"), "'folds' or 'held-out'"),
    "folds": (lambda value: is_whole(value) and value >= 2, "2 or more, a whole number"),
    "held_out": _SHARE,
    "restarts": _COUNT,
    "search": (lambda value: value in ("exhaustive", "halving"), "'exhaustive' or 'halving'"),
    "max_epochs": _COUNT,
    "batch_size": _COUNT,
    "learning_rate": (lambda value: _number(value) and value > 0, "a number above 0"),
    "tolerance": (lambda value: _number(value) and value >= 0, "a number of 0 or more"),
    "patience": _COUNT,
    "least_updates": (lambda value: is_whole(value) and value >= 0, "0 or more, a whole number"),
    "first_epochs": _COUNT,
    "keep": _SHARE,
    "finalists": _COUNT,
}
"""What each field of a protocol may be, and how that is said."""


@dataclass(frozen=True)
class Protocol:
    """The protocol of a classifier probe: what is searched and how each network is trained.

    The defaults are those of Zhou and Srikumar (2022), section 2.1, and of scikit-learn's
    ``MLPClassifier`` where the paper is silent.

    Parameters
    ----------
    name : how the record calls it.
    hidden : tuple of tuples of int
        The hidden layers to choose from. An empty tuple is a network without hidden layers.
    weights : tuple of float
        The L2 weights to choose from.
    validation : {"folds", "held-out"}
        How a setting is judged: by the mean accuracy over stratified folds, or by one
        held-out part. If ``fit`` is given groups, they are never divided in either case.
    folds : number of folds.
    held_out : share of the examples in the held-out part.
    restarts : how often the chosen setting is trained on all examples, each from its own start.
    search : {"exhaustive", "halving"}
        Train every setting to its end, or drop the worse ones early (see
        `tunescope.probes.engine.search`).
    max_epochs, batch_size, learning_rate, tolerance, patience
        As ``max_iter``, ``batch_size``, ``learning_rate_init``, ``tol`` and
        ``n_iter_no_change`` of ``MLPClassifier``: training stops once the training loss has
        not fallen by `tolerance` below its best for more than `patience` epochs. Batches are
        no larger than the number of examples.
    least_updates : where examples are few, `max_epochs` are as many more as make so many updates.
    first_epochs : epochs every setting is given before the first elimination of a halving search.
    keep : share of the settings that survives an elimination; the best of every weight first.
    finalists : a halving search eliminates until no more settings than these are left.

    Examples
    --------
    >>> protocol = Protocol.zhou2022()
    >>> len(protocol.settings), protocol.folds, protocol.restarts
    (128, 5, 5)
    >>> Protocol.zhou2022(search="halving").search
    'halving'
    """

    name: str = "zhou2022"
    hidden: tuple[tuple[int, ...], ...] = tuple(product(SIZES, SIZES))
    weights: tuple[float, ...] = WEIGHTS
    validation: Literal["folds", "held-out"] = "folds"
    folds: int = 5
    held_out: float = 0.2
    restarts: int = 5
    search: Literal["exhaustive", "halving"] = "exhaustive"
    max_epochs: int = 1000
    batch_size: int = 200
    learning_rate: float = 1e-3
    tolerance: float = 1e-4
    patience: int = 10
    least_updates: int = 0
    first_epochs: int = 4
    keep: float = 0.25
    finalists: int = 4

    def __post_init__(self) -> None:
        """Refuse what cannot be run, naming the field."""
        for field, (right, expected) in RULES.items():
            value = getattr(self, field)
            if not right(value):
                raise InputError(f"Protocol.{field} is {value!r}; expected {expected}")

    @classmethod
    def zhou2022(cls, **changes: Any) -> Protocol:
        """The paper's protocol: 128 settings by five folds, the best trained five times.

        Any field may be given anew; the name then says so.
        """
        return _changed(cls(), changes)

    @classmethod
    def halving(cls, **changes: Any) -> Protocol:
        """The paper's grid and folds, searched by halving: hours become minutes.

        Every setting begins, the worse ones are dropped early; see
        `tunescope.probes.engine.search`.
        """
        return _changed(cls(name="zhou2022-halving", search="halving"), changes)

    @classmethod
    def quick(cls, **changes: Any) -> Protocol:
        """A protocol of seconds, for a first look: three settings, a held-out part, three starts.

        ``benchmarks/quick_probe.py`` holds its accuracy beside that of the whole grid.
        """
        protocol = cls(
            name="quick",
            hidden=((256, 128),),
            weights=(1e-2, 1e-1, 1.0),
            validation="held-out",
            restarts=3,
            max_epochs=20,
            learning_rate=2e-3,
            tolerance=1e-3,
            patience=5,
            least_updates=400,
        )
        return _changed(protocol, changes)

    @classmethod
    def named(cls, name: str) -> Protocol:
        """Look a protocol up by its name.

        Examples
        --------
        >>> Protocol.named("quick").restarts
        3
        >>> Protocol.named("zhou2022-halving").search
        'halving'
        """
        known = {"zhou2022": cls.zhou2022, "zhou2022-halving": cls.halving, "quick": cls.quick}
        if name not in known:
            raise InputError(f"unknown protocol {name!r}; {nearest(name, known)}")
        return known[name]()

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Every setting of the grid, the hidden layers varying slowest."""
        return tuple(
            Setting(hidden, weight) for hidden, weight in product(self.hidden, self.weights)
        )

    def most_epochs(self, n_batches: int) -> int:
        """Say after how many epochs of so many batches a training ends at the latest."""
        return max(self.max_epochs, math.ceil(self.least_updates / n_batches))

    @property
    def n_fits(self) -> int:
        """Networks that an exhaustive search and the restarts train."""
        parts = self.folds if self.validation == "folds" else 1
        return len(self.settings) * parts + self.restarts

    def record(self) -> dict[str, Any]:
        """Every field as plain values, for a run's record."""
        return asdict(self)

    def describe(self) -> str:
        """The whole protocol in one sentence, for a person.

        Examples
        --------
        >>> print(Protocol.quick().describe())
        quick: 3 settings (hidden layers 256x128; L2 weights 0.01, 0.1, 1), exhaustive search ...
        """
        layers = ", ".join("x".join(map(str, h)) or "none" for h in self.hidden)
        weights = ", ".join(f"{weight:g}" for weight in self.weights)
        judged = (
            f"{self.folds} stratified folds"
            if self.validation == "folds"
            else f"a held-out part of {self.held_out:.0%}"
        )
        search = (
            f"{self.search} search"
            if self.search == "exhaustive"
            else f"halving search (first elimination after {self.first_epochs} epochs, "
            f"{self.keep:g} survive each, the best of every weight first, "
            f"down to {self.finalists})"
        )
        more = f" (or {self.least_updates} updates)" if self.least_updates else ""
        return (
            f"{self.name}: {len(self.settings)} settings (hidden layers {layers}; "
            f"L2 weights {weights}), {search} judged by {judged}; the best trained "
            f"{self.restarts} times; ReLU, Adam at {self.learning_rate:g}, batches of "
            f"{self.batch_size}, at most {self.max_epochs} epochs{more}, stopped once the loss has "
            f"not fallen by {self.tolerance:g} for more than {self.patience} epochs"
        )


def _changed(protocol: Protocol, changes: Mapping[str, Any]) -> Protocol:
    """Replace fields of a named protocol and say so in its name."""
    unknown = set(changes) - set(Protocol.__dataclass_fields__)
    if unknown:
        name = min(unknown)
        raise InputError(
            f"Protocol has no field {name!r}; {nearest(name, Protocol.__dataclass_fields__)}"
        )
    if not changes:
        return protocol
    if "name" not in changes:
        said = ", ".join(f"{key}={value}" for key, value in changes.items())
        changes = {**changes, "name": f"{protocol.name} ({said})"}
    return replace(protocol, **changes)


def resolve(protocol: Protocol | str) -> Protocol:
    """Take a protocol as it is, or look up the one of that name."""
    if isinstance(protocol, Protocol):
        return protocol
    if isinstance(protocol, str):
        return Protocol.named(protocol)
    raise InputError(f"protocol is {protocol!r}; expected a Protocol or the name of one")
