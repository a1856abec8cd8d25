"""What made the numbers, from a run's record to the page's last section."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunescope.reports import numbers
from tunescope.reports.tables import Table


@dataclass(frozen=True)
class Section:
    """A heading with either a list of names and texts, or a table."""

    title: str
    items: Sequence[tuple[str, str]] = ()
    table: Table | None = None


def describe(records: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    """Turn the records of one or several runs into parts of the page.

    Parameters
    ----------
    records : record by the run's name; "" is the only run of a page.

    Examples
    --------
    >>> [part.title for part in describe({"": {"study": {"epochs": 2}}})]
    ['The study']
    """
    parts = []
    for run, record in records.items():
        where = f" ({run})" if run else ""
        for title, made in (
            ("The study", _study(record)),
            ("The classifier probe", _probe(record)),
            ("Models", _models(record)),
            ("Data", _data(record)),
            ("Software", _software(record)),
            ("Time taken", _timings(record)),
            ("Processor time by stage", _stages(record)),
        ):
            if isinstance(made, Table):
                parts.append(Section(title + where, table=made))
            elif made:
                parts.append(Section(title + where, made))
    return parts


def _software(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Versions, and those that changed while the run was gone on with."""
    before = record.get("versions", {})
    items = _flat(before)
    for part in record.get("later_versions", []):
        changed = {k: v for k, v in part["versions"].items() if before.get(k) != v}
        items += [(f"{name}, since {part['since']}", str(v)) for name, v in changed.items()]
        before = part["versions"]
    return items


def _study(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    items = _flat(record.get("study", {}))
    if record.get("created"):
        items.append(("created", str(record["created"])))
    return items


def _probe(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    probe = record.get("probe")
    if not isinstance(probe, Mapping) or not probe.get("description"):
        return []
    return [("protocol", str(probe["description"]))]


def _models(record: Mapping[str, Any]) -> Table | None:
    models = record.get("models")
    if not isinstance(models, Mapping) or not models:
        return None
    known = {
        str(name): about if isinstance(about, Mapping) else {"revision": about}
        for name, about in models.items()
    }
    hashed = any(about.get("sha256") for about in known.values())
    rows = []
    for name, about in known.items():
        counts = [numbers.count(about.get(key)) for key in ("layers", "features", "parameters")]
        row = [name, *counts, str(about.get("revision") or numbers.ABSENT)]
        rows.append([*row, str(about.get("sha256") or numbers.ABSENT)] if hashed else row)
    head = ["model", "layers", "features", "parameters", "revision"]
    return Table(
        "Layers counts the transformer blocks, without the embedding layer.",
        [*head, "sha256 of the weights"] if hashed else head,
        rows,
        frozenset({1, 2, 3}),
    )


def _data(record: Mapping[str, Any]) -> Table | None:
    data = record.get("data") or record.get("identity", {}).get("data")
    if not isinstance(data, Mapping) or not data:
        return None
    return Table(
        "Files that were read, and the checksum of their bytes.",
        ["file", "checksum"],
        [[name, text] for name, text in _flat(data)],
    )


def _timings(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    timings = record.get("timings")
    if isinstance(timings, Mapping):
        timings = [{"step": step, "seconds": seconds} for step, seconds in timings.items()]
    if not isinstance(timings, Sequence) or not timings:
        return []
    rows = [row for row in timings if isinstance(row, Mapping) and "step" in row]
    longest = sorted(rows, key=lambda row: float(row.get("seconds") or 0), reverse=True)
    items = [(str(row["step"]), numbers.duration(row.get("seconds"))) for row in longest[:12]]
    total = sum(float(row.get("seconds") or 0) for row in rows)
    if len(rows) > 12:
        items.append((f"{len(rows) - 12} shorter steps", numbers.duration(total - _sum(longest))))
    if len(rows) > 1:
        items.append(("together", numbers.duration(total)))
    return items


def _stages(record: Mapping[str, Any]) -> Table | None:
    spent = record.get("processor_seconds")
    if not isinstance(spent, Mapping) or not spent:
        return None
    whole = sum(spent.values()) or 1.0
    rows = [
        [str(stage), numbers.duration(seconds), f"{seconds / whole:.0%}"]
        for stage, seconds in sorted(spent.items(), key=lambda item: -item[1])
    ]
    together = ["together", numbers.duration(whole), "100%"]
    return Table(
        "Of all threads. Reading files and writing pages are not counted.",
        ["stage", "processor time", "share"],
        [*rows, together],
        frozenset({1, 2}),
    )


def _sum(rows: Sequence[Mapping[str, Any]], most: int = 12) -> float:
    return sum(float(row.get("seconds") or 0) for row in rows[:most])


def _flat(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Names and texts of a nested mapping, in its order."""
    return list(_walk(value, prefix))


def _walk(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, f"{name} · {key}" if name else str(key))
    elif isinstance(value, str):
        yield name, value
    elif isinstance(value, Sequence) and all(not isinstance(v, (Mapping, list)) for v in value):
        yield name, ", ".join(str(v) for v in value) or numbers.ABSENT
    elif value is None:
        yield name, "default"
    else:
        yield name, json.dumps(value, ensure_ascii=False, default=str)
