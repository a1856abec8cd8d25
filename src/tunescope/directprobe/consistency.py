"""What the files of a published result show by themselves, without the vectors."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunescope.directprobe.folder import Examples, Published
from tunescope.directprobe.issues import LISTED, Issues, named, pair_of, records, some

LOG_SLACK = 1e-9
"""The log gives every digit of a number."""


def check_counts(published: Published, issues: Issues) -> None:
    """Compare how many examples the files of one split hold, and what the log says."""
    n_predicted = None
    if published.predictions is not None:
        n_predicted = int(published.predictions["line"].max())
    n_clustered = None if published.clusters is None else len(published.clusters)
    _compare_counts("train", published.train, ("clusters.txt", n_clustered), published, issues)
    _compare_counts("test", published.test, ("prediction.txt", n_predicted), published, issues)
    for split, examples in (("train", published.train), ("test", published.test)):
        if examples.labels is not None and published.label_set:
            unknown = sorted(set(examples.labels.tolist()) - set(published.label_set))
            if unknown:
                line = 1 + int(np.argmax(examples.labels == unknown[0]))
                issues.add(
                    "count",
                    str(examples.entities),
                    f"{len(unknown)} label(s) of {split} are not in the set of labels: "
                    f"{some(unknown)}",
                    line=line,
                )


def _compare_counts(
    split: str,
    examples: Examples,
    result: tuple[str, int | None],
    published: Published,
    issues: Issues,
) -> None:
    log_count = published.log.get(f"n_{split}")
    counts = {
        str(examples.entities): None if examples.labels is None else len(examples.labels),
        str(examples.embeddings): None if examples.vectors is None else len(examples.vectors),
        "log.txt": None if log_count is None else int(log_count),
        result[0]: result[1],
    }
    told = [(name, count) for name, count in counts.items() if count is not None]
    if not told:
        return
    # what most files say is taken to be right; of as many, what the examples' own files say
    usual = Counter(count for _, count in told).most_common(1)[0][0]
    reference = next(name for name, count in told if count == usual)
    for name, count in told:
        if count != usual:
            message = f"{count} {split} examples, but {usual} in {reference}"
            issues.add("count", name, message)


def cluster_labels(published: Published, issues: Issues) -> dict[int, str]:
    """Name each cluster's label: that of most of its examples, else the one it is called by.

    Adds an issue for each cluster of mixed labels, each that is called by another label, and each
    that is missing or unknown.
    """
    labels = published.train.labels
    names: dict[int, str] = {}
    if published.clusters is not None:
        _check_numbers(published.clusters, issues)
        if labels is not None and len(labels) == len(published.clusters):
            names = _majority(labels, published.clusters, issues)
    called = _called(published)
    for cluster, name, file, line in called:
        right = names.setdefault(cluster, name)
        if right != name:
            message = f"cluster {cluster} is called {name}, but is of {right}"
            issues.add("name", file, message, line=line, cluster_a=cluster, label_a=name)
    if published.clusters is not None:
        present = set(np.unique(published.clusters).tolist())
        for cluster in sorted({cluster for cluster, *_ in called} - present):
            file, line = next((file, line) for c, _, file, line in called if c == cluster)
            message = f"cluster {cluster} is not in clusters.txt"
            issues.add("count", file, message, line=line, cluster_a=cluster)
            del names[cluster]
    return names


def _check_numbers(clusters: NDArray[np.int64], issues: Issues) -> None:
    present = np.unique(clusters)
    n_missing = int(present[-1]) + 1 - len(present)
    if n_missing:
        known = set(present.tolist())
        first = list(islice((k for k in range(int(present[-1])) if k not in known), LISTED))
        more = f" and {n_missing - len(first)} more" if n_missing > len(first) else ""
        issues.add(
            "count",
            "clusters.txt",
            f"no example is in cluster {', '.join(map(str, first))}{more}, though there are larger "
            "numbers",
        )


def _majority(
    labels: NDArray[np.str_], clusters: NDArray[np.int64], issues: Issues
) -> dict[int, str]:
    names = {}
    for cluster in np.unique(clusters).tolist():
        rows = np.flatnonzero(clusters == cluster)
        values, first, counts = np.unique(labels[rows], return_index=True, return_counts=True)
        # of labels that are equally many, the one that comes first, as the authors' code has it
        best = min(range(len(values)), key=lambda k: (-counts[k], first[k]))
        names[cluster] = str(values[best])
        if len(values) > 1:
            others = rows[labels[rows] != values[best]] + 1
            told = ", ".join(f"{n} {v}" for n, v in zip(counts, values, strict=True))
            issues.add(
                "mixed",
                "clusters.txt",
                f"cluster {cluster} holds several labels: {told}; line(s) {some(others.tolist())} "
                f"are not {values[best]}",
                line=int(others[0]),
                cluster_a=cluster,
                label_a=str(values[best]),
            )
    return names


def _called(published: Published) -> list[tuple[int, str, str, int]]:
    """List each name that a cluster is called by: cluster, name, file, and its first line."""
    parts = []
    if published.separations is not None:
        for side in ("a", "b"):
            part = published.separations[[f"cluster_{side}", f"label_{side}", "line"]]
            parts.append(part.set_axis(["cluster", "name", "line"], axis=1).assign(file="dis.txt"))
    if published.predictions is not None:
        part = published.predictions[["cluster", "label", "line"]]
        part = part.set_axis(["cluster", "name", "line"], axis=1)
        parts.append(part.assign(file="prediction.txt"))
    if not parts:
        return []
    table = pd.concat(parts).sort_values(["file", "line"], kind="stable")
    table = table.drop_duplicates(["file", "cluster", "name"])
    return [(row["cluster"], row["name"], row["file"], row["line"]) for row in records(table)]


def check_pairs(published: Published, names: dict[int, str], issues: Issues) -> None:
    """Find label pairs of clusters that ``dis.txt`` lacks, has twice, or should not have."""
    table = published.separations
    assert table is not None
    seen: dict[tuple[int, int], int] = {}
    for row in records(table):
        pair = (min(row["cluster_a"], row["cluster_b"]), max(row["cluster_a"], row["cluster_b"]))
        where = {"line": row["line"], "cluster_a": row["cluster_a"], "cluster_b": row["cluster_b"]}
        if pair in seen:
            message = f"clusters {pair[0]} and {pair[1]} stand in line {seen[pair]} already"
            issues.add("count", "dis.txt", message, **where)
        elif pair[0] == pair[1] or _of_one_label(pair, names):
            message = f"clusters {pair[0]} and {pair[1]} are of one label"
            issues.add("count", "dis.txt", message, **where)
        seen.setdefault(pair, row["line"])
    missing = [
        pair
        for pair in combinations(sorted(names), 2)
        if names[pair[0]] != names[pair[1]] and pair not in seen
    ]
    if missing:
        issues.add(
            "count",
            "dis.txt",
            f"{len(missing)} pair(s) of clusters with different labels are missing: "
            f"{some([f'{a}–{b}' for a, b in missing])}",
        )


def _of_one_label(pair: tuple[int, int], names: dict[int, str]) -> bool:
    """Tell whether both clusters have one label; of a cluster that is not there nobody knows."""
    known = [names[cluster] for cluster in pair if cluster in names]
    return len(known) == 2 and known[0] == known[1]


def check_numbers(published: Published, issues: Issues) -> None:
    """Find NaN where a distance belongs; it is compared with nothing."""
    columns = {
        "dis.txt": (published.separations, "separation"),
        "prediction.txt": (published.predictions, "distance"),
        "vec.txt": (published.label_separations, "separation"),
        **{file: (values, "value") for file, values in published.label_values.items()},
    }
    for file, (table, column) in columns.items():
        lines = [] if table is None else table["line"][table[column].isna()].unique().tolist()
        for line in lines:
            issues.add("number", file, "NaN is published, which is no distance", line=int(line))


def check_zeros(published: Published, issues: Issues) -> None:
    """Point at separations of 0, which disjoint hulls cannot have, unless it is rounded."""
    table = published.separations
    assert table is not None
    exact = published.log.get("MinConvexDistance") == 0.0
    for row in records(table[table["separation"] == 0.0]):
        issues.add(
            "zero",
            "dis.txt",
            f"{named(row)} are at distance 0, which disjoint hulls cannot be"
            + ("; the log has one that is not rounded" if exact else ", unless it is rounded"),
            severity="suspect",
            line=row["line"],
            **pair_of(row),
            published=row["separation"],
        )


def check_detours(published: Published, issues: Issues) -> None:
    """Find separations that a test example disproves.

    Two hulls are no further apart than the sum of any point's distances from the two. One of the
    three numbers must be wrong where they say otherwise.
    """
    table, predictions = published.separations, published.predictions
    assert table is not None and predictions is not None
    unique = predictions.drop_duplicates(["line", "cluster"])
    far = unique.assign(most=unique["distance"] + unique["precision"])
    most = far.pivot(index="line", columns="cluster", values="most")
    for row in records(table):
        if row["cluster_a"] not in most or row["cluster_b"] not in most:
            continue
        around = (most[row["cluster_a"]] + most[row["cluster_b"]]).to_numpy()
        if np.isnan(around).all():
            continue
        example = int(np.nanargmin(around))
        line, bound = int(most.index[example]), float(around[example])
        if not row["separation"] - row["precision"] > bound * (1 + 1e-12):  # NaN states nothing
            continue
        issues.add(
            "impossible",
            "dis.txt",
            f"{named(row)} cannot be {row['separation']:g} apart: by prediction.txt:{line} they "
            f"are at most {bound:g} apart",
            line=row["line"],
            **pair_of(row),
            published=row["separation"],
            upper=bound,
        )


def check_order(published: Published, issues: Issues) -> None:
    """Find test examples whose clusters do not ascend, or are not the same as the others'."""
    predictions = published.predictions
    assert predictions is not None
    steps = predictions.groupby("line")["distance"].diff()
    falls = predictions[steps < -2 * predictions["precision"]]
    for row in records(falls.drop_duplicates("line")):
        issues.add(
            "order",
            "prediction.txt",
            f"cluster {row['cluster']} is nearer than the one before it",
            line=row["line"],
            cluster_a=row["cluster"],
            label_a=row["label"],
            published=row["distance"],
        )
    expected = predictions["cluster"].nunique()
    counts = predictions.groupby("line")["cluster"].agg(["nunique", "size"]).reset_index()
    for row in records(counts[(counts["nunique"] != expected) | (counts["size"] != expected)]):
        message = f"{row['nunique']} clusters in {row['size']} fields; expected {expected}"
        issues.add("count", "prediction.txt", message, line=row["line"])


def published_accuracy(published: Published) -> float | None:
    """Give the part of test examples whose first cluster has their label."""
    if published.predictions is None:
        return None
    nearest = published.predictions[published.predictions["rank"] == 0]
    return float((nearest["gold"] == nearest["label"]).mean())


def check_gold(published: Published, issues: Issues) -> None:
    """Compare the test examples' own labels in ``prediction.txt`` with those of the entities."""
    labels, predictions = published.test.labels, published.predictions
    assert predictions is not None
    if labels is None:
        return
    gold = predictions[predictions["rank"] == 0]
    for line, label in zip(gold["line"], gold["gold"], strict=True):
        if line <= len(labels) and label != labels[line - 1]:
            message = f"the example is of {label}, but of {labels[line - 1]} in the entities"
            issues.add("name", "prediction.txt", message, line=int(line))


def check_log(published: Published, issues: Issues) -> None:
    """Compare the accuracy and the distances that the log tells with those in the files."""
    told: list[tuple[str, float, float, str]] = []
    accuracy = published_accuracy(published)
    if accuracy is not None:
        told.append(("Acc", accuracy, LOG_SLACK, "prediction.txt"))
    table = published.separations
    if table is not None and len(table) and table["separation"].notna().all():
        values, half = table["separation"], table["precision"].max()
        for name, value in (
            ("MinConvexDistance", values.min()),
            ("MaxConvexDistance", values.max()),
            ("AverageConvexDistance", values.mean()),
        ):
            told.append((name, float(value), float(half) + LOG_SLACK, "dis.txt"))
    for name, value, slack, file in told:
        if name in published.log and not abs(published.log[name] - value) <= slack:
            issues.add(
                "log",
                "log.txt",
                f"{name} is {published.log[name]:g}, but {value:g} by {file}",
                published=published.log[name],
            )
